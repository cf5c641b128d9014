//! The rollup genesis as contracts, wallets and op-revm meet it.
#![allow(clippy::unwrap_used)]

mod artifacts;
mod block_one;
mod chain;
mod codes;
mod config;
mod deploy;
mod dev;
mod docs;
mod fees;
mod json;
mod l1;
mod predeploys;
mod preinstalls;
mod settlement;
