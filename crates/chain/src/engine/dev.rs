//! What tests ask of a development chain: blocks at once, going back, other state, other times.

use super::{
    Command, ImportError,
    ahead::Ahead,
    import::{BLOCKS_PER_COMMIT, Branch},
    producer::{Producer, Stopped, sidecars},
    unwind::Undone,
};
use crate::{
    chain::{Chain, Shared, market_after},
    clock::Clock as _,
    dev::{Mining, Snapshot, is_unsigned},
    pool::{PoolTransaction, Reason, Selection},
};
use alloy_primitives::Address;
use seam_stf::{
    BlockBuilder, BlockError, StateReader as _,
    call::{AccountOverride, CallError},
    derive::Mempool,
};
use seam_storage::{Flush, NewBlock, StorageError, View};
use std::{
    sync::{Arc, mpsc::channel},
    time::Duration,
};

/// How long it is waited at most before it is looked whether there is something to do.
const REST: Duration = Duration::from_secs(1);

/// How often, and how long each time, blocks that are made by hand wait for the L1: five seconds.
const MAX_WAITS: u32 = 50;
const L1_REST: Duration = Duration::from_millis(100);

/// What the thread that builds is asked to do by hand.
#[derive(Debug)]
pub(crate) enum ByHand {
    /// Make blocks of what waits in the mempool; the number of the last one is the answer.
    Mine {
        /// How many.
        blocks: u64,
        /// The timestamp of the first.
        first: Option<u64>,
        /// Seconds between their timestamps.
        interval: Option<u64>,
    },
    /// Go back to a block; the answer is its number.
    Revert(Snapshot),
    /// Change an account, with a block of its own; the answer is the block's number.
    Edit(Address, AccountOverride),
    /// Change the time; the answer is the time that it is now.
    SetTime(Time),
    /// Choose when blocks are made.
    SetMining(Mining),
}

impl ByHand {
    /// Whether blocks come of it that do not follow from transactions and the chain's times, or blocks
    /// that others have seen are taken back.
    const fn changes_chain(&self) -> bool {
        match self {
            Self::Mine { first, interval, .. } => first.is_some() || interval.is_some(),
            Self::Revert(_) | Self::Edit(..) | Self::SetTime(_) => true,
            Self::SetMining(_) => false,
        }
    }
}

/// What time it shall be, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// Later than it is, by so much.
    Ahead(u64),
    /// This.
    Now(u64),
    /// This for the next block exactly.
    NextBlock(u64),
}

