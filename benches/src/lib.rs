//! Benchmarks of Seam: each binary of this package is one, and `cargo xtask bench NAME` runs it.
//! What they print goes into `docs/benchmarks.md`.
//!
//! | module | what |
//! |---|---|
//! | [`batch`] | the size of batches that OP Mainnet posted, in our format and in its own |
//! | [`chain`] | Seam as a process under a load of signed transactions, beside anvil and beside `stf` alone |
//! | [`clock`] | processor time of this thread |
//! | [`mod@derive`] | a follower that starts with nothing, and what posting its blocks cost |
//! | [`growth`] | a producing chain on disk, with few and with many accounts |
//! | [`hostile`] | what an honest client notices while others attack the node |
//! | [`http`] | JSON-RPC over a kept connection, as cheap as it can be for the caller |
//! | [`ledger`] | the earnings ledger: lines a second, reports and pages as it grows |
//! | [`machine`] | the line that says where and when |
//! | [`process`] | the node as a process of its own, and what it uses |
//! | [`reads`] | a read load on a chain that makes blocks |
//! | [`stf`] | the state transition on one core, beside its peers |
//! | [`trie`] | a large trie under updates, beside computing its root anew |
//! | [`web`] | the dashboard with many viewers, on a chain under full load |

pub mod batch;
pub mod chain;
pub mod clock;
pub mod derive;
pub mod growth;
pub mod hostile;
pub mod http;
pub mod ledger;
pub mod machine;
pub mod process;
pub mod reads;
pub mod stf;
pub mod trie;
pub mod web;
