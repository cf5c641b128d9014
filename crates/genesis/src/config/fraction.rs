//! Shares as people write them.

use alloy_primitives::U256;
use core::fmt::{self, Display};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A share of a whole, written `"1/5"`: from nothing to all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    numerator: u32,
    denominator: u32,
}

impl Fraction {
    /// `numerator / denominator`, if that is a share: not above 1, and not divided by zero.
    pub const fn new(numerator: u32, denominator: u32) -> Option<Self> {
        if denominator == 0 || numerator > denominator {
            return None;
        }
        Some(Self { numerator, denominator })
    }

    /// So much of `amount`, rounded up.
    pub fn of(self, amount: U256) -> U256 {
        let (numerator, denominator) = (U256::from(self.numerator), U256::from(self.denominator));
        // In two parts, so that no amount is too large.
        let (whole, rest) = amount.div_rem(denominator);
        whole * numerator + (rest * numerator).div_ceil(denominator)
    }

    /// Whether it is at least `other`.
    pub fn is_at_least(self, other: Self) -> bool {
        let product = |a: u32, b: u32| u64::from(a) * u64::from(b);
        product(self.numerator, other.denominator) >= product(other.numerator, self.denominator)
    }

    /// Whether it is all of it.
    pub const fn is_whole(self) -> bool {
        self.numerator == self.denominator
    }

    fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/')?;
        // `parse` would take a sign.
        let number = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
        };
        Self::new(number(numerator)?, number(denominator)?)
    }
}

impl Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not a share: write it as \"1/5\", at most 1"))
        })
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Fraction {
        Fraction::parse(text).unwrap()
    }

    #[test]
    fn a_share_is_taken_to_the_wei_and_never_too_small() {
        let of = |text, amount: u64| share(text).of(U256::from(amount));
        assert_eq!((of("1/5", 10), of("1/5", 11)), (U256::from(2), U256::from(3)));
        assert_eq!((of("0/1", 7), of("3/3", 7)), (U256::ZERO, U256::from(7)));
        assert_eq!(share("1/1").of(U256::MAX), U256::MAX);
        assert_eq!(share("1/2").of(U256::MAX), U256::MAX / U256::from(2) + U256::from(1));
    }

    #[test]
    fn shares_are_compared_by_value() {
        assert!(share("2/4").is_at_least(share("1/2")) && share("1/2").is_at_least(share("2/4")));
        assert!(!share("499/1000").is_at_least(share("1/2")));
        assert!(share("7/7").is_whole() && !share("6/7").is_whole());
    }

    #[test]
    fn other_ways_of_writing_are_refused() {
        for text in ["", "1", "0.5", "1/0", "3/2", "-1/2", "+1/2", "1/2/3", "1 / 2", "/2", "1/"] {
            assert_eq!(Fraction::parse(text), None, "{text}");
        }
    }
}
