//! The blocks of a rollup as they follow from L1: those that are there already are only compared,
//! the others are made, in the place of whatever is there.

use super::{
    Command, ImportError, MAX_BRANCH_BLOCKS,
    committer::{announce, publish},
    import::{BLOCKS_PER_COMMIT, Branch, blocks_above},
    producer::Producer,
    recipe::attributes_of,
    senders,
    unwind::Undone,
};
use crate::{Chain, chain::Shared, dev::Mining};
use alloy_primitives::B256;
use seam_primitives::{Header, L1Attributes};
use seam_stf::{
    ExecutedBlock,
    derive::{DerivedBlock, DerivedRange, RollupRules, derive_block},
};
use seam_storage::{Commit, Finality, Flush, NewBlock, Reader, StorageError, TrieNodes, View};
use std::sync::{Arc, PoisonError, atomic::Ordering, mpsc::channel};

/// What deriving a range did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Derived {
    /// Hash of the last block of the range.
    pub hash: B256,
    /// Blocks that the chain had as they follow from L1.
    pub agreed: u64,
    /// Blocks that it did not have, or had in another way.
    pub made: u64,
    /// Blocks that left the chain.
    pub removed: u64,
    /// Blocks that are default blocks although the batch gives them: they are not valid as given.
    pub refused: u64,
}

/// A range, and how far it is done.
#[derive(Debug)]
pub(crate) struct Task {
    range: Arc<DerivedRange>,
    /// The newest block that is as it follows from L1, before the range or in it.
    parent: (u64, B256),
}

impl Chain {
    /// Makes the chain have the blocks of `range` after the block with hash `parent`. Blocks that are
    /// there as L1 has them stay, and all that were built on them.
    ///
    /// # Errors
    /// [`ImportError::UnknownParent`] if the chain does not have the parent; others if a block cannot
    /// be made. Blocks before it stay.
    pub fn derive(&self, range: Arc<DerivedRange>, parent: B256) -> Result<Derived, ImportError> {
        let Some(rollup) = self.rollup() else { return Err(ImportError::NoRollup) };
        let reader = self.head().reader.clone();
        let parent = (range.first_block.saturating_sub(1), parent);
        let mut task = Task { range, parent };
        let last = task.range.last_block;
        let agreed = task.compare(rollup.rules(), &reader)?;
        if task.parent.0 == last {
            return Ok(Derived { hash: task.parent.1, agreed, ..Derived::default() });
        }
        let (answer, answered) = channel();
        // The block that is being built stands on what may go.
        self.0.dev.wait();
        let made = self.ask(Command::Derive(Box::new(task), answer), &answered)??;
        Ok(Derived { agreed: agreed + made.agreed, ..made })
    }

    /// Says how far the chain is beyond doubt; of the blocks named, as far as they are there. A final
    /// block stays final. Takes effect with the next block, or at once where none are made.
    ///
    /// # Errors
    /// [`ImportError`] if that cannot be written.
    pub fn set_finality(&self, finality: Finality) -> Result<(), ImportError> {
        self.0.give_finality(finality);
        let head = self.head();
        let written = self.0.finality_at(head.number(), head.finality) == head.finality;
        if written || self.0.makes_blocks_in_time() {
            return Ok(());
        }
        let (answer, answered) = channel();
        self.ask(Command::Finality(answer), &answered)?
    }

    /// Undoes blocks that stand on L1 blocks which L1 has replaced. A chain that makes blocks does so by
    /// itself.
    ///
    /// # Errors
    /// [`ImportError::Engine`] if a final block is among them.
    pub fn follow_l1(&self) -> Result<(), ImportError> {
        let (answer, answered) = channel();
        self.ask(Command::FollowL1(answer), &answered)?
    }
}

impl Shared {
    /// Whether there will be a next block soon without anybody's asking.
    fn makes_blocks_in_time(&self) -> bool {
        self.recipe.block_seconds().is_some() && self.dev.mining() == Mining::Interval
    }

