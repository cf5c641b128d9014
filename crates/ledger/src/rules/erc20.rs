//! Tokens: `Transfer(address indexed from, address indexed to, uint256 value)`, minting and burning included.
//!
//! Source: EIP-20. A token may say one thing and do another, or take a fee on the way, or change balances without a word:
//! the difference to `balanceOf` is unexplained.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, legs, signed, why},
};
use crate::{
    model::{Position, Source, Token},
    source::LogFacts,
};
use alloy_primitives::{Address, B256, I256, U256, b256};

/// `keccak256("Transfer(address,address,uint256)")`.
pub(super) const TRANSFER: B256 =
    b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

pub(super) const RULE: Rule = Rule {
    name: "erc20-transfer",
    says: "A token says that it was sent; from nobody it was made, to nobody it was burned.",
    formula: "value",
    source: "EIP-20",
};

/// A token's word that somebody gave another so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) value: U256,
}

impl Transfer {
    /// What a log says, if it is one. The event of NFTs (EIP-721) has the same name and one topic more.
    pub(super) fn of(log: &LogFacts) -> Option<Self> {
        let is_one = log.topics.len() == 3 && log.topics.first() == Some(&TRANSFER);
        if !is_one || log.data.len() != 32 {
            return None;
        }
        Some(Self { from: log.party(1)?, to: log.party(2)?, value: log.number(0)? })
    }
}

/// Between whom a log says that a token moved.
pub(super) fn parties(log: &LogFacts) -> Vec<Address> {
    Transfer::of(log).map_or_else(Vec::new, |it| vec![it.from, it.to])
}

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let Some(Transfer { from, to, value }) = Transfer::of(log) else { continue };
        let Some(amount) = signed(value) else { continue };
        if from == to || value.is_zero() || !booking.is_token(log.address) {
            continue;
        }
        let why = why! { "value": value, "to": to };
        one(booking, log, from, Sign::Less.of(amount), why)?;
        let why = why! { "value": value, "from": from };
        one(booking, log, to, amount, why)?;
    }
    Ok(())
}

fn one(
    booking: &mut Booking<'_>,
    log: &LogFacts,
    owner: Address,
    amount: I256,
    why: super::booking::Why,
) -> Result<(), BookError> {
    if !booking.owners.has(owner) {
        return Ok(());
    }
    let token = Token::Erc20(log.address);
    let legs = legs(owner, Position::Wallet, Source::Transfer, token, amount);
    booking.push(&RULE, Some(log), legs.to_vec(), why)
}
