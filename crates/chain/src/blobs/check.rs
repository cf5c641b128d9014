//! Whether a sidecar belongs to its transaction, and proves its blobs.

use super::{AnySidecar, Sidecar, kzg};
use alloy_eips::{
    eip4844::{BlobTransactionValidationError, kzg_to_versioned_hash},
    eip7594::CELLS_PER_EXT_BLOB,
};
use alloy_primitives::B256;
use thiserror::Error;

/// Why a sidecar is refused. The words are geth's where it has some.
#[derive(Debug, Error)]
pub enum SidecarError {
    /// A blob transaction has one blob at least (EIP-4844).
    #[error("blobless blob transaction")]
    NoBlobs,
    /// More blobs than the chain lets a transaction have.
    #[error("too many blobs in transaction: have {have}, permitted {permitted}")]
    TooManyBlobs {
        /// Versioned hashes of the transaction.
        have: usize,
        /// The most.
        permitted: usize,
    },
    /// One blob for each versioned hash.
    #[error("invalid number of {blobs} blobs compared to {hashes} blob hashes")]
    BlobCount {
        /// Blobs of the sidecar.
        blobs: usize,
        /// Versioned hashes of the transaction.
        hashes: usize,
    },
    /// One commitment for each versioned hash.
    #[error("invalid number of {commitments} blob commitments compared to {hashes} blob hashes")]
    CommitmentCount {
        /// Commitments of the sidecar.
        commitments: usize,
        /// Versioned hashes of the transaction.
        hashes: usize,
    },
    /// One proof for each blob (EIP-4844), or one for each of its 128 cells (EIP-7594).
    #[error("invalid number of {proofs} blob proofs, expected {expected}")]
    ProofCount {
        /// Proofs of the sidecar.
        proofs: usize,
        /// As many as there should be.
        expected: usize,
    },
    /// A commitment is not the one the transaction names.
    #[error("blob {blob}: computed hash {computed} mismatches transaction one {hash}")]
    HashMismatch {
        /// Index of the blob in the transaction.
        blob: usize,
        /// Versioned hash of the sidecar's commitment.
        computed: B256,
        /// Versioned hash in the transaction.
        hash: B256,
    },
    /// The proofs do not show that the commitments are to these blobs.
    #[error("invalid KZG proof of the blobs")]
    InvalidProof,
    /// A blob, commitment or proof is not canonical: a field element that is not below the modulus,
    /// or bytes that are no point of the curve.
    #[error("malformed blob, commitment or proof: {0}")]
    Malformed(#[source] c_kzg::Error),
}

impl From<BlobTransactionValidationError> for SidecarError {
    fn from(error: BlobTransactionValidationError) -> Self {
        match error {
            BlobTransactionValidationError::KZGError(error) => Self::Malformed(error),
            // The others speak of hashes and of missing sidecars, which are ruled out before.
            _ => Self::InvalidProof,
        }
    }
}

/// Checks a sidecar against the versioned `hashes` of its transaction, of which there may be
/// `max_blobs`: counts and hashes first, then the KZG proofs, in one batch. It comes back in the
/// form of EIP-7594, which is the only one from Osaka on; to a sidecar of EIP-4844 the cell proofs
/// are computed here, as geth does, so that old senders keep working.
///
/// A blob takes about 30 ms with EIP-7594, and 0.4 s with EIP-4844, most of it for the cell proofs;
/// the very first check loads the [setup](kzg::settings) besides. Not for a thread that others wait
/// for.
///
/// # Errors
///
/// See [`SidecarError`]; the sender's mistakes, all of them.
pub fn check(
    sidecar: AnySidecar,
    hashes: &[B256],
    max_blobs: usize,
) -> Result<Sidecar, SidecarError> {
    check_counts(&sidecar, hashes, max_blobs)?;
    check_hashes(&sidecar, hashes)?;
    sidecar.validate(hashes, kzg::settings())?;
    sidecar.try_into_eip7594_with_settings(kzg::settings()).map_err(SidecarError::Malformed)
}

fn check_counts(
    sidecar: &AnySidecar,
    hashes: &[B256],
    max_blobs: usize,
) -> Result<(), SidecarError> {
    let hashes = hashes.len();
    let blobs = sidecar.blobs().len();
    let commitments = sidecar.commitments().len();
    let (proofs, expected) = match sidecar {
        AnySidecar::Eip4844(sidecar) => (sidecar.proofs.len(), blobs),
        AnySidecar::Eip7594(sidecar) => (sidecar.cell_proofs.len(), blobs * CELLS_PER_EXT_BLOB),
    };
    if hashes == 0 {
        return Err(SidecarError::NoBlobs);
    }
    if hashes > max_blobs {
        return Err(SidecarError::TooManyBlobs { have: hashes, permitted: max_blobs });
    }
    if blobs != hashes {
        return Err(SidecarError::BlobCount { blobs, hashes });
    }
    if commitments != hashes {
        return Err(SidecarError::CommitmentCount { commitments, hashes });
    }
    if proofs != expected {
        return Err(SidecarError::ProofCount { proofs, expected });
    }
    Ok(())
}

fn check_hashes(sidecar: &AnySidecar, hashes: &[B256]) -> Result<(), SidecarError> {
    for (blob, (commitment, hash)) in sidecar.commitments().iter().zip(hashes).enumerate() {
        let computed = kzg_to_versioned_hash(commitment.as_slice());
        if computed != *hash {
            return Err(SidecarError::HashMismatch { blob, computed, hash: *hash });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
