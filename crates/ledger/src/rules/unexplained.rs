//! What no rule explains: the difference between what the node tells and what was booked. It is shown, and never income.
//!
//! Where the node traces, it is found for each transaction, by the difference of its state before and after; and
//! in any case for each block, by the balances after it. So the difference has the last word.

use super::{
    BookError, Rule,
    booking::{Booking, InBlock, Running, legs, signed, why},
};
use crate::{
    model::{Entry, Party, Position, Source, Token},
    source::BlockFacts,
};
use alloy_primitives::{Address, I256};

pub(super) const RULE: Rule = Rule {
    name: "unexplained",
    says: "The balance changed by this much more than all that is known of; it counts as neither income nor cost.",
    formula: "found - booked",
    source: "closing check",
};

/// In a transaction: what its state difference has and no rule does.
pub(super) fn in_transaction(booking: &mut Booking<'_>) -> Result<(), BookError> {
    let Some(trace) = &booking.transaction.trace else { return Ok(()) };
    for (owner, (before, after)) in &trace.changes {
        let (Some(before), Some(after)) = (signed(*before), signed(*after)) else { continue };
        if !booking.owners.has(*owner) {
            continue;
        }
        let found = after.wrapping_sub(before);
        let booked = booked_ether(&booking.entries, *owner);
        let rest = found.wrapping_sub(booked);
        if !rest.is_zero() {
            let why = why! { "found": found, "booked": booked };
            let legs =
                legs(*owner, Position::Wallet, Source::Unexplained, Token::Ether, rest).to_vec();
            booking.push(&RULE, None, legs, why)?;
        }
    }
    Ok(())
}

fn booked_ether(entries: &[Entry], owner: Address) -> I256 {
    let wallet = Party::Owner(owner, Position::Wallet);
    let legs = entries.iter().flat_map(Entry::legs);
    let ours = legs.filter(|leg| leg.party == wallet && leg.token == Token::Ether);
    ours.fold(I256::ZERO, |sum, leg| sum.wrapping_add(leg.amount))
}

/// After a block: what the balances have that were asked for, and no rule does.
pub(super) fn in_block(block: &mut InBlock<'_>) -> Result<(), BookError> {
    for ((owner, token), balance) in &block.block.balances {
        let Some(found) = signed(*balance) else {
            let (number, amount) = (block.block.number, *balance);
            return Err(BookError::TooMuch { block: number, owner: *owner, amount });
        };
        let booked = block.booked(*owner, Position::Wallet, *token);
        let rest = found.wrapping_sub(booked);
        if !rest.is_zero() {
            let why = why! { "found": found, "booked": booked };
            let legs = legs(*owner, Position::Wallet, Source::Unexplained, *token, rest);
            block.push(&RULE, legs.to_vec(), why)?;
        }
    }
    Ok(())
}

/// Whose ether would be unexplained after this block. Then a trace may tell more.
///
/// # Errors
/// [`BookError`] as [`book`](super::book).
pub fn rests(
    block: &BlockFacts,
    owners: &super::Owners,
    running: &Running,
) -> Result<bool, BookError> {
    let booked = super::book(block, owners, &mut running.clone())?;
    let is_ether = |entry: &Entry| entry.legs().iter().any(|leg| leg.token == Token::Ether);
    Ok(booked.entries.iter().any(|entry| entry.rule() == RULE.name && is_ether(entry)))
}
