//! The life of a rollup on its L1.
//!
//! | module | what |
//! |---|---|
//! | [`deploy`] | its beginning: contracts on an L1, once, whatever interrupts it |
//! | [`bridge`] | deposits: making them, and where they are |
//! | [`watched`] | a watched L1 as the blocks of a rollup are made from it |
//!
//! What is decided is in pure functions; only the `service` files and the bridge's commands wait for a
//! chain.

pub mod bridge;
pub mod deploy;
pub mod watched;
