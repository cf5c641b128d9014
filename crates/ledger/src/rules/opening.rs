//! What an owner had before the books began.
//!
//! Source: `eth_getBalance` and `balanceOf` at the block before the first that is booked for the owner.

use super::{
    BookError, Rule,
    booking::{InBlock, legs, signed, why},
};
use crate::model::{Position, Source, Token};

pub(super) const RULE: Rule = Rule {
    name: "opening",
    says: "What the account had before it was followed.",
    formula: "balance after block",
    source: "execution-apis, eth_getBalance; EIP-20, balanceOf",
};

pub(super) fn book(block: &mut InBlock<'_>) -> Result<(), BookError> {
    for ((owner, token), balance) in &block.block.openings {
        let (owner, token, balance) = (*owner, *token, *balance);
        let number = block.block.number;
        let too_much = BookError::TooMuch { block: number, owner, amount: balance };
        let amount = match (signed(balance), token) {
            (Some(amount), _) if amount.is_zero() => continue,
            (Some(amount), _) => amount,
            (None, Token::Ether) => return Err(too_much),
            (None, Token::Erc20(_)) => continue,
        };
        let why = why! { "balance": balance, "block": number.saturating_sub(1) };
        let legs = legs(owner, Position::Wallet, Source::Opening, token, amount);
        block.push(&RULE, legs.to_vec(), why)?;
    }
    Ok(())
}
