//! The books: what was booked of each chain, with running balances and totals, in one database.
//!
//! A range of blocks goes in whole or not at all: entries, balances, totals and the cursor in one database
//! transaction ([`Books::commit`]). What a reorg undoes goes the same way ([`Books::roll_back`]). Reports
//! read totals, pages of lines read an index; neither reads the whole. The tables are in
//! `docs/ledger-format.md`.
//!
//! Anybody may read while one process writes. Whoever writes holds the writer's lock of the database, from its
//! first write until its [`Books`] are dropped or its process ends; another is refused.

mod backup;
mod codes;
mod commit;
mod database;
mod follow;
mod lines;
mod rows;
mod schema;
mod session;
mod totals;
mod unwind;
mod watch;

pub use backup::Backup;
pub use commit::{MAX_KEPT_BLOCKS, Mismatch};
pub use database::Engine;
pub use lines::{Filter, Line, LineStream, MAX_PAGE, Mark, Page};
pub(crate) use lines::{position_text, token_text};
pub use schema::FORMAT;
pub use totals::{Holding, Span, Total};
pub use watch::{Behind, ChainKind, FollowedChain, Role, Tracked, UnknownName};

use crate::model::{Position, Token};
use alloy_primitives::{Address, B256, I256};
use database::Database;
use std::path::PathBuf;

/// Seconds of a UTC day; totals are kept by these.
pub const DAY_SECONDS: u64 = 86_400;

/// The books of any number of chains in one database. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Books {
    database: Database,
}

/// Why the books could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BooksError {
    /// The database failed; try again, or see what it says.
    #[error("the books' database: {0}")]
    Database(#[from] sqlx::Error),
    /// The file beside a SQLite database that says who writes cannot be used.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Not a path, `sqlite://…` or `postgres://…`.
    #[error("{0} names no books: give a file, sqlite://FILE or postgres://USER@HOST/DATABASE")]
    Url(String),
    /// Nothing there, and only reading was asked for.
    #[error("there are no books at {0}: `seam earn track` begins them")]
    Absent(String),
    /// A newer Seam wrote them.
    #[error(
        "the books are of format {found}, and this seam knows up to {known}: use the newer seam that wrote \
         them, or a backup from before"
    )]
    Newer {
        /// The format of the database.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// Another process writes to them.
    #[error(
        "another process{by} writes to these books, and only one may: stop it first, or give another --db"
    )]
    Busy {
        /// Which, in words, if it is known.
        by: String,
    },
    /// The chain was never told to the books.
    #[error("chain {0} is not in the books: track an account of it first")]
    UnknownChain(u64),
    /// The URL answered as another chain before.
    #[error("{url} was chain {was} and is chain {now} now: is it still the right URL?")]
    ChainChanged {
        /// Where.
        url: String,
        /// The chain id in the books.
        was: u64,
        /// The chain id now.
        now: u64,
    },
    /// The same chain id, another first block.
    #[error(
        "chain {chain} began with block {was} and begins with {now} now: it was started anew, so it needs books \
         of its own (another --db), or `seam earn untrack` of its accounts"
    )]
    GenesisChanged {
        /// Which chain.
        chain: u64,
        /// The hash in the books.
        was: B256,
        /// The hash now.
        now: B256,
    },
    /// The account is tracked from a later block on.
    #[error(
        "{address} on chain {chain} is tracked from block {from} on already: untrack it first, then its lines \
         are made anew"
    )]
    TrackedLater {
        /// Which chain.
        chain: u64,
        /// Who.
        address: Address,
        /// From when.
        from: u64,
    },
    /// Not in the watch list.
    #[error("{address} is not tracked on chain {chain}{}", from.map_or_else(String::new, |block| format!(" at block {block}")))]
    NotTracked {
        /// Which chain.
        chain: u64,
        /// Who.
        address: Address,
        /// The block of an entry, if one is the reason.
        from: Option<u64>,
    },
    /// The blocks do not go on from the cursor, or from each other: a reorg; roll back and read again.
    #[error(
        "block {number} of chain {chain} does not follow {parent} in the books: the chain was reorganised"
    )]
    Detached {
        /// Which chain.
        chain: u64,
        /// The block that was to be booked.
        number: u64,
        /// What it would have to follow.
        parent: B256,
    },
    /// An account that catches up has come to the cursor's height on another branch.
    #[error(
        "block {number} of chain {chain} is {found} for {address} and {known} in the books: roll back first"
    )]
    OtherBranch {
        /// Which chain.
        chain: u64,
        /// Who catches up.
        address: Address,
        /// The height.
        number: u64,
        /// The hash that was handed in.
        found: B256,
        /// The hash in the books.
        known: B256,
    },
    /// The block to go back to is not kept any more.
    #[error("chain {chain} cannot go back to block {to}: hashes are kept from block {oldest} on")]
    TooDeep {
        /// Which chain.
        chain: u64,
        /// Where to.
        to: u64,
        /// The oldest that would do.
        oldest: u64,
    },
    /// The block to go back to is below one that is final.
    #[error(
        "chain {chain} was to go back to block {to}, but block {finalized} was final: the node is of another chain, \
         or its chain has failed"
    )]
    Final {
        /// Which chain.
        chain: u64,
        /// Where to.
        to: u64,
        /// What was final.
        finalized: u64,
    },
    /// An entry has no leg of an account that is tracked.
    #[error("an entry of rule {rule} in block {number} is about nobody who is tracked")]
    Nobody {
        /// Which rule.
        rule: &'static str,
        /// Where.
        number: u64,
    },
    /// Several owners and several sources in one token: who got what from whom is not said.
    #[error(
        "an entry of rule {rule} in block {number} has several owners and several sources of {token:?}: make one entry each"
    )]
    Ambiguous {
        /// Which rule.
        rule: &'static str,
        /// Where.
        number: u64,
        /// In which token.
        token: Token,
    },
    /// A sum no longer fits 256 bits, for which there would have to be 2^63 lines of the largest amount.
    #[error("a sum no longer fits 256 bits")]
    Overflow,
    /// The first block that is booked would come after one that an account is tracked from.
    #[error(
        "{address} on chain {chain} is tracked from block {from}, and the books would begin at block {number}"
    )]
    Late {
        /// Which chain.
        chain: u64,
        /// Who.
        address: Address,
        /// From which block it is tracked.
        from: u64,
        /// The block that was handed in.
        number: u64,
    },
    /// A number is beyond what the database keeps (2^63 - 1).
    #[error("{0} is too large for the books")]
    Number(u64),
    /// The database holds what Seam never wrote.
    #[error("the books are damaged: {0}; restore a backup, or make them anew")]
    Damaged(String),
}

