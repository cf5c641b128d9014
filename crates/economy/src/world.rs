//! What was seen of the chains: all that a plan goes by.

use crate::{actors::Who, contracts::Contract};
use alloy_primitives::U256;
use std::collections::{BTreeMap, BTreeSet};

/// What an account has. What its role does not need is not asked, and is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Wei.
    pub ether: U256,
    /// Of the token's smallest unit.
    pub tokens: U256,
    /// Wei of wrapped ether.
    pub wrapped: U256,
    /// Shares of the pool.
    pub shares: U256,
    /// Whether the router may take its tokens.
    pub tokens_allowed: bool,
    /// Whether the router may take its shares.
    pub shares_allowed: bool,
    /// Whether it has delegated its account.
    pub delegated: bool,
}

/// The pool of token and wrapped ether.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pool {
    /// Wei of wrapped ether in it.
    pub ether: U256,
    /// Tokens in it.
    pub tokens: U256,
    /// Its shares.
    pub shares: U256,
}

/// The chain that has the traffic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ground {
    /// What each has.
    pub accounts: BTreeMap<Who, Holdings>,
    /// The contracts that are there.
    pub contracts: BTreeSet<Contract>,
    /// The pool, if it is there.
    pub pool: Option<Pool>,
}

/// What was seen at one time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// The chain that has the traffic.
    pub chain: Ground,
    /// Ether on the L1, in wei, of those who act there; `None` without an L1.
    pub l1: Option<BTreeMap<Who, U256>>,
}

/// What Uniswap v2 gives for `paid`: 3 per mille of it stay in the pool. Zero where a pool is empty.
pub fn quote(paid: U256, reserve_in: U256, reserve_out: U256) -> U256 {
    let with_fee = paid.saturating_mul(U256::from(997));
    let below = reserve_in.saturating_mul(U256::from(1_000)).saturating_add(with_fee);
    with_fee.saturating_mul(reserve_out).checked_div(below).unwrap_or_default()
}

/// So many per mille of an amount.
pub fn per_mille(amount: U256, share: u64) -> U256 {
    amount.saturating_mul(U256::from(share)) / U256::from(1_000)
}

/// `amount * numerator / denominator`, and zero where there is nothing to divide by.
pub fn ratio(amount: U256, numerator: U256, denominator: U256) -> U256 {
    amount.saturating_mul(numerator).checked_div(denominator).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_that_of_the_router() {
        // UniswapV2Library.getAmountOut(1000, 1e6, 2e6) = 997000 * 2e6 / (1e9 + 997000)
        let quoted = quote(U256::from(1_000), U256::from(1_000_000), U256::from(2_000_000));
        assert_eq!(quoted, U256::from(1_992));
        assert_eq!(quote(U256::from(1_000), U256::ZERO, U256::ZERO), U256::ZERO);
    }

    #[test]
    fn parts_of_amounts_round_down_and_never_overflow() {
        assert_eq!(per_mille(U256::from(1_999), 1), U256::ONE);
        assert_eq!(ratio(U256::from(7), U256::from(3), U256::from(2)), U256::from(10));
        assert_eq!(ratio(U256::from(7), U256::from(3), U256::ZERO), U256::ZERO);
        assert!(per_mille(U256::MAX, 1_000) < U256::MAX);
    }
}
