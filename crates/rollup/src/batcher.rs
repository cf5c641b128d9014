//! Puts the sequencer's blocks on L1, in order: as batches in the rollup's `BatchInbox`.
//!
//! It keeps nothing of its own. What is on L1 the inbox says, what is on its way the sender's journal,
//! what is to come the chain: from these three each look makes the whole picture anew, so a restart, a
//! reorg of the L1 and a batch that failed are not special. A batch in flight names the accumulator of
//! the one before, so several may be in flight, and the contract takes each once and in order.
//!
//! | module | what |
//! |---|---|
//! | [`state`] | where the next batch begins, and whether, how and up to where it is sealed; pure |
//! | [`cost`] | gas and wei of a batch; how long the balance lasts; pure |
//! | [`inbox`] | the contract: its calls, where it stands |
//! | [`force`] | a batch by whoever is not the batcher, after the timeout |
//! | [`metrics`] | what is counted |

pub mod cost;
pub mod force;
pub mod inbox;
pub mod metrics;
pub mod state;

mod service;
mod window;

pub use service::Batcher;

use alloy_eips::{eip1898::BlockNumHash, eip4844::Blob};
use alloy_primitives::{Address, B256, U256};
use inbox::InboxError;
use seam_genesis::{GenesisError, RollupConfig, l1::batch_inbox};
use seam_l1::{L1Error, SendError, SendLimits, Severity};
use seam_primitives::BlobRules;
use seam_stf::batch::BatchBlock;
use seam_storage::StorageError;
use std::{fmt::Debug, time::Duration};

/// How a batch is written. Sizes are in bytes.
pub trait Format: Debug + Send + Sync {
    /// The data of a batch with these blocks; none stands for a batch of default blocks.
    ///
    /// # Errors
    /// What is wrong with a block that cannot be in a batch.
    fn encode(&self, blocks: &[BatchBlock]) -> Result<Vec<u8>, String>;
    /// Data in as many blobs as it takes.
    fn pack(&self, data: &[u8]) -> Vec<Blob>;
    /// Data that one blob holds.
    fn bytes_per_blob(&self) -> usize;
    /// Blocks that a batch may have.
    fn max_blocks(&self) -> usize;
    /// Begins to estimate what blocks take.
    fn estimator(&self) -> Box<dyn Estimator>;
}

/// A cheap running estimate of what [`Format::encode`] gives for all blocks so far.
pub trait Estimator: Debug + Send + Sync {
    /// One more block.
    fn push(&mut self, block: &BatchBlock);
    /// The data of all of them.
    fn bytes(&self) -> usize;
}

/// A block of the rollup as the batcher needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceBlock {
    /// Its hash.
    pub hash: B256,
    /// Its timestamp in seconds.
    pub time: u64,
    /// The L1 block that it stands on.
    pub origin: BlockNumHash,
    /// What a batch has of it.
    pub batch: BatchBlock,
}

/// The sequencer's chain. What two calls say may be of two branches.
pub trait Source: Debug + Send + Sync {
    /// Number of its newest block.
    fn head(&self) -> u64;
    /// Number of the newest block that was derived from L1.
    fn safe(&self) -> u64;
    /// Hash of a block.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    fn hash(&self, number: u64) -> Result<Option<B256>, StorageError>;
    /// A block.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    fn block(&self, number: u64) -> Result<Option<SourceBlock>, StorageError>;
}

/// What a batcher goes by.
///
/// | setting | default |
/// |---|---|
/// | `max_age`, `max_blobs`, `sequencer_timeout`, `max_lag`, times | of `rollup.toml` |
/// | `anchor_depth` | 4 L1 blocks |
/// | `max_in_flight` | 4 |
/// | `patient_blob_fee` | none: a full batch is posted at any price within the limits |
/// | `runway_warning_hours` | 24 |
/// | `poll` | half an L1 block, 6 s at most |
/// | `max_fee`, `max_blob_fee` | of [`SendLimits`]: 500 gwei, 100 gwei |
#[derive(Debug, Clone, PartialEq)]
pub struct BatcherSettings {
    /// The contract.
    pub inbox: Address,
    /// T(0), in seconds.
    pub genesis_time: u64,
    /// Seconds between blocks of the rollup.
    pub block_time: u64,
    /// Seconds between blocks of the L1.
    pub l1_block_time: u64,
    /// L1 blocks without a batch after which anyone may post.
    pub sequencer_timeout: u64,
    /// Seconds that the last block of a batch may be old.
    pub max_lag: u64,
    /// Blobs of a batch at most.
    pub max_blobs: u64,
    /// Seconds that the oldest block of a batch may be old before it is posted, full or not.
    pub max_age: u64,
    /// The L1's blob parameters by time, oldest first.
    pub blobs: Vec<BlobRules>,
    /// L1 blocks after a batch's anchor when it is made: a reorg of so many leaves it standing.
    pub anchor_depth: u64,
    /// Batches in no block of L1 at a time.
    pub max_in_flight: usize,
    /// Wei per blob gas above which a full batch waits for a lower price, until its age is up.
    pub patient_blob_fee: Option<u128>,
    /// Hours of runway below which it warns.
    pub runway_warning_hours: f64,
    /// How often the L1 is looked at.
    pub poll: Duration,
    /// Wei per gas that is never exceeded.
    pub max_fee: u128,
    /// Wei per blob gas that is never exceeded.
    pub max_blob_fee: u128,
}

