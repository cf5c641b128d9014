//! How a call names a block: by number, by tag, by hash, or by an object of EIP-1898.

use super::{Argument, Quantity, text};
use alloy_primitives::B256;
use serde_json::Value;

/// A block's number, or what it is to the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BlockTag {
    /// The one with this number.
    Number(u64),
    /// The first.
    Earliest,
    /// The newest.
    #[default]
    Latest,
    /// The newest that only an L1 reorganisation could undo.
    Safe,
    /// The newest that nothing can undo.
    Finalized,
    /// The one that is being built.
    Pending,
}

/// A block's tag, or its hash (EIP-1898).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BlockId {
    /// By number or tag.
    Tag(BlockTag),
    /// By hash. Blocks that left the chain are not kept, so whether it must be on the chain makes no
    /// difference.
    Hash(B256),
}

impl Default for BlockId {
    fn default() -> Self {
        Self::Tag(BlockTag::Latest)
    }
}

impl BlockTag {
    fn parse(text: &str) -> Result<Self, String> {
        Ok(match text {
            "earliest" => Self::Earliest,
            "latest" => Self::Latest,
            "safe" => Self::Safe,
            "finalized" => Self::Finalized,
            "pending" => Self::Pending,
            _ => Self::Number(Quantity::parse(text)?.0),
        })
    }
}

impl Argument for BlockTag {
    fn from_value(value: &Value) -> Result<Self, String> {
        Self::parse(text(value)?)
    }
}

impl Argument for BlockId {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            // 32 bytes are a hash: a number never has so many digits.
            Value::String(text) if text.len() == 66 => B256::from_value(value).map(Self::Hash),
            Value::Object(members) => {
                let member = |name| members.get(name).filter(|value| !value.is_null());
                match (member("blockHash"), member("blockNumber")) {
                    (Some(_), Some(_)) => Err(
                        "cannot specify both BlockHash and BlockNumber, choose one or the other"
                            .to_owned(),
                    ),
                    (Some(hash), None) => B256::from_value(hash).map(Self::Hash),
                    (None, Some(number)) => BlockTag::from_value(number).map(Self::Tag),
                    (None, None) => Err("neither blockHash nor blockNumber is given".to_owned()),
                }
            }
            _ => BlockTag::from_value(value).map(Self::Tag),
        }
    }
}
