//! The books on SQLite and PostgreSQL against a plain model in memory, and what is made of them; chains on their way
//! into them.
#![allow(clippy::unwrap_used)]

mod books;
mod ingest;
mod kills;
mod model;
mod report;
mod support;

/// So many cases, unless a long run says otherwise.
fn cases(count: u32) -> proptest::prelude::ProptestConfig {
    let mut config = proptest::prelude::ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    config.failure_persistence = None;
    config
}