/// Blocks after which a batch is not looked after any more: more than a reorg of the L1 before its
/// finality replaces (Ethereum: 64).
const CONFIRMATIONS: u64 = 65;
/// Batches in the journal that are not that deep yet.
const JOURNALLED: usize = 1_024;

impl BatcherSettings {
    /// The defaults for a rollup.
    ///
    /// # Errors
    /// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
    pub fn of(config: &RollupConfig, limits: &SendLimits) -> Result<Self, GenesisError> {
        let half_a_block = Duration::from_secs(config.l1.block_time.clamp(1, 12)) / 2;
        Ok(Self {
            inbox: batch_inbox(config)?.address,
            genesis_time: config.genesis.time,
            block_time: config.l2.block_time,
            l1_block_time: config.l1.block_time,
            sequencer_timeout: config.inbox.sequencer_timeout,
            max_lag: config.inbox.max_lag,
            max_blobs: config.inbox.max_blobs,
            max_age: config.batcher.max_age,
            blobs: config.l1.blob_rules()?,
            anchor_depth: 4,
            max_in_flight: 4,
            patient_blob_fee: None,
            runway_warning_hours: 24.0,
            poll: half_a_block,
            max_fee: limits.max_fee,
            max_blob_fee: limits.max_blob_fee,
        })
    }

    /// What the batcher's sender needs: it looks after a batch until no reorg can remove it.
    pub fn send_limits(&self, limits: SendLimits) -> SendLimits {
        SendLimits {
            confirmations: CONFIRMATIONS,
            max_in_flight: JOURNALLED,
            poll: self.poll,
            ..limits
        }
    }

    /// `T(number)` in seconds.
    pub const fn time_of(&self, number: u64) -> u64 {
        self.genesis_time.saturating_add(number.saturating_mul(self.block_time))
    }

    /// Blobs that a batch may have on an L1 whose newest block has this time.
    pub fn blobs_at(&self, time: u64) -> u64 {
        let rules = self.blobs.iter().rev().find(|rules| rules.from_timestamp <= time);
        rules.map_or(0, |rules| rules.max_per_transaction.min(self.max_blobs))
    }

    /// Bytes of a block's transactions that no compressor makes smaller, at most: random calldata, at the
    /// 40 gas a byte that EIP-7623 asks. A block of more than a batch holds cannot be posted and becomes
    /// a default block, so a gas limit for which this is more than that is a mistake.
    pub const fn block_bytes(gas_limit: u64) -> u64 {
        gas_limit / 40
    }
}

/// How the batcher is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatcherStatus {
    /// The last block that is in the inbox.
    pub inbox_last_block: u64,
    /// Batches in the inbox.
    pub posted_batches: u64,
    /// Batches on their way.
    pub in_flight: usize,
    /// Blocks that are not in the inbox.
    pub pending_blocks: u64,
    /// Age of the oldest of them, in seconds, at the L1's newest block.
    pub oldest_pending_seconds: u64,
    /// Wei of the batcher's account.
    pub balance: U256,
    /// Hours that the balance lasts; `None` while nothing is spent.
    pub runway_hours: Option<f64>,
    /// The balance does not pay for the next batch. The chain goes on; nothing is posted.
    pub starved: bool,
    /// Wei spent by this process.
    pub spent: U256,
    /// Why the next batch is not posted yet, for people.
    pub waiting: Option<String>,
    /// What went wrong last; `None` once all is well again.
    pub last_error: Option<String>,
}

/// Why the batcher cannot go on, or not now.
#[derive(Debug, thiserror::Error)]
pub enum BatcherError {
    /// The L1 has no answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// A batch could not be sent.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The inbox does not answer as one.
    #[error(transparent)]
    Inbox(#[from] InboxError),
    /// The chain cannot be read.
    #[error("the chain cannot be read: {0}")]
    Storage(#[from] StorageError),
    /// A block cannot be in a batch: a bug.
    #[error("a batch cannot be encoded: {0}; please report this")]
    Encode(String),
}

impl BatcherError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::L1(error) => error.severity(),
            Self::Send(error) => error.severity(),
            Self::Inbox(error) => error.severity(),
            Self::Storage(_) | Self::Encode(_) => Severity::Halt,
        }
    }
}
