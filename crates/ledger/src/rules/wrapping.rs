//! Ether for wrapped ether, and back: one entry with both sides.
//!
//! Source: WETH9 (`Deposit(address indexed dst, uint256 wad)`, `Withdrawal(address indexed src, uint256 wad)`), which emits
//! no `Transfer` for it. Contracts that follow it and emit one as well are not counted twice. Where the node traces, the
//! event alone is not enough: the ether must have moved.

use super::{
    BookError, Rule,
    booking::{Booking, Payment, Sign, legs, signed, why},
    erc20::Transfer,
};
use crate::{
    model::{Leg, Position, Source, Token},
    source::LogFacts,
};
use alloy_primitives::{Address, B256, U256, b256};

/// `keccak256("Deposit(address,uint256)")`.
pub(super) const DEPOSIT: B256 =
    b256!("0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c");
/// `keccak256("Withdrawal(address,uint256)")`.
pub(super) const WITHDRAWAL: B256 =
    b256!("0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65");

pub(super) const RULE: Rule = Rule {
    name: "wrapping",
    says: "Ether was exchanged for as much wrapped ether, or back: neither earned nor paid.",
    formula: "wrapped = ether = wad",
    source: "WETH9",
};

/// Who wraps or unwraps in this log.
pub(super) fn party(log: &LogFacts) -> Option<Address> {
    read(log).map(|(_, owner, _)| owner)
}

/// Whether more is wrapped then, by whom, how much.
fn read(log: &LogFacts) -> Option<(Sign, Address, U256)> {
    let sign = match log.topics.first() {
        Some(&DEPOSIT) => Sign::More,
        Some(&WITHDRAWAL) => Sign::Less,
        _ => return None,
    };
    let fits = log.topics.len() == 2 && log.data.len() == 32;
    Some((sign, log.party(1)?, log.number(0)?)).filter(|_| fits)
}

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let Some((sign, owner, wad)) = read(log) else { continue };
        let Some(amount) = signed(wad).filter(|_| !wad.is_zero()) else { continue };
        if !booking.owners.has(owner) || !booking.is_token(log.address) {
            continue;
        }
        let mut all = Vec::new();
        if own_transfer(booking, log, (sign, owner, wad)).is_none() {
            let token = Token::Erc20(log.address);
            all.extend(legs(owner, Position::Wallet, Source::Wrapping, token, sign.of(amount)));
        }
        all.extend(ether(booking, log.address, (sign, owner, wad)));
        if !all.is_empty() {
            booking.explain(log);
            booking.push(&RULE, Some(log), all, why! { "wad": wad, "token": log.address })?;
        }
    }
    Ok(())
}

/// The contract's `Transfer` of the same, if it emits one: then that rule books the token.
fn own_transfer<'a>(
    booking: &Booking<'a>,
    log: &LogFacts,
    (sign, owner, wad): (Sign, Address, U256),
) -> Option<&'a LogFacts> {
    booking.find_log(|other| {
        let fits = |it: Transfer| match sign {
            Sign::More => (it.from, it.to) == (Address::ZERO, owner),
            Sign::Less => (it.from, it.to) == (owner, Address::ZERO),
        };
        other.address == log.address
            && Transfer::of(other).is_some_and(|it| it.value == wad && fits(it))
    })
}

/// The side of the ether, where it moved.
fn ether(
    booking: &mut Booking<'_>,
    token: Address,
    (sign, owner, wad): (Sign, Address, U256),
) -> Vec<Leg> {
    let (from, to) = match sign {
        Sign::More => (owner, token),
        Sign::Less => (token, owner),
    };
    let fits = |it: &Payment| (it.from, it.to, it.value) == (from, to, wad);
    let moved = booking.take(fits).is_some();
    // WETH9 sends ether to whoever unwraps; without a trace its word is all there is.
    let told = sign == Sign::Less && !booking.is_traced();
    let Some(amount) = signed(wad).filter(|_| moved || told) else { return Vec::new() };
    let (token_side, owner_side) = match sign {
        Sign::More => (Sign::More, Sign::Less),
        Sign::Less => (Sign::Less, Sign::More),
    };
    let (place, reason) = (Position::Wallet, Source::Wrapping);
    let mut all = legs(owner, place, reason, Token::Ether, owner_side.of(amount)).to_vec();
    if booking.owners.has(token) {
        all.extend(legs(token, place, reason, Token::Ether, token_side.of(amount)));
    }
    all
}
