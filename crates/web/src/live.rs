//! What all viewers see as it happens. It is read once, however many look.

mod batches;
mod risk;
mod service;

pub use batches::Batch;
pub use risk::{Level, Risk};
pub(crate) use service::start;

use crate::node::Layer;
use alloy_primitives::{B256, I256, U256};
use serde::Serialize;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Blocks of each layer that charts show.
pub const BLOCKS: usize = 300;
/// Batches that are kept, the newest ones.
pub const BATCHES: usize = 200;
/// Blocks over which rates are means.
pub const RATE_BLOCKS: usize = 60;

/// Whether a follower has the same chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Agreement {
    /// There is none to compare with.
    #[default]
    NotWatched,
    /// Both have the same blocks up to this one.
    Agrees {
        /// The newest that was compared.
        block: u64,
    },
    /// They do not.
    Differs {
        /// The block at which that was seen; the first may be before it.
        block: u64,
    },
    /// Nobody compares any more, or just now.
    Rests {
        /// Why, and what to do.
        reason: String,
    },
}

/// A layer's node, as it was when it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct LayerState {
    /// EIP-155 chain id; none before the first answer.
    pub chain_id: Option<u64>,
    /// Why the node does not answer; none while it does.
    pub silent: Option<String>,
    /// The newest block.
    pub latest: Option<Head>,
    /// Number of the newest block that is posted on L1, or that the L1 calls safe.
    pub safe: Option<u64>,
    /// Number of the newest block that is final.
    pub finalized: Option<u64>,
    /// What the node suggests to pay for gas, in wei.
    pub gas_price: Option<U256>,
    /// Means over the newest blocks.
    pub rates: Rates,
}

/// A head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds since 1970.
    pub time: u64,
}

/// Means over the newest [`RATE_BLOCKS`] blocks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rates {
    /// Seconds that they are about.
    pub seconds: u64,
    /// Blocks a second.
    pub blocks: f64,
    /// Transactions a second.
    pub transactions: f64,
    /// Gas a second.
    pub gas: f64,
}

/// A block, as charts show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BlockPoint {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, in seconds since 1970.
    pub time: u64,
    /// How many transactions users sent: without the one that begins every block of a rollup.
    pub transactions: u64,
    /// Gas that they used.
    pub gas_used: u64,
    /// Gas that would have been possible.
    pub gas_limit: u64,
    /// The block's base fee, in wei.
    pub base_fee: Option<U256>,
    #[serde(skip)]
    pub(crate) parent: B256,
}

/// What sending 21,000 gas of ether costs now, on both layers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fees {
    /// On the L1, in wei.
    pub l1_transfer: Option<U256>,
    /// On the L2, with all its parts, in wei.
    pub l2_transfer: Option<U256>,
    /// The part of it that is for gas on the L2, in wei.
    pub l2_gas: Option<U256>,
    /// The part of it that is for data on the L1, at most, in wei.
    pub l2_data: Option<U256>,
    /// The part of it that is the operator's, in wei.
    pub l2_operator: Option<U256>,
    /// How many times the L2 is cheaper; none while either is unknown or nothing.
    pub times_cheaper: Option<u64>,
}

/// How far the books of a chain are, and what the closing check says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Booked {
    /// The chain's id.
    pub chain: u64,
    /// The last block that is in the books.
    pub block: Option<u64>,
}

/// What running the rollup brought so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Margin {
    /// In wei.
    pub revenue: I256,
    /// In wei: negative.
    pub costs: I256,
    /// In wei.
    pub margin: I256,
}

/// Everything that is live.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Network {
    /// The rollup.
    pub l2: LayerState,
    /// Its L1, if it is shown.
    pub l1: Option<LayerState>,
    /// What a transfer costs.
    pub fees: Fees,
    /// Whether a follower agrees.
    pub agreement: Agreement,
    /// How many batches are on L1; none while it is not known.
    pub batches: Option<u64>,
    /// How far the books are, chain by chain; empty without books.
    pub books: Vec<Booked>,
    /// What the operator earned; none without books.
    pub operator: Option<Margin>,
}

/// What is live, for any number of readers.
#[derive(Debug, Default)]
pub struct Live {
    network: watch::Sender<Arc<Network>>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    l1: VecDeque<BlockPoint>,
    l2: VecDeque<BlockPoint>,
    batches: VecDeque<Batch>,
    risks: Arc<[Risk]>,
}

impl Live {
    /// As it is now.
    pub fn network(&self) -> Arc<Network> {
        Arc::clone(&self.network.borrow())
    }

