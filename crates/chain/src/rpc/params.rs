//! The parameters of a call: an array whose members are quantities, data, block names and objects.
//! Words and strictness are geth's.

use super::error::Failure;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use jsonrpsee::types::Params;
use serde::de::DeserializeOwned;
use serde_json::Value;

mod block;
mod storage_key;

pub(crate) use block::{BlockId, BlockTag};
pub(crate) use storage_key::StorageKey;

/// The parameters of one call.
#[derive(Debug, Clone)]
pub(crate) struct Args(Vec<Value>);

impl Args {
    /// Reads them; more than `most` are refused, and more than `values` brackets and commas in them.
    pub(crate) fn parse(params: &Params<'_>, most: usize, values: usize) -> Result<Self, Failure> {
        let Some(text) = params.as_str() else { return Ok(Self(Vec::new())) };
        // Every value comes after a comma or first after a bracket.
        let marks = text.bytes().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
        if marks > values {
            let message = format!("too many values in the parameters, want at most {values}");
            return Err(Failure::params(message));
        }
        let values = match serde_json::from_str(text) {
            Ok(Value::Array(values)) => values,
            Ok(Value::Null) => Vec::new(),
            Ok(_) => return Err(Failure::params("non-array args")),
            Err(error) => return Err(Failure::params(format!("invalid json: {error}"))),
        };
        if values.len() > most {
            return Err(Failure::params(format!("too many arguments, want at most {most}")));
        }
        Ok(Self(values))
    }

    /// The parameter at `index`, which must be there.
    pub(crate) fn required<T: Argument>(&self, index: usize) -> Result<T, Failure> {
        let missing = || Failure::params(format!("missing value for required argument {index}"));
        self.optional(index)?.ok_or_else(missing)
    }

    /// The parameter at `index`; none if it is null or not there.
    pub(crate) fn optional<T: Argument>(&self, index: usize) -> Result<Option<T>, Failure> {
        let value = self.0.get(index).filter(|value| !value.is_null());
        let wrong = |message| Failure::params(format!("invalid argument {index}: {message}"));
        value.map(T::from_value).transpose().map_err(wrong)
    }

    /// The parameter as it was written.
    pub(crate) fn raw(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }
}

/// What a parameter can be.
pub(crate) trait Argument: Sized {
    /// Reads it, or says what is wrong.
    fn from_value(value: &Value) -> Result<Self, String>;
}

/// A string, or the words of geth for one that is none.
pub(crate) fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "non-string".to_owned())
}

/// The digits after `0x`.
pub(crate) fn digits(text: &str) -> Result<&str, String> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if text.is_empty() {
        return Err("empty hex string".to_owned());
    }
    digits.ok_or_else(|| "hex string without 0x prefix".to_owned())
}

/// A number as the JSON-RPC writes it: `0x`, then digits without leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quantity(pub(crate) u64);

impl Quantity {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let digits = digits(text)?;
        if digits.is_empty() {
            return Err("hex string \"0x\"".to_owned());
        }
        if digits.len() > 1 && digits.starts_with('0') {
            return Err("hex number with leading zero digits".to_owned());
        }
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("invalid hex string".to_owned());
        }
        let number = u64::from_str_radix(digits, 16);
        number.map(Self).map_err(|_| "hex number > 64 bits".to_owned())
    }
}

impl Argument for Quantity {
    fn from_value(value: &Value) -> Result<Self, String> {
        Self::parse(text(value)?)
    }
}

/// A quantity, or a plain JSON number: `eth_feeHistory` and `seam_reorg` take both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) u64);

impl Argument for Number {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value.as_u64() {
            Some(number) => Ok(Self(number)),
            None => Quantity::from_value(value).map(|Quantity(number)| Self(number)),
        }
    }
}

fn bytes(value: &Value) -> Result<Vec<u8>, String> {
    let digits = digits(text(value)?)?;
    if !digits.len().is_multiple_of(2) {
        return Err("hex string of odd length".to_owned());
    }
    hex::decode(digits).map_err(|_| "invalid hex string".to_owned())
}

fn fixed<const N: usize>(value: &Value, what: &str) -> Result<[u8; N], String> {
    let bytes = bytes(value)?;
    let found = bytes.len() * 2;
    let wrong = |_| format!("hex string has length {found}, want {} for {what}", N * 2);
    bytes.try_into().map_err(wrong)
}

impl Argument for Bytes {
    fn from_value(value: &Value) -> Result<Self, String> {
        bytes(value).map(Self::from)
    }
}

impl Argument for Address {
    fn from_value(value: &Value) -> Result<Self, String> {
        fixed(value, "address").map(Self::new)
    }
}

impl Argument for B256 {
    fn from_value(value: &Value) -> Result<Self, String> {
        fixed(value, "hash").map(Self::new)
    }
}

impl Argument for bool {
    fn from_value(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "not true or false".to_owned())
    }
}

impl Argument for String {
    fn from_value(value: &Value) -> Result<Self, String> {
        text(value).map(str::to_owned)
    }
}

impl Argument for Value {
    fn from_value(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

impl<T: Argument> Argument for Vec<T> {
    fn from_value(value: &Value) -> Result<Self, String> {
        let members = value.as_array().ok_or_else(|| "not an array".to_owned())?;
        members.iter().map(T::from_value).collect()
    }
}

/// An object that serde reads.
#[derive(Debug, Clone)]
pub(crate) struct Object<T>(pub(crate) T);

impl<T: DeserializeOwned> Argument for Object<T> {
    fn from_value(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("not an object".to_owned());
        }
        T::deserialize(value).map(Self).map_err(|error| error.to_string())
    }
}

/// As a quantity.
pub(crate) fn quantity(value: impl TryInto<U256>) -> U256 {
    // Unsigned numbers always fit.
    value.try_into().unwrap_or(U256::MAX)
}

#[cfg(test)]
mod tests;
