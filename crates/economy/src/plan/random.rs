//! Numbers that follow from a seed.

use crate::world::per_mille;
use alloy_primitives::U256;

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014): every seed is good, and a
/// few lines say all of it, so that another program can repeat it. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 if that is 0. The bias is below 2^-32 for the small bounds here.
    pub const fn below(&mut self, bound: u64) -> u64 {
        match self.next().checked_rem(bound) {
            Some(number) => number,
            None => 0,
        }
    }

    /// A place in a list of this length.
    pub fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low.saturating_add(self.below(high.saturating_sub(low).saturating_add(1)))
    }

    /// True so many times in a hundred.
    pub const fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// From `low` to `high` per mille of an amount, to the unit: round figures would hide errors of a unit.
    pub fn part(&mut self, amount: U256, low: u64, high: u64) -> U256 {
        let (least, most) = (per_mille(amount, low), per_mille(amount, high));
        let room = most.saturating_sub(least).saturating_add(U256::ONE);
        let number = U256::from_limbs([self.next(), self.next(), 0, 0]);
        let beyond = number.checked_rem(room).unwrap_or_default();
        least.saturating_add(beyond)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_the_reference() {
        // From the reference implementation in C by Sebastiano Vigna, seed 1234567.
        let mut random = Random::new(1_234_567);
        let numbers = [random.next(), random.next(), random.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn bounds_hold_and_nothing_is_too_small() {
        let mut random = Random::new(1);
        for _ in 0..1_000 {
            assert!((3..=5).contains(&random.between(3, 5)));
            let part = random.part(U256::from(1_000_000), 10, 20);
            assert!(part >= U256::from(10_000) && part <= U256::from(20_000));
        }
        assert_eq!((random.below(0), random.place(0)), (0, 0));
        assert_eq!(random.part(U256::ZERO, 0, 1_000), U256::ZERO);
        assert!(!random.percent(0) && random.percent(100));
    }
}
