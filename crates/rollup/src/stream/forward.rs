//! What clients send to a follower goes to its sequencer.

mod service;

use super::{StreamError, StreamLimits, websocket};
use jsonrpsee::ws_client::WsClient;
use std::{fmt, sync::Arc};
use tokio::{sync::Mutex, time::Instant};

/// Takes transactions to the first sequencer that answers. Clones share one connection.
#[derive(Clone)]
pub struct SequencerPort {
    urls: Arc<[String]>,
    limits: StreamLimits,
    open: Arc<Mutex<Connection>>,
}

/// To one of the sequencers.
#[derive(Default)]
enum Connection {
    /// Not tried yet.
    #[default]
    None,
    Open(Arc<WsClient>),
    /// None of them could be reached then, and why.
    Failed(Instant, String),
}

impl SequencerPort {
    /// To the sequencers at `urls`, the preferred one first. Nothing is sent yet.
    ///
    /// # Errors
    /// [`StreamError::NoSequencer`], [`StreamError::Url`].
    pub fn new<S: AsRef<str>>(urls: &[S], limits: StreamLimits) -> Result<Self, StreamError> {
        let urls = urls.iter().map(|url| websocket(url.as_ref())).collect::<Result<Vec<_>, _>>()?;
        if urls.is_empty() {
            return Err(StreamError::NoSequencer);
        }
        Ok(Self { urls: urls.into(), limits, open: Arc::default() })
    }
}

/// Without URLs, which may hold keys.
impl fmt::Debug for SequencerPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SequencerPort").field("sequencers", &self.urls.len()).finish()
    }
}
