//! The client, the sender and the watcher against an L1 that forks, lags, fails and forgets.
#![allow(clippy::unwrap_used)]

mod beacon;
mod chain;
mod client;
mod http;
mod sender;
mod simulated;
mod watcher;

/// So many cases, unless a long run says otherwise.
fn cases(count: u32) -> proptest::prelude::ProptestConfig {
    let mut config = proptest::prelude::ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    config.failure_persistence = None;
    config
}
