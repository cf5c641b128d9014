//! One sender's transactions by nonce.
//!
//! ```text
//! nonce ........ flying ........ next ........ (furthest)
//!   in flight      executable      queued, with or without gaps
//! ```
//!
//! In flight: in a block that is sealed but not announced. Executable: one after the other without
//! a gap, and the balance covers the most that all of them with those in flight can take. Queued:
//! the rest. Every step is from an end of these ranges, so a change costs what it moves.

use super::{
    prices::{Floor, Prices, Standing},
    transaction::PoolTransaction,
};
use alloy_primitives::U256;
use std::collections::BTreeMap;

/// A transaction in the pool.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) tx: PoolTransaction,
    /// Place in the order of arrival.
    pub(super) arrival: u64,
    /// The sealed block it is in.
    block: Option<u64>,
}

impl Entry {
    pub(super) fn new(tx: PoolTransaction, arrival: u64) -> Self {
        Self { tx, arrival, block: None }
    }
}

/// What the pool's indexes know of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) pending: usize,
    pub(super) queued: usize,
    pub(super) in_flight: usize,
    pub(super) bytes: usize,
    pub(super) blob_bytes: usize,
    pub(super) among_executable: Option<Standing>,
    pub(super) among_queued: Option<Standing>,
    pub(super) among_blobs: Option<Standing>,
}

/// One sender.
#[derive(Debug)]
pub(super) struct Account {
    nonce: u64,
    balance: U256,
    flying: u64,
    next: u64,
    /// The most that the transactions of `nonce..next` can take, in wei.
    spent: U256,
    entries: BTreeMap<u64, Entry>,
    executable: Prices,
    queued: Prices,
    /// Of the waiting ones: bytes, bytes of sidecars, blob transactions.
    bytes: usize,
    blob_bytes: usize,
    blobs: usize,
    /// Entries looked at or moved since the pool last asked.
    pub(super) visited: u64,
}

impl Account {
    pub(super) fn new(nonce: u64, balance: U256) -> Self {
        Self {
            nonce,
            balance,
            flying: nonce,
            next: nonce,
            spent: U256::ZERO,
            entries: BTreeMap::new(),
            executable: Prices::default(),
            queued: Prices::default(),
            bytes: 0,
            blob_bytes: 0,
            blobs: 0,
            visited: 0,
        }
    }

    /// The state's nonce.
    pub(super) const fn nonce(&self) -> u64 {
        self.nonce
    }

    /// The state's balance, in wei.
    pub(super) const fn balance(&self) -> U256 {
        self.balance
    }

    /// The first nonce that is in no sealed block.
    pub(super) const fn flying(&self) -> u64 {
        self.flying
    }

    /// The first nonce that is neither in flight nor executable.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// The most that transactions before `next` can take, in wei.
    pub(super) const fn spent(&self) -> U256 {
        self.spent
    }

