//! A storage key: up to 32 bytes, with or without leading zeros.

use crate::rpc::error::Failure;
use alloy_primitives::{B256, U256, hex};
use serde_json::Value;

/// A storage key as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageKey {
    pub(crate) slot: U256,
    /// Whether it was written with all 32 bytes: then it is answered so.
    full: bool,
}

impl StorageKey {
    /// Reads it. Other than all other data it may have an odd number of digits.
    ///
    /// # Errors
    /// As geth's, and unlike all others of wrong parameters: without the place of the argument.
    pub(crate) fn parse(value: &Value) -> Result<Self, Failure> {
        let text = value.as_str().ok_or_else(|| Failure::params("non-string storage key"))?;
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
        if digits.len() > 64 {
            let message = format!("storage key too long (want at most 32 bytes): {text:?}");
            return Err(Failure::params(message));
        }
        let padded = format!("{digits:0>64}");
        let bytes = hex::decode(padded);
        let bytes =
            bytes.map_err(|_| Failure::params(format!("invalid hex in storage key: {text:?}")))?;
        Ok(Self { slot: U256::from_be_slice(&bytes), full: digits.len() == 64 })
    }

    /// As it is answered: in full if it was given in full, else without leading zeros.
    pub(crate) fn written(&self) -> String {
        if self.full { B256::from(self.slot).to_string() } else { format!("{:#x}", self.slot) }
    }
}
