//! Calls as transactions without a signature: `v`, `r` and `s` are zero.

use super::check::Terms;
use crate::call::Call;
use alloc::vec::Vec;
use alloy_consensus::{Signed, TxEip1559, TxEip4844, TxEip7702, TxLegacy};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Signature, TxKind, U256, keccak256};
use alloy_rlp::{BufMut, Encodable, Header as RlpHeader};
use alloy_trie::root::ordered_trie_root_with_encoder;
use seam_primitives::Transaction;

const EMPTY_SIGNATURE: Signature = Signature::new(U256::ZERO, U256::ZERO, false);

/// The transaction that the call would be: of the type that its fields ask for, else of EIP-1559.
pub(super) fn unsigned(call: &Call, chain_id: u64, terms: Terms) -> Transaction {
    let to = call.to.to().copied().unwrap_or_default();
    if call.gas_price.is_some() || terms.base_fee.is_none() {
        return legacy(call, terms);
    }
    if !call.authorization_list.is_empty() {
        let transaction = eip7702(call, chain_id, terms, to);
        return Transaction::Eip7702(Signed::new_unhashed(transaction, EMPTY_SIGNATURE));
    }
    if !call.blob_versioned_hashes.is_empty() {
        let transaction = eip4844(call, chain_id, terms, to);
        return Transaction::Eip4844(Signed::new_unhashed(transaction, EMPTY_SIGNATURE));
    }
    let transaction = TxEip1559 {
        chain_id,
        nonce: terms.nonce,
        gas_limit: terms.gas_limit,
        max_fee_per_gas: call.max_fee_per_gas.unwrap_or_default(),
        max_priority_fee_per_gas: call.max_priority_fee_per_gas.unwrap_or_default(),
        to: call.to,
        value: call.value,
        access_list: call.access_list.clone(),
        input: call.input.clone(),
    };
    Transaction::Eip1559(Signed::new_unhashed(transaction, EMPTY_SIGNATURE))
}

fn eip4844(call: &Call, chain_id: u64, terms: Terms, to: Address) -> TxEip4844 {
    TxEip4844 {
        chain_id,
        nonce: terms.nonce,
        gas_limit: terms.gas_limit,
        max_fee_per_gas: call.max_fee_per_gas.unwrap_or_default(),
        max_priority_fee_per_gas: call.max_priority_fee_per_gas.unwrap_or_default(),
        to,
        value: call.value,
        access_list: call.access_list.clone(),
        blob_versioned_hashes: call.blob_versioned_hashes.clone(),
        max_fee_per_blob_gas: call.max_fee_per_blob_gas.unwrap_or_default(),
        input: call.input.clone(),
    }
}

fn eip7702(call: &Call, chain_id: u64, terms: Terms, to: Address) -> TxEip7702 {
    TxEip7702 {
        chain_id,
        nonce: terms.nonce,
        gas_limit: terms.gas_limit,
        max_fee_per_gas: call.max_fee_per_gas.unwrap_or_default(),
        max_priority_fee_per_gas: call.max_priority_fee_per_gas.unwrap_or_default(),
        to,
        value: call.value,
        access_list: call.access_list.clone(),
        authorization_list: call.authorization_list.clone(),
        input: call.input.clone(),
    }
}

/// Alloy has no legacy transaction whose `v` is zero, so its bytes are made here.
fn legacy(call: &Call, terms: Terms) -> Transaction {
    let transaction = TxLegacy {
        chain_id: None,
        nonce: terms.nonce,
        gas_price: call.gas_price.unwrap_or_default(),
        gas_limit: terms.gas_limit,
        to: call.to,
        value: call.value,
        input: call.input.clone(),
    };
    let mut bytes = Vec::new();
    encode_legacy(&transaction, &mut bytes);
    Transaction::Legacy(Signed::new_unchecked(transaction, EMPTY_SIGNATURE, keccak256(bytes)))
}

fn encode_legacy(transaction: &TxLegacy, out: &mut dyn BufMut) {
    let TxLegacy { nonce, gas_price, gas_limit, to, value, input, chain_id: _ } = transaction;
    let to: &dyn Encodable = match to {
        TxKind::Create => &"",
        TxKind::Call(to) => to,
    };
    let fields: [&dyn Encodable; 9] =
        [nonce, gas_price, gas_limit, to, value, &input.0, &0_u8, &0_u8, &0_u8];
    let payload_length =
        fields.iter().fold(0_usize, |sum, field| sum.saturating_add(field.length()));
    RlpHeader { list: true, payload_length }.encode(out);
    fields.iter().for_each(|field| field.encode(out));
}

/// Root of the trie of such transactions by index.
pub fn transactions_root(transactions: &[Transaction]) -> B256 {
    ordered_trie_root_with_encoder(transactions, |transaction, out| match transaction {
        Transaction::Legacy(legacy) => encode_legacy(legacy.tx(), out),
        other => other.encode_2718(out),
    })
}
