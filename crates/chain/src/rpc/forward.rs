//! Who takes transactions where the chain's own mempool does not: a follower has its sequencer.

use alloy_primitives::{Bytes, TxHash};
use std::{fmt::Debug, future::Future, pin::Pin};

/// The answer to a transaction that was forwarded.
pub type Forwarded<'a> = Pin<Box<dyn Future<Output = Result<TxHash, ForwardError>> + Send + 'a>>;

/// Takes transactions.
pub trait Forward: Debug + Send + Sync {
    /// Sends a transaction on, as `eth_sendRawTransaction` gets it; it was decoded before.
    fn send_raw(&self, transaction: Bytes) -> Forwarded<'_>;
}

/// Why a transaction was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForwardError {
    /// The sequencer refuses it, in these words.
    #[error("{message}")]
    Refused {
        /// Of JSON-RPC.
        code: i32,
        /// Its words.
        message: String,
    },
    /// It did not answer. Whether it has the transaction is not known: sending it again does no harm.
    #[error(
        "the sequencer is unreachable, so the transaction was not taken ({0}): send it again later"
    )]
    Unreachable(String),
}
