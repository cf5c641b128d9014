//! Benchmarks of Seam: each binary of this package is one, and `cargo xtask bench NAME` runs it.
//! What they print goes into `docs/benchmarks.md`.
//!
//! | module | what |
//! |---|---|
//! | [`clock`] | processor time of this thread |
//! | [`growth`] | a producing chain on disk, with few and with many accounts |
//! | [`machine`] | the line that says where and when |
//! | [`stf`] | the state transition on one core, beside its peers |
//! | [`trie`] | a large trie under updates, beside computing its root anew |

pub mod clock;
pub mod growth;
pub mod machine;
pub mod stf;
pub mod trie;
