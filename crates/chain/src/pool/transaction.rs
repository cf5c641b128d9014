//! [`PoolTransaction`]: a transaction as the pool keeps it.

use alloy_consensus::Transaction as _;
use alloy_eips::{
    eip2718::Encodable2718,
    eip4844::{BYTES_PER_BLOB, BYTES_PER_COMMITMENT, BYTES_PER_PROOF, DATA_GAS_PER_BLOB},
    eip7594::BlobTransactionSidecarEip7594,
};
use alloy_primitives::{Address, TxHash, U256};
use seam_primitives::{Recovered, Transaction};
use std::sync::Arc;

/// A transaction with its sender, its sidecar if it has blobs, and what the pool asks of it often.
/// Cloning it copies a pointer.
#[derive(Debug, Clone)]
pub struct PoolTransaction(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transaction: Recovered<Transaction>,
    sidecar: Option<Arc<BlobTransactionSidecarEip7594>>,
    hash: TxHash,
    encoded_bytes: usize,
    blob_bytes: usize,
    cost: U256,
}

impl PoolTransaction {
    /// A transaction of a chain that charges for gas, blobs and value alone. Proofs of the sidecar
    /// must have been verified: the pool only checks that it belongs to the transaction.
    pub fn new(
        transaction: Recovered<Transaction>,
        sidecar: Option<Arc<BlobTransactionSidecarEip7594>>,
    ) -> Self {
        Self::with_data_fee(transaction, sidecar, U256::ZERO)
    }

    /// The same on an OP Stack chain, which charges a fee for the transaction's data on L1 and for
    /// the operator: `data_fee` is that in wei as of now. It counts as part of the cost as long as
    /// the transaction is in the pool.
    pub fn with_data_fee(
        transaction: Recovered<Transaction>,
        sidecar: Option<Arc<BlobTransactionSidecarEip7594>>,
        data_fee: U256,
    ) -> Self {
        let hash = transaction.inner().hash();
        let encoded_bytes = transaction.inner().encode_2718_len();
        let blob_bytes = sidecar.as_deref().map_or(0, sidecar_bytes);
        let cost = most_it_can_cost(transaction.inner()).saturating_add(data_fee);
        Self(Arc::new(Inner { transaction, sidecar, hash, encoded_bytes, blob_bytes, cost }))
    }

    /// The transaction and its sender.
    pub fn transaction(&self) -> &Recovered<Transaction> {
        &self.0.transaction
    }

    /// Blobs, commitments and proofs, if it is a blob transaction.
    pub fn sidecar(&self) -> Option<&Arc<BlobTransactionSidecarEip7594>> {
        self.0.sidecar.as_ref()
    }

    /// The hash by which it is known.
    pub fn hash(&self) -> TxHash {
        self.0.hash
    }

    /// Who sent it.
    pub fn sender(&self) -> Address {
        self.0.transaction.signer()
    }

    /// Its place among the sender's transactions.
    pub fn nonce(&self) -> u64 {
        self.0.transaction.nonce()
    }

    /// Bytes of its EIP-2718 encoding, without the sidecar.
    pub fn encoded_bytes(&self) -> usize {
        self.0.encoded_bytes
    }

    /// Bytes of its sidecar: blobs, commitments and proofs.
    pub fn blob_bytes(&self) -> usize {
        self.0.blob_bytes
    }

    /// Bytes of both.
    pub fn bytes(&self) -> usize {
        self.0.encoded_bytes.saturating_add(self.0.blob_bytes)
    }

    /// Whether its type is that of blob transactions (EIP-4844).
    pub fn is_blob(&self) -> bool {
        matches!(self.0.transaction.inner(), Transaction::Eip4844(_))
    }

    /// The most it pays per gas, in wei: `maxFeePerGas`, or `gasPrice` where there is none.
    pub fn max_fee(&self) -> u128 {
        self.0.transaction.max_fee_per_gas()
    }

    /// The most of that that goes to the block's beneficiary, in wei per gas:
    /// `maxPriorityFeePerGas`, or `gasPrice` where there is none.
    pub fn max_tip(&self) -> u128 {
        self.0.transaction.max_priority_fee_per_gas().unwrap_or_else(|| self.max_fee())
    }

    /// The most it pays per blob gas, in wei, if it is a blob transaction.
    pub fn max_blob_fee(&self) -> Option<u128> {
        self.0.transaction.max_fee_per_blob_gas()
    }

    /// What it pays per gas at this base fee, in wei: `min(max fee, base fee + max tip)`. Below
    /// the base fee it cannot be in a block.
    pub fn gas_price_at(&self, base_fee: u64) -> u128 {
        self.max_fee().min(self.max_tip().saturating_add(u128::from(base_fee)))
    }

    /// What of that goes to the beneficiary, in wei per gas; `None` below the base fee.
    pub fn tip_at(&self, base_fee: u64) -> Option<u128> {
        self.gas_price_at(base_fee).checked_sub(u128::from(base_fee))
    }

    /// The most it can take from its sender, in wei: gas, blobs, value and the data fee. A sum that
    /// no balance can reach stands as [`U256::MAX`].
    pub fn cost(&self) -> U256 {
        self.0.cost
    }
}

fn sidecar_bytes(sidecar: &BlobTransactionSidecarEip7594) -> usize {
    let blobs = sidecar.blobs.len().saturating_mul(BYTES_PER_BLOB);
    let commitments = sidecar.commitments.len().saturating_mul(BYTES_PER_COMMITMENT);
    let proofs = sidecar.cell_proofs.len().saturating_mul(BYTES_PER_PROOF);
    blobs.saturating_add(commitments).saturating_add(proofs)
}

fn most_it_can_cost(transaction: &Transaction) -> U256 {
    let gas = U256::from(transaction.gas_limit())
        .saturating_mul(U256::from(transaction.max_fee_per_gas()));
    let blobs = transaction.blob_versioned_hashes().map_or(0, <[_]>::len);
    let blob_gas = U256::from(blobs).saturating_mul(U256::from(DATA_GAS_PER_BLOB));
    let blob_fee = U256::from(transaction.max_fee_per_blob_gas().unwrap_or(0));
    gas.saturating_add(blob_gas.saturating_mul(blob_fee)).saturating_add(transaction.value())
}
