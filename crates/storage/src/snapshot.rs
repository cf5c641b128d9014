//! A chain at one block, in one file: `docs/snapshot.md` has the bytes.
//!
//! | module | what |
//! |---|---|
//! | `create` | writes one from a store |
//! | `load` | makes a store of one, and believes nothing but the block's hash |
//! | [`fuzz`] | what the fuzzer runs against the decoder |
//! | `file` | records, in compressed chunks, with a digest at the end |

mod create;
mod file;
pub mod fuzz;
mod load;

pub use create::create;
pub use load::{genesis_of, load};

use crate::error::StorageError;
use alloy_primitives::B256;
use std::{io, path::PathBuf};

/// Version of the format. A file of another version is refused.
pub const VERSION: u32 = 1;

/// Blocks that are in a snapshot whole, the last of them the one whose state it has: as many hashes as
/// `BLOCKHASH` can ask for.
pub const BLOCKS: u64 = 256;

/// What a snapshot has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// The block whose state it has.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Hash of the chain's genesis block.
    pub genesis: B256,
    /// Whole blocks.
    pub blocks: u64,
    /// Accounts of the state.
    pub accounts: u64,
    /// Slots of their storage.
    pub slots: u64,
    /// Codes of contracts.
    pub codes: u64,
}

/// Why there is no snapshot, or why one is not believed.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read or written.
    #[error("the file: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("the file is no snapshot of Seam")]
    Unknown,
    /// Of another version.
    #[error("the snapshot has format {found}, this version of Seam reads {VERSION}")]
    Version {
        /// Its version.
        found: u32,
    },
    /// It is not what was written, or was written by somebody who lies. Nothing was loaded.
    #[error("the snapshot is damaged ({0}): get it again, or from somebody else")]
    Damaged(String),
    /// It is of another block than the one that is trusted.
    #[error("the snapshot is of block {number} with hash {found}, not {expected}")]
    OtherBlock {
        /// Number of its block.
        number: u64,
        /// The block's hash.
        found: B256,
        /// The hash that was asked for.
        expected: B256,
    },
    /// There is a chain already.
    #[error("{} has a chain already: choose another --data-dir", .0.display())]
    Exists(PathBuf),
    /// A block that it needs is not kept.
    #[error("block {0} is not kept, so there can be no snapshot of this block")]
    NoBlock(u64),
    /// The store failed, or does not keep the state of the block.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SnapshotError {
    fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

#[cfg(test)]
mod tests;
