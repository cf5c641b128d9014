//! Ether that L1 pays out for a withdrawal: the second half of one movement over two chains.
//!
//! Source: OP Stack specification, "Withdrawals": `WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)`. The
//! event names no amount: it is in the trace, or else in the call of `finalizeWithdrawalTransaction`.

use super::{
    BookError, Rule,
    booking::{Booking, By, Payment, Why, why},
    deposit::both,
};
use crate::{
    model::Source,
    source::{LogFacts, TxFacts, address_of},
};
use alloy_primitives::{Address, B256, U256, b256};

/// `keccak256("WithdrawalFinalized(bytes32,bool)")`.
pub(super) const FINALIZED: B256 =
    b256!("0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b");
/// Selector of `finalizeWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes))`.
pub(super) const FINALIZE: [u8; 4] = [0x8c, 0x31, 0x52, 0xe9];

pub(super) const RULE: Rule = Rule {
    name: "withdrawal-received",
    says: "L1 paid out ether that had left the rollup; the movement is the same on both chains.",
    formula: "value; movement = withdrawal_hash",
    source: "OP Stack specification, Withdrawals",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let Some(movement) = read(log) else { continue };
        booking.explain(log);
        let why = why! { "movement": movement, "portal": log.address };
        match booking.is_traced() {
            true => paid(booking, log.address, why)?,
            false => called(booking, log.address, why)?,
        }
    }
    Ok(())
}

/// The movement that a log ends, if its call succeeded.
fn read(log: &LogFacts) -> Option<B256> {
    let is_one = log.topics.len() == 2 && log.topics.first() == Some(&FINALIZED);
    let success = log.number(0) == Some(U256::ONE);
    log.topics.get(1).copied().filter(|_| is_one && success)
}

/// What the trace tells that the portal paid, and to whom contracts of a bridge passed it on.
fn paid(booking: &mut Booking<'_>, portal: Address, mut why: Why) -> Result<(), BookError> {
    let owners = booking.owners;
    let Some(first) = booking.take(|it| it.from == portal) else { return Ok(()) };
    why.insert("value", first.value.to_string());
    both(booking, &RULE, first, Source::Withdrawal, &why)?;
    if owners.has(first.to) {
        return Ok(());
    }
    match booking.take(|it: &Payment| it.value == first.value && owners.has(it.to)) {
        Some(last) => both(booking, &RULE, last, Source::Withdrawal, &why),
        None => Ok(()),
    }
}

/// What the call says that the portal paid.
fn called(booking: &mut Booking<'_>, portal: Address, mut why: Why) -> Result<(), BookError> {
    let Some((target, value)) = of_call(booking.transaction, portal) else { return Ok(()) };
    why.insert("value", value.to_string());
    let payment = Payment { from: portal, to: target, value, by: By::Contract };
    both(booking, &RULE, payment, Source::Withdrawal, &why)
}

/// Target and value of the withdrawal that the transaction itself finalizes.
fn of_call(tx: &TxFacts, portal: Address) -> Option<(Address, U256)> {
    let arguments = tx.input.strip_prefix(&FINALIZE)?;
    let word = |index: usize| arguments.get(32 * index..32 * index + 32).map(B256::from_slice);
    // A pointer to the tuple, then nonce, sender, target, value.
    let start = word(0)? == B256::with_last_byte(32);
    let (target, value) = (address_of(word(3)?)?, U256::from_be_bytes(word(4)?.0));
    (start && tx.to == Some(portal)).then_some((target, value))
}
