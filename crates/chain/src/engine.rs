//! Making blocks, taking blocks in, and writing them down.
//!
//! One thread builds: it takes transactions from the mempool until the block's time is over, then
//! begins the next block at once. One computes state roots meanwhile and seals the blocks
//! ([`seam_storage::RootThread`]). One commits: a block is announced once it is on disk.

mod ahead;
mod committer;
mod derive;
mod dev;
mod import;
mod producer;
mod recipe;
mod senders;
mod service;
mod unwind;

use alloy_primitives::B256;
use seam_primitives::Block;
use seam_stf::{BlockError, derive::range::OriginMissing};
use seam_storage::StorageError;
use std::sync::mpsc::Sender;

pub use committer::MAX_IN_FLIGHT;
pub use derive::Derived;
pub(crate) use dev::{ByHand, DevError, Time};
pub use recipe::{
    EmbeddedL1, Finalization, Input, Next, Part, Recipe, Rollup, Unproduced, attributes_of,
};
pub(crate) use recipe::{attributes_like, pending_header};
pub use service::{Running, Settings, slots_of, start};

/// Most blocks of a branch that replaces a part of the chain.
pub const MAX_BRANCH_BLOCKS: usize = 1_024;

/// Why the chain cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The disk is full, or failed, or what is on it is damaged.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A block could not be made from its own parts; no transaction is to blame.
    #[error("block {number} cannot be built: {error}")]
    Build {
        /// The block.
        number: u64,
        /// Why.
        error: BlockError,
    },
    /// L1 has another block than the one that a final block stands on.
    #[error(
        "L1 has replaced the block that the final block {0} stands on: is it another L1, or was it \
         started afresh? Begin with an empty data directory, or give the L1 that the rollup was made for"
    )]
    L1Replaced(u64),
    /// The system starts no more threads.
    #[error("no thread can be started: {0}")]
    Thread(#[source] std::io::Error),
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Number of the head afterwards.
    pub head: u64,
    /// Its hash.
    pub hash: B256,
    /// Blocks that are new in the chain.
    pub added: usize,
    /// Blocks that left it.
    pub removed: usize,
}

/// Why blocks are not taken in. The chain is as before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The first block that is new stands on one that the chain does not have.
    #[error("block {number} stands on {parent}, which is not in the chain")]
    UnknownParent {
        /// The block.
        number: u64,
        /// Its parent.
        parent: B256,
    },
    /// A block breaks a rule.
    #[error("block {number} is refused: {error}")]
    Refused {
        /// The block.
        number: u64,
        /// The rule.
        error: Box<BlockError>,
    },
    /// Each block must be the parent of the next.
    #[error("block {number} does not follow the one before it")]
    NotLinked {
        /// The block.
        number: u64,
    },
    /// The branch leaves the chain below a block that nothing can undo.
    #[error("the branch leaves the chain at block {fork}, below the final block {finalized}")]
    BelowFinal {
        /// Last block in common.
        fork: u64,
        /// The final block.
        finalized: u64,
    },
    /// The branch leaves the chain below a block that is on L1.
    #[error("the branch leaves the chain at block {fork}, below the safe block {safe}")]
    BelowSafe {
        /// Last block in common.
        fork: u64,
        /// The safe block.
        safe: u64,
    },
    /// The branch is not longer than what it would replace.
    #[error("the branch ends at block {end}, the chain at {head}: the longer one stays")]
    NotLonger {
        /// Last block of the branch.
        end: u64,
        /// The head.
        head: u64,
    },
    /// The branch has too many blocks.
    #[error("a branch of {blocks} blocks is over the limit of {MAX_BRANCH_BLOCKS}")]
    TooLong {
        /// Its blocks.
        blocks: usize,
    },
    /// The store failed, or does not have the state at the fork any more.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The chain cannot go on.
    #[error(transparent)]
    Engine(Box<EngineError>),
    /// The rollup's newest block has no next one until more is known of L1.
    #[error("the rollup waits for its L1: try again")]
    WaitsForL1,
    /// Derivation is of rollups.
    #[error("the chain is no rollup: nothing of it follows from an L1")]
    NoRollup,
    /// A range of blocks was put together for another place.
    #[error(transparent)]
    Origin(#[from] OriginMissing),
    /// The chain has stopped.
    #[error("the chain has stopped")]
    Stopped,
}

/// Which blocks stay when others would take their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contest {
    /// The longer branch; nothing final goes.
    Longer,
    /// What is brought; nothing safe goes.
    Brought,
}

/// What the thread that builds is asked to do beside it.
#[derive(Debug)]
pub(crate) enum Command {
    /// Take in blocks.
    Import(Vec<Block>, Contest, Sender<Result<Imported, ImportError>>),
    /// Replace the newest blocks.
    Reorg(u64, Sender<Result<Imported, ImportError>>),
    /// Have the blocks that follow from L1.
    Derive(Box<derive::Task>, Sender<Result<Derived, ImportError>>),
    /// Write down how far the chain is beyond doubt.
    Finality(Sender<Result<(), ImportError>>),
    /// Undo what stands on blocks that L1 has replaced.
    FollowL1(Sender<Result<(), ImportError>>),
    /// Do what a test asks of a development chain.
    ByHand(Box<ByHand>, Sender<Result<u64, DevError>>),
    /// Finish what is being written and end.
    Stop,
}
