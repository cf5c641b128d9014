//! Blocks made for the purpose, executed over a database and over witnesses.
#![allow(clippy::unwrap_used)]

mod ahead;
mod builder;
mod by_hand;
mod call;
mod eip1283;
mod headers;
mod ommers;
mod random_blocks;
mod refusals;
mod simulate;
mod support;
mod trace;
