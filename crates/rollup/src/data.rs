//! The data of batches: where they come from, each checked against what the inbox says of it.
//!
//! | kind | asked, in this order |
//! |---|---|
//! | calldata | the L1 block's transactions |
//! | blobs | what this node keeps, beacon nodes, archives |
//!
//! Nothing is believed: calldata must hash to the batch's data hash, and every blob's commitment to its
//! versioned hash. Blobs that were fetched are kept ([`crate::blob_store`]).

mod calldata;
mod service;

pub use seam_l1::L1At;
pub use service::BatchSource;

use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use seam_l1::{BeaconError, L1Error, Severity};
use seam_primitives::batch::{BatchKind, blobs_data_hash};
use seam_stf::derive::inbox::PostedBatch;

/// A batch's data as they were posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchBytes {
    /// The `data` of `postCalldata`.
    Calldata(Bytes),
    /// The blobs of its transaction, in order.
    Blobs(Vec<Box<Blob>>),
}

/// Why a batch's data are not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// Nobody who was asked has them. They may come back with another archive: ask again.
    #[error(
        "blobs of batch {index} (L1 block {block}) are gone from L1: give --blob-archive URL of a node \
         that has kept them; {tried}"
    )]
    Gone {
        /// The batch.
        index: u64,
        /// Number of its L1 block.
        block: u64,
        /// Versioned hashes of the blobs that are missing.
        missing: Vec<B256>,
        /// Who was asked, and what they said.
        tried: String,
    },
    /// Somebody who may have them failed. Ask again.
    #[error("the blobs of batch {index} (L1 block {block}) cannot be fetched just now: {tried}")]
    Unreachable {
        /// The batch.
        index: u64,
        /// Number of its L1 block.
        block: u64,
        /// Who was asked, and what they said.
        tried: String,
    },
    /// The batch is in blobs, and nobody can be asked for any.
    #[error(
        "batch {index} (L1 block {block}) is in blobs: give --l1-beacon URL, or --blob-archive URL"
    )]
    NoSource {
        /// The batch.
        index: u64,
        /// Number of its L1 block.
        block: u64,
    },
    /// The L1 does not give the calldata.
    #[error("the calldata of batch {index} cannot be fetched just now: {error}")]
    Calldata {
        /// The batch.
        index: u64,
        /// What went wrong.
        error: L1Error,
    },
    /// The batch's versioned hashes are not those that its data hash stands for. The inbox says nothing
    /// of that kind.
    #[error(
        "batch {index} names blobs that do not give its data hash: the L1's logs are not an inbox's"
    )]
    NotAnInbox {
        /// The batch.
        index: u64,
    },
}

impl DataError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Gone { .. } | Self::Unreachable { .. } => Severity::Retry,
            Self::Calldata { error, .. } => error.severity(),
            Self::NoSource { .. } | Self::NotAnInbox { .. } => Severity::Halt,
        }
    }
}

/// That the blobs a batch names are those that its data hash stands for.
fn check_hashes(batch: &PostedBatch) -> Result<(), DataError> {
    let blobs = batch.kind == BatchKind::Blobs;
    match !blobs || blobs_data_hash(&batch.versioned_hashes) == batch.data_hash {
        true => Ok(()),
        false => Err(DataError::NotAnInbox { index: batch.index }),
    }
}

/// What two failures in a row say: of those who were asked first and of those asked after them.
fn both(batch: &PostedBatch, at: &L1At, errors: &[BeaconError]) -> DataError {
    let (index, block) = (batch.index, at.number);
    let tried = |error: &BeaconError| match error {
        BeaconError::Gone { tried, .. } | BeaconError::Unreachable { tried } => tried.clone(),
        error => error.to_string(),
    };
    let all = errors.iter().map(tried).collect::<Vec<_>>().join(", ");
    let gone = |error: &BeaconError| match error {
        BeaconError::Gone { missing, .. } => Some(missing.clone()),
        _ => None,
    };
    // The last who were asked were asked only for what was missing still.
    match errors.iter().map(gone).collect::<Option<Vec<_>>>() {
        Some(missing) => match missing.into_iter().next_back() {
            Some(missing) => DataError::Gone { index, block, missing, tried: all },
            None => DataError::NoSource { index, block },
        },
        None => DataError::Unreachable { index, block, tried: all },
    }
}

#[cfg(test)]
mod tests;
