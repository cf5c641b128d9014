//! Reads L1, block by block, and has the chain take what follows from it.

use super::{
    Applied, BatchData, Cursor, DerivationError, DerivationStatus, MAX_PART_BLOCKS,
    ahead::Ahead,
    cursor::{BaseGone, Fate},
    file::CursorFile,
};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::B256;
use seam_chain::{
    Chain,
    engine::{Derived, ImportError, Part, Recipe as _, attributes_of},
    l1::{L1Blocks, Standing},
};
use seam_l1::{Severity, timer::Timer};
use seam_stf::{
    batch::BatchBlock,
    derive::{DerivedRange, L1Block, PostedBatch, RollupRules},
};
use seam_storage::{Reader, StorageError, View};
use std::{ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use tokio::sync::watch;

/// What derivation works with.
#[derive(Debug)]
pub struct Parts {
    /// The rollup's chain.
    pub chain: Chain,
    /// L1 up to its head; nothing is left out for being new.
    pub l1: Arc<dyn L1Blocks>,
    /// Where data come from.
    pub data: Arc<dyn BatchData>,
    /// The inbox's accumulator before the first batch.
    pub first_accumulator: B256,
    /// Time between two looks at L1.
    pub poll: Duration,
    /// What passes that time.
    pub timer: Arc<dyn Timer>,
}

/// Derives a chain from L1 for as long as [`Derivation::run`] runs.
#[derive(Debug)]
pub struct Derivation {
    parts: Parts,
    rules: RollupRules,
    cursor: Cursor,
    file: CursorFile,
    ahead: Ahead,
    /// The newest L1 block that was read.
    last_read: Option<BlockNumHash>,
    /// The number of the L1 block that the newest batch's last block stands on, by that block's hash.
    origin: Option<(B256, u64)>,
    status: watch::Sender<DerivationStatus>,
}

impl Derivation {
    /// Goes on from where the file says, or from the beginning. Nothing is asked of L1 yet.
    ///
    /// # Errors
    /// [`DerivationError`] if the chain is no rollup, or the file cannot be used.
    pub fn open(parts: Parts, file: &Path) -> Result<Self, DerivationError> {
        let rollup = parts.chain.rollup().ok_or(ImportError::NoRollup)?;
        let rules = rollup.rules().clone();
        let file = CursorFile::at(file);
        let cursor = match file.read()?.and_then(Cursor::after) {
            Some(cursor) => cursor,
            None => Cursor::new(genesis(&parts, &rules)?),
        };
        let status = watch::Sender::new(DerivationStatus::default());
        let ahead = Ahead::new(parts.data.clone());
        Ok(Self { parts, rules, cursor, file, ahead, last_read: None, origin: None, status })
    }

    /// How it is doing, now and later.
    pub fn status(&self) -> watch::Receiver<DerivationStatus> {
        self.status.subscribe()
    }

    /// Follows L1, for ever, until something is wrong that only a person can mend.
    pub async fn run(mut self) -> DerivationError {
        loop {
            match self.step().await {
                Ok(ControlFlow::Continue(())) => continue,
                Ok(ControlFlow::Break(())) => {
                    self.waits(None);
                }
                Err(error) => match error.severity() {
                    Severity::Halt => return error,
                    Severity::Reset => tracing::info!(%error, "derivation goes back"),
                    Severity::Retry => {
                        if self.waits(Some(error.to_string())) {
                            tracing::warn!(%error, "derivation waits");
                        }
                    }
                },
            }
            self.parts.timer.sleep(self.parts.poll).await;
        }
    }

    /// Reads the next L1 block, if there is one; breaks if there is none.
    ///
    /// # Errors
    /// [`DerivationError`]; the chain and the cursor are as before, or further on.
    pub async fn step(&mut self) -> Result<ControlFlow<()>, DerivationError> {
        if self.rewind().await?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let heads = self.parts.l1.heads();
        self.status.send_modify(|status| status.l1_head = heads.latest);
        if let Some(last) = self.last_read
            && (last.number > heads.latest || self.parts.l1.standing(last)? == Standing::Gone)
        {
            self.cursor.read_again();
            self.ahead.forget();
            self.last_read = None;
        }
        let number = self.cursor.next_l1();
        let block = if number > heads.latest { None } else { self.parts.l1.block(number)? };
        let Some(block) = block else {
            self.settle()?;
            return Ok(ControlFlow::Break(()));
        };
        if !self.goes_on(&block) {
            return Err(DerivationError::L1Changed(number));
        }
        self.look_ahead(number, heads.latest)?;
        for batch in &block.batches {
            self.take(&block, batch).await?;
        }
        self.cursor.read(number);
        self.last_read = Some(BlockNumHash::new(number, block.hash));
        self.settle()?;
        Ok(ControlFlow::Continue(()))
    }

    /// Whether an L1 block is of the chain that the newest batch is in: L1 may have changed since that was seen to stand.
    fn goes_on(&self, block: &L1Block) -> bool {
        let newest = self.cursor.newest();
        match self.last_read.filter(|last| last.number + 1 == block.header.number) {
            Some(last) => last.hash == block.header.parent_hash,
            // Reading begins again with the newest batch's own block.
            None => newest.index == 0 || newest.l1_hash == block.hash,
        }
    }

    /// Begins to fetch batches of L1 blocks from `number` on.
    fn look_ahead(&mut self, number: u64, latest: u64) -> Result<(), DerivationError> {
        while let Some(next) = self.ahead.next(number).filter(|next| *next <= latest) {
            let Some(block) = self.parts.l1.block(next)? else { break };
            self.ahead.look_at(&block);
        }
        Ok(())
    }

    /// Undoes what L1 has undone; breaks if L1 is not known as far as the newest batch.
    async fn rewind(&mut self) -> Result<ControlFlow<()>, DerivationError> {
        let (l1, reader) = (&self.parts.l1, self.parts.chain.head().reader.clone());
        let mut failed = None;
        let fate = |applied: &Applied| {
            let standing =
                if applied.index == 0 { Ok(Standing::Stands) } else { l1.standing(applied.l1()) };
            let known = reader.hash(applied.last_block);
            match (standing, known) {
                (Ok(standing), Ok(known)) => Fate::of(standing, known == Some(applied.last_hash)),
                (Err(error), _) | (_, Err(error)) => {
                    failed.get_or_insert(error);
                    Fate::Unknown
                }
            }
        };
        let rewound = self.cursor.rewind(fate);
        if let Some(error) = failed {
            return Err(error.into());
        }
        let undone = rewound.map_err(|BaseGone(base)| DerivationError::BaseGone {
            block: base.last_block,
            l1: base.l1_number,
        })?;
        if let Some(undone) = undone.filter(|undone| *undone > 0) {
            let batch = self.cursor.newest().index;
            tracing::info!(undone, batch, "L1 has changed: batches are derived again");
            self.ahead.forget();
            self.last_read = None;
            self.settle()?;
        }
        self.follow_l1().await?;
        Ok(if undone.is_some() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// Undoes blocks that stand on L1 blocks which are gone, in a chain that does not by itself.
    async fn follow_l1(&self) -> Result<(), DerivationError> {
        let chain = &self.parts.chain;
        let Some(rollup) = chain.rollup() else { return Ok(()) };
        if rollup.part() == Part::Sequencer || rollup.stands(&chain.head().view)? {
            return Ok(());
        }
        let chain = chain.clone();
        Ok(blocking(move || chain.follow_l1()).await?)
    }

    /// Has the chain take the blocks of a batch.
    async fn take(&mut self, at: &L1Block, batch: &PostedBatch) -> Result<(), DerivationError> {
        match self.cursor.follows(batch) {
            None => return Ok(()),
            Some(true) => {}
            Some(false) => {
                let last = self.cursor.newest().index;
                let (found, block) = (batch.index, at.header.number);
                return Err(DerivationError::NotLinked { last, found, block });
            }
        }
        let given = self.given(at, batch).await?;
        let hash = self.derive(batch, given).await?;
        self.cursor.apply(Applied {
            index: batch.index,
            l1_number: at.header.number,
            l1_hash: at.hash,
            last_block: batch.header.last_block,
            last_hash: hash,
            accumulator: batch.accumulator,
        });
        self.file.write(self.cursor.applied().copied().collect())?;
        tracing::debug!(batch = batch.index, last = batch.header.last_block, "derived");
        Ok(())
    }

    /// What the batch gives of its blocks.
    async fn given(
        &mut self,
        at: &L1Block,
        batch: &PostedBatch,
    ) -> Result<Vec<BatchBlock>, DerivationError> {
        match self.ahead.take(at, batch).await? {
            Ok(given) => Ok(given),
            Err(reason) => {
                self.status.send_modify(|status| status.garbage += 1);
                tracing::warn!(batch = batch.index, %reason, "a batch gives nothing of its blocks: they have deposits only");
                Ok(Vec::new())
            }
        }
    }

    /// Has the chain take blocks, in parts of a bounded length; hash of the last one.
    async fn derive(
        &self,
        batch: &PostedBatch,
        given: Vec<BatchBlock>,
    ) -> Result<B256, DerivationError> {
        let (mut first, mut given) = (batch.header.first_block, given.into_iter());
        let mut parent = self.cursor.newest().last_hash;
        while first <= batch.header.last_block {
            let last = batch.header.last_block.min(first + MAX_PART_BLOCKS - 1);
            let some = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
            let origins = self.origins(batch, first - 1, last)?;
            let range = DerivedRange {
                first_block: first,
                last_block: last,
                anchor: batch.header.l1_number,
                given: given.by_ref().take(some).collect(),
                origins,
            };
            let (chain, range) = (self.parts.chain.clone(), Arc::new(range));
            let derived = blocking(move || chain.derive(range, parent)).await?;
            self.note(&derived);
            (first, parent) = (last + 1, derived.hash);
        }
        Ok(parent)
    }

    /// The L1 blocks that the blocks after `parent` up to `last` may stand on, linked to one another.
    fn origins(
        &self,
        batch: &PostedBatch,
        parent: u64,
        last: u64,
    ) -> Result<Vec<L1Block>, DerivationError> {
        let changed = |number| DerivationError::L1Changed(number);
        let origin = origin_of(&self.parts.chain.head().reader, &self.rules, parent)?;
        let origin = origin.ok_or(DerivationError::L1Changed(batch.header.l1_number))?;
        let anchor = batch.header.l1_number;
        let end = anchor.min(origin.number + (last - parent)).max(origin.number);
        let mut origins: Vec<L1Block> = Vec::new();
        for number in origin.number..=end {
            let block = self.parts.l1.block(number)?.ok_or(DerivationError::L1Unknown(number))?;
            let expected = origins.last().map_or(origin.hash, |before| before.hash);
            let found = if origins.is_empty() { block.hash } else { block.header.parent_hash };
            if found != expected || (number == anchor && block.hash != batch.header.l1_hash) {
                return Err(changed(number));
            }
            origins.push(block);
        }
        Ok(origins)
    }

    /// Says how far the chain is beyond doubt now.
    fn settle(&mut self) -> Result<(), DerivationError> {
        let finality = self.cursor.finalize(self.parts.l1.heads().finalized);
        let newest = self.cursor.newest();
        let l1_read = self.cursor.next_l1().saturating_sub(1);
        let l1_needed = self.needed(&newest)?;
        self.status.send_modify(|status| {
            (status.batch, status.safe, status.safe_hash) =
                (newest.index, finality.safe, newest.last_hash);
            (status.finalized, status.l1_read) = (finality.finalized, l1_read);
            status.l1_needed = l1_needed;
        });
        Ok(self.parts.chain.set_finality(finality)?)
    }

    /// See [`l1_needed`]. The chain is read only after the newest batch has changed.
    fn needed(&mut self, newest: &Applied) -> Result<u64, DerivationError> {
        let origin = match self.origin {
            Some((of, origin)) if of == newest.last_hash => origin,
            _ => {
                let reader = &self.parts.chain.head().reader;
                let origin = origin_of(reader, &self.rules, newest.last_block)?;
                let origin = origin.map_or(newest.l1_number, |origin| origin.number);
                self.origin.insert((newest.last_hash, origin)).1
            }
        };
        let oldest = self.cursor.applied().next().map_or(newest.l1_number, |first| first.l1_number);
        Ok(origin.min(oldest))
    }

    fn note(&self, derived: &Derived) {
        self.status.send_modify(|status| {
            status.agreed += derived.agreed;
            status.made += derived.made;
            status.removed += derived.removed;
        });
    }

    /// Notes what it waits for; whether that is something new.
    fn waits(&self, reason: Option<String>) -> bool {
        self.status.send_if_modified(|status| {
            let new = status.waits != reason;
            status.waits = reason;
            new
        })
    }
}

/// The lowest L1 block that derivation needs, of a chain as it is stored: the one that the block after the
/// newest batch may stand on, and those of batches that may be undone. `file` says where derivation stands.
///
/// # Errors
/// [`DerivationError`] if the chain or the file cannot be read.
pub fn l1_needed(
    reader: &Reader,
    rules: &RollupRules,
    file: &Path,
) -> Result<u64, DerivationError> {
    let genesis = rules.genesis_l1.number;
    let applied = CursorFile::at(file).read()?.unwrap_or_default();
    let (Some(oldest), Some(newest)) = (applied.first(), applied.last()) else {
        return Ok(genesis);
    };
    let origin = origin_of(reader, rules, newest.last_block)?;
    Ok(origin.map_or(genesis, |origin| origin.number.min(oldest.l1_number)))
}

/// The rollup's beginning, as if it were a batch.
fn genesis(parts: &Parts, rules: &RollupRules) -> Result<Applied, DerivationError> {
    let lost = || StorageError::Corrupt("the genesis block is not there".to_owned());
    let hash = parts.chain.head().reader.hash(0)?.ok_or_else(lost)?;
    Ok(Applied {
        index: 0,
        l1_number: rules.genesis_l1.number,
        l1_hash: rules.genesis_l1.hash,
        last_block: 0,
        last_hash: hash,
        accumulator: parts.first_accumulator,
    })
}

/// The L1 block that a block of the chain stands on; None if the chain does not have it.
fn origin_of(
    reader: &Reader,
    rules: &RollupRules,
    number: u64,
) -> Result<Option<BlockNumHash>, DerivationError> {
    if reader.hash(number)?.is_none() {
        return Ok(None);
    }
    let attributes = attributes_of(&View::at(reader.clone(), number)?)?;
    Ok(Some(rules.place(attributes.as_ref()).origin))
}

/// Runs what waits for the disk, or computes for long, where that holds nobody up.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
