//! Benchmarks of Seam: each binary of this package is one, and `cargo xtask bench NAME` runs it.
//! What they print goes into `docs/benchmarks.md`.
//!
//! | module | what |
//! |---|---|
//! | [`chain`] | Seam as a process under a load of signed transactions, beside anvil and beside `stf` alone |
//! | [`clock`] | processor time of this thread |
//! | [`growth`] | a producing chain on disk, with few and with many accounts |
//! | [`hostile`] | what an honest client notices while others attack the node |
//! | [`http`] | JSON-RPC over a kept connection, as cheap as it can be for the caller |
//! | [`machine`] | the line that says where and when |
//! | [`process`] | the node as a process of its own, and what it uses |
//! | [`reads`] | a read load on a chain that makes blocks |
//! | [`stf`] | the state transition on one core, beside its peers |
//! | [`trie`] | a large trie under updates, beside computing its root anew |

pub mod chain;
pub mod clock;
pub mod growth;
pub mod hostile;
pub mod http;
pub mod machine;
pub mod process;
pub mod reads;
pub mod stf;
pub mod trie;
