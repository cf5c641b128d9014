//! Blob transactions for tests, with real commitments and proofs.

use super::{AnySidecar, Blob, Sidecar, kzg};
use alloy_consensus::{
    EthereumTxEnvelope, SignableTransaction, Signed, TxEip4844, TxEip4844WithSidecar,
};
use alloy_eips::{
    Encodable2718,
    eip4844::{
        BlobTransactionSidecar,
        builder::{SidecarBuilder, SimpleCoder},
    },
    eip7594::CELLS_PER_EXT_BLOB,
};
use alloy_primitives::{Address, B256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use std::sync::LazyLock;

/// Most blobs that the functions here give.
const MOST: usize = 2;

/// The blobs, which differ.
fn blobs() -> Vec<Blob> {
    let data: Vec<u8> = (0..150_000_u32).map(|at| (at % 251).to_le_bytes()[0]).collect();
    let blobs = SidecarBuilder::<SimpleCoder>::from_slice(&data).take();
    assert_eq!(blobs.len(), MOST);
    blobs
}

/// A sidecar of EIP-7594 with up to [`MOST`] blobs.
pub(crate) fn sidecar(blobs: usize) -> Sidecar {
    // Cell proofs take long to compute.
    static ALL: LazyLock<Sidecar> = LazyLock::new(|| {
        Sidecar::try_from_blobs_with_settings(self::blobs(), kzg::settings()).unwrap()
    });
    Sidecar::new(
        ALL.blobs[..blobs].to_vec(),
        ALL.commitments[..blobs].to_vec(),
        ALL.cell_proofs[..blobs * CELLS_PER_EXT_BLOB].to_vec(),
    )
}

/// The same blobs in a sidecar of EIP-4844.
pub(crate) fn eip4844(blobs: usize) -> BlobTransactionSidecar {
    let blobs = sidecar(blobs).blobs;
    BlobTransactionSidecar::try_from_blobs_with_settings(blobs, kzg::settings()).unwrap()
}

/// Versioned hashes of a sidecar.
pub(crate) fn hashes(sidecar: &AnySidecar) -> Vec<B256> {
    sidecar.versioned_hashes().collect()
}

/// The sender of all transactions here.
pub(crate) fn sender() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(1)).unwrap()
}

/// Signs a transaction as [`sender`].
pub(crate) fn signed<T: SignableTransaction<alloy_primitives::Signature>>(tx: T) -> Signed<T> {
    let signature = sender().sign_hash_sync(&tx.signature_hash()).unwrap();
    tx.into_signed(signature)
}

/// A blob transaction with these versioned hashes.
pub(crate) fn transaction(blob_versioned_hashes: Vec<B256>) -> Signed<TxEip4844> {
    signed(TxEip4844 {
        chain_id: 1,
        nonce: 5,
        gas_limit: 21_000,
        max_fee_per_gas: 10,
        max_priority_fee_per_gas: 1,
        to: Address::repeat_byte(7),
        max_fee_per_blob_gas: 3,
        blob_versioned_hashes,
        ..TxEip4844::default()
    })
}

/// A blob transaction in the network's form, with a sidecar that need not be its own.
pub(crate) fn wrapped(transaction: Signed<TxEip4844>, sidecar: AnySidecar) -> Vec<u8> {
    let (tx, signature, hash) = transaction.into_parts();
    let tx = TxEip4844WithSidecar { tx, sidecar };
    EthereumTxEnvelope::Eip4844(Signed::new_unchecked(tx, signature, hash)).encoded_2718()
}

/// A blob transaction with its own sidecar, in the network's form.
pub(crate) fn wrapped_own(sidecar: AnySidecar) -> Vec<u8> {
    wrapped(transaction(hashes(&sidecar)), sidecar)
}
