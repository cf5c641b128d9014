//! Where derivation stands: which batches have become blocks, and from which L1 block on the next is
//! looked for. Pure: whoever asks says which L1 blocks still stand.

use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::B256;
use seam_chain::l1::Standing;
use seam_stf::derive::PostedBatch;
use seam_storage::Finality;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A batch whose blocks the chain has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Applied {
    /// Its place in the inbox; 0 stands for the genesis block.
    pub index: u64,
    /// Number of the L1 block that it is in.
    pub l1_number: u64,
    /// Hash of that block.
    pub l1_hash: B256,
    /// Its last block.
    pub last_block: u64,
    /// Hash of that block.
    pub last_hash: B256,
    /// The inbox's accumulator after it.
    pub accumulator: B256,
}

impl Applied {
    /// The L1 block that it is in.
    pub const fn l1(&self) -> BlockNumHash {
        BlockNumHash { number: self.l1_number, hash: self.l1_hash }
    }
}

/// What has become of a batch that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// L1 and the chain have it.
    Stands,
    /// L1 has replaced its block, or the chain does not have its blocks any more.
    Gone,
    /// L1 is not known so far yet.
    Unknown,
}

impl Fate {
    /// Of a batch whose L1 block has this standing, when the chain has its last block or not.
    pub const fn of(standing: Standing, in_chain: bool) -> Self {
        match (standing, in_chain) {
            (Standing::Gone, _) | (_, false) => Self::Gone,
            (Standing::Unknown, true) => Self::Unknown,
            (Standing::Stands, true) => Self::Stands,
        }
    }
}

/// The batches that were applied and may still be undone, after the newest that may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Oldest first; never empty. The first is final, or the genesis block.
    applied: VecDeque<Applied>,
    /// All batches in L1 blocks below this one were applied.
    next_l1: u64,
}

/// Batches were undone down to one that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseGone(pub Applied);

impl Cursor {
    /// At the rollup's beginning, which `genesis` stands for.
    pub fn new(genesis: Applied) -> Self {
        Self { next_l1: genesis.l1_number, applied: VecDeque::from([genesis]) }
    }

    /// After these batches, oldest first; None if there is none.
    pub fn after(applied: Vec<Applied>) -> Option<Self> {
        let next_l1 = applied.last()?.l1_number;
        Some(Self { applied: applied.into(), next_l1 })
    }

    /// The newest batch.
    pub fn newest(&self) -> Applied {
        // There is one: `rewind` and `finalize` leave the first.
        self.applied.back().copied().unwrap_or_else(|| unreachable!("a cursor without a batch"))
    }

    /// All that may be undone, after the newest that may not.
    pub fn applied(&self) -> impl Iterator<Item = &Applied> {
        self.applied.iter()
    }

    /// The L1 block to be read next.
    pub const fn next_l1(&self) -> u64 {
        self.next_l1
    }

    /// Undoes the batches that are gone; None if there is one of which that is not known.
    ///
    /// # Errors
    /// [`BaseGone`] if the oldest is gone, which cannot be.
    pub fn rewind(
        &mut self,
        mut fate: impl FnMut(&Applied) -> Fate,
    ) -> Result<Option<usize>, BaseGone> {
        let mut undone = 0;
        loop {
            let newest = self.newest();
            match fate(&newest) {
                Fate::Stands => break,
                Fate::Unknown => return Ok(None),
                Fate::Gone if self.applied.len() == 1 => return Err(BaseGone(newest)),
                Fate::Gone => {
                    self.applied.pop_back();
                    // At once: of the next one it may not be known, and these are read again all the same.
                    self.read_again();
                    undone += 1;
                }
            }
        }
        Ok(Some(undone))
    }

    /// Whether the batch is still to be applied, and follows on the last one. None: it was applied.
    pub fn follows(&self, batch: &PostedBatch) -> Option<bool> {
        let newest = self.newest();
        (batch.index > newest.index).then(|| {
            batch.index == newest.index + 1
                && batch.header.prev_accumulator == newest.accumulator
                && batch.header.first_block == newest.last_block + 1
        })
    }

    /// Notes that a batch was applied.
    pub fn apply(&mut self, applied: Applied) {
        self.applied.push_back(applied);
    }

    /// Notes that all of an L1 block was read. L1 may be replaced below it without a batch being
    /// undone: then those blocks are read again, see [`Self::read_again`].
    pub const fn read(&mut self, l1: u64) {
        self.next_l1 = l1 + 1;
    }

    /// L1 has changed somewhere: everything after the newest batch is read again.
    pub fn read_again(&mut self) {
        self.next_l1 = self.newest().l1_number;
    }

    /// How far the chain is beyond doubt when L1 is final up to this block; forgets batches that
    /// nothing can undo, but the newest.
    pub fn finalize(&mut self, l1_finalized: u64) -> Finality {
        while self.applied.get(1).is_some_and(|second| second.l1_number <= l1_finalized) {
            self.applied.pop_front();
        }
        let first = self.applied.front().filter(|first| first.l1_number <= l1_finalized);
        let finalized = first.map_or(0, |first| first.last_block);
        Finality { safe: self.newest().last_block, finalized }
    }
}

#[cfg(test)]
mod tests;
