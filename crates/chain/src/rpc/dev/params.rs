//! Parameters of test suites, which write numbers in every way.

use crate::rpc::params::{Argument, digits};
use alloy_primitives::U256;
use serde_json::Value;

/// A number of up to 256 bits: a JSON number, or hex digits with leading zeros or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) U256);

impl Argument for Word {
    fn from_value(value: &Value) -> Result<Self, String> {
        if let Some(number) = value.as_u64() {
            return Ok(Self(U256::from(number)));
        }
        let text = value.as_str().ok_or_else(|| "neither a number nor a string".to_owned())?;
        let digits = digits(text)?;
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("invalid hex string".to_owned());
        }
        let number = U256::from_str_radix(digits, 16);
        number.map(Self).map_err(|_| "hex number > 256 bits".to_owned())
    }
}

/// A [`Word`] of no more than 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) u64);

impl Argument for Count {
    fn from_value(value: &Value) -> Result<Self, String> {
        let Word(number) = Word::from_value(value)?;
        number.try_into().map(Self).map_err(|_| "hex number > 64 bits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for value in [json!(255), json!("0xff"), json!("0x00ff"), json!("0XFF")] {
            assert_eq!(Word::from_value(&value), Ok(Word(U256::from(255))), "{value}");
            assert_eq!(Count::from_value(&value), Ok(Count(255)), "{value}");
        }
        let most = format!("0x{}", "f".repeat(64));
        assert_eq!(Word::from_value(&json!(most)), Ok(Word(U256::MAX)));
        assert_eq!(Count::from_value(&json!("0x0")), Ok(Count(0)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let long = format!("0x1{}", "0".repeat(64));
        for value in [
            json!(-1),
            json!(1.5),
            json!(""),
            json!("0x"),
            json!("12"),
            json!("0x+1"),
            json!(long),
            json!([]),
        ] {
            assert!(Word::from_value(&value).is_err(), "{value}");
        }
        assert!(Count::from_value(&json!("0x10000000000000000")).is_err());
    }
}
