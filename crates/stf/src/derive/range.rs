//! What a batch says of its blocks, and what each of them may be because of it (rules D1 and D2).
//!
//! Total: structure was judged once for the batch; everything else is judged for each block from its
//! parent, its own part of the batch and L1. A block that the batch does not give, or gives in a way
//! that is not valid, is the default block: its deposits only, on the next L1 block if it can be.

use super::{BlockStart, L1Block, Mempool, PostedBatch, RollupRules};
use crate::batch::{self, BatchBlock, BatchError, OriginStep};
use alloc::vec::Vec;
use seam_primitives::{Block, BlockAttributes, Header, L1Attributes, Transaction};

/// Consecutive blocks that follow from one batch, or from a part of it.
#[derive(Debug, Clone)]
pub struct DerivedRange {
    /// The first block.
    pub first_block: u64,
    /// The last one.
    pub last_block: u64,
    /// The newest L1 block that they may stand on.
    pub anchor: u64,
    /// What the batch gives of them, from the first on; blocks beyond it are default blocks.
    pub given: Vec<BatchBlock>,
    /// L1 blocks without a gap: from the one that the first block's parent stands on, to as many as
    /// the blocks may reach, but not beyond the anchor.
    pub origins: Vec<L1Block>,
}

/// What a block may be: the first of these that is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    /// As the batch gives it, unless that breaks a rule that can be judged without executing it.
    pub given: Option<Given>,
    /// The default block, which is always valid.
    pub default: BlockStart,
}

impl Candidates {
    /// Whether a block that is known to be valid is what comes of them. If it is not as the batch gives
    /// it, only executing that tells.
    pub fn are_of(&self, block: &Block) -> bool {
        let (start, transactions) = match &self.given {
            Some(Given { start, transactions }) => (start, &transactions[..]),
            None => (&self.default, &[][..]),
        };
        let expected = start.first.iter().chain(transactions);
        start.attributes == BlockAttributes::from(block) && expected.eq(&block.transactions)
    }
}

/// A block as a batch gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its attributes and deposits.
    pub start: BlockStart,
    /// The transactions after them.
    pub transactions: Vec<Transaction>,
}

/// The L1 block that a block's parent stands on is not among those of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "L1 block {0}, which the parent of a derived block stands on, is not among those it was derived from"
)]
pub struct OriginMissing(pub u64);

/// What a batch gives of its blocks: nothing if its data cannot be decoded, have another version, or more
/// blocks than its header says.
pub fn given(
    batch: &PostedBatch,
    decode: impl FnOnce() -> Result<Vec<BatchBlock>, BatchError>,
) -> Result<Vec<BatchBlock>, Ungiven> {
    let header = &batch.header;
    if header.version != batch::VERSION {
        return Err(Ungiven::Version(header.version));
    }
    let blocks = decode().map_err(Ungiven::Data)?;
    let most = header.last_block.saturating_sub(header.first_block).saturating_add(1);
    match u64::try_from(blocks.len()) {
        Ok(count) if count <= most => Ok(blocks),
        _ => Err(Ungiven::TooManyBlocks { given: blocks.len(), most }),
    }
}

/// Why a batch gives nothing of its blocks: all are default blocks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ungiven {
    /// Nobody knows this version.
    #[error("its version is {0}, which is not known")]
    Version(u16),
    /// Its data cannot be decoded.
    #[error("its data cannot be decoded: {0}")]
    Data(BatchError),
    /// It gives more blocks than its header says.
    #[error("it gives {given} blocks, but its header says {most}")]
    TooManyBlocks {
        /// How many it gives.
        given: usize,
        /// How many it may.
        most: u64,
    },
}

impl DerivedRange {
    /// What the block on `parent` may be, whose first transaction says `attributes`. None for a block
    /// that is not of this range.
    ///
    /// # Errors
    /// [`OriginMissing`] if the range was put together for another parent.
    pub fn candidates(
        &self,
        rules: &RollupRules,
        parent: &Header,
        attributes: Option<&L1Attributes>,
    ) -> Result<Option<Candidates>, OriginMissing> {
        let number = parent.number.saturating_add(1);
        if number < self.first_block || number > self.last_block {
            return Ok(None);
        }
        let place = rules.place(attributes);
        let timestamp = parent.timestamp.saturating_add(rules.block_seconds);
        let at = self.origins.iter().position(|origin| origin.hash == place.origin.hash);
        let (same, next) = at
            .and_then(|at| Some((self.origins.get(at)?, self.origins.get(at.saturating_add(1)))))
            .ok_or(OriginMissing(place.origin.number))?;
        let next = next.filter(|next| {
            next.header.number <= self.anchor && rules.may_advance(timestamp, &next.header)
        });
        let start = |origin: &L1Block| rules.start(parent, attributes, origin, timestamp);
        let default = BlockStart { mempool: Mempool::LeftOut, ..start(next.unwrap_or(same)) };
        let index = usize::try_from(number.saturating_sub(self.first_block)).ok();
        let given = index.and_then(|index| self.given.get(index));
        let given = given.and_then(|block| {
            let origin = match block.step {
                OriginStep::Same => Some(same),
                OriginStep::Next => next,
            };
            let start = start(origin?);
            let transactions = block.transactions.clone();
            (start.mempool == Mempool::Taken).then_some(Given { start, transactions })
        });
        Ok(Some(Candidates { given, default }))
    }
}

#[cfg(test)]
mod tests;
