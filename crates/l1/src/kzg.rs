//! Blobs and the hashes that L1 names them by (EIP-4844).

use alloy_eips::eip4844::{AsCkzg, Blob, kzg_to_versioned_hash};
use alloy_primitives::B256;

/// Bits of c-kzg's tables for cell proofs: none. `seam_chain::blobs::kzg` has the same, so that a
/// process loads one setup, which c-kzg keeps by this number.
const PRECOMPUTE: u64 = 0;

/// The versioned hash of a blob; `None` if it holds a field element that is not canonical, which no blob
/// of L1 does. It takes tens of milliseconds, and seconds the first time, when the setup is loaded.
pub fn versioned_hash(blob: &Blob) -> Option<B256> {
    let settings = c_kzg::ethereum_kzg_settings(PRECOMPUTE);
    let commitment = settings.blob_to_kzg_commitment(blob.as_ckzg()).ok()?;
    Some(kzg_to_versioned_hash(commitment.to_bytes().as_slice()))
}
