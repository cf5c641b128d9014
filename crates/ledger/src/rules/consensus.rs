//! Withdrawals of validators, which the block itself pays out.
//!
//! Source: EIP-4895. Rewards of proof-of-work blocks are not computed: they are shown as unexplained.

use super::{
    BookError, Rule,
    booking::{InBlock, legs, signed, why},
};
use crate::model::{Position, Source, Token};

pub(super) const RULE: Rule = Rule {
    name: "validator-withdrawal",
    says: "The consensus layer paid out ether of a validator: rewards, or the whole stake at its exit.",
    formula: "amount (in the block in gwei)",
    source: "EIP-4895",
};

pub(super) fn book(block: &mut InBlock<'_>) -> Result<(), BookError> {
    for (owner, wei) in block.block.withdrawals.iter().copied() {
        if wei.is_zero() || !block.owners.has(owner) {
            continue;
        }
        let number = block.block.number;
        let amount = signed(wei).ok_or(BookError::TooMuch { block: number, owner, amount: wei })?;
        let legs = legs(owner, Position::Wallet, Source::Consensus, Token::Ether, amount);
        block.push(&RULE, legs.to_vec(), why! { "amount": wei })?;
    }
    Ok(())
}