/// What the books answer.
pub type BooksResult<T> = Result<T, BooksError>;

impl Books {
    /// The books at `url`, which are begun there if there are none: a path of a file or `sqlite://FILE` for
    /// SQLite, `postgres://…` for a database of its own in PostgreSQL.
    ///
    /// # Errors
    /// [`BooksError::Url`], [`BooksError::Newer`], or if the database cannot be reached or is something else.
    pub async fn open(url: &str) -> BooksResult<Self> {
        let database = Database::open(url, database::Absent::Create).await?;
        schema::create_or_migrate(&database).await?;
        Ok(Self { database })
    }

    /// The books at `url`, to read: nothing is written where there are none.
    ///
    /// # Errors
    /// [`BooksError::Absent`], and those of [`Books::open`].
    pub async fn existing(url: &str) -> BooksResult<Self> {
        let database = Database::open(url, database::Absent::Refuse).await?;
        match schema::version(&database).await? {
            Some(FORMAT) => Ok(Self { database }),
            Some(found) if found > FORMAT => Err(BooksError::Newer { found, known: FORMAT }),
            Some(_) => {
                schema::create_or_migrate(&database).await?;
                Ok(Self { database })
            }
            None => Err(BooksError::Absent(database.shown().to_owned())),
        }
    }

    /// What keeps them.
    pub const fn engine(&self) -> &Engine {
        self.database.engine()
    }

    /// Takes the writer's lock now rather than with the first write.
    ///
    /// # Errors
    /// [`BooksError::Busy`] if another process has it.
    pub async fn lock(&self) -> BooksResult<()> {
        self.database.writer().await.map(drop)
    }

    /// Closes the books and lets go of the writer's lock. Without it the lock goes with the process, or a moment
    /// after the books were dropped.
    pub async fn close(self) {
        self.database.close().await;
    }

    /// What the owner has at its address by the books: the sum of its lines, in base units.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balance(&self, chain: u64, owner: Address, token: Token) -> BooksResult<I256> {
        self.balance_in(chain, owner, token, Position::Wallet).await
    }
}
