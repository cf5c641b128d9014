//! Rewards that a contract pays, in tokens.
//!
//! Source: Synthetix `StakingRewards`: `RewardPaid(address indexed user, uint256 reward)` with the token's `Transfer` from
//! the contract. `RewardAdded` announces what is to come: that is quoted, and never enters the books.

use super::{
    BookError, Rule,
    booking::{Booking, legs, signed, why},
    staking::{amount_of, other_side, transfer},
};
use crate::model::{Position, Source, Token};
use alloy_primitives::{B256, I256, b256};

/// `keccak256("RewardPaid(address,uint256)")`.
pub(super) const REWARD_PAID: B256 =
    b256!("0xe2403640ba68fed3a2f88b7557551d1993f84b99bb10ff833f0cf8db0c5e0486");

pub(super) const RULE: Rule = Rule {
    name: "reward",
    says: "A reward contract paid the account what it had earned.",
    formula: "reward",
    source: "Synthetix, StakingRewards",
};

pub(super) fn book(booking: &mut Booking<'_>) -> Result<(), BookError> {
    for log in booking.logs() {
        if log.topics.first() != Some(&REWARD_PAID) {
            continue;
        }
        let Some((owner, reward)) = amount_of(log) else { continue };
        let Some(amount) = signed(reward).filter(|_| booking.owners.has(owner)) else { continue };
        let Some(paid) = transfer(booking, log.address, owner, reward) else { continue };
        booking.explain(log);
        booking.explain(paid);
        let token = Token::Erc20(paid.address);
        let mut legs = legs(owner, Position::Wallet, Source::Reward, token, amount).to_vec();
        let less = I256::ZERO.wrapping_sub(amount);
        legs.extend(other_side(booking, log.address, Source::Reward, token, less));
        let why = why! { "reward": reward, "contract": log.address };
        booking.push(&RULE, Some(paid), legs, why)?;
    }
    Ok(())
}
