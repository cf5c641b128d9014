//! Transactions that wait for a block.
//!
//! A pure value: no clock, no lock, no I/O; whoever owns it decides when what happens. It decides
//! who may wait ([`Pool::insert`]), who has to go when it is full, and who is next
//! ([`Pool::next_best`]).
//!
//! | a transaction is | when |
//! |---|---|
//! | executable | no nonce is missing before it, and the balance covers all of the sender's up to it |
//! | queued | otherwise |
//! | in flight | in a block that is sealed but not announced: found and counted, but not offered |
//!
//! **Funds.** As in geth, the balance must cover the most that a newcomer and all executable and
//! in-flight transactions of its sender can take. A balance that falls later makes transactions
//! queued, from the furthest on; it drops none.
//!
//! **A full pool.** The one to go is the furthest of the sender whose worst transaction pays least:
//! what comes after a cheap transaction cannot be in a block before it, whatever it offers. Among
//! queued transactions first, then among executable ones. A newcomer must pay more than that worst
//! one, and so must those before it; an executable newcomer goes before any queued one. A queued
//! newcomer never makes an executable transaction go, so nonces with gaps push nobody out. What is
//! paid is the gas price at the next base fee; fees for blobs are left out of it.
//!
//! **State.** For a sender with transactions in the pool the pool itself keeps nonce and balance.
//! Whoever owns it must tell it of each change to an account of [`Pool::accounts`], by
//! [`Pool::on_block`] or [`Pool::reset_account`].
//!
//! **Cost.** A call costs O(log n) for each transaction that it adds, moves or drops, and for each
//! that would have to go for a newcomer that is too large for its price; [`Pool::visited`] counts
//! them. The first call for a block costs the same for each sender.
//!
//! Unlike geth's pool it does not limit accounts with a delegation (EIP-7702) to one transaction,
//! and a sender may mix blob transactions with others.

mod account;
mod admission;
mod blocks;
mod error;
mod intrinsic;
mod limits;
mod market;
mod prices;
mod room;
mod selection;
mod transaction;

#[cfg(test)]
mod tests;

pub use blocks::{Dropped, Reason};
pub use error::PoolError;
pub use limits::PoolLimits;
pub use market::{Market, Sender, TransactionRules};
pub use selection::Selection;
pub use transaction::PoolTransaction;

use account::{Account, Entry, Summary};
use alloy_primitives::{Address, TxHash, U256};
use prices::Worst;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The transactions that wait for a block. See the [module](self).
#[derive(Debug)]
pub struct Pool {
    limits: PoolLimits,
    accounts: BTreeMap<Address, Slot>,
    by_hash: HashMap<TxHash, (Address, u64)>,
    /// Senders with executable, queued and blob transactions that could lose one.
    executable: Worst,
    queued: Worst,
    blobs: Worst,
    /// Senders in the order of their last change; each once.
    touched: BTreeMap<u64, Address>,
    /// Senders with transactions in flight, by block.
    flights: BTreeMap<u64, BTreeSet<Address>>,
    status: PoolStatus,
    /// Counts arrivals and changes.
    sequence: u64,
    generation: u64,
    visited: u64,
}

/// An account and what the indexes hold of it.
#[derive(Debug)]
struct Slot {
    account: Account,
    summary: Summary,
    touched: u64,
}

/// How much is in the pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// Executable transactions.
    pub pending: usize,
    /// Transactions that wait for another nonce or for funds.
    pub queued: usize,
    /// Transactions in sealed blocks that are not announced. In none of the other numbers.
    pub in_flight: usize,
    /// Bytes of those that wait, with their sidecars.
    pub bytes: usize,
    /// Bytes of their sidecars.
    pub blob_bytes: usize,
}

impl PoolStatus {
    /// Transactions that wait, executable or not.
    pub const fn waiting(&self) -> usize {
        self.pending + self.queued
    }
}

/// A transaction was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inserted {
    /// Its hash.
    pub hash: TxHash,
    /// The one whose nonce it took.
    pub replaced: Option<TxHash>,
    /// Whether it is executable.
    pub ready: bool,
    /// Those that had to go to make room.
    pub evicted: Vec<TxHash>,
}

/// One sender's transactions by nonce.
#[derive(Debug, Clone, Default)]
pub struct SenderContent {
    /// Executable ones, after those in flight.
    pub pending: Vec<PoolTransaction>,
    /// Those that wait for another nonce or for funds.
    pub queued: Vec<PoolTransaction>,
}

impl Pool {
    /// An empty one.
    pub fn new(limits: PoolLimits) -> Self {
        Self {
            limits,
            accounts: BTreeMap::new(),
            by_hash: HashMap::new(),
            executable: Worst::default(),
            queued: Worst::default(),
            blobs: Worst::default(),
            touched: BTreeMap::new(),
            flights: BTreeMap::new(),
            status: PoolStatus::default(),
            sequence: 0,
            generation: 0,
            visited: 0,
        }
    }

    /// The limits it was made with.
    pub const fn limits(&self) -> &PoolLimits {
        &self.limits
    }

    /// Takes a transaction in, or says why not; then the pool is as it was.
    ///
    /// `sender` is its account in the state of the newest announced block. Nonce and balance in it
    /// count only if nothing of that sender is in the pool; then the state must not be older than
    /// what the pool was last told of, see [`Pool::generation`]. `market` is that of the next block.
    /// A fee below its base fee is fine: the transaction waits for a lower one.
    pub fn insert(
        &mut self,
        tx: PoolTransaction,
        sender: Sender,
        market: &Market,
    ) -> Result<Inserted, PoolError> {
        if self.by_hash.contains_key(&tx.hash()) {
            return Err(PoolError::AlreadyKnown);
        }
        admission::check(&tx, &self.limits, market)?;
        if sender.has_code {
            return Err(PoolError::SenderNotEoa(tx.sender()));
        }
        let plan = self.plan(&tx, sender)?;
        let evicted = self.make_room(&tx, &plan, market.base_fee)?;
        let replaced = self.attach(&tx, sender.nonce, sender.balance);
        let (hash, ready) = (tx.hash(), plan.executable);
        Ok(Inserted { hash, replaced, ready, evicted })
    }