/// Why something is not done by hand. The chain is as before, but for blocks that were made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DevError {
    /// Timestamps grow.
    #[error("timestamp {given} is not after that of the newest block, {head}")]
    Timestamp { given: u64, head: u64 },
    /// No timestamp may be so late.
    #[error("timestamp {0} is too far ahead")]
    TooLate(u64),
    /// Two transactions with the same nonce could have the same hash.
    #[error("the nonce is {nonce} already: it cannot become {given}")]
    Nonce { given: u64, nonce: u64 },
    /// The chain has the snapshot's block no more.
    #[error("the block to go back to is not in the chain any more")]
    Gone,
    /// An account that cannot be as it is wanted.
    #[error(transparent)]
    Account(#[from] CallError),
    /// Blocks could not be made or written.
    #[error(transparent)]
    Chain(#[from] ImportError),
}

impl From<StorageError> for DevError {
    fn from(error: StorageError) -> Self {
        Self::Chain(error.into())
    }
}

/// Timestamps stay below this, the year 36,812: sums with them have room in every client's numbers.
const LATEST: u64 = 1 << 40;

impl Chain {
    /// Asks the thread that builds; it leaves the block that it is at.
    pub(crate) fn by_hand(&self, what: ByHand) -> Result<u64, DevError> {
        let (answer, answered) = channel();
        self.0.dev.wait();
        self.ask(Command::ByHand(Box::new(what), answer), &answered)?
    }
}

impl Shared {
    /// The timestamp of a block that is begun now on one with timestamp `parent`.
    pub(crate) fn timestamp_after(&self, parent: u64) -> u64 {
        self.dev.timestamp(parent, self.recipe.timestamp(parent, self.clock.now()))
    }

    /// It is not before the newest block.
    fn catch_up(&self) {
        let head = Duration::from_secs(self.head().header().timestamp);
        if self.clock.now() < head {
            self.clock.set(head);
        }
    }
}

/// Takes a transaction into a block, whether its sender signed it or not.
pub(super) fn push(
    builder: &mut BlockBuilder<'_, Ahead>,
    transaction: &PoolTransaction,
) -> Result<(), BlockError> {
    let transaction = transaction.transaction().clone();
    match is_unsigned(transaction.inner()) {
        true => builder.push_unsigned(transaction),
        false => builder.push(transaction).map(|_| ()),
    }
}

/// A block that is built at once.
struct Built {
    block: NewBlock,
    view: View,
    /// Whether it has transactions of the mempool.
    busy: bool,
}

impl Producer {
    /// The next block, if one is to be made without being asked for.
    pub(super) fn next_block(&mut self) -> Result<(), Stopped> {
        let mining = self.shared.dev.mining();
        if mining == Mining::Interval {
            return self.produce();
        }
        self.committer.drain()?;
        self.follow_l1()?;
        if mining == Mining::Automatic && self.has_work() {
            let error = match self.mine(1, None, None) {
                Ok(_) => return Ok(()),
                Err(error) => error,
            };
            tracing::warn!(%error, "no block can be made");
        }
        self.shared.signal.wait_for(REST);
        Ok(())
    }

    fn has_work(&self) -> bool {
        let head = self.shared.head();
        let next = self.shared.next_timestamp(&head);
        let market = market_after(&self.shared.rules, head.header(), next);
        self.shared.pool().next_best(&mut Selection::new(market)).is_some()
    }

    /// Everything that was sealed is on disk by now.
    pub(super) fn by_hand(&mut self, what: ByHand) -> Result<u64, DevError> {
        if what.changes_chain() {
            self.shared.dev.mark_changed();
        }
        match what {
            ByHand::Mine { blocks, first, interval } => self.mine(blocks, first, interval),
            ByHand::Revert(snapshot) => self.go_back(snapshot),
            ByHand::Edit(address, change) => self.edit(address, &change),
            ByHand::SetTime(time) => self.set_time(time),
            ByHand::SetMining(mining) => {
                self.shared.dev.set_mining(mining);
                Ok(self.shared.head().number())
            }
        }
    }

    fn mine(
        &mut self,
        blocks: u64,
        first: Option<u64>,
        interval: Option<u64>,
    ) -> Result<u64, DevError> {
        self.follow_l1().map_err(|error| ImportError::Engine(Box::new(error)))?;
        let last = self.shared.head().number() + blocks;
        if let Some(interval) = interval.filter(|interval| *interval > LATEST) {
            return Err(DevError::TooLate(interval));
        }
        let interval = interval.unwrap_or_else(|| self.shared.block_seconds()).max(1);
        let parent = self.shared.head().header().timestamp;
        let mut timestamp = first.unwrap_or_else(|| self.shared.timestamp_after(parent));
        let mut waits = 0;
        while self.shared.head().number() < last {
            let left = last - self.shared.head().number();
            match self.mine_some(left, timestamp, interval) {
                // Somebody takes blocks of the L1 back at the same time.
                Err(DevError::Chain(ImportError::WaitsForL1)) if waits < MAX_WAITS => {
                    waits += 1;
                    self.shared.signal.wait_for(L1_REST);
                    self.follow_l1().map_err(|error| ImportError::Engine(Box::new(error)))?;
                }
                done => done?,
            }
            self.shared.catch_up();
            timestamp = self.shared.head().header().timestamp + interval;
        }
        Ok(last)
    }

    /// Makes blocks up to the first with transactions: only what is on disk leaves the mempool.
    fn mine_some(&mut self, most: u64, first: u64, interval: u64) -> Result<(), DevError> {
        let mut view = self.shared.head().view.clone();
        let most = most.min(BLOCKS_PER_COMMIT as u64);
        let (mut blocks, mut nodes) = (Vec::new(), None);
        for index in 0..most {
            let built = self.build_now(&view, first + index * interval, None)?;
            let last = built.busy || index + 1 == most;
            let flush = if last { Flush::WhenDue } else { Flush::Never };
            let (hash, number) = (built.block.executed.hash, built.view.number());
            nodes = self.roots.sealed(hash, number, flush).wait();
            view = built.view;
            blocks.push(built.block);
            if last {
                break;
            }
        }
        Ok(self.write(None, Branch { view, blocks, nodes }, Vec::new())?)
    }

    /// A block of what waits now; or, with an edit, of nothing but that.
    fn build_now(
        &self,
        parent: &View,
        timestamp: u64,
        edit: Option<(Address, &AccountOverride)>,
    ) -> Result<Built, DevError> {
        let head = parent.header().timestamp;
        check_timestamp(timestamp, head)?;
        let number = parent.number() + 1;
        let refused = |error| ImportError::Refused { number, error: Box::new(error) };
        let rules = &self.shared.rules;
        let input = self.next_input(parent, timestamp)?;
        let mempool = input.mempool;
        let (mut builder, mut senders) = self.begin(rules, parent, input).map_err(refused)?;
        let taken = match edit {
            Some((address, change)) => {
                builder.edit(address, change)?;
                Vec::new()
            }
            None if mempool == Mempool::LeftOut => Vec::new(),
            None => self.take_all(&mut builder, parent).map_err(refused)?,
        };
        senders.extend(taken.iter().map(PoolTransaction::sender));
        let executed = Arc::new(builder.finish().map_err(refused)?);
        let view = parent.with(executed.clone())?;
        let block = NewBlock { executed, senders, blobs: sidecars(&taken) };
        Ok(Built { block, view, busy: !taken.is_empty() })
    }

    /// All transactions that fit.
    fn take_all(
        &self,
        builder: &mut BlockBuilder<'_, Ahead>,
        parent: &View,
    ) -> Result<Vec<PoolTransaction>, BlockError> {
        let timestamp = builder.header().timestamp;
        let market = market_after(&self.shared.rules, parent.header(), timestamp);
        let mut selection = Selection::new(market);
        let mut taken = Vec::new();
        loop {
            let next = self.shared.pool().next_best(&mut selection);
            let Some(transaction) = next else { return Ok(taken) };
            if transaction.encoded_bytes() + 9 > builder.bytes_left() {
                selection.refuse(transaction.sender());
                continue;
            }
            match push(builder, &transaction) {
                Ok(()) => taken.push(transaction),
                Err(BlockError::Transaction { reason, .. }) => {
                    selection.refuse(transaction.sender());
                    if !reason.may_fit_later() {
                        self.shared.pool().remove(&transaction.hash(), Reason::Invalid);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn edit(&mut self, address: Address, change: &AccountOverride) -> Result<u64, DevError> {
        let head = self.shared.head();
        let account = head.view.clone().account(address).map_err(CallError::State)?;
        let nonce = account.unwrap_or_default().nonce;
        if let Some(given) = change.nonce.filter(|given| *given < nonce) {
            return Err(DevError::Nonce { given, nonce });
        }
        // As early as can be, so that whoever set the time of the next block still gets it.
        let timestamp = head.header().timestamp + 1;
        let built = self.build_now(&head.view, timestamp, Some((address, change)))?;
        self.shared.dev.warn_of_edits();
        let (hash, number) = (built.block.executed.hash, built.view.number());
        let nodes = self.roots.sealed(hash, number, Flush::WhenDue).wait();
        let branch = Branch { view: built.view, blocks: vec![built.block], nodes };
        self.write(None, branch, Vec::new())?;
        self.shared.catch_up();
        Ok(number)
    }

    /// Takes back all blocks above the snapshot. Their transactions do not come back: it is as if
    /// nobody had sent them.
    fn go_back(&mut self, snapshot: Snapshot) -> Result<u64, DevError> {
        let shared = self.shared.clone();
        let reader = shared.store.reader()?;
        // A reorganisation may have taken the block away.
        if reader.hash(snapshot.number)? != Some(snapshot.hash) {
            return Err(DevError::Gone);
        }
        shared.dev.mark_went_back();
        self.unwind(snapshot.number, snapshot.finality, Undone::Forgotten)?;
        shared.dev.forget_times();
        shared.clock.set(Duration::from_secs(shared.head().header().timestamp));
        Ok(snapshot.number)
    }

    fn set_time(&mut self, time: Time) -> Result<u64, DevError> {
        let shared = &self.shared;
        let head = shared.head().header().timestamp;
        let now = match time {
            Time::Ahead(seconds) => {
                let now = shared.clock.now().as_secs().max(head);
                now.saturating_add(seconds).max(head + 1)
            }
            Time::Now(now) | Time::NextBlock(now) => now,
        };
        check_timestamp(now, head)?;
        let Time::NextBlock(timestamp) = time else {
            shared.dev.set_earliest(now);
            shared.clock.set(Duration::from_secs(now));
            return Ok(now);
        };
        shared.dev.set_exact(timestamp);
        // Whoever sends now is to find room in that block: it takes as long as any other.
        let begun = timestamp.saturating_sub(shared.block_seconds());
        shared.clock.set(Duration::from_secs(begun));
        Ok(timestamp)
    }
}

fn check_timestamp(given: u64, head: u64) -> Result<(), DevError> {
    if given <= head {
        return Err(DevError::Timestamp { given, head });
    }
    if given > LATEST {
        return Err(DevError::TooLate(given));
    }
    Ok(())
}
