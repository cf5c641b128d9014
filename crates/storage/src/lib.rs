//! Where a chain's state and blocks are kept.
//!
//! [`MemoryStore`] keeps them in memory: for tests, benchmarks and one-shot runs.

mod memory;

pub use memory::MemoryStore;
