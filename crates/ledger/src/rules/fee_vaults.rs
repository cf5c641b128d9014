//! Income of a rollup's fee vaults, from the bottom up: what each transaction pays into each. (Tips, which go to
//! the vault of the sequencer, are the rule of every chain.)
//!
//! Source: OP Stack specification, "Predeploys" (fee vaults), "Operator Fee".

use super::{
    BookError, Rule,
    booking::{Booking, Sign, why},
    op_stack_gas::OperatorFee,
};
use crate::{model::Source, source::Layer2};
use alloy_primitives::{Address, U256, address};

/// Gets the tips.
pub const SEQUENCER_FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000011");
/// Gets the base fees.
pub const BASE_FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000019");
/// Gets what is paid for data on L1.
pub const L1_FEE_VAULT: Address = address!("0x420000000000000000000000000000000000001A");
/// Gets what the operator charges.
pub const OPERATOR_FEE_VAULT: Address = address!("0x420000000000000000000000000000000000001b");

/// A fee vault of the OP Stack, with what it earns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeeVault {
    /// Where it is.
    pub address: Address,
    /// What it gets.
    pub source: Source,
}

impl FeeVault {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { address: SEQUENCER_FEE_VAULT, source: Source::Tips },
        Self { address: BASE_FEE_VAULT, source: Source::BaseFees },
        Self { address: L1_FEE_VAULT, source: Source::L1Fees },
        Self { address: OPERATOR_FEE_VAULT, source: Source::OperatorFees },
    ];

    /// The vault at this address.
    pub fn at(address: Address) -> Option<Self> {
        Self::ALL.into_iter().find(|vault| vault.address == address)
    }
}

pub(super) const BASE_FEES: Rule = Rule {
    name: "vault-base-fees",
    says: "The vault of base fees gets the base fee of all gas that a transaction used.",
    formula: "gas_used * base_fee",
    source: "OP Stack specification, BaseFeeVault",
};

pub(super) const L1_FEES: Rule = Rule {
    name: "vault-l1-fees",
    says: "The vault of L1 fees gets what a transaction pays for its data on L1.",
    formula: "l1_fee",
    source: "OP Stack specification, L1FeeVault",
};

pub(super) const OPERATOR_FEES: Rule = Rule {
    name: "vault-operator-fees",
    says: "The vault of operator fees gets what a transaction pays to the operator.",
    formula: "Isthmus: gas_used * scalar / 1000000 + constant; Jovian: gas_used * scalar * 100 + constant",
    source: "OP Stack specification, OperatorFeeVault",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let (block, tx) = (booking.block, booking.transaction);
    let Some(Layer2::OpStack { l1_fee, .. }) = tx.layer2 else { return Ok(()) };
    if !tx.pays_for_gas() {
        return Ok(());
    }
    let gas = U256::from(tx.gas_used);
    let base = (Sign::More, gas.saturating_mul(block.base_fee));
    let why = why! { "gas_used": gas, "base_fee": block.base_fee, "payer": tx.from };
    booking.ether(&BASE_FEES, BASE_FEE_VAULT, Source::BaseFees, base, why)?;
    let why = why! { "l1_fee": l1_fee, "payer": tx.from };
    booking.ether(&L1_FEES, L1_FEE_VAULT, Source::L1Fees, (Sign::More, l1_fee), why)?;
    let operator = OperatorFee::of(block, tx);
    let mut why = operator.why();
    why.insert("payer", tx.from.to_string());
    let got = (Sign::More, operator.amount());
    booking.ether(&OPERATOR_FEES, OPERATOR_FEE_VAULT, Source::OperatorFees, got, why)
}