    fn attach(&mut self, tx: &PoolTransaction, nonce: u64, balance: U256) -> Option<TxHash> {
        self.sequence += 1;
        let entry = Entry::new(tx.clone(), self.sequence);
        self.attach_entry(entry, nonce, balance)
    }

    /// `nonce` and `balance` are for a sender that is not in the pool.
    fn attach_entry(&mut self, entry: Entry, nonce: u64, balance: U256) -> Option<TxHash> {
        let (sender, at, hash) = (entry.tx.sender(), entry.tx.nonce(), entry.tx.hash());
        self.accounts.entry(sender).or_insert_with(|| Slot {
            account: Account::new(nonce, balance),
            summary: Summary::default(),
            touched: 0,
        });
        self.by_hash.insert(hash, (sender, at));
        let old = self.edit(sender, |account| account.put(entry)).flatten();
        old.map(|old| self.forget_hash(&old.tx))
    }

    fn forget_hash(&mut self, tx: &PoolTransaction) -> TxHash {
        self.by_hash.remove(&tx.hash());
        tx.hash()
    }

    /// Changes an account and brings the indexes up to date; one without transactions goes.
    fn edit<R>(&mut self, sender: Address, change: impl FnOnce(&mut Account) -> R) -> Option<R> {
        let mut slot = self.accounts.remove(&sender)?;
        let result = change(&mut slot.account);
        self.visited += std::mem::take(&mut slot.account.visited);
        let (old, new) = (slot.summary, slot.account.summary());
        self.executable.set(sender, old.among_executable, new.among_executable);
        self.queued.set(sender, old.among_queued, new.among_queued);
        self.blobs.set(sender, old.among_blobs, new.among_blobs);
        self.status.pending = self.status.pending - old.pending + new.pending;
        self.status.queued = self.status.queued - old.queued + new.queued;
        self.status.in_flight = self.status.in_flight - old.in_flight + new.in_flight;
        self.status.bytes = self.status.bytes - old.bytes + new.bytes;
        self.status.blob_bytes = self.status.blob_bytes - old.blob_bytes + new.blob_bytes;
        self.touched.remove(&slot.touched);
        if !slot.account.is_empty() {
            self.sequence += 1;
            self.touched.insert(self.sequence, sender);
            slot.touched = self.sequence;
            slot.summary = new;
            self.accounts.insert(sender, slot);
        }
        Some(result)
    }

    /// Takes a waiting transaction out, because someone says so or because a builder found that it
    /// can never be in a block. Those after it become queued. One in flight stays.
    pub fn remove(&mut self, hash: &TxHash, reason: Reason) -> Option<Dropped> {
        let (sender, nonce) = *self.by_hash.get(hash)?;
        let entry = self.edit(sender, |account| account.take(nonce)).flatten()?;
        self.forget_hash(&entry.tx);
        Some(Dropped { transaction: entry.tx, reason })
    }

    /// The transaction with this hash, in flight or waiting.
    pub fn get(&self, hash: &TxHash) -> Option<PoolTransaction> {
        let (sender, nonce) = self.by_hash.get(hash)?;
        Some(self.accounts.get(sender)?.account.entry(*nonce)?.tx.clone())
    }

    /// The first nonce that the sender has neither used in the state, which says `state_nonce`,
    /// nor in an executable transaction or one in flight.
    pub fn pending_nonce(&self, sender: Address, state_nonce: u64) -> u64 {
        let next = self.accounts.get(&sender).map(|slot| slot.account.next());
        next.map_or(state_nonce, |next| next.max(state_nonce))
    }

    /// Senders with transactions in the pool, by address.
    pub fn accounts(&self) -> impl Iterator<Item = Address> {
        self.accounts.keys().copied()
    }

    /// All transactions by sender.
    pub fn content(&self) -> BTreeMap<Address, SenderContent> {
        let content = |(sender, slot): (&Address, &Slot)| (*sender, sender_content(&slot.account));
        self.accounts.iter().map(content).collect()
    }

    /// One sender's transactions.
    pub fn content_of(&self, sender: Address) -> SenderContent {
        self.accounts.get(&sender).map(|slot| sender_content(&slot.account)).unwrap_or_default()
    }

    /// Hashes of executable transactions and those in flight, by sender and nonce.
    pub fn pending_hashes(&self) -> Vec<TxHash> {
        let pending = self.accounts.values().flat_map(|slot| slot.account.pending());
        pending.map(|entry| entry.tx.hash()).collect()
    }

    /// How often the pool was told of a new state. Whoever reads a sender's account without holding
    /// the pool asks before and again when inserting: if it has changed, the account may be stale,
    /// and a sender's next transaction would wait for a nonce that is used already.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How much is in the pool.
    pub const fn status(&self) -> PoolStatus {
        self.status
    }

    /// Transactions added, moved, dropped or looked at since the start: what the pool's changes
    /// have cost.
    pub const fn visited(&self) -> u64 {
        self.visited
    }
}

fn sender_content(account: &Account) -> SenderContent {
    let (pending, queued): (Vec<_>, Vec<_>) =
        account.entries().partition(|entry| entry.tx.nonce() < account.next());
    let transactions =
        |entries: Vec<&Entry>| entries.into_iter().map(|entry| entry.tx.clone()).collect();
    SenderContent { pending: transactions(pending), queued: transactions(queued) }
}