    /// Waiting blob transactions.
    pub(super) const fn blobs(&self) -> usize {
        self.blobs
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn entry(&self, nonce: u64) -> Option<&Entry> {
        self.entries.get(&nonce)
    }

    /// All, by nonce.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Those in flight and the executable ones, by nonce.
    pub(super) fn pending(&self) -> impl Iterator<Item = &Entry> {
        self.entries.range(..self.next).map(|(_, entry)| entry)
    }

    /// The highest nonce, if that one waits.
    pub(super) fn furthest(&self) -> Option<u64> {
        self.entries.keys().next_back().copied().filter(|nonce| *nonce >= self.flying)
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.entries.len().saturating_sub(length(self.nonce, self.flying))
    }

    /// The least that those pay that are executable, or queued.
    pub(super) fn floor(&self, executable: bool) -> Option<Floor> {
        if executable { self.executable.floor() } else { self.queued.floor() }
    }

    /// The first executable one whose nonce is not below `from`.
    pub(super) fn candidate(&self, from: u64) -> Option<&Entry> {
        let nonce = self.flying.max(from);
        if nonce < self.next { self.entries.get(&nonce) } else { None }
    }

    pub(super) fn summary(&self) -> Summary {
        let (executable, queued) = (self.executable.floor(), self.queued.floor());
        let count = self.waiting();
        let standing = |floor: Floor| Standing { floor, count };
        let all = executable.map(|floor| floor.and(queued)).or(queued);
        Summary {
            pending: length(self.flying, self.next),
            queued: self.entries.len().saturating_sub(length(self.nonce, self.next)),
            in_flight: length(self.nonce, self.flying),
            bytes: self.bytes,
            blob_bytes: self.blob_bytes,
            among_executable: executable.map(standing),
            among_queued: queued.map(standing),
            among_blobs: all.filter(|_| self.blobs > 0).map(standing),
        }
    }

    /// Takes a waiting transaction in; the one it replaces comes out. Its nonce is not below
    /// `flying`.
    pub(super) fn put(&mut self, entry: Entry) -> Option<Entry> {
        self.visited += 1;
        let nonce = entry.tx.nonce();
        let old = self.entries.insert(nonce, entry.clone());
        if let Some(old) = &old {
            self.forget_waiting(&old.tx);
        }
        self.count_waiting(&entry.tx);
        let executable = nonce < self.next;
        let prices = if executable { &mut self.executable } else { &mut self.queued };
        if let Some(old) = &old {
            prices.remove(&old.tx);
        }
        prices.add(&entry.tx);
        if executable {
            let before = old.as_ref().map_or(U256::ZERO, |old| old.tx.cost());
            self.spent = self.spent.saturating_sub(before).saturating_add(entry.tx.cost());
        }
        self.settle();
        old
    }

    /// Takes a waiting transaction out; executable ones after it become queued.
    pub(super) fn take(&mut self, nonce: u64) -> Option<Entry> {
        if nonce < self.flying {
            return None;
        }
        self.visited += 1;
        self.cut(nonce);
        let entry = self.entries.remove(&nonce)?;
        self.queued.remove(&entry.tx);
        self.forget_waiting(&entry.tx);
        self.settle();
        Some(entry)
    }

    /// Marks the transaction as in flight in `block`; it must be the first that waits, or nothing
    /// happens. Whatever else waits with its nonce comes out. `arrival` is for one that the pool
    /// has lost meanwhile.
    pub(super) fn lift(&mut self, tx: &PoolTransaction, block: u64, arrival: u64) -> Lift {
        let nonce = tx.nonce();
        if nonce != self.flying {
            return Lift::Ignored;
        }
        self.visited += 1;
        let known = self.entries.get(&nonce).is_some_and(|entry| entry.tx.hash() == tx.hash());
        if known && nonce < self.next {
            self.executable.remove(tx);
            self.forget_waiting(tx);
            if let Some(entry) = self.entries.get_mut(&nonce) {
                entry.block = Some(block);
            }
            self.flying = nonce.saturating_add(1);
            return Lift::Done(None);
        }
        let old = self.take(nonce);
        let arrival = old.as_ref().map_or(arrival, |old| old.arrival);
        self.entries.insert(nonce, Entry { tx: tx.clone(), arrival, block: Some(block) });
        self.spent = self.spent.saturating_add(tx.cost());
        self.flying = nonce.saturating_add(1);
        self.next = self.flying;
        self.settle();
        Lift::Done(old.filter(|_| !known))
    }

    /// Puts back what is in flight in `block` or a later one.
    pub(super) fn ground(&mut self, block: u64) {
        while self.flying > self.nonce {
            let nonce = self.flying.saturating_sub(1);
            let Some(entry) = self.entries.get_mut(&nonce) else { break };
            if entry.block < Some(block) {
                break;
            }
            entry.block = None;
            let tx = entry.tx.clone();
            self.visited += 1;
            self.executable.add(&tx);
            self.count_waiting(&tx);
            self.flying = nonce;
        }
        self.settle();
    }

    /// Whether something is in flight in `block` or an earlier one.
    pub(super) fn flies_until(&self, block: u64) -> bool {
        self.flying > self.nonce
            && self.entry(self.nonce).is_some_and(|entry| entry.block <= Some(block))
    }

    /// Takes over the state's nonce and balance. What the nonce leaves behind comes out. A nonce
    /// that goes back (a reorg) puts back all that is in flight.
    pub(super) fn reset(&mut self, nonce: u64, balance: U256) -> Vec<Entry> {
        self.balance = balance;
        let gone = if nonce < self.nonce {
            self.rewind(nonce);
            Vec::new()
        } else {
            self.advance(nonce)
        };
        self.settle();
        gone
    }

    fn rewind(&mut self, nonce: u64) {
        self.ground(0);
        self.cut(self.nonce);
        self.nonce = nonce;
        self.flying = nonce;
        self.next = nonce;
    }

    fn advance(&mut self, nonce: u64) -> Vec<Entry> {
        let mut gone = Vec::new();
        while let Some(first) = self.entries.first_entry().filter(|entry| *entry.key() < nonce) {
            let (at, entry) = first.remove_entry();
            self.visited += 1;
            if at < self.next {
                self.spent = self.spent.saturating_sub(entry.tx.cost());
            }
            if at >= self.flying {
                let prices = if at < self.next { &mut self.executable } else { &mut self.queued };
                prices.remove(&entry.tx);
                self.forget_waiting(&entry.tx);
            }
            gone.push(entry);
        }
        self.nonce = nonce;
        self.flying = self.flying.max(nonce);
        self.next = self.next.max(nonce);
        gone
    }

    /// Makes executable ones queued from `nonce` on.
    fn cut(&mut self, nonce: u64) {
        while self.next > nonce.max(self.flying) {
            self.demote_last();
        }
    }

    /// Finds the largest executable run that the balance covers.
    fn settle(&mut self) {
        while self.spent > self.balance && self.next > self.flying {
            self.demote_last();
        }
        while let Some(entry) = self.entries.get(&self.next) {
            self.visited += 1;
            let spent = self.spent.saturating_add(entry.tx.cost());
            // A cost that saturates is one that no balance covers.
            if spent > self.balance || spent == U256::MAX {
                break;
            }
            self.queued.remove(&entry.tx);
            self.executable.add(&entry.tx);
            self.spent = spent;
            self.next = self.next.saturating_add(1);
        }
    }

    fn demote_last(&mut self) {
        self.visited += 1;
        self.next = self.next.saturating_sub(1);
        if let Some(entry) = self.entries.get(&self.next) {
            self.executable.remove(&entry.tx);
            self.queued.add(&entry.tx);
            self.spent = self.spent.saturating_sub(entry.tx.cost());
        }
    }

    fn count_waiting(&mut self, tx: &PoolTransaction) {
        self.bytes += tx.bytes();
        self.blob_bytes += tx.blob_bytes();
        self.blobs += usize::from(tx.is_blob());
    }

    fn forget_waiting(&mut self, tx: &PoolTransaction) {
        self.bytes -= tx.bytes();
        self.blob_bytes -= tx.blob_bytes();
        self.blobs -= usize::from(tx.is_blob());
    }

    /// Everything kept beside the entries, computed again from the entries.
    #[cfg(test)]
    pub(super) fn check(&self) {
        assert!(self.nonce <= self.flying && self.flying <= self.next);
        let waits = |entry: &&Entry| entry.tx.nonce() >= self.flying;
        assert!(self.entries.keys().all(|nonce| *nonce >= self.nonce));
        assert!((self.nonce..self.next).all(|nonce| self.entries.contains_key(&nonce)));
        assert!(self.entries().all(|entry| entry.block.is_some() != waits(&entry)));
        let blocks: Vec<_> = self.entries().filter_map(|entry| entry.block).collect();
        assert!(blocks.is_sorted());
        let spent = self.pending().fold(U256::ZERO, |sum, entry| sum + entry.tx.cost());
        assert_eq!(self.spent, spent);
        assert!(self.next == self.flying || self.spent <= self.balance);
        let sum = |of: fn(&PoolTransaction) -> usize| {
            self.entries().filter(waits).map(|entry| of(&entry.tx)).sum::<usize>()
        };
        assert_eq!(self.bytes, sum(PoolTransaction::bytes));
        assert_eq!(self.blob_bytes, sum(PoolTransaction::blob_bytes));
        assert_eq!(self.blobs, sum(|tx| usize::from(tx.is_blob())));
        self.check_prices();
    }

    #[cfg(test)]
    fn check_prices(&self) {
        let floor = |from: u64, to: u64| {
            self.entries
                .range(from..to)
                .map(|(_, entry)| Floor::of(&entry.tx))
                .reduce(|floor, other| floor.and(Some(other)))
        };
        assert_eq!(self.executable.floor(), floor(self.flying, self.next));
        assert_eq!(self.queued.floor(), floor(self.next, u64::MAX));
        assert_eq!(self.executable.len(), self.entries.range(self.flying..self.next).count());
        assert_eq!(self.queued.len(), self.entries.range(self.next..).count());
    }
}

/// What [`Account::lift`] did.
#[derive(Debug)]
pub(super) enum Lift {
    /// Nothing: other transactions of the sender come first.
    Ignored,
    /// In flight; what waited with the same nonce came out.
    Done(Option<Entry>),
}

/// Nonces from `from` on, before `to`.
fn length(from: u64, to: u64) -> usize {
    usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX)
}
