//! Undoing the newest blocks: by hand, or because the L1 that a rollup stands on has changed.

use super::{
    EngineError, ImportError, Input, Next,
    committer::{announce, publish},
    import::{blocks_above, refresh_pool},
    producer::{Producer, Stopped},
};
use crate::clock::Clock as _;
use seam_storage::{Commit, Finality, Flush, StorageError, View};
use std::time::Duration;

/// How long it is waited for L1 before it is asked again.
const REST: Duration = Duration::from_millis(100);

/// What becomes of the transactions of blocks that are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undone {
    /// They wait for a block again.
    Wait,
    /// It is as if nobody had sent them.
    Forgotten,
}

impl Producer {
    /// What a block on `parent` starts with, for whoever cannot wait.
    pub(super) fn next_input(&self, parent: &View, timestamp: u64) -> Result<Input, ImportError> {
        match self.shared.recipe.next(&self.shared.rules, parent, timestamp)? {
            Next::Block(input) => Ok(*input),
            Next::Wait | Next::Unwind => Err(ImportError::WaitsForL1),
        }
    }

    /// What the block on `parent` starts with that is to be built now. If there can be none, does
    /// what there is to do instead.
    pub(super) fn next_or_follow(&mut self, parent: &View, time: u64) -> Result<Input, Stopped> {
        match self.shared.recipe.next(&self.shared.rules, parent, time)? {
            Next::Block(input) => Ok(*input),
            Next::Wait => {
                self.committer.drain()?;
                let deadline = self.shared.clock.now() + REST;
                self.shared.clock.wait(&self.shared.signal, deadline);
                Err(Stopped::Again)
            }
            Next::Unwind => {
                self.committer.drain()?;
                self.follow_l1()?;
                Err(Stopped::Again)
            }
        }
    }

    /// Undoes the blocks that stand on L1 blocks which have left L1's chain; their transactions wait
    /// again. Everything that was sealed is on disk by now.
    pub(super) fn follow_l1(&mut self) -> Result<(), EngineError> {
        let shared = self.shared.clone();
        let reader = shared.store.reader()?;
        let stands = |number| shared.recipe.stands(&View::at(reader.clone(), number)?);
        let head = reader.head();
        if stands(head)? {
            return Ok(());
        }
        // Whatever stands on one that has gone has gone too: the last that stands lies between.
        let (mut last, mut gone) = (reader.finality()?.finalized, head);
        if !stands(last)? {
            let by_hand = shared.recipe.rollup().is_some_and(|rollup| rollup.l1().went_back());
            if !by_hand {
                return Err(EngineError::L1Replaced(last));
            }
            last = 0;
        }
        while gone - last > 1 {
            let middle = last + (gone - last) / 2;
            if stands(middle)? {
                last = middle;
            } else {
                gone = middle;
            }
        }
        tracing::warn!(
            from = head,
            to = last,
            "L1 has changed: blocks that stood on it are undone"
        );
        Ok(self.unwind(last, reader.finality()?, Undone::Wait)?)
    }

    /// Undoes all blocks above `number`.
    pub(super) fn unwind(
        &mut self,
        number: u64,
        finality: Finality,
        undone: Undone,
    ) -> Result<(), StorageError> {
        let shared = self.shared.clone();
        let reader = shared.store.reader()?;
        if reader.head() <= number {
            return Ok(());
        }
        let removed = blocks_above(&reader, number)?;
        let view = View::at(reader, number)?;
        let hash = view.sealed_hash()?;
        drop(self.roots.begin(view));
        let nodes = self.roots.sealed(hash, number, Flush::Now).wait();
        shared.unwound_to(number);
        let Finality { safe, finalized } = finality;
        let finality = Finality { safe: safe.min(number), finalized: finalized.min(number) };
        let (unwind_to, finality) = (Some(number), Some(finality));
        shared.store.commit(&Commit { unwind_to, blocks: Vec::new(), nodes, finality })?;
        self.roots.stored(number);
        let head = publish(&shared)?;
        self.view = head.view.clone();
        let again = match undone {
            Undone::Wait => &removed[..],
            Undone::Forgotten => &[],
        };
        refresh_pool(&shared, &head, again, &[])?;
        let removed = removed.into_iter().map(|removed| removed.block).collect();
        announce(&shared, &head, removed, Vec::new());
        Ok(())
    }
}
