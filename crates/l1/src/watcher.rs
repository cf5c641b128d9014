//! Follows an L1: its header-hash chain from a block on, with the logs of a few contracts.
//!
//! Headers are linked by their parents' hashes, so a reorg shows as a block that does not link: then the
//! newest block that both branches have is looked for, and what follows it is replaced at once. Headers
//! are asked for in ranges that grow while that works and halve when it does not.
//!
//! No endpoint is trusted to have all logs of a block (rule D13): either the bloom filter of the header
//! proves that there are none of the events that are watched, or all receipts of the block are fetched
//! and give the header's receipts root.

mod service;
mod state;
mod view;

pub use service::{Progress, Watcher};
pub use view::Watched;

use crate::{client::L1Error, error::Severity};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Log};
use std::time::Duration;

/// A block of the L1 as the watcher saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedBlock {
    /// Its hash, as the L1 says. It is the header's own unless the header has fields of a fork that
    /// came later; either way the next block's parent hash confirms it.
    pub hash: B256,
    /// Its header.
    pub header: Header,
    /// The events that are watched, each with its index in the block, in order; proven to be all.
    pub logs: Vec<(u64, Log)>,
}

/// What is watched, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSettings {
    /// The first block.
    pub start: u64,
    /// Its hash, if it is known: then another L1 is noticed.
    pub start_hash: Option<B256>,
    /// The events: a contract and the first topic of its log.
    pub events: Vec<(Address, B256)>,
    /// What it allows itself.
    pub limits: WatchLimits,
}

/// How a watcher behaves.
///
/// | limit | default |
/// |---|---|
/// | `poll` | 2 s |
/// | `max_range` | 100 blocks |
/// | `max_receipts` | 8 blocks |
/// | `max_blocks` | 65,536 |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchLimits {
    /// How often the L1 is asked for its head.
    pub poll: Duration,
    /// Blocks that are fetched at a time: one JSON-RPC batch of headers.
    pub max_range: u64,
    /// Blocks whose receipts are asked for in one JSON-RPC batch: of full blocks 2 to 4 MiB each.
    pub max_receipts: usize,
    /// Blocks that are kept, about 1 KiB each without their logs. At the limit it waits until older
    /// ones may go: see [`Watched::keep_from`].
    pub max_blocks: usize,
}

impl Default for WatchLimits {
    fn default() -> Self {
        Self { poll: Duration::from_secs(2), max_range: 100, max_receipts: 8, max_blocks: 65_536 }
    }
}

/// Why the L1 could not be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The L1 has no answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// Answers belong to different branches: the L1 reorganises just now, or endpoints disagree.
    #[error("the L1's answers about block {number} belong to different branches")]
    OtherBranch {
        /// The block.
        number: u64,
    },
    /// The first block is another one.
    #[error(
        "block {number} of the L1 is {found}, not {expected}: this is another L1, or the rollup's \
         configuration is of another network"
    )]
    OtherStart {
        /// Number of the first block.
        number: u64,
        /// The hash that is wanted.
        expected: B256,
        /// The hash that it has.
        found: B256,
    },
    /// A block that was final, or the first that is kept, is gone.
    #[error(
        "the L1 has replaced block {number} ({hash}), which was final: check with another endpoint \
         (--l1-rpc); if the L1 did break its finality, stop and derive the chain anew from L1"
    )]
    TooDeep {
        /// The block.
        number: u64,
        /// Its hash before.
        hash: B256,
    },
}

impl WatchError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::L1(error) => error.severity(),
            Self::OtherBranch { .. } => Severity::Retry,
            Self::OtherStart { .. } | Self::TooDeep { .. } => Severity::Halt,
        }
    }
}