    /// As it is, and then whenever it changes.
    pub fn changes(&self) -> watch::Receiver<Arc<Network>> {
        self.network.subscribe()
    }

    /// The newest blocks of a layer, the oldest first, at most [`BLOCKS`].
    pub fn blocks(&self, layer: Layer) -> Vec<BlockPoint> {
        self.kept().of(layer).iter().copied().collect()
    }

    /// Number and hash of the newest block of a layer that charts show.
    pub fn newest(&self, layer: Layer) -> Option<(u64, B256)> {
        self.kept().of(layer).back().map(|block| (block.number, block.hash))
    }

    /// The newest batches, the newest first, at most [`BATCHES`].
    pub fn batches(&self) -> Vec<Batch> {
        self.kept().batches.iter().cloned().collect()
    }

    /// The chain's risks; empty until its configuration was read.
    pub fn risks(&self) -> Arc<[Risk]> {
        Arc::clone(&self.kept().risks)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    const fn of(&mut self, layer: Layer) -> &mut VecDeque<BlockPoint> {
        match layer {
            Layer::L1 => &mut self.l1,
            Layer::L2 => &mut self.l2,
        }
    }
}

impl Rates {
    /// Of the newest of these blocks. The first one's transactions came before the time that is counted.
    #[allow(clippy::cast_precision_loss)] // means for the eye
    fn of(blocks: &VecDeque<BlockPoint>) -> Self {
        let from = blocks.len().saturating_sub(RATE_BLOCKS + 1);
        let mut newest = blocks.range(from..);
        let (Some(first), Some(last)) = (newest.next(), blocks.back()) else {
            return Self::default();
        };
        let seconds = last.time.saturating_sub(first.time);
        if seconds == 0 {
            return Self::default();
        }
        let (mut count, mut transactions, mut gas) = (0_u64, 0_u64, 0_u64);
        for block in newest {
            count += 1;
            transactions = transactions.saturating_add(block.transactions);
            gas = gas.saturating_add(block.gas_used);
        }
        let a_second = |total: u64| total as f64 / seconds as f64;
        Self {
            seconds,
            blocks: a_second(count),
            transactions: a_second(transactions),
            gas: a_second(gas),
        }
    }
}

impl Fees {
    /// With the comparison; `parts` are gas, data and operator's fee on the L2.
    fn of(l1_transfer: Option<U256>, parts: [Option<U256>; 3]) -> Self {
        let [l2_gas, l2_data, l2_operator] = parts;
        // A chain without the latter two is no rollup of the OP Stack: there is only gas.
        let others = [l2_data, l2_operator].into_iter().flatten();
        let l2_transfer = l2_gas.map(|gas| others.fold(gas, U256::saturating_add));
        let times = |(l1, l2): (U256, U256)| u64::try_from(l1.checked_div(l2)?).ok();
        let times_cheaper = l1_transfer.zip(l2_transfer).and_then(times);
        Self { l1_transfer, l2_transfer, l2_gas, l2_data, l2_operator, times_cheaper }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(number: u64, time: u64, transactions: u64) -> BlockPoint {
        BlockPoint {
            number,
            hash: B256::ZERO,
            time,
            transactions,
            gas_used: transactions * 21_000,
            gas_limit: 30_000_000,
            base_fee: None,
            parent: B256::ZERO,
        }
    }

    #[test]
    fn rates_are_of_the_time_between_the_blocks() {
        let blocks = [point(1, 100, 1_000), point(2, 102, 4), point(3, 104, 6)].into();
        let rates = Rates::of(&blocks);
        assert_eq!((rates.seconds, rates.blocks, rates.transactions), (4, 0.5, 2.5));
        assert_eq!(Rates::of(&[point(1, 100, 1)].into()), Rates::default());
        assert_eq!(Rates::of(&VecDeque::new()), Rates::default());
        let many = (0..500).map(|number| point(number, number, number)).collect();
        assert_eq!(Rates::of(&many).seconds, 60);
    }

    #[test]
    fn a_transfer_on_the_rollup_costs_the_sum_of_its_parts() {
        let wei = |number: u64| Some(U256::from(number));
        let fees = Fees::of(wei(1_000), [wei(7), wei(2), wei(1)]);
        assert_eq!((fees.l2_transfer, fees.times_cheaper), (wei(10), Some(100)));
        assert_eq!(Fees::of(wei(1_000), [wei(0), None, None]).times_cheaper, None);
        assert_eq!(Fees::of(wei(1_000), [None; 3]).l2_transfer, None);
        assert_eq!(Fees::of(None, [wei(7), None, None]).l2_transfer, wei(7));
    }
}
