//! [`History`]: how far back the state can be read.

use seam_storage::History as Kept;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};
use std::{
    fmt::{self, Display},
    str::FromStr,
};

/// A number of blocks, or the word `archive`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// So many blocks before the head.
    Blocks(u64),
    /// From the genesis on.
    Archive,
}

const ARCHIVE: &str = "archive";
const EXPECTED: &str = "a number of blocks, or \"archive\"";

impl History {
    /// About a day of one-second blocks.
    pub(crate) const DEFAULT: Self = Self::Blocks(100_000);
}

impl From<History> for Kept {
    fn from(history: History) -> Self {
        match history {
            History::Blocks(blocks) => Self::Blocks(blocks),
            History::Archive => Self::Archive,
        }
    }
}

impl Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks(blocks) => blocks.fmt(f),
            Self::Archive => f.write_str(ARCHIVE),
        }
    }
}

impl FromStr for History {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            ARCHIVE => Ok(Self::Archive),
            blocks => blocks.parse().map(Self::Blocks).map_err(|_| format!("take {EXPECTED}")),
        }
    }
}

impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Blocks(blocks) => serializer.serialize_u64(*blocks),
            Self::Archive => serializer.serialize_str(ARCHIVE),
        }
    }
}

impl<'de> Deserialize<'de> for History {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

struct Written;

impl Visitor<'_> for Written {
    type Value = History;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED)
    }

    fn visit_u64<E: Error>(self, blocks: u64) -> Result<History, E> {
        Ok(History::Blocks(blocks))
    }

    fn visit_i64<E: Error>(self, blocks: i64) -> Result<History, E> {
        let refused = || E::invalid_value(serde::de::Unexpected::Signed(blocks), &self);
        u64::try_from(blocks).map(History::Blocks).map_err(|_| refused())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<History, E> {
        text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}
