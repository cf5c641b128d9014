//! What tokens are worth to the traders: a path that the seed draws, and that they take the pool along.

use super::Random;
use crate::{
    action::Action,
    world::{Pool, quote, ratio},
};
use alloy_primitives::U256;

/// Tokens for an ether at the start.
pub const PRICE: u64 = 2_000;
/// The path stays between these, per mille of the price at the start.
const BOUNDS: (u64, u64) = (400, 2_500);
/// One step is at most so many per mille.
const STEP: u64 = 25;
/// A step goes back by this part of the way to the price at the start.
const PULL: u64 = 200;

/// The price that traders have in mind, in per mille of [`PRICE`].
#[derive(Debug, Clone)]
pub struct PricePath(u64);

impl Default for PricePath {
    fn default() -> Self {
        Self(1_000)
    }
}

impl PricePath {
    /// The next point: a random step, and a little back to where it began.
    pub fn step(&mut self, random: &mut Random) -> u64 {
        let most = self.0.saturating_mul(STEP) / 1_000;
        let up = random.between(0, most.saturating_mul(2));
        let moved = self.0.saturating_add(up).saturating_sub(most);
        let pulled = match moved > 1_000 {
            true => moved.saturating_sub(moved.saturating_sub(1_000) / PULL),
            false => moved.saturating_add(1_000_u64.saturating_sub(moved) / PULL),
        };
        self.0 = pulled.clamp(BOUNDS.0, BOUNDS.1);
        self.0
    }
}

/// Tokens for so much ether at the start's price.
pub(super) fn at_start(wei: U256) -> U256 {
    wei.saturating_mul(U256::from(PRICE))
}

/// A pool's price in per mille of [`PRICE`]: more means that tokens are cheaper. `None` if it is empty.
pub(super) fn of(pool: &Pool) -> Option<u64> {
    let ether = at_start(pool.ether);
    let price = pool.tokens.saturating_mul(U256::from(1_000)).checked_div(ether)?;
    Some(price.saturating_to())
}

/// What a trade does to a pool, as its contract computes it.
pub(super) fn trade(pool: &mut Pool, action: &Action) {
    match *action {
        Action::Buy { wei, .. } => {
            let bought = quote(wei, pool.ether, pool.tokens);
            pool.ether = pool.ether.saturating_add(wei);
            pool.tokens = pool.tokens.saturating_sub(bought);
        }
        Action::Sell { tokens, .. } => {
            let bought = quote(tokens, pool.tokens, pool.ether);
            pool.tokens = pool.tokens.saturating_add(tokens);
            pool.ether = pool.ether.saturating_sub(bought);
        }
        Action::AddLiquidity { wei, .. } => {
            let Pool { ether, tokens, shares } = *pool;
            pool.tokens = tokens.saturating_add(ratio(wei, tokens, ether));
            pool.shares = shares.saturating_add(ratio(wei, shares, ether));
            pool.ether = ether.saturating_add(wei);
        }
        Action::RemoveLiquidity { shares: out, .. } => {
            let Pool { ether, tokens, shares } = *pool;
            pool.ether = ether.saturating_sub(ratio(out, ether, shares));
            pool.tokens = tokens.saturating_sub(ratio(out, tokens, shares));
            pool.shares = shares.saturating_sub(out);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_moves_both_ways_and_stays_within_its_bounds() {
        for seed in 0..50 {
            let (mut path, mut random) = (PricePath::default(), Random::new(seed));
            let points: Vec<u64> = (0..2_000).map(|_| path.step(&mut random)).collect();
            assert!(points.iter().all(|point| (BOUNDS.0..=BOUNDS.1).contains(point)));
            assert!(points.windows(2).any(|two| two[1] > two[0]));
            assert!(points.windows(2).any(|two| two[1] < two[0]));
            let (low, high) = (points.iter().min().unwrap(), points.iter().max().unwrap());
            assert!(high - low > 100, "seed {seed}: from {low} to {high}");
        }
    }

    #[test]
    fn buying_makes_tokens_dearer_and_selling_cheaper_and_fees_stay() {
        let unit = U256::from(1_000_000_000_u64);
        let mut pool = Pool { ether: unit, tokens: at_start(unit), shares: unit };
        assert_eq!(of(&pool), Some(1_000));
        let product = |pool: &Pool| pool.ether * pool.tokens;
        let before = product(&pool);
        trade(&mut pool, &Action::Buy { wei: unit / U256::from(50), least: U256::ZERO });
        assert!(of(&pool).unwrap() < 970 && product(&pool) > before);
        let sold = at_start(unit) / U256::from(20);
        trade(&mut pool, &Action::Sell { tokens: sold, least: U256::ZERO });
        assert!(of(&pool).unwrap() > 1_000);
        assert_eq!(of(&Pool::default()), None);
    }
}