    fn give_finality(&self, finality: Finality) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = Some(finality);
    }

    /// The chain ends at `number` now: nothing above it is beyond doubt.
    pub(crate) fn unwound_to(&self, number: u64) {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = &mut *given {
            given.safe = given.safe.min(number);
            given.finalized = given.finalized.min(number);
        }
    }

    /// How far the chain is beyond doubt when its head is `head`, and was so far `before`.
    pub(crate) fn finality_at(&self, head: u64, before: Finality) -> Finality {
        let given = *self.given.lock().unwrap_or_else(PoisonError::into_inner);
        match given {
            Some(given) => {
                let finalized = given.finalized.min(head).max(before.finalized);
                Finality { safe: given.safe.min(head).max(finalized), finalized }
            }
            None => self.recipe.finalization().at(head, before),
        }
    }
}

impl Task {
    /// Passes over the blocks that the chain has as the range has them; how many those are.
    fn compare(&mut self, rules: &RollupRules, reader: &Reader) -> Result<u64, ImportError> {
        let (number, hash) = self.parent;
        let unknown = ImportError::UnknownParent { number: number + 1, parent: hash };
        let Some((stored, mut header)) = reader.header(number)? else { return Err(unknown) };
        if stored != hash {
            return Err(unknown);
        }
        let mut attributes = attributes_of(&View::at(reader.clone(), number)?)?;
        let before = number;
        while let Some(block) = reader.block(self.parent.0 + 1)? {
            let candidates = self.range.candidates(rules, &header, attributes.as_ref())?;
            if !candidates.is_some_and(|candidates| candidates.are_of(&block.block)) {
                break;
            }
            self.parent = (self.parent.0 + 1, block.hash);
            attributes = block.block.transactions.first().and_then(L1Attributes::of_transaction);
            header = block.block.header;
        }
        Ok(self.parent.0 - before)
    }
}

/// Some blocks of a range; those that the chain did not have are not written yet.
struct Step {
    reader: Reader,
    /// The state after the newest.
    view: View,
    /// The newest.
    header: Header,
    attributes: Option<L1Attributes>,
    blocks: Vec<NewBlock>,
    nodes: Option<TrieNodes>,
    derived: Derived,
}

impl Step {
    fn on(reader: Reader, (number, parent): (u64, B256)) -> Result<Self, ImportError> {
        if reader.hash(number)? != Some(parent) {
            return Err(ImportError::UnknownParent { number: number + 1, parent });
        }
        let view = View::at(reader.clone(), number)?;
        let (header, attributes) = (view.header().clone(), attributes_of(&view)?);
        let derived = Derived { hash: parent, ..Derived::default() };
        Ok(Self { reader, view, header, attributes, blocks: Vec::new(), nodes: None, derived })
    }

    /// The newest block of the chain that stays when this is written.
    fn fork(&self) -> u64 {
        self.header.number - self.blocks.len() as u64
    }

    /// The trie nodes that are written with the next block, if it is `last` of the range.
    fn flush(&self, last: bool) -> Flush {
        let last = last || self.blocks.len() + 1 == BLOCKS_PER_COMMIT;
        // The stored trie may be of one of the blocks that go.
        match (last, self.fork() < self.reader.head()) {
            (false, _) => Flush::Never,
            (true, true) => Flush::Now,
            (true, false) => Flush::WhenDue,
        }
    }

    /// The chain has this block already.
    fn agrees(&self, executed: &ExecutedBlock) -> Result<bool, StorageError> {
        let known = self.reader.hash(executed.block.header.number)?;
        Ok(self.blocks.is_empty() && known == Some(executed.hash))
    }

    fn go_on(&mut self, executed: &ExecutedBlock) {
        let block = &executed.block;
        self.header = block.header.clone();
        self.attributes = block.transactions.first().and_then(L1Attributes::of_transaction);
        self.derived.hash = executed.hash;
    }
}

