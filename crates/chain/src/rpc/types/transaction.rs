//! A transaction.

use crate::rpc::params::quantity;
use alloy_consensus::{Transaction as _, Typed2718 as _};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxHash, U256};
use seam_primitives::{DepositReceipt, Transaction};
use seam_storage::StoredBlock;
use serde::Serialize;

/// Where a transaction is in the chain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) hash: B256,
    pub(crate) number: u64,
    pub(crate) timestamp: u64,
    pub(crate) index: usize,
    pub(crate) base_fee: Option<u64>,
}

/// A transaction of any type. What its type does not have is left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TransactionJson {
    block_hash: Option<B256>,
    block_number: Option<U256>,
    block_timestamp: Option<U256>,
    from: Address,
    gas: U256,
    /// What it paid in its block; before that, the most it may pay.
    gas_price: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_fee_per_gas: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_priority_fee_per_gas: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_fee_per_blob_gas: Option<U256>,
    hash: TxHash,
    input: Bytes,
    nonce: U256,
    to: Option<Address>,
    transaction_index: Option<U256>,
    value: U256,
    #[serde(rename = "type")]
    ty: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_list: Option<AccessList>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_id: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_versioned_hashes: Option<Vec<B256>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_list: Option<Vec<SignedAuthorization>>,
    v: U256,
    r: U256,
    s: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    y_parity: Option<U256>,
    #[serde(flatten)]
    deposit: Option<DepositJson>,
}

/// What a deposit has beyond the rest (OP Stack).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct DepositJson {
    source_hash: B256,
    mint: U256,
    is_system_tx: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposit_receipt_version: Option<U256>,
}

impl TransactionJson {
    /// A transaction; `receipt` is that of a deposit that is in a block.
    pub(crate) fn new(
        transaction: &Transaction,
        from: Address,
        place: Option<Place>,
        receipt: Option<DepositReceipt>,
    ) -> Self {
        let dynamic = transaction.is_dynamic_fee() && !is_deposit(transaction);
        let (v, r, s, y_parity) = signature_fields(transaction);
        Self {
            block_hash: place.map(|place| place.hash),
            block_number: place.map(|place| quantity(place.number)),
            block_timestamp: place.map(|place| quantity(place.timestamp)),
            from,
            gas: quantity(transaction.gas_limit()),
            gas_price: gas_price(transaction, place),
            max_fee_per_gas: dynamic.then(|| quantity(transaction.max_fee_per_gas())),
            max_priority_fee_per_gas: transaction
                .max_priority_fee_per_gas()
                .filter(|_| dynamic)
                .map(quantity),
            max_fee_per_blob_gas: transaction.max_fee_per_blob_gas().map(quantity),
            hash: transaction.hash(),
            input: transaction.input().clone(),
            nonce: quantity(receipt.map_or_else(|| transaction.nonce(), |receipt| receipt.nonce)),
            to: transaction.to(),
            transaction_index: place.map(|place| quantity(place.index)),
            value: transaction.value(),
            ty: quantity(transaction.ty()),
            access_list: transaction.access_list().cloned(),
            chain_id: transaction.chain_id().map(quantity),
            blob_versioned_hashes: transaction.blob_versioned_hashes().map(<[B256]>::to_vec),
            authorization_list: transaction
                .authorization_list()
                .map(<[SignedAuthorization]>::to_vec),
            v,
            r,
            s,
            y_parity,
            deposit: deposit(transaction, receipt),
        }
    }

    /// The transaction at `index` of a block.
    pub(crate) fn in_block(
        stored: &StoredBlock,
        index: usize,
        receipt: Option<DepositReceipt>,
    ) -> Option<Self> {
        let transaction = stored.block.transactions.get(index)?;
        let header = &stored.block.header;
        let place = Place {
            hash: stored.hash,
            number: header.number,
            timestamp: header.timestamp,
            index,
            base_fee: header.base_fee_per_gas,
        };
        Some(Self::new(transaction, *stored.senders.get(index)?, Some(place), receipt))
    }
}

fn is_deposit(transaction: &Transaction) -> bool {
    transaction.as_deposit().is_some()
}

fn gas_price(transaction: &Transaction, place: Option<Place>) -> U256 {
    if is_deposit(transaction) {
        return U256::ZERO;
    }
    match place {
        Some(place) => quantity(transaction.effective_gas_price(place.base_fee)),
        None => quantity(transaction.max_fee_per_gas()),
    }
}

fn deposit(transaction: &Transaction, receipt: Option<DepositReceipt>) -> Option<DepositJson> {
    let deposit = transaction.as_deposit()?.inner();
    Some(DepositJson {
        source_hash: deposit.source_hash,
        mint: quantity(deposit.mint),
        is_system_tx: deposit.is_system_transaction,
        deposit_receipt_version: receipt.map(|receipt| quantity(receipt.version)),
    })
}

/// `v`, `r`, `s` and `yParity`. A legacy transaction has the `v` of EIP-155 and no parity.
fn signature_fields(transaction: &Transaction) -> (U256, U256, U256, Option<U256>) {
    let Some(signature) = signature(transaction) else {
        return (U256::ZERO, U256::ZERO, U256::ZERO, None);
    };
    let parity = quantity(u8::from(signature.v()));
    let (r, s) = (signature.r(), signature.s());
    match (transaction, transaction.chain_id()) {
        (Transaction::Legacy(_), Some(id)) => {
            (parity + quantity(u128::from(id) * 2 + 35), r, s, None)
        }
        // One that nobody signed, of a simulation.
        (Transaction::Legacy(_), None) if r.is_zero() => (parity, r, s, None),
        (Transaction::Legacy(_), None) => (parity + quantity(27_u64), r, s, None),
        _ => (parity, r, s, Some(parity)),
    }
}

const fn signature(transaction: &Transaction) -> Option<&Signature> {
    match transaction {
        Transaction::Legacy(tx) => Some(tx.signature()),
        Transaction::Eip2930(tx) => Some(tx.signature()),
        Transaction::Eip1559(tx) => Some(tx.signature()),
        Transaction::Eip4844(tx) => Some(tx.signature()),
        Transaction::Eip7702(tx) => Some(tx.signature()),
        Transaction::Deposit(_) => None,
    }
}
