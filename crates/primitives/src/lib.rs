//! Types, units and encodings that everything in Seam shares.
//!
//! Nothing here decides anything: these are values. What is done with them is in `seam-stf`.
//!
//! | module | what |
//! |---|---|
//! | [`fork`] | the names of the rules of Ethereum and of the OP Stack, and when they start |
//! | [`rules`] | [`ChainRules`]: all that tells one chain from another |
//! | [`transaction`] | [`Transaction`]: every type of an Ethereum chain, and deposits |
//! | [`receipt`] | [`Receipt`], with the root or status it carries |
//! | [`batch`] | [`BatchHeader`]: what a batch says of itself on L1; accumulators |
//! | [`block`] | [`Block`], [`BlockAttributes`] |
//! | [`config_hash`] | [`ConfigPreimage`]: what a rollup is, as one word |
//! | [`output`] | [`output_root`]: what a claim is about |
//! | [`l1_attributes`] | [`L1Attributes`]: what a rollup block says of L1 |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

extern crate alloc;

pub mod batch;
pub mod block;
pub mod config_hash;
pub mod fork;
pub mod l1_attributes;
pub mod output;
pub mod receipt;
pub mod rules;
pub mod transaction;

pub use alloy_consensus::{Header, transaction::Recovered};
pub use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Log, U256};

pub use batch::{BatchHeader, BatchKind};
pub use block::{Block, BlockAttributes};
pub use config_hash::{ConfigPreimage, LimitsPreimage, SystemPreimage};
pub use fork::{Activation, Fork, OpFork};
pub use l1_attributes::L1Attributes;
pub use output::output_root;
pub use receipt::{DepositReceipt, Receipt};
pub use rules::{BlobRules, ChainRules, Eip1559Rules, OpRules};
pub use transaction::{Transaction, TransactionType};
