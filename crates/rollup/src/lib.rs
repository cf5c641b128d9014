//! The life of a rollup on its L1.
//!
//! | module | what |
//! |---|---|
//! | [`deploy`] | its beginning: contracts on an L1, once, whatever interrupts it |
//! | [`batcher`] | the sequencer's blocks as batches on L1 |
//! | [`bridge`] | deposits: making them, and where they are |
//! | [`derivation`] | the rollup's blocks as they follow from L1 |
//! | [`data`] | the data of batches, from whoever has them, checked |
//! | [`blob_store`] | the rollup's blobs on disk |
//! | [`stream`] | following a sequencer before its blocks are on L1; sending it transactions |
//! | [`mod@batch`] | batches: blocks into the bytes that are posted |
//! | [`watched`] | a watched L1 as the blocks of a rollup are made from it |
//!
//! What is decided is in pure functions; only the `service` files and the bridge's commands wait for a
//! chain.

pub mod batch;
pub mod batcher;
pub mod blob_store;
pub mod bridge;
pub mod data;
pub mod deploy;
pub mod derivation;
mod files;
pub mod stream;
pub mod watched;
