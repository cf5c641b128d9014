//! What each account earned and paid, explained to the wei.
//!
//! | module | what |
//! |---|---|
//! | [`model`] | entries that balance, and the block they come from |
//! | [`ingest`] | from a chain to the books, through reorgs |
//! | [`mod@check`] | the closing check |
//! | [`source`] | facts of blocks, from any node |
//! | [`rules`] | why balances change: facts become entries |
//! | [`books`] | [`Books`]: entries, balances and totals in SQLite or PostgreSQL, one transaction for each range of blocks |
//! | [`report`] | what everybody earned, paid and has; the operator's profit |
//! | [`explain`] | why a line exists, in words |
//! | [`export`] | lines as CSV, JSON or Parquet |
//! | [`prices`] | prices with their time and origin |
//! | [`utc`] | times as people write them |

pub mod books;
pub mod check;
pub mod explain;
pub mod export;
pub mod ingest;
pub mod model;
pub mod prices;
pub mod report;
pub mod rules;
pub mod source;
pub mod utc;

pub use books::{Books, BooksError};
pub use check::{CheckError, Checked, check};
pub use ingest::{Ingest, IngestError};
pub use model::{
    BookedBlock, Entry, EntryError, Kind, Leg, MAX_AMOUNT, Party, Place, Position, Source, Token,
};

/// So many cases, unless a long run says otherwise.
#[cfg(test)]
fn cases(count: u32) -> proptest::prelude::ProptestConfig {
    let mut config = proptest::prelude::ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    config.failure_persistence = None;
    config
}
