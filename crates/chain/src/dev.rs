//! What tests do to a development chain by hand: its time, when blocks are made, who may send
//! without a signature, and where to go back to. All of it is forgotten when the process ends.

use alloy_primitives::{Address, B256, U256};
use seam_primitives::Transaction;
use seam_storage::Finality;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// When blocks are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mining {
    /// At the chain's times.
    #[default]
    Interval,
    /// As soon as there is a transaction for one.
    Automatic,
    /// When asked to.
    Manual,
}

/// Snapshots that are kept: the oldest goes.
pub(crate) const MAX_SNAPSHOTS: usize = 10_000;

/// A block to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    /// How far the chain was beyond doubt.
    pub(crate) finality: Finality,
}

/// What was asked of a chain by hand.
#[derive(Debug, Default)]
pub(crate) struct Dev {
    state: Mutex<State>,
    /// Who waits for the thread that builds to leave its block.
    waiting: AtomicUsize,
    /// Whether blocks are, or will be, such that nobody can make them again from what others see.
    changed: AtomicBool,
    /// Whether blocks were taken back.
    went_back: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    mining: Mining,
    /// The next block has this timestamp, if it can.
    exact: Option<u64>,
    /// The next block has no earlier timestamp.
    earliest: u64,
    impersonated: BTreeSet<Address>,
    /// Whether everybody is.
    impersonate_all: bool,
    snapshots: BTreeMap<u64, Snapshot>,
    taken: u64,
    warned: bool,
}

impl Dev {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mark_changed(&self) {
        self.changed.store(true, Ordering::Release);
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    pub(crate) fn mark_went_back(&self) {
        self.went_back.store(true, Ordering::Release);
    }

    pub(crate) fn went_back(&self) -> bool {
        self.went_back.load(Ordering::Acquire)
    }

    pub(crate) fn mining(&self) -> Mining {
        self.lock().mining
    }

    pub(crate) fn set_mining(&self, mining: Mining) {
        self.lock().mining = mining;
    }

    /// Somebody waits; until [`Dev::served`] no block goes on being built.
    pub(crate) fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn served(&self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }

    pub(crate) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// The timestamp of a block on one with timestamp `parent` that would usually have `usual`.
    pub(crate) fn timestamp(&self, parent: u64, usual: u64) -> u64 {
        let state = self.lock();
        let exact = state.exact.filter(|exact| *exact > parent);
        exact.unwrap_or_else(|| usual.max(state.earliest))
    }

    pub(crate) fn set_exact(&self, timestamp: u64) {
        self.lock().exact = Some(timestamp);
    }

    pub(crate) fn set_earliest(&self, timestamp: u64) {
        self.lock().earliest = timestamp;
    }

    /// The chain has gone back: what was asked of later blocks is void.
    pub(crate) fn forget_times(&self) {
        let mut state = self.lock();
        (state.exact, state.earliest) = (None, 0);
    }

    /// Keeps a block to go back to: its id.
    pub(crate) fn keep(&self, snapshot: Snapshot) -> u64 {
        let mut state = self.lock();
        state.taken += 1;
        let id = state.taken;
        state.snapshots.insert(id, snapshot);
        if state.snapshots.len() > MAX_SNAPSHOTS {
            state.snapshots.pop_first();
        }
        id
    }

    pub(crate) fn snapshot(&self, id: u64) -> Option<Snapshot> {
        self.lock().snapshots.get(&id).copied()
    }

    /// This snapshot was used; those after it are of blocks that are no more.
    pub(crate) fn drop_from(&self, id: u64) {
        self.lock().snapshots.split_off(&id);
    }

    pub(crate) fn impersonate(&self, address: Address) {
        self.lock().impersonated.insert(address);
    }

    /// Whether it was.
    pub(crate) fn stop_impersonating(&self, address: Address) -> bool {
        self.lock().impersonated.remove(&address)
    }

    pub(crate) fn impersonate_all(&self, all: bool) {
        self.lock().impersonate_all = all;
    }

    pub(crate) fn is_impersonated(&self, address: Address) -> bool {
        let state = self.lock();
        state.impersonate_all || state.impersonated.contains(&address)
    }

    /// Says once what becomes of a chain that was changed by hand.
    pub(crate) fn warn_of_edits(&self) {
        if !std::mem::replace(&mut self.lock().warned, true) {
            tracing::warn!(
                "the chain is changed by hand: nobody can execute its blocks again from their \
                 transactions any more"
            );
        }
    }
}

/// The `s` of a signature that nobody made. No signature has it, so none of a key is taken for one.
const NO_SIGNATURE: U256 = U256::ZERO;

/// In place of a signature of `sender`: it tells the transactions of different senders apart.
pub(crate) fn no_signature(sender: Address) -> alloy_primitives::Signature {
    alloy_primitives::Signature::new(U256::from_be_bytes(sender.into_word().0), NO_SIGNATURE, false)
}

/// Whether a transaction was sent for somebody without a signature.
pub(crate) fn is_unsigned(transaction: &Transaction) -> bool {
    let signature = match transaction {
        Transaction::Legacy(tx) => tx.signature(),
        Transaction::Eip2930(tx) => tx.signature(),
        Transaction::Eip1559(tx) => tx.signature(),
        Transaction::Eip4844(tx) => tx.signature(),
        Transaction::Eip7702(tx) => tx.signature(),
        Transaction::Deposit(_) => return false,
    };
    signature.s() == NO_SIGNATURE
}

#[cfg(test)]
mod tests;
