//! Whole chains: built, killed, reorganised.
#![allow(clippy::unwrap_used)]

mod day;
mod production;
mod reorgs;
mod restart;
mod rollup;
mod rpc;
mod support;
