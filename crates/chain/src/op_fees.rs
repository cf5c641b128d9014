//! What a rollup's transaction pays for its data on L1 and to the operator, computed from the block
//! itself, and the fields of an OP Stack receipt that tell it.
//!
//! Source: OP Stack specification, "Execution Engine": L1 cost fees of Fjord, operator fee of
//! Isthmus.

mod fastlz;

use crate::rpc::params::quantity;
use alloy_eips::Encodable2718;
use alloy_primitives::U256;
use seam_primitives::{Block, ChainRules, L1Attributes, OpFork, Transaction};
use serde::Serialize;

pub use fastlz::compressed_size;

/// Gas of a byte of calldata that is not zero.
const BYTE_GAS: u64 = 16;
/// Millionths of a byte for each one that FastLZ leaves (Fjord).
const SIZE_COEFFICIENT: u64 = 836_500;
/// What is taken off that, in millionths of a byte (Fjord).
const SIZE_INTERCEPT: u64 = 42_585_600;
/// Least size of a transaction, in millionths of a byte (Fjord).
const LEAST_SIZE: u64 = 100_000_000;

/// The fee in wei for a transaction's data, of which `transaction` are the EIP-2718 bytes.
pub fn data_fee(attributes: &L1Attributes, transaction: &[u8]) -> U256 {
    let base = quantity(attributes.base_fee)
        .saturating_mul(quantity(BYTE_GAS))
        .saturating_mul(quantity(attributes.base_fee_scalar));
    let blob = quantity(attributes.blob_base_fee)
        .saturating_mul(quantity(attributes.blob_base_fee_scalar));
    let size = quantity(size_in_millionths(transaction));
    size.saturating_mul(base.saturating_add(blob)) / quantity(1_000_000_000_000_u64)
}

/// The operator's fee in wei for a transaction that uses this much gas.
pub fn operator_fee(attributes: &L1Attributes, gas: u64) -> U256 {
    let scaled = quantity(gas).saturating_mul(quantity(attributes.operator_fee_scalar));
    (scaled / quantity(1_000_000_u64)).saturating_add(quantity(attributes.operator_fee_constant))
}

/// What a transaction is taken to need on L1, in millionths of a byte (Fjord).
fn size_in_millionths(transaction: &[u8]) -> u64 {
    let compressed = u64::from(compressed_size(transaction));
    let size = compressed.saturating_mul(SIZE_COEFFICIENT).saturating_sub(SIZE_INTERCEPT);
    size.max(LEAST_SIZE)
}

/// What the transactions of a block pay by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockFees {
    attributes: L1Attributes,
    isthmus: bool,
}

/// The fields of a rollup's receipt. There is no `l1FeeScalar` since Ecotone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct L1Fees {
    l1_gas_price: U256,
    l1_blob_base_fee: U256,
    l1_gas_used: U256,
    l1_fee: U256,
    l1_base_fee_scalar: U256,
    l1_blob_base_fee_scalar: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_fee_scalar: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator_fee_constant: Option<U256>,
}

impl L1Fees {
    /// What a transaction that uses this much gas pays beside it. A deposit pays nothing.
    pub(crate) fn paid(&self, gas_used: U256) -> U256 {
        let scalar = self.operator_fee_scalar.unwrap_or_default();
        let scaled = gas_used.saturating_mul(scalar) / quantity(1_000_000_u64);
        let constant = self.operator_fee_constant.unwrap_or_default();
        self.l1_fee.saturating_add(scaled).saturating_add(constant)
    }
}

impl BlockFees {
    /// Those of a block; none on a chain that is no rollup, and in its genesis block.
    pub(crate) fn of(rules: &ChainRules, block: &Block) -> Option<Self> {
        let header = &block.header;
        if !rules.is_op_stack() {
            return None;
        }
        let attributes = L1Attributes::of_transaction(block.transactions.first()?)?;
        let isthmus = rules.is_op_active(OpFork::Isthmus, header.number, header.timestamp);
        Some(Self { attributes, isthmus })
    }

    /// The fields of a transaction's receipt.
    pub(crate) fn of_transaction(&self, transaction: &Transaction) -> L1Fees {
        let attributes = &self.attributes;
        let (fee, gas) = match transaction {
            Transaction::Deposit(_) => (U256::ZERO, 0),
            transaction => {
                let bytes = transaction.encoded_2718();
                let gas = size_in_millionths(&bytes).saturating_mul(BYTE_GAS) / 1_000_000;
                (data_fee(attributes, &bytes), gas)
            }
        };
        let since_isthmus = |value| self.isthmus.then_some(value);
        L1Fees {
            l1_gas_price: quantity(attributes.base_fee),
            l1_blob_base_fee: quantity(attributes.blob_base_fee),
            l1_gas_used: quantity(gas),
            l1_fee: fee,
            l1_base_fee_scalar: quantity(attributes.base_fee_scalar),
            l1_blob_base_fee_scalar: quantity(attributes.blob_base_fee_scalar),
            operator_fee_scalar: since_isthmus(quantity(attributes.operator_fee_scalar)),
            operator_fee_constant: since_isthmus(quantity(attributes.operator_fee_constant)),
        }
    }
}

#[cfg(test)]
mod tests;
