//! The rollup's chain as it follows from L1: batches in the order of the inbox, each made into blocks
//! by the rules of `seam_stf::derive`, and how far the chain is safe and final because of it.
//!
//! A follower makes its blocks so; a sequencer has them already, and is only set right where L1 says
//! otherwise. [`cursor`] decides where derivation stands, whatever L1 does; [`Derivation`] reads and writes.

mod ahead;
pub mod cursor;
mod file;
pub mod metrics;
mod service;

pub use cursor::{Applied, Cursor};
use service::blocking;
pub use service::{Derivation, Parts, l1_needed};

use crate::data::{BatchBytes, BatchSource, DataError, L1At};
use alloy_primitives::B256;
use seam_chain::engine::{EngineError, ImportError};
use seam_l1::{Severity, timer::BoxFuture};
use seam_stf::derive::{PostedBatch, range::OriginMissing};
use seam_storage::StorageError;
use std::{fmt::Debug, io, path::PathBuf};

/// Blocks that are derived at a time: more of a batch, and it is taken in parts.
pub const MAX_PART_BLOCKS: u64 = 512;

/// Where the data of batches come from.
pub trait BatchData: Debug + Send + Sync {
    /// What was posted as the data of a batch that is in this L1 block. Whoever gives it has checked that
    /// it is what was posted.
    fn fetch<'a>(
        &'a self,
        at: &'a L1At,
        batch: &'a PostedBatch,
    ) -> BoxFuture<'a, Result<BatchBytes, DataError>>;
}

impl BatchData for BatchSource {
    fn fetch<'a>(
        &'a self,
        at: &'a L1At,
        batch: &'a PostedBatch,
    ) -> BoxFuture<'a, Result<BatchBytes, DataError>> {
        Box::pin(Self::fetch(self, at, batch))
    }
}

/// Why derivation does not go on.
#[derive(Debug, thiserror::Error)]
pub enum DerivationError {
    /// The chain could not take the blocks.
    #[error(transparent)]
    Chain(#[from] ImportError),
    /// The chain could not be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// There are no data of a batch.
    #[error(transparent)]
    Data(#[from] DataError),
    /// L1 is not known as far as a batch names it. It will be.
    #[error("L1 block {0} is not known yet")]
    L1Unknown(u64),
    /// L1 has changed while a batch was being derived.
    #[error("L1 has changed at block {0}")]
    L1Changed(u64),
    /// The inbox's events do not follow one another.
    #[error(
        "batch {found} comes after batch {last} in L1 block {block}, and does not follow on it: the \
         L1 endpoint leaves out what happened; check with another (--l1-rpc)"
    )]
    NotLinked {
        /// The last batch before.
        last: u64,
        /// The batch that was found.
        found: u64,
        /// The L1 block.
        block: u64,
    },
    /// What was derived as final is not in the chain, or its L1 block is not in L1.
    #[error(
        "block {block} was derived from L1 block {l1} and final, but is not so any more: is it another \
         L1, or other data? Begin with an empty data directory, or give the L1 that the rollup was made for"
    )]
    BaseGone {
        /// The rollup's block.
        block: u64,
        /// The L1 block with the batch that it came from.
        l1: u64,
    },
    /// The file that says where derivation stands cannot be used.
    #[error("{path}: {reason}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: io::Error,
    },
}

impl From<OriginMissing> for DerivationError {
    fn from(missing: OriginMissing) -> Self {
        Self::Chain(missing.into())
    }
}

impl DerivationError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Data(error) => error.severity(),
            Self::L1Unknown(_) | Self::Chain(ImportError::WaitsForL1) => Severity::Retry,
            Self::L1Changed(_)
            | Self::Chain(ImportError::UnknownParent { .. } | ImportError::Origin(_)) => {
                Severity::Reset
            }
            Self::Chain(_)
            | Self::Storage(_)
            | Self::NotLinked { .. }
            | Self::BaseGone { .. }
            | Self::File { .. } => Severity::Halt,
        }
    }
}

/// How derivation is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DerivationStatus {
    /// The newest batch whose blocks the chain has; 0: none.
    pub batch: u64,
    /// Its last block, which is safe.
    pub safe: u64,
    /// Hash of that block.
    pub safe_hash: B256,
    /// The newest final block.
    pub finalized: u64,
    /// The lowest L1 block that is still needed: see [`l1_needed`].
    pub l1_needed: u64,
    /// L1 blocks up to this one have been read.
    pub l1_read: u64,
    /// The newest L1 block that is known.
    pub l1_head: u64,
    /// Blocks since the start that the chain had as L1 has them.
    pub agreed: u64,
    /// Blocks since the start that it did not have, or had in another way.
    pub made: u64,
    /// Blocks since the start that left the chain because L1 says otherwise.
    pub removed: u64,
    /// Batches since the start whose data give nothing: all of their blocks are default blocks.
    pub garbage: u64,
    /// What keeps it from going on, if anything does.
    pub waits: Option<String>,
}

impl DerivationStatus {
    /// Whether everything that L1 has is in the chain.
    pub const fn is_up_to_date(&self) -> bool {
        self.l1_read >= self.l1_head && self.waits.is_none()
    }
}

/// An error of the engine, where a chain cannot go on.
impl From<EngineError> for DerivationError {
    fn from(error: EngineError) -> Self {
        Self::Chain(ImportError::Engine(Box::new(error)))
    }
}
