//! One small trait over the candidates: sorted load, read snapshot, one atomic durable commit.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

mod fjall;
mod mdbx;
mod redb;

/// The node's tables; each is a table, keyspace or named database of the engine.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Table {
    Accounts,
    AccountHistory,
    Slots,
    SlotHistory,
    Changes,
    Transactions,
    Logs,
    Headers,
    Bodies,
    Receipts,
    Numbers,
    Meta,
    Trie,
}

/// Every table with its name, in the order of [`Table`].
pub(crate) const TABLES: [(Table, &str); 13] = [
    (Table::Accounts, "accounts"),
    (Table::AccountHistory, "account_history"),
    (Table::Slots, "slots"),
    (Table::SlotHistory, "slot_history"),
    (Table::Changes, "changes"),
    (Table::Transactions, "transactions"),
    (Table::Logs, "logs"),
    (Table::Headers, "headers"),
    (Table::Bodies, "bodies"),
    (Table::Receipts, "receipts"),
    (Table::Numbers, "numbers"),
    (Table::Meta, "meta"),
    (Table::Trie, "trie"),
];

/// Keys and values, sorted by key.
pub(crate) type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Sorted rows that are made as they are taken.
pub(crate) type RowSource = Box<dyn Iterator<Item = (Vec<u8>, Vec<u8>)>>;

/// A consistent view of the last commit.
pub(crate) trait Snapshot {
    /// Copies the value of a key into `value`; whether there is one.
    fn get(&self, table: Table, key: &[u8], value: &mut Vec<u8>) -> Result<bool>;
}

/// An open database.
pub(crate) trait Engine: Send + Sync {
    /// Puts sorted rows into an empty table, the fastest way that the engine has.
    fn load(&self, table: Table, rows: RowSource) -> Result<()>;

    /// Gives a snapshot to `reads`.
    fn read(&self, reads: &mut dyn FnMut(&dyn Snapshot) -> Result<()>) -> Result<()>;

    /// Puts all rows or none; returns once they are on the disk.
    fn commit(&self, rows: &[(Table, Rows)]) -> Result<()>;
}

/// A candidate and, for redb, how it recovers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// redb with quick repair: 2-phase commits that also save the allocator's state.
    Redb,
    /// redb as it comes: 1-phase commits, and a walk of the whole file after a crash.
    RedbPlain,
    /// fjall.
    Fjall,
    /// MDBX by signet-libmdbx.
    Mdbx,
}

/// All of them, in the order of the report.
pub(crate) const KINDS: [Kind; 4] = [Kind::Redb, Kind::RedbPlain, Kind::Fjall, Kind::Mdbx];

impl Kind {
    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::RedbPlain => "redb-plain",
            Self::Fjall => "fjall",
            Self::Mdbx => "mdbx",
        }
    }

    /// Opens or creates the database in a folder.
    pub(crate) fn open(self, folder: &Path) -> Result<Box<dyn Engine>> {
        Ok(match self {
            Self::Redb => Box::new(redb::Redb::open(folder, true)?),
            Self::RedbPlain => Box::new(redb::Redb::open(folder, false)?),
            Self::Fjall => Box::new(fjall::Fjall::open(folder)?),
            Self::Mdbx => Box::new(mdbx::Mdbx::open(folder)?),
        })
    }
}

/// Bytes of cache for the engines that keep one of their own.
const CACHE_BYTES: usize = 128 << 20;

/// Rows that one transaction of a load puts, where a load has transactions.
const LOAD_ROWS: usize = 250_000;
