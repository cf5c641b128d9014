//! The values of the Beacon API, for those who read blobs of this chain as they would from a beacon
//! node: op-node, batch readers, explorers. Pure functions; the HTTP server is elsewhere.
//!
//! A development chain has no beacon chain. What stands in its place is derived from the
//! execution blocks alone, see [`BeaconHeader`], and holds together: ids, slots, roots and
//! `parentBeaconBlockRoot` agree. What cannot be had: signatures of proposers and the Merkle proofs
//! that a commitment is in a beacon block's body. Both are zeros here. Verify blobs by their
//! commitments and versioned hashes, which are real.
//!
//! Source: the Beacon APIs, <https://ethereum.github.io/beacon-APIs/>.

mod answers;
mod block_id;
mod header;
mod query;

pub use answers::{
    Answer, BlobSidecar, BlobSidecars, Blobs, ChainSpec, ErrorBody, GenesisInfo, HeaderData,
    HeaderInfo, INCLUSION_PROOF_DEPTH, NodeVersion, SignedHeader, blob_sidecars, blobs, chain_spec,
    genesis, header_info, node_version,
};
pub use block_id::BlockId;
pub use header::{BeaconHeader, SlotClock};
pub use query::{indices, versioned_hashes};

use thiserror::Error;

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BeaconError {
    /// Not one of the forms of [`BlockId`].
    #[error("invalid block id: {0}")]
    BlockId(String),
    /// Not 32 bytes of hexadecimal digits after `0x`.
    #[error("invalid versioned hash: {0}")]
    VersionedHash(String),
    /// Not a decimal number.
    #[error("invalid blob index: {0}")]
    Index(String),
    /// The chain has no block with this id.
    #[error("block not found")]
    BlockNotFound,
    /// The node has no proof for each blob: a mistake of ours.
    #[error("{proofs} proofs for {blobs} blobs")]
    Proofs {
        /// Proofs that were given.
        proofs: usize,
        /// Blobs of the block.
        blobs: usize,
    },
}

impl BeaconError {
    /// The HTTP status, which the body repeats.
    pub const fn code(&self) -> u16 {
        match self {
            Self::BlockId(_) | Self::VersionedHash(_) | Self::Index(_) => 400,
            Self::BlockNotFound => 404,
            Self::Proofs { .. } => 500,
        }
    }

    /// The body of the answer.
    pub fn body(&self) -> ErrorBody {
        ErrorBody { code: self.code(), message: self.to_string() }
    }
}

#[cfg(test)]
mod tests;
