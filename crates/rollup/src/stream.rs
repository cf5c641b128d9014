//! Following a sequencer before its blocks are on L1, and sending it what clients send:
//! `docs/spec/unsafe-stream.md`.
//!
//! | module | what |
//! |---|---|
//! | [`state`] | what to do about a block that the sequencer signed |
//! | [`service`] | [`Follower`]: listens to a sequencer and imports its blocks |
//! | [`NamedSigner`] | whose blocks count |
//! | [`forward`] | [`SequencerPort`]: takes clients' transactions to the sequencer |

pub mod forward;
pub mod service;
mod signer;
pub mod state;

pub use forward::SequencerPort;
pub use service::Follower;
pub use signer::NamedSigner;

use seam_chain::{ImportError, stream::SignedBlockError};
use seam_storage::StorageError;
use std::time::Duration;

/// What a follower allows itself and its sequencer.
///
/// | limit | default |
/// |---|---|
/// | `connect` | 10 s |
/// | `answer` | 20 s |
/// | `silence` | 40 s |
/// | `back_off` | 0.5 s, doubling to 30 s |
/// | `waiting` | 16 messages |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// To reach a sequencer.
    pub connect: Duration,
    /// To have an answer from it.
    pub answer: Duration,
    /// Without a sign of life the connection counts as lost.
    pub silence: Duration,
    /// Wait after every sequencer has failed, once.
    pub back_off: Duration,
    /// Longest wait.
    pub max_back_off: Duration,
    /// Messages that wait while blocks are being imported; at one more the follower begins anew.
    pub waiting: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            silence: Duration::from_secs(40),
            back_off: Duration::from_millis(500),
            max_back_off: Duration::from_secs(30),
            waiting: 16,
        }
    }
}

/// Where the stream is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamStatus {
    /// The sequencer that is listened to, without what its URL may hold beside the host.
    pub connected: Option<String>,
    /// Number of the newest block that it signed, as far as is known.
    pub newest: Option<u64>,
    /// Why its branch is not followed, if it is not.
    pub refused: Option<String>,
}

/// Why the follower cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// There is nobody to listen to.
    #[error("no sequencer is given: use --sequencer URL, more than once for several")]
    NoSequencer,
    /// A URL cannot be used. It is not repeated: it may hold a key.
    #[error(
        "a URL of --sequencer cannot be used ({0}): write it as wss://host/path or https://host/path"
    )]
    Url(String),
    /// The chain has ended.
    #[error("the chain that follows the sequencer has ended: {0}")]
    Chain(#[source] ImportError),
    /// The store failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What is wrong with a sequencer: another one may do, or the same in a while.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It cannot be reached, or says no.
    #[error("{0}")]
    Call(#[from] jsonrpsee::core::client::Error),
    /// It does not close what it opened in the form of this specification.
    #[error("a message cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A message is not the signer's.
    #[error(transparent)]
    Message(#[from] SignedBlockError),
    /// An answer is not what was asked for.
    #[error("its answer for blocks from {from} on is none: {reason}")]
    Answer { from: u64, reason: &'static str },
    /// It ended the subscription, or this node did not keep up.
    #[error("the subscription has ended")]
    Ended,
}

/// Why one connection ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionEnd {
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Fatal(#[from] StreamError),
}

impl From<StorageError> for SessionEnd {
    fn from(error: StorageError) -> Self {
        Self::Fatal(error.into())
    }
}

/// The WebSocket URL of a node: its HTTP and WebSocket port is one.
///
/// # Errors
/// [`StreamError::Url`].
pub(crate) fn websocket(url: &str) -> Result<String, StreamError> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let scheme = match scheme.to_lowercase().as_str() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        "" => return Err(StreamError::Url("it has no scheme".to_owned())),
        _ => return Err(StreamError::Url("its scheme is not one of a node".to_owned())),
    };
    if rest.trim_start_matches('/').is_empty() {
        return Err(StreamError::Url("it has no host".to_owned()));
    }
    Ok(format!("{scheme}://{rest}"))
}

/// Scheme and host of a URL: the rest may hold a key.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_reached_by_either_of_its_schemes() {
        let of = |url| websocket(url).unwrap();
        assert_eq!(of("http://127.0.0.1:9545"), "ws://127.0.0.1:9545");
        assert_eq!(of("HTTPS://host/key"), "wss://host/key");
        assert_eq!(of("wss://host/key"), "wss://host/key");
        for wrong in ["host:1", "ftp://host", "ws://", "", "ipc:///tmp/x"] {
            assert!(matches!(websocket(wrong), Err(StreamError::Url(_))), "{wrong}");
        }
    }

    #[test]
    fn a_key_in_a_url_is_not_shown() {
        assert_eq!(shown("wss://user:secret@host:1/secret?key=secret"), "wss://host:1");
        assert_eq!(shown("ws://host"), "ws://host");
    }
}
