//! Cryptography that a machine may bring itself, as a zkVM does.
//!
//! Natively the feature `native` chooses C and assembly, without it everything is portable Rust. A
//! guest installs its own before the first block: [`install_crypto`] for precompiles,
//! `alloy_consensus::crypto` for the senders of transactions. Whatever is installed must compute
//! the same function; a parity test holds native and guest against each other.

pub use revm::precompile::{Crypto, PrecompileHalt, install_crypto};
