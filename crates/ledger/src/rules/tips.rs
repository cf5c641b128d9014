//! What the producer of a block gets from its transactions: on the OP Stack that is the vault of the sequencer.
//!
//! Source: EIP-1559 (the priority fee goes to the block's beneficiary); before London all of the price does. On Arbitrum
//! the beneficiary gets nothing.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, why},
};
use crate::{model::Source, source::Layer2};
use alloy_primitives::U256;

pub(super) const RULE: Rule = Rule {
    name: "tips",
    says: "The block's beneficiary gets what each transaction pays for gas beyond the base fee.",
    formula: "gas_used * (gas_price - base_fee)",
    source: "EIP-1559; OP Stack specification, SequencerFeeVault",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let (block, tx) = (booking.block, booking.transaction);
    if !tx.pays_for_gas() || matches!(tx.layer2, Some(Layer2::Arbitrum { .. })) {
        return Ok(());
    }
    let gas = U256::from(tx.gas_used);
    let tip = gas.saturating_mul(tx.gas_price.saturating_sub(block.base_fee));
    let why = why! {
        "gas_used": gas, "gas_price": tx.gas_price, "base_fee": block.base_fee, "payer": tx.from,
    };
    booking.ether(&RULE, block.beneficiary, Source::Tips, (Sign::More, tip), why)
}
