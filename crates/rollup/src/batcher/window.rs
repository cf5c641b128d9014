//! The blocks that the next batch may have: read from the chain once, with what they take.

use super::{Estimator, Format, Source, state::Pending};
use seam_stf::batch::BatchBlock;
use seam_storage::StorageError;
use std::sync::Arc;

/// The blocks after some block, up to where the largest batch is more than full.
#[derive(Debug)]
pub(super) struct Window {
    format: Arc<dyn Format>,
    estimator: Box<dyn Estimator>,
    pub(super) blocks: Vec<BatchBlock>,
    pub(super) pending: Vec<Pending>,
}

impl Window {
    pub(super) fn new(format: Arc<dyn Format>) -> Self {
        let estimator = format.estimator();
        Self { format, estimator, blocks: Vec::new(), pending: Vec::new() }
    }

    /// Has the blocks after `last`, as the chain is now, until they take more than `bytes`.
    pub(super) fn update(
        &mut self,
        source: &dyn Source,
        last: u64,
        bytes: usize,
    ) -> Result<(), StorageError> {
        self.begin_after(last);
        // A block names its parent, so if the newest one is in the chain, all are.
        if let Some(newest) = self.pending.last()
            && source.hash(newest.number)? != Some(newest.hash)
        {
            self.clear();
        }
        let head = source.head();
        while self.estimator.bytes() <= bytes && self.blocks.len() <= self.format.max_blocks() {
            let number = last + 1 + self.pending.len() as u64;
            if number > head {
                break;
            }
            // Else it was undone just now: the next look shows it.
            let Some(block) = source.block(number)? else { break };
            self.estimator.push(&block.batch);
            self.pending.push(Pending {
                number,
                hash: block.hash,
                time: block.time,
                origin: block.origin,
                bytes: self.estimator.bytes(),
            });
            self.blocks.push(block.batch);
        }
        Ok(())
    }

    /// Keeps what comes after `last`; if that is elsewhere, nothing.
    fn begin_after(&mut self, last: u64) {
        let Some(first) = self.pending.first().map(|block| block.number) else { return };
        if first == last + 1 {
            return;
        }
        let passed = (last + 1).checked_sub(first).and_then(|passed| usize::try_from(passed).ok());
        let Some(passed) = passed.filter(|passed| *passed < self.pending.len()) else {
            return self.clear();
        };
        self.blocks.drain(..passed);
        self.pending.drain(..passed);
        self.estimator = self.format.estimator();
        for (block, pending) in self.blocks.iter().zip(&mut self.pending) {
            self.estimator.push(block);
            pending.bytes = self.estimator.bytes();
        }
    }

    fn clear(&mut self) {
        *self = Self::new(self.format.clone());
    }
}
