//! Tokens that are staked in a reward contract: they left the wallet, and are still the owner's.
//!
//! Source: Synthetix `StakingRewards`: `Staked(address indexed user, uint256 amount)`, `Withdrawn(address indexed user,
//! uint256 amount)`, each with the token's `Transfer` between user and contract.

use super::{
    BookError, Rule,
    booking::{Booking, Sign, legs, signed, why},
    erc20::Transfer,
};
use crate::{
    model::{Leg, Position, Source, Token},
    source::LogFacts,
};
use alloy_primitives::{Address, B256, I256, U256, b256};

/// `keccak256("Staked(address,uint256)")`.
pub(super) const STAKED: B256 =
    b256!("0x9e71bc8eea02a63969f509818f2dafb9254532904319f9dbda79b67bd34a5f3d");
/// `keccak256("Withdrawn(address,uint256)")`.
pub(super) const WITHDRAWN: B256 =
    b256!("0x7084f5476618d8e60b11ef0d7d3f06914655adb8793e28ff7f018d4c76d505d5");

pub(super) const RULE: Rule = Rule {
    name: "staking",
    says: "Tokens went into a contract that keeps them for the owner, or came back: neither earned nor paid.",
    formula: "amount",
    source: "Synthetix, StakingRewards",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        let sign = match log.topics.first() {
            Some(&STAKED) => Sign::More,
            Some(&WITHDRAWN) => Sign::Less,
            _ => continue,
        };
        let Some((owner, amount)) = amount_of(log) else { continue };
        let Some(moved) = signed(amount).filter(|_| booking.owners.has(owner)) else { continue };
        let (from, to) = match sign {
            Sign::More => (owner, log.address),
            Sign::Less => (log.address, owner),
        };
        let Some(transfer) = transfer(booking, from, to, amount) else { continue };
        booking.explain(log);
        booking.explain(transfer);
        let token = Token::Erc20(transfer.address);
        let (inside, outside) = (sign.of(moved), I256::ZERO.wrapping_sub(sign.of(moved)));
        let staked = legs(owner, Position::In(log.address), Source::Transfer, token, inside);
        let wallet = legs(owner, Position::Wallet, Source::Transfer, token, outside);
        let why = why! { "amount": amount, "contract": log.address };
        let mut all = [wallet, staked].concat();
        all.extend(other_side(booking, log.address, Source::Transfer, token, inside));
        booking.push(&RULE, Some(log), all, why)?;
    }
    Ok(())
}

/// What the contract itself has more or less of the token, if it is an owner too.
pub(super) fn other_side(
    booking: &Booking<'_>,
    contract: Address,
    source: Source,
    token: Token,
    amount: I256,
) -> Vec<Leg> {
    match booking.owners.has(contract) {
        true => legs(contract, Position::Wallet, source, token, amount).to_vec(),
        false => Vec::new(),
    }
}

/// User and amount of an event of such a contract.
pub(super) fn amount_of(log: &LogFacts) -> Option<(Address, U256)> {
    let fits = log.topics.len() == 2 && log.data.len() == 32;
    Some((log.party(1)?, log.number(0)?)).filter(|_| fits)
}

/// The first transfer of so much of any countable token between these two that nobody has explained.
pub(super) fn transfer<'a>(
    booking: &Booking<'a>,
    from: Address,
    to: Address,
    value: U256,
) -> Option<&'a LogFacts> {
    let wanted = Transfer { from, to, value };
    booking.find_log(|log| booking.is_token(log.address) && Transfer::of(log) == Some(wanted))
}