impl Producer {
    /// See [`Chain::derive`]. Everything that was sealed is on disk by now.
    pub(super) fn derive(&mut self, mut task: Task) -> Result<Derived, ImportError> {
        let mut derived = Derived::default();
        while task.parent.0 < task.range.last_block {
            if self.shared.stopping.load(Ordering::Acquire) {
                return Err(ImportError::Stopped);
            }
            let step = self.derive_some(&mut task)?;
            derived.agreed += step.agreed;
            derived.made += step.made;
            derived.removed += step.removed;
            derived.refused += step.refused;
        }
        Ok(Derived { hash: task.parent.1, ..derived })
    }

    /// The next blocks, written as one step.
    fn derive_some(&mut self, task: &mut Task) -> Result<Derived, ImportError> {
        let mut step = Step::on(self.shared.store.reader()?, task.parent)?;
        while step.blocks.len() < BLOCKS_PER_COMMIT && self.derive_next(&task.range, &mut step)? {}
        let fork = step.fork();
        let Step { reader, view, blocks, nodes, mut derived, .. } = step;
        let end = (view.number(), derived.hash);
        if !blocks.is_empty() {
            derived.removed = reader.head() - fork;
            // What is read to be announced, and to wait again, is bounded.
            if derived.removed > MAX_BRANCH_BLOCKS as u64 {
                return self.unwind_some(&reader);
            }
            let removed = blocks_above(&reader, fork)?;
            let unwind_to = (!removed.is_empty()).then_some(fork);
            self.write(unwind_to, Branch { view, blocks, nodes }, removed)?;
        }
        task.parent = end;
        Ok(derived)
    }

    fn unwind_some(&mut self, reader: &Reader) -> Result<Derived, ImportError> {
        let removed = MAX_BRANCH_BLOCKS as u64;
        let number = reader.head() - removed;
        self.unwind(number, reader.finality()?, Undone::Wait)?;
        Ok(Derived { removed, ..Derived::default() })
    }

    /// Executes one more; whether there was one.
    fn derive_next(&self, range: &DerivedRange, step: &mut Step) -> Result<bool, ImportError> {
        let Some(rollup) = self.shared.recipe.rollup() else { return Err(ImportError::NoRollup) };
        let attributes = step.attributes.as_ref();
        let candidates = range.candidates(rollup.rules(), &step.header, attributes)?;
        let Some(candidates) = candidates else { return Ok(false) };
        let number = step.header.number + 1;
        let failed = |error| ImportError::Refused { number, error: Box::new(error) };
        let state = || self.roots.begin(step.view.clone());
        let block =
            derive_block(&self.shared.rules, &step.header, candidates, senders::recover, state);
        let DerivedBlock { executed, senders, refused } = block.map_err(failed)?;
        if let Some(reason) = refused {
            tracing::warn!(number, %reason, "a block of a batch is not valid: it has deposits only");
            step.derived.refused += 1;
        }
        let (agrees, flush) = (step.agrees(&executed)?, step.flush(number == range.last_block));
        step.go_on(&executed);
        if agrees {
            step.view = View::at(step.reader.clone(), number)?;
            step.derived.agreed += 1;
            return Ok(true);
        }
        step.nodes = self.roots.sealed(executed.hash, number, flush).wait();
        let executed = Arc::new(executed);
        step.view = step.view.with(executed.clone())?;
        step.blocks.push(NewBlock { executed, senders, blobs: None });
        step.derived.made += 1;
        Ok(true)
    }

    /// Writes down how far the chain is beyond doubt, without a block.
    pub(super) fn write_finality(&mut self) -> Result<(), ImportError> {
        let shared = self.shared.clone();
        let head = shared.head();
        let finality = Some(shared.finality_at(head.number(), head.finality));
        let commit = Commit { unwind_to: None, blocks: Vec::new(), nodes: None, finality };
        shared.store.commit(&commit)?;
        let head = publish(&shared)?;
        announce(&shared, &head, Vec::new(), Vec::new());
        Ok(())
    }
}
