//! Amounts of ether as people write them.

use alloy_primitives::U256;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// An amount in wei, written `"10 ether"`, `"0.5 gwei"` or `"7 wei"`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount(pub U256);

impl Amount {
    /// Reads a number and a unit; `None` if it is not that, or has parts of a wei.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_once(' ')?;
        let decimals = match unit {
            "ether" => 18,
            "gwei" => 9,
            "wei" => 0,
            _ => return None,
        };
        let (whole, fraction) = match number.split_once('.') {
            // A fraction of a wei would be lost.
            Some((_, fraction)) if fraction.is_empty() || fraction.len() > decimals => return None,
            Some(parts) => parts,
            None => (number, ""),
        };
        let digits = format!("{whole}{fraction:0<decimals$}");
        if whole.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        U256::from_str_radix(&digits, 10).ok().map(Self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let how = "write a number and a unit, as in \"10 ether\", \"5 gwei\" or \"7 wei\"";
            D::Error::custom(format!("`{text}` is not an amount: {how}"))
        })
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{} wei", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_wei() {
        let wei = |text| Amount::parse(text).map(|amount| amount.0);
        assert_eq!(wei("7 wei"), Some(U256::from(7)));
        assert_eq!(wei("0.5 gwei"), Some(U256::from(500_000_000)));
        assert_eq!(wei("10000 ether"), Some(U256::from(10u128.pow(22))));
        assert_eq!(wei("0.000000000000000001 ether"), Some(U256::from(1)));
    }

    #[test]
    fn other_ways_of_writing_are_refused() {
        let refused = [
            "10", "ether", "-1 ether", "1e3 wei", "1.5 wei", "1 Ether", " 1 wei", "1. wei",
            ".5 gwei",
        ];
        for text in refused {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
        let too_much = format!("1{} ether", "0".repeat(60));
        assert_eq!(Amount::parse(&too_much), None);
        assert_eq!(
            Amount::parse(&format!("{} wei", U256::MAX)).map(|amount| amount.0),
            Some(U256::MAX)
        );
    }
}
