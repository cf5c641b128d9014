//! How one endpoint of an L1 is reached: a JSON-RPC body goes there and one comes back.

mod service;

pub use service::HttpAccess;

use crate::timer::BoxFuture;
use std::fmt::Debug;

/// One endpoint of an L1.
pub trait L1Access: Debug + Send + Sync {
    /// What messages call it. It has no secret: providers put keys into paths.
    fn name(&self) -> &str;
    /// Sends a JSON-RPC request or batch and gives the body of the answer.
    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>>;
}

/// Why an endpoint was of no use for a request. Another one may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No answer in time.
    #[error("no answer in time")]
    Timeout,
    /// It could not be reached, or the connection broke.
    #[error("{0}")]
    Connection(String),
    /// It answered with an HTTP status other than success.
    #[error("HTTP status {0}")]
    Status(u16),
    /// It has no capacity for us now.
    #[error("it is busy: {0}")]
    Busy(String),
    /// The answer is larger than is allowed. Another endpoint's would be, too.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The answer is not what JSON-RPC and the method promise.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    /// The answer can be read, and is proven wrong.
    #[error("{0}")]
    Wrong(String),
    /// It does not have what every node of the chain has had.
    #[error("it does not have {0}")]
    Missing(String),
    /// It serves another chain.
    #[error("it serves chain {found}, not {expected}")]
    OtherChain {
        /// The chain that is wanted.
        expected: u64,
        /// The chain it serves.
        found: u64,
    },
    /// It has not seen blocks that others have.
    #[error("it is behind")]
    Behind,
}
