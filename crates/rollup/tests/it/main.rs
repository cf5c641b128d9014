//! A rollup on a real L1: the embedded one, with the real contracts; and the data of batches, from there,
//! from what a node keeps, and from a node that serves what it keeps.
#![allow(clippy::unwrap_used)]

mod batch;
mod batcher;
mod clock;
mod data;
mod follower;
mod l1;
mod layer1;
mod site;
mod stream;
mod traffic;
