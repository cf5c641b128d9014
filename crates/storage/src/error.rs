//! Why the store cannot do what was asked.

use alloy_primitives::B256;
use seam_stf::StateError;
use std::{io, path::PathBuf};

/// Why the store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process has it open.
    #[error("{} is in use by another process: stop that one, or choose another --data-dir", .0.display())]
    Locked(PathBuf),
    /// Written by another version of Seam.
    #[error(
        "the data in {} has format {found}, this version of Seam reads {expected}: use the version \
         that wrote it, choose another --data-dir, or start anew with --fresh", .path.display()
    )]
    Format {
        /// The data directory.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// This version's.
        expected: u32,
    },
    /// Data of a chain with another genesis.
    #[error(
        "{} holds a chain with genesis {found}, not {expected}: choose another --data-dir, or \
         start anew with --fresh", .path.display()
    )]
    OtherChain {
        /// The data directory.
        path: PathBuf,
        /// Hash of its genesis block.
        found: B256,
        /// Hash of the genesis block asked for.
        expected: B256,
    },
    /// The disk is full. All blocks that were committed are safe.
    #[error("the disk is full: free some space and start again{}", going_on(*head))]
    DiskFull {
        /// The newest block that is on disk, once the chain is open.
        head: Option<u64>,
    },
    /// The disk or the file system failed.
    #[error("input/output: {0}")]
    Io(#[source] io::Error),
    /// The data is not what was written. Nothing was changed.
    #[error("the data is damaged ({0}): restore a backup, or start anew with --fresh")]
    Corrupt(String),
    /// The state of this block is no longer, or not yet, kept.
    #[error("the state of block {number} is not kept: from {oldest} to {newest} it is")]
    NoState {
        /// The block.
        number: u64,
        /// Oldest block whose state is kept.
        oldest: u64,
        /// Newest block.
        newest: u64,
    },
    /// Between this block and the stored trie more changed than a proof may take the time for.
    #[error("block {number} is too far from the head for a proof: more than {limit} changes")]
    TooFarForProof {
        /// The block.
        number: u64,
        /// Most accounts and slots.
        limit: usize,
    },
    /// A commit that does not follow from what is stored. Nothing was changed.
    #[error("this commit does not fit the stored chain: {0}")]
    Mismatch(String),
    /// State could not be read or hashed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl StorageError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt(what.into())
    }

    /// Whether there is no space left.
    pub const fn is_disk_full(&self) -> bool {
        matches!(self, Self::DiskFull { .. })
    }
}

impl From<StorageError> for StateError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::State(error) => error,
            error => Self::Database(error.to_string()),
        }
    }
}

fn going_on(head: Option<u64>) -> String {
    head.map_or_else(String::new, |head| format!(", it goes on from block {head}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_names_the_newest_block_if_it_is_known() {
        let message = |head| StorageError::DiskFull { head }.to_string();
        assert!(message(Some(7)).ends_with("start again, it goes on from block 7"));
        assert!(message(None).ends_with("start again"));
    }
}
