//! Gas on Ethereum: execution (EIP-1559) and blobs (EIP-4844). Failed transactions pay too.
//!
//! Source: EIP-1559 ("effective_gas_price"), EIP-4844 ("gas accounting"), execution-apis `eth_getTransactionReceipt`.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, why},
};
use crate::{model::Source, source::TxFacts};
use alloy_primitives::U256;

pub(super) const EXECUTION: Rule = Rule {
    name: "ethereum-gas",
    says: "The sender of a transaction pays for the gas that it used, whether or not it succeeded; the base fee is burned and the rest is the block producer's.",
    formula: "gas_used * gas_price, of which burned = gas_used * base_fee and tip = gas_used * (gas_price - base_fee)",
    source: "EIP-1559",
};

pub(super) const BLOBS: Rule = Rule {
    name: "ethereum-blob-gas",
    says: "The sender of a transaction with blobs pays for the gas of those, which is burned.",
    formula: "blob_gas_used * blob_gas_price",
    source: "EIP-4844",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let tx = booking.transaction;
    if tx.layer2.is_some() || !tx.pays_for_gas() {
        return Ok(());
    }
    execution(booking, &EXECUTION)?;
    let (gas, price) = (U256::from(tx.blob_gas), tx.blob_gas_price);
    let why = why! { "blob_gas_used": gas, "blob_gas_price": price, "status": status(tx) };
    let paid = (Sign::Less, gas.saturating_mul(price));
    booking.ether(&BLOBS, tx.from, Source::BlobGas, paid, why)
}

/// What the sender pays for execution, the same on every chain with a base fee.
pub(super) fn execution(booking: &mut Booking<'_>, rule: &Rule) -> Result<(), BookError> {
    let (tx, base_fee) = (booking.transaction, booking.block.base_fee);
    let gas = U256::from(tx.gas_used);
    let why = why! {
        "gas_used": gas,
        "gas_price": tx.gas_price,
        "base_fee": base_fee,
        "burned": gas.saturating_mul(base_fee),
        "tip": gas.saturating_mul(tx.gas_price.saturating_sub(base_fee)),
        "status": status(tx),
    };
    let paid = (Sign::Less, gas.saturating_mul(tx.gas_price));
    booking.ether(rule, tx.from, Source::ExecutionGas, paid, why)
}

/// How a transaction ended, in a word.
pub(super) const fn status(tx: &TxFacts) -> &'static str {
    if tx.success { "succeeded" } else { "failed" }
}
