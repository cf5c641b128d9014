//! JSON-RPC to an L1 over one or several endpoints.
//!
//! The first healthy endpoint is used. One that does not answer, answers nonsense or what is proven wrong,
//! has no capacity, is of another chain or is behind the others rests, twice as long with each failure in
//! a row, and the next one is asked; when its rest is over it is asked again. What a node refuses for what was asked
//! (a call that reverts, too wide a range of logs) goes to the caller.

mod receipts;
mod requests;
mod service;
mod state;
mod types;
mod wire;

pub use receipts::{BlockReceipt, Outcome, logs_of, receipts_root};
pub use service::{L1Client, Reading};
pub(crate) use state::Failover;
pub use types::{Fees, LogQuery, Receipt};
pub use wire::{BLOCK_FIELDS, header as read_header};

use crate::{access::Fault, error::Severity};
use alloy_primitives::Bytes;
use std::time::Duration;

/// What a client allows itself.
///
/// | limit | default |
/// |---|---|
/// | `timeout` | 10 s |
/// | `max_answer_bytes` | 64 MiB |
/// | `attempts` | 4, and at least one for each endpoint |
/// | `back_off` | 0.5 s, doubling to 60 s |
/// | `patience` | none: as long as it takes |
/// | `max_behind` | 3 blocks |
/// | `batch` | 100 calls |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Limits {
    /// How long one HTTP request may take.
    pub timeout: Duration,
    /// Bytes of one answer's body. Receipts of a full block are about 2 MiB; a blob sidecar of six
    /// blobs about 1.6 MiB.
    pub max_answer_bytes: usize,
    /// How often a request is sent, over all endpoints, before the caller hears of it.
    pub attempts: u32,
    /// How long an endpoint rests after its first failure.
    pub back_off: Duration,
    /// How long it rests at most.
    pub max_back_off: Duration,
    /// How long a request waits while every endpoint rests. Whoever waits does not know whether another will be the one
    /// that asks next, so with many at a time it may be long until the last of them hears that nobody answers.
    pub patience: Duration,
    /// Blocks by which an endpoint's head may be lower than the highest that any has shown.
    pub max_behind: u64,
    /// Calls in one JSON-RPC batch. Providers allow 100 to 1,000.
    pub batch: usize,
}

impl Default for L1Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_answer_bytes: 64 << 20,
            attempts: 4,
            back_off: Duration::from_millis(500),
            max_back_off: Duration::from_secs(60),
            patience: Duration::MAX,
            max_behind: 3,
            batch: 100,
        }
    }
}

/// Why a question to the L1 has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum L1Error {
    /// Every attempt failed. Ask again later.
    #[error("no endpoint of the L1 has an answer to {method}: {tried}")]
    Unreachable {
        /// The JSON-RPC method.
        method: &'static str,
        /// Each attempt's endpoint and what was wrong with it.
        tried: String,
        /// What was wrong the last time.
        last: Fault,
    },
    /// The node has an answer, and it is no. The same question gets the same answer.
    #[error("the L1 refuses {method}: {message} (code {code})")]
    Refused {
        /// The JSON-RPC method.
        method: &'static str,
        /// The error's code.
        code: i64,
        /// The node's words.
        message: String,
        /// What a revert returned.
        data: Option<Bytes>,
    },
    /// The answer is too large. Ask for less.
    #[error("the answer to {method} is larger than {limit} bytes: ask for less")]
    TooLarge {
        /// The JSON-RPC method.
        method: &'static str,
        /// `L1Limits::max_answer_bytes`.
        limit: usize,
    },
    /// No endpoint serves the chain that is wanted.
    #[error(
        "the L1 at {endpoint} is chain {found}, but chain {expected} is wanted: correct --l1-rpc"
    )]
    OtherChain {
        /// One such endpoint.
        endpoint: String,
        /// The chain that is wanted.
        expected: u64,
        /// The chain it serves.
        found: u64,
    },
    /// An endpoint's URL cannot be used. The URL is not repeated: it may hold a key.
    #[error("a URL of --l1-rpc cannot be used ({reason}): write it as https://host/path")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no endpoint.
    #[error("no L1 endpoint is given: use --l1-rpc URL, more than once for several")]
    NoEndpoint,
}

impl L1Error {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Unreachable { .. } | Self::Refused { .. } | Self::TooLarge { .. } => {
                Severity::Retry
            }
            Self::OtherChain { .. } | Self::Url { .. } | Self::NoEndpoint => Severity::Halt,
        }
    }
}
