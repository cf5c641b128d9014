//! From a chain to the books: every block from the cursor to the head, in ranges that go in whole.
//!
//! Every block is read. `eth_getLogs` could skip blocks in which no tracked account is named, but nothing proves
//! that such a block moves no ether of theirs: header blooms are of logs, and ether moves without one. So it is not used.
//!
//! What is asked for each range of blocks: blocks with transactions, their receipts, the ether of every tracked
//! account after each block, tokens where a log names an account, the worth of shares where there are some. A trace is
//! asked for where a block names an account, or would leave ether unexplained.
//!
//! Before anything is booked the hashes in the books are compared with the node's. Where they differ the books go back to
//! the last common block; below a block that was final they refuse to.
//!
//! What to ask for is decided in `state`, which is pure; `service` asks and writes.

mod service;
mod state;

pub use service::Ingest;

use crate::{BooksError, rules::BookError, source::SourceError};
use seam_l1::{L1Error, Severity};
use std::time::Duration;

/// How often in a row a range is begun anew because the chain was reorganised while it was read.
pub const MAX_REORGS: u32 = 8;
/// Blocks whose hashes are compared at a time while a common block is looked for.
pub const COMPARED_BLOCKS: u64 = 64;

/// How far an ingestion is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Blocks that were booked since it began.
    pub done: u64,
    /// Blocks that there were to book, as far as is known.
    pub total: u64,
    /// The last block that is booked.
    pub block: u64,
    /// How long it has taken.
    pub elapsed: Duration,
}

impl Progress {
    /// Blocks a minute; 0 before any time has passed.
    pub fn per_minute(&self) -> u64 {
        let millis = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX);
        self.done.saturating_mul(60_000).checked_div(millis).unwrap_or(0)
    }
}

/// What an ingestion came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The books are at this block: the head, or the one that was asked for.
    Block(u64),
    /// Nobody is tracked on the chain, so there is nothing to book.
    NothingTracked,
    /// The first block that an account is tracked from has not come yet.
    Waiting {
        /// That block.
        from: u64,
        /// The chain's newest.
        head: u64,
    },
}

/// Why an ingestion stopped. What was booked until then is whole.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The node.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The block.
    #[error(transparent)]
    Book(#[from] BookError),
    /// Another chain than the books are of.
    #[error(
        "the node is of chain {found}, and the books are of chain {expected}: give the right --rpc"
    )]
    OtherChain {
        /// The chain in the books.
        expected: u64,
        /// The node's.
        found: u64,
    },
    /// There is no common block.
    #[error(
        "no block of chain {chain} in the books down to {oldest} is one of the node's: it is another chain of the same \
         id, or was made anew. Use other books (--db), or the node they were made with"
    )]
    NothingInCommon {
        /// Which chain.
        chain: u64,
        /// The oldest block whose hash is in the books.
        oldest: u64,
    },
    /// The chain does not hold still.
    #[error(
        "the chain was reorganised {MAX_REORGS} times while a range of it was read: try again later"
    )]
    Restless,
}

impl IngestError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Source(SourceError::Rpc(L1Error::Unreachable { .. })) | Self::Restless => {
                Severity::Retry
            }
            Self::Source(SourceError::Gone(_)) | Self::Books(BooksError::Detached { .. }) => {
                Severity::Reset
            }
            _ => Severity::Halt,
        }
    }
}
