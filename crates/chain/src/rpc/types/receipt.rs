//! A receipt.

use super::{LogJson, logs_of_receipt};
use crate::{
    op_fees::{BlockFees, L1Fees},
    rpc::params::quantity,
};
use alloy_consensus::{Eip658Value, Transaction as _};
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_primitives::{Address, B256, Bloom, TxHash, U256};
use seam_primitives::{ChainRules, Receipt, Transaction};
use seam_stf::header::blob_base_fee;
use seam_storage::StoredBlock;
use serde::Serialize;

/// A receipt with its place in the chain.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_price: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used: Option<U256>,
    block_hash: B256,
    block_number: U256,
    contract_address: Option<Address>,
    cumulative_gas_used: U256,
    effective_gas_price: U256,
    from: Address,
    gas_used: U256,
    logs: Vec<LogJson>,
    logs_bloom: Bloom,
    /// Before Byzantium.
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<B256>,
    /// Since Byzantium.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<U256>,
    to: Option<Address>,
    transaction_hash: TxHash,
    transaction_index: U256,
    #[serde(rename = "type")]
    ty: U256,
    #[serde(flatten)]
    l1: Option<L1Fees>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_nonce: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_receipt_version: Option<U256>,
}

impl ReceiptJson {
    /// All that the sender paid: for gas, for blobs and, on a rollup, for data on L1 and to the operator.
    pub(crate) fn fee(&self) -> U256 {
        let gas = self.gas_used.saturating_mul(self.effective_gas_price);
        let blobs = self.blob_gas_used.zip(self.blob_gas_price);
        let blobs = blobs.map_or(U256::ZERO, |(gas, price)| gas.saturating_mul(price));
        let l1 = self.l1.as_ref().filter(|_| self.deposit_nonce.is_none());
        let l1 = l1.map_or(U256::ZERO, |fees| fees.paid(self.gas_used));
        gas.saturating_add(blobs).saturating_add(l1)
    }
}

/// The receipts of a block, in order: all, or the one at `only`.
pub(crate) fn receipts_of(
    rules: &ChainRules,
    stored: &StoredBlock,
    receipts: &[Receipt],
    only: Option<usize>,
) -> Vec<ReceiptJson> {
    let fees = BlockFees::of(rules, &stored.block);
    let start = only.unwrap_or(0).min(receipts.len());
    let (before, rest) = receipts.split_at(start);
    let mut gas_before = before.last().map_or(0, |receipt| receipt.cumulative_gas_used);
    let mut first_log = before.iter().map(|receipt| receipt.logs.len()).sum();
    let mut found = Vec::new();
    for (index, receipt) in (start..).zip(rest).take(only.map_or(rest.len(), |_| 1)) {
        let gas_used = receipt.cumulative_gas_used.saturating_sub(gas_before);
        let logs = logs_of_receipt(&stored.block, stored.hash, receipt, (index, first_log));
        let subject = Subject { rules, stored, receipt, index, gas_used };
        found.extend(subject.json(logs, fees));
        gas_before = receipt.cumulative_gas_used;
        first_log += receipt.logs.len();
    }
    found
}

/// A receipt and all around it.
struct Subject<'a> {
    rules: &'a ChainRules,
    stored: &'a StoredBlock,
    receipt: &'a Receipt,
    index: usize,
    gas_used: u64,
}

impl Subject<'_> {
    fn json(&self, logs: Vec<LogJson>, fees: Option<BlockFees>) -> Option<ReceiptJson> {
        let (stored, receipt) = (self.stored, self.receipt);
        let header = &stored.block.header;
        let transaction = stored.block.transactions.get(self.index)?;
        let from = *stored.senders.get(self.index)?;
        let (blob_gas_used, blob_gas_price) = self.blobs(transaction);
        let (root, status) = match receipt.status {
            Eip658Value::PostState(root) => (Some(root), None),
            Eip658Value::Eip658(status) => (None, Some(quantity(u8::from(status)))),
        };
        Some(ReceiptJson {
            blob_gas_price,
            blob_gas_used,
            block_hash: stored.hash,
            block_number: quantity(header.number),
            contract_address: self.created(transaction, from),
            cumulative_gas_used: quantity(receipt.cumulative_gas_used),
            effective_gas_price: self.gas_price(transaction),
            from,
            gas_used: quantity(self.gas_used),
            logs,
            logs_bloom: receipt.bloom,
            root,
            status,
            to: transaction.to(),
            transaction_hash: transaction.hash(),
            transaction_index: quantity(self.index),
            ty: quantity(receipt.ty),
            l1: fees.map(|fees| fees.of_transaction(transaction)),
            deposit_nonce: receipt.deposit.map(|deposit| quantity(deposit.nonce)),
            deposit_receipt_version: receipt.deposit.map(|deposit| quantity(deposit.version)),
        })
    }

    /// Blob gas and its price, of a blob transaction.
    fn blobs(&self, transaction: &Transaction) -> (Option<U256>, Option<U256>) {
        let Some(hashes) = transaction.blob_versioned_hashes() else { return (None, None) };
        let header = &self.stored.block.header;
        let excess = header.excess_blob_gas.unwrap_or_default();
        let price = blob_base_fee(self.rules, header.timestamp, excess);
        let gas = quantity(hashes.len()).saturating_mul(quantity(DATA_GAS_PER_BLOB));
        (Some(gas), Some(quantity(price)))
    }

    /// The contract that a creation makes if it succeeds.
    fn created(&self, transaction: &Transaction, from: Address) -> Option<Address> {
        let deposit = self.receipt.deposit.map(|deposit| deposit.nonce);
        let nonce = deposit.unwrap_or_else(|| transaction.nonce());
        transaction.to().is_none().then(|| from.create(nonce))
    }

    fn gas_price(&self, transaction: &Transaction) -> U256 {
        if transaction.as_deposit().is_some() {
            return U256::ZERO;
        }
        quantity(transaction.effective_gas_price(self.stored.block.header.base_fee_per_gas))
    }
}
