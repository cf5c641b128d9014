//! Building blocks from the mempool, each until its time is over.

use super::{
    Command, EngineError, ImportError, Input,
    ahead::Ahead,
    committer::{Closed, Committer, Ended},
    dev::push,
};
use crate::{
    blobs::stored,
    chain::{Shared, market_after},
    clock::Clock as _,
    pool::{PoolTransaction, Reason, Selection},
};
use alloy_primitives::{Address, Bytes};
use seam_primitives::ChainRules;
use seam_stf::{BlockBuilder, BlockError, TransactionError, UnsealedBlock, derive::Mempool};
use seam_storage::{Flush, RootThread, View};
use std::{
    sync::{Arc, atomic::Ordering, mpsc::Receiver},
    time::Duration,
};

/// Transactions after which the root thread is told what they changed.
const PREPARE_EVERY: usize = 128;

/// A block that is late takes transactions for one part of the block time in so many.
const LATE_PART: u32 = 4;

/// Transactions in a row that no longer fit before a block counts as full.
const REFUSALS_WHEN_FULL: usize = 64;

/// The thread that builds: one block after the other, commands between them.
#[derive(Debug)]
pub(crate) struct Producer {
    pub(super) shared: Arc<Shared>,
    pub(super) roots: Arc<RootThread>,
    pub(super) committer: Committer,
    /// The state after the block that was built last.
    pub(super) view: View,
}

/// Why no block came of it.
pub(super) enum Stopped {
    /// Asked to; or the committer failed and has said so.
    Asked,
    /// It cannot go on.
    Failed(Box<EngineError>),
    /// A transaction broke the block that was being built, and is gone from the pool; or somebody
    /// wants something else first.
    Again,
}

impl From<Ended> for Stopped {
    fn from(_: Ended) -> Self {
        Self::Asked
    }
}

impl<E: Into<EngineError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error.into()))
    }
}

impl Producer {
    pub(super) fn new(shared: Arc<Shared>, roots: Arc<RootThread>, committer: Committer) -> Self {
        let view = shared.head().view.clone();
        Self { shared, roots, committer, view }
    }

    /// Builds until it is asked to stop.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let produces = self.shared.recipe.block_seconds().is_some();
        loop {
            let command = match produces {
                true => commands.try_recv().ok(),
                false => Some(commands.recv().unwrap_or(Command::Stop)),
            };
            let result = match command {
                Some(Command::Stop) => return,
                Some(command) => self.obey(command),
                None => self.next_block(),
            };
            match result {
                Ok(()) | Err(Stopped::Again) => {}
                Err(Stopped::Asked) => return,
                Err(Stopped::Failed(error)) => return self.shared.fail(*error),
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), Stopped> {
        self.committer.drain()?;
        match command {
            Command::Import(blocks, contest, answer) => {
                drop(answer.send(self.import(blocks, contest)));
            }
            Command::Reorg(depth, answer) => drop(answer.send(self.reorg(depth))),
            Command::Derive(task, answer) => {
                let derived = self.derive(*task);
                self.shared.dev.served();
                drop(answer.send(derived));
            }
            Command::Finality(answer) => drop(answer.send(self.write_finality())),
            Command::FollowL1(answer) => {
                let followed = self.follow_l1();
                drop(answer.send(followed.map_err(|error| ImportError::Engine(Box::new(error)))));
            }
            Command::ByHand(what, answer) => {
                let done = self.by_hand(*what);
                self.shared.dev.served();
                drop(answer.send(done));
            }
            Command::Stop => return Err(Stopped::Asked),
        }
        Ok(())
    }

    /// Builds the next block until its time and hands it on, to be sealed and committed.
    pub(super) fn produce(&mut self) -> Result<(), Stopped> {
        let shared = self.shared.clone();
        self.view = self.view.rebased(shared.head().reader.clone())?;
        let parent = self.view.clone();
        let timestamp = shared.timestamp_after(parent.header().timestamp);
        let input = self.next_or_follow(&parent, timestamp)?;
        let mempool = input.mempool;
        let (mut builder, mut senders) = self
            .begin(&shared.rules, &parent, input)
            .map_err(|error| cannot_build(&parent, error))?;
        // It is sealed by its time, so it is closed that much before.
        let until = Duration::from_secs(timestamp).saturating_sub(shared.seal_time());
        let taken = self.fill(&mut builder, &parent, until, mempool)?;
        let (block, state) = builder.close().map_err(|error| cannot_build(&parent, error))?;
        senders.extend(taken.iter().map(PoolTransaction::sender));
        self.hand_on(block, state, senders, &taken)
    }

    /// Begins a block on one that need not be sealed yet, with the transactions that come before all
    /// others; and their senders.
    pub(super) fn begin<'a>(
        &self,
        rules: &'a ChainRules,
        parent: &View,
        input: Input,
    ) -> Result<(BlockBuilder<'a, Ahead>, Vec<Address>), BlockError> {
        let state = self.roots.begin(parent.clone());
        let state = Ahead::new(state, self.shared.recipe.clone(), &input.attributes);
        let mut builder = BlockBuilder::ahead(rules, parent.header(), input.attributes, state)?;
        let mut senders = Vec::with_capacity(input.first.len());
        for transaction in input.first {
            senders.push(transaction.signer());
            builder.push(transaction)?;
        }
        Ok((builder, senders))
    }

