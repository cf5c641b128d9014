//! How requests name a block.

use super::BeaconError;
use alloy_primitives::B256;
use std::{fmt, str::FromStr};

/// `block_id` of the Beacon API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockId {
    /// The newest block.
    Head,
    /// The first block.
    Genesis,
    /// The newest finalized block.
    Finalized,
    /// The block in this slot. A slot can be without one: then there is no such block.
    Slot(u64),
    /// The block with this root, see [`BeaconHeader::root`](super::BeaconHeader::root).
    Root(B256),
}

impl FromStr for BlockId {
    type Err = BeaconError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || BeaconError::BlockId(text.to_owned());
        match text {
            "head" => Ok(Self::Head),
            "genesis" => Ok(Self::Genesis),
            "finalized" => Ok(Self::Finalized),
            _ if text.starts_with("0x") => text.parse().map(Self::Root).map_err(|_| wrong()),
            _ => super::query::number(text).map(Self::Slot).ok_or_else(wrong),
        }
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Genesis => f.write_str("genesis"),
            Self::Finalized => f.write_str("finalized"),
            Self::Slot(slot) => write!(f, "{slot}"),
            Self::Root(root) => write!(f, "{root}"),
        }
    }
}
