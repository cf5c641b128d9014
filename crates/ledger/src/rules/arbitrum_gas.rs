//! Gas on Arbitrum: the gas used includes the part for L1, so nothing is added.
//!
//! Source: Arbitrum documentation, "Gas and fees" and "RPC methods" (`gasUsedForL1` of a receipt is contained in
//! `gasUsed`). Tested on examples from documents only: Seam has not run against an Arbitrum node. Tickets that retry
//! messages from L1 have a way of paying of their own; what they change is shown as unexplained where a trace does not
//! tell it.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, why},
    ethereum_gas::status,
};
use crate::{
    model::Source,
    source::{ARBITRUM_DEPOSIT, Layer2},
};
use alloy_primitives::U256;

pub(super) const RULE: Rule = Rule {
    name: "arbitrum-gas",
    says: "The sender of a transaction on Arbitrum pays for the gas that it used; what pays for its data on L1 is a part of that.",
    formula: "gas_used * gas_price, of which for L1: gas_used_for_l1 * gas_price",
    source: "Arbitrum documentation, Gas and fees",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let tx = booking.transaction;
    let Some(Layer2::Arbitrum { gas_used_for_l1 }) = tx.layer2 else { return Ok(()) };
    if tx.kind == ARBITRUM_DEPOSIT {
        return deposit(booking);
    }
    if !tx.pays_for_gas() {
        return Ok(());
    }
    let gas = U256::from(tx.gas_used);
    let why = why! {
        "gas_used": gas,
        "gas_price": tx.gas_price,
        "gas_used_for_l1": gas_used_for_l1,
        "for_l1": U256::from(gas_used_for_l1).saturating_mul(tx.gas_price),
        "status": status(tx),
    };
    let paid = (Sign::Less, gas.saturating_mul(tx.gas_price));
    booking.ether(&RULE, tx.from, Source::ExecutionGas, paid, why)
}

/// A deposit of ether: its value is made for the recipient, and the sender here has no part in it.
fn deposit(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let tx = booking.transaction;
    let _ = booking.take(|payment| payment.from == tx.from && payment.value == tx.value);
    let Some(to) = tx.to.filter(|_| tx.success) else { return Ok(()) };
    let why = why! { "movement": tx.hash };
    let got = (Sign::More, tx.value);
    booking.ether(&super::deposit::ON_L2, to, Source::Deposit, got, why)
}
