//! Blocks of a rollup.

use super::{Finalization, Input, Next, Recipe};
use crate::l1::{L1Blocks, Standing};
use alloy_eips::eip1898::BlockNumHash;
use seam_primitives::{ChainRules, L1Attributes};
use seam_stf::derive::{BlockStart, L1Block, RollupRules, of_depositor};
use seam_storage::{StorageError, View};
use std::{sync::Arc, time::Duration};

/// Who makes a rollup's blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// This node, from its mempool.
    Sequencer,
    /// Somebody else: they come from L1, or are signed by the one who does.
    Follower,
}

/// A rollup: a block every so many seconds, without a gap, each on an L1 block that is not younger.
#[derive(Debug, Clone)]
pub struct Rollup {
    rules: RollupRules,
    l1: Arc<dyn L1Blocks>,
    part: Part,
}

impl Rollup {
    /// A rollup with these rules on this L1.
    pub const fn new(rules: RollupRules, l1: Arc<dyn L1Blocks>, part: Part) -> Self {
        Self { rules, l1, part }
    }

    /// Who makes its blocks.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// All that its blocks follow from beside L1.
    pub const fn rules(&self) -> &RollupRules {
        &self.rules
    }

    /// What it stands on.
    pub fn l1(&self) -> &dyn L1Blocks {
        &*self.l1
    }

    /// The L1 block for a block of this time whose parent stands on `parent`: the next one, if there
    /// is one and it is old enough, else the same. None if L1 has changed meanwhile.
    fn origin(
        &self,
        parent: BlockNumHash,
        timestamp: u64,
    ) -> Result<Option<L1Block>, StorageError> {
        let number = parent.number + 1;
        if let Some((_, next)) = self.l1.header(number)?
            && self.rules.may_advance(timestamp, &next)
        {
            let next = self.l1.block(number)?;
            return Ok(next.filter(|next| next.header.parent_hash == parent.hash));
        }
        let same = self.l1.header(parent.number)?.filter(|(hash, _)| *hash == parent.hash);
        Ok(same.map(|(hash, header)| L1Block { hash, header, ..L1Block::default() }))
    }
}

/// What the first transaction of a rollup block says of L1; the genesis block has none.
///
/// # Errors
/// [`StorageError`] if it cannot be read, or is none of a rollup.
pub fn attributes_of(block: &View) -> Result<Option<L1Attributes>, StorageError> {
    let Some(first) = block.first_transaction()? else { return Ok(None) };
    let missing = || StorageError::Corrupt("a rollup block without L1 attributes".to_owned());
    L1Attributes::of_transaction(&first).map(Some).ok_or_else(missing)
}

fn input(start: BlockStart) -> Input {
    let BlockStart { attributes, first, mempool } = start;
    Input { attributes, first: first.into_iter().map(of_depositor).collect(), mempool }
}

impl Recipe for Rollup {
    fn rollup(&self) -> Option<&Self> {
        Some(self)
    }

    fn block_seconds(&self) -> Option<u64> {
        match self.part {
            Part::Sequencer => Some(self.rules.block_seconds),
            Part::Follower => None,
        }
    }

    /// A rollup has no empty slots: it catches up instead.
    fn timestamp(&self, parent: u64, _now: Duration) -> u64 {
        parent + self.rules.block_seconds
    }

    fn next(
        &self,
        _rules: &ChainRules,
        parent: &View,
        timestamp: u64,
    ) -> Result<Next, StorageError> {
        let attributes = attributes_of(parent)?;
        let place = self.rules.place(attributes.as_ref());
        match self.l1.standing(place.origin)? {
            Standing::Gone => return Ok(Next::Unwind),
            Standing::Unknown => return Ok(Next::Wait),
            Standing::Stands => {}
        }
        let Some(origin) = self.origin(place.origin, timestamp)? else { return Ok(Next::Wait) };
        let start = self.rules.start(parent.header(), attributes.as_ref(), &origin, timestamp);
        Ok(Next::Block(Box::new(input(start))))
    }

    fn stands(&self, block: &View) -> Result<bool, StorageError> {
        let place = self.rules.place(attributes_of(block)?.as_ref());
        Ok(self.l1.standing(place.origin)? != Standing::Gone)
    }

    /// Blocks become safe once they are posted on L1.
    fn finalization(&self) -> Finalization {
        Finalization::Given
    }
}
