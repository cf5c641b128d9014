//! What a transaction on an OP Stack chain pays: execution, its data on L1, the operator. Deposits pay nothing.
//!
//! Source: OP Stack specification, "L1 Cost Function" (Fjord), "Operator Fee" (Isthmus, and as Jovian
//! changes it), "DA Footprint" (Jovian). What the receipt calls `l1Fee` is taken as it says; a lie about it shows up as
//! unexplained.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, why},
    ethereum_gas,
};
use crate::{
    model::Source,
    source::{BlockFacts, Layer2, TxFacts},
};
use alloy_primitives::U256;

pub(super) const EXECUTION: Rule = Rule {
    name: "op-gas",
    says: "The sender of a transaction on the rollup pays for the gas that it used, whether or not it succeeded; the base fee and the tip each go to a vault.",
    formula: "gas_used * gas_price",
    source: "OP Stack specification, Execution Engine",
};

pub(super) const L1_FEE: Rule = Rule {
    name: "op-l1-fee",
    says: "The sender pays for the transaction's data on L1; after Jovian the receipt's blob gas is the footprint of the data, and no cost beside this.",
    formula: "l1_fee",
    source: "OP Stack specification, Execution Engine, L1 Cost Function",
};

pub(super) const OPERATOR_FEE: Rule = Rule {
    name: "op-operator-fee",
    says: "The sender pays what the rollup's operator set, by gas and by transaction.",
    formula: "Isthmus: gas_used * scalar / 1000000 + constant; Jovian: gas_used * scalar * 100 + constant",
    source: "OP Stack specification, Isthmus and Jovian, Operator Fee",
};

/// Denominator of the scalar at Isthmus.
const ISTHMUS_DENOMINATOR: U256 = U256::from_limbs([1_000_000, 0, 0, 0]);
/// Factor of the scalar at Jovian.
const JOVIAN_FACTOR: U256 = U256::from_limbs([100, 0, 0, 0]);
/// Version of `extraData` at Jovian; its length is then 17 bytes ("Jovian: Minimum Base Fee").
const JOVIAN_VERSION: u8 = 1;
const JOVIAN_EXTRA_DATA: usize = 17;

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let tx = booking.transaction;
    let Some(Layer2::OpStack { l1_fee, .. }) = tx.layer2 else { return Ok(()) };
    if !tx.pays_for_gas() {
        return Ok(());
    }
    ethereum_gas::execution(booking, &EXECUTION)?;
    let paid = (Sign::Less, l1_fee);
    let why = why! { "l1_fee": l1_fee, "status": ethereum_gas::status(tx) };
    booking.ether(&L1_FEE, tx.from, Source::L1Fee, paid, why)?;
    let operator = OperatorFee::of(booking.block, tx);
    let paid = (Sign::Less, operator.amount());
    booking.ether(&OPERATOR_FEE, tx.from, Source::OperatorFee, paid, operator.why())
}

/// What the operator gets for a transaction, and by which formula.
pub(super) struct OperatorFee {
    gas_used: U256,
    scalar: U256,
    constant: U256,
    jovian: bool,
}

impl OperatorFee {
    /// Of a transaction; of nothing if it pays none.
    pub(super) fn of(block: &BlockFacts, tx: &TxFacts) -> Self {
        let (scalar, constant) = match &tx.layer2 {
            Some(Layer2::OpStack { operator_fee_scalar, operator_fee_constant, .. })
                if tx.pays_for_gas() =>
            {
                (*operator_fee_scalar, *operator_fee_constant)
            }
            _ => (U256::ZERO, U256::ZERO),
        };
        Self { gas_used: U256::from(tx.gas_used), scalar, constant, jovian: is_jovian(block) }
    }

    pub(super) fn amount(&self) -> U256 {
        let scaled = self.gas_used.saturating_mul(self.scalar);
        let scaled = match self.jovian {
            true => scaled.saturating_mul(JOVIAN_FACTOR),
            false => scaled / ISTHMUS_DENOMINATOR,
        };
        scaled.saturating_add(self.constant)
    }

    pub(super) fn why(&self) -> super::booking::Why {
        why! {
            "gas_used": self.gas_used,
            "scalar": self.scalar,
            "constant": self.constant,
            "fork": if self.jovian { "Jovian" } else { "Isthmus" },
        }
    }
}

/// Whether Jovian is active, which the header commits to.
fn is_jovian(block: &BlockFacts) -> bool {
    let extra = &block.extra_data;
    extra.len() == JOVIAN_EXTRA_DATA
        && extra.first().is_some_and(|version| *version >= JOVIAN_VERSION)
}
