//! Blocks of the embedded L1: Ethereum without validators, for development.

use super::{Finalization, Input, Next, Recipe};
use crate::blobs::{BeaconHeader, SlotClock};
use alloy_primitives::{Address, B256, keccak256};
use seam_primitives::{BlockAttributes, ChainRules, Header, Recovered, Transaction};
use seam_stf::derive::Mempool;
use seam_storage::{StorageError, View};
use std::time::Duration;

/// Makes a block at fixed times, with nothing before the mempool's transactions but in block 1. Slots
/// without a block are possible, as on Ethereum.
#[derive(Debug, Clone)]
pub struct EmbeddedL1 {
    block_seconds: u64,
    finality_depth: u64,
    slots: SlotClock,
    block_one: Vec<Recovered<Transaction>>,
}

/// Who gets the tips of the embedded L1.
const FEE_RECIPIENT: Address = Address::repeat_byte(0x11);

impl EmbeddedL1 {
    /// A block every `block_seconds`, at least 1; the finalized block trails by `finality_depth`.
    pub fn new(block_seconds: u64, finality_depth: u64, slots: SlotClock) -> Self {
        let block_one = Vec::new();
        Self { block_seconds: block_seconds.max(1), finality_depth, slots, block_one }
    }

    /// The same with these transactions at the start of block 1, which must take them: what a
    /// development network has from the beginning, and has again if it goes back to its genesis.
    pub fn beginning_with(self, block_one: Vec<Recovered<Transaction>>) -> Self {
        Self { block_one, ..self }
    }
}

impl Recipe for EmbeddedL1 {
    fn block_seconds(&self) -> Option<u64> {
        Some(self.block_seconds)
    }

    /// The next time on the grid that is not over.
    fn timestamp(&self, parent: u64, now: Duration) -> u64 {
        let late = now.as_secs().saturating_sub(parent);
        parent + self.block_seconds * late.div_ceil(self.block_seconds).max(1)
    }

    fn next(
        &self,
        _rules: &ChainRules,
        parent: &View,
        timestamp: u64,
    ) -> Result<Next, StorageError> {
        let header = parent.header();
        let attributes = BlockAttributes {
            timestamp,
            beneficiary: FEE_RECIPIENT,
            // Nobody reveals anything, so it is only different from block to block.
            mix_hash: keccak256(header.mix_hash),
            gas_limit: header.gas_limit,
            ..BlockAttributes::default()
        };
        let first = if parent.number() == 0 { self.block_one.clone() } else { Vec::new() };
        Ok(Next::Block(Box::new(Input { attributes, first, mempool: Mempool::Taken })))
    }

    fn beacon_root(&self, parent: &Header, hash: B256) -> Option<B256> {
        Some(BeaconHeader::of(parent, hash, &self.slots).root())
    }

    fn finalization(&self) -> Finalization {
        Finalization::Trailing(self.finality_depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_stay_on_the_grid_and_slots_may_be_missed() {
        let slots = SlotClock { genesis_time: 0, seconds_per_slot: std::num::NonZeroU64::MIN };
        let at = |parent, millis| {
            EmbeddedL1::new(2, 64, slots).timestamp(parent, Duration::from_millis(millis))
        };
        assert_eq!(at(100, 100_000), 102);
        assert_eq!(at(100, 101_900), 102);
        assert_eq!(at(100, 102_900), 102);
        assert_eq!(at(100, 103_000), 104);
        assert_eq!(at(100, 109_000), 110);
        assert_eq!(at(100, 50_000), 102);
    }
}