    /// Takes transactions into the block, if it is to have any, until its time is over.
    fn fill(
        &mut self,
        builder: &mut BlockBuilder<'_, Ahead>,
        parent: &View,
        until: Duration,
        mempool: Mempool,
    ) -> Result<Vec<PoolTransaction>, Stopped> {
        let timestamp = builder.header().timestamp;
        let market = market_after(&self.shared.rules, parent.header(), timestamp);
        let mut fill = Fill::new(Selection::new(market));
        // A block that is late waits for nothing. It takes what is there, for so long that the chain still catches up.
        let late = self.shared.clock.now() + self.shared.block_time() / LATE_PART;
        loop {
            if self.shared.stopping.load(Ordering::Acquire) {
                return Err(Stopped::Asked);
            }
            if self.shared.dev.is_waited_for() {
                self.committer.drain()?;
                return Err(Stopped::Again);
            }
            let next = match mempool == Mempool::LeftOut || fill.is_full() {
                true => None,
                false => self.shared.pool().next_best(&mut fill.selection),
            };
            let now = self.shared.clock.now();
            match next {
                Some(transaction) if now < until.max(late) => {
                    self.take(builder, &mut fill, parent, transaction)?;
                }
                _ if now >= until => return Ok(fill.taken),
                _ => {
                    builder.prepare().map_err(|error| cannot_build(parent, error))?;
                    self.shared.clock.wait(&self.shared.signal, until);
                }
            }
        }
    }

    fn take(
        &self,
        builder: &mut BlockBuilder<'_, Ahead>,
        fill: &mut Fill,
        parent: &View,
        transaction: PoolTransaction,
    ) -> Result<(), Stopped> {
        if transaction.encoded_bytes() + 9 > builder.bytes_left() {
            fill.refuse(&transaction);
            return Ok(());
        }
        match push(builder, &transaction) {
            Ok(()) => {
                fill.take(transaction);
                if fill.taken.len().is_multiple_of(PREPARE_EVERY) {
                    builder.prepare().map_err(|error| cannot_build(parent, error))?;
                }
                Ok(())
            }
            Err(BlockError::Transaction { reason, .. }) => {
                self.refused(fill, &transaction, &reason);
                Ok(())
            }
            Err(BlockError::State(error)) => {
                Err(cannot_build(parent, BlockError::State(error)).into())
            }
            Err(error) => {
                let hash = transaction.hash();
                tracing::warn!(%hash, %error, "a transaction breaks its block and is dropped");
                self.shared.pool().remove(&hash, Reason::Invalid);
                self.committer.drain()?;
                Err(Stopped::Again)
            }
        }
    }

    /// What no later block can take either leaves the mempool.
    fn refused(&self, fill: &mut Fill, transaction: &PoolTransaction, reason: &TransactionError) {
        fill.refuse(transaction);
        if !reason.may_fit_later() {
            let hash = transaction.hash();
            tracing::debug!(%hash, %reason, "a transaction can be in no block and is dropped");
            self.shared.pool().remove(&hash, Reason::Invalid);
        }
    }

    fn hand_on(
        &mut self,
        block: UnsealedBlock,
        state: Ahead,
        senders: Vec<Address>,
        taken: &[PoolTransaction],
    ) -> Result<(), Stopped> {
        self.shared.pool().mark_in_flight(block.header().number, taken);
        let (view, sealing, nodes) = state.seal(block, Flush::WhenDue);
        self.view = view;
        let blobs = sidecars(taken);
        Ok(self.committer.commit(Closed { sealing, nodes, senders, blobs })?)
    }
}

fn cannot_build(parent: &View, error: BlockError) -> EngineError {
    EngineError::Build { number: parent.number() + 1, error }
}

/// The sidecars of a block's blob transactions, as they are stored.
pub(super) fn sidecars(taken: &[PoolTransaction]) -> Option<Bytes> {
    let sidecars: Vec<_> = taken.iter().filter_map(|tx| tx.sidecar()).collect();
    let sidecars: Vec<_> = sidecars.into_iter().map(|sidecar| (**sidecar).clone()).collect();
    (!sidecars.is_empty()).then(|| stored::encode(&sidecars).into())
}

/// What is in the block by now.
struct Fill {
    selection: Selection,
    taken: Vec<PoolTransaction>,
    refused_in_a_row: usize,
}

impl Fill {
    const fn new(selection: Selection) -> Self {
        Self { selection, taken: Vec::new(), refused_in_a_row: 0 }
    }

    fn take(&mut self, transaction: PoolTransaction) {
        self.taken.push(transaction);
        self.refused_in_a_row = 0;
    }

    /// The sender's later transactions cannot be in this block either.
    fn refuse(&mut self, transaction: &PoolTransaction) {
        self.selection.refuse(transaction.sender());
        self.refused_in_a_row += 1;
    }

    const fn is_full(&self) -> bool {
        self.refused_in_a_row >= REFUSALS_WHEN_FULL
    }
}
