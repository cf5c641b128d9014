//! What blocks and reorganisations do to the pool.

use super::{
    Inserted, Pool,
    account::{Entry, Lift},
    error::PoolError,
    market::{Market, Sender},
    transaction::PoolTransaction,
};
use alloy_primitives::{Address, TxHash, U256};
use std::collections::BTreeMap;

/// Why a transaction left the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// It is in a block.
    Mined,
    /// Its nonce was used by something else.
    NonceUsed,
    /// The pool was full of better ones.
    Evicted,
    /// It can never be in a block.
    Invalid,
    /// Someone asked for it.
    Requested,
}

/// A transaction that left the pool.
#[derive(Debug, Clone)]
pub struct Dropped {
    /// Which.
    pub transaction: PoolTransaction,
    /// Why.
    pub reason: Reason,
}

impl Pool {
    /// A sealed block has these transactions, in its order. They are not offered any more, nor can
    /// they be replaced or dropped, until [`Pool::on_block`] or [`Pool::abandon`]. A replacement
    /// that came while the block was being built goes; it is returned. Transactions of senders
    /// that the pool does not know are left out.
    pub fn mark_in_flight<'a>(
        &mut self,
        number: u64,
        transactions: impl IntoIterator<Item = &'a PoolTransaction>,
    ) -> Vec<Dropped> {
        let mut dropped = Vec::new();
        for tx in transactions {
            self.sequence += 1;
            let (sender, arrival) = (tx.sender(), self.sequence);
            let lift = self.edit(sender, |account| account.lift(tx, number, arrival));
            let Some(Lift::Done(old)) = lift else { continue };
            self.flights.entry(number).or_default().insert(sender);
            self.by_hash.insert(tx.hash(), (sender, tx.nonce()));
            dropped.extend(old.map(|old| self.drop_entry(old, Reason::NonceUsed)));
        }
        dropped
    }

    /// The sealed block `number` will not be announced, nor any after it: what is in flight in
    /// those waits again. If the pool has filled up meanwhile, the worst go; they are returned.
    pub fn abandon(&mut self, number: u64, market: &Market) -> Vec<Dropped> {
        self.generation += 1;
        for (_, senders) in self.flights.split_off(&number) {
            for sender in senders {
                self.edit(sender, |account| account.ground(number));
            }
        }
        self.shrink_to_limits(market)
    }

    /// Block `number` is announced. `mined` are its transactions: sender, nonce, hash; deposits
    /// are not among them. `senders` are accounts that it changed, with nonce and balance after
    /// it: all of [`Pool::accounts`] among those; others are ignored. `market` is that of the
    /// next block. Returns what left the pool, mined ones with their sidecars.
    pub fn on_block(
        &mut self,
        number: u64,
        mined: impl IntoIterator<Item = (Address, u64, TxHash)>,
        senders: impl IntoIterator<Item = (Address, u64, U256)>,
        market: &Market,
    ) -> Vec<Dropped> {
        self.generation += 1;
        let mut changed: BTreeMap<Address, (u64, Option<U256>)> = BTreeMap::new();
        let mut hashes = BTreeMap::new();
        for (sender, nonce, hash) in mined {
            if self.accounts.contains_key(&sender) {
                hashes.insert((sender, nonce), hash);
                changed.insert(sender, (nonce.saturating_add(1), None));
            }
        }
        for (sender, nonce, balance) in senders {
            changed.insert(sender, (nonce, Some(balance)));
        }
        let mut dropped = Vec::new();
        for (sender, (nonce, balance)) in changed {
            let Some(slot) = self.accounts.get(&sender) else { continue };
            let (known, kept) = (slot.account.nonce(), slot.account.balance());
            let nonce = if balance.is_some() { nonce } else { nonce.max(known) };
            for entry in self.reset(sender, nonce, balance.unwrap_or(kept)) {
                let hash = hashes.get(&(sender, entry.tx.nonce()));
                let mined = hash == Some(&entry.tx.hash());
                let reason = if mined { Reason::Mined } else { Reason::NonceUsed };
                dropped.push(self.drop_entry(entry, reason));
            }
        }
        self.land(number);
        dropped.extend(self.shrink_to_limits(market));
        dropped
    }

    /// Whatever is still in flight in an announced block was not in it after all.
    fn land(&mut self, number: u64) {
        let later = self.flights.split_off(&number.saturating_add(1));
        let landed = std::mem::replace(&mut self.flights, later);
        for sender in landed.into_values().flatten() {
            let slot = self.accounts.get(&sender);
            if slot.is_some_and(|slot| slot.account.flies_until(number)) {
                self.edit(sender, |account| account.ground(0));
            }
        }
    }

    /// Takes over an account's nonce and balance in the state. Transactions whose nonce is used
    /// leave; they are returned. The rest becomes executable or queued as the state has it. After
    /// a reorg the nonce may be lower than it was: what the sender has in flight waits again then.
    pub fn reset_account(&mut self, sender: Address, nonce: u64, balance: U256) -> Vec<Dropped> {
        self.generation += 1;
        let gone = self.reset(sender, nonce, balance);
        gone.into_iter().map(|entry| self.drop_entry(entry, Reason::NonceUsed)).collect()
    }

    fn reset(&mut self, sender: Address, nonce: u64, balance: U256) -> Vec<Entry> {
        self.edit(sender, |account| account.reset(nonce, balance)).unwrap_or_default()
    }

    /// After a reorg: takes back transactions of the branch that lost, those with lower nonces
    /// first. Before that call [`Pool::abandon`] and tell it of changed accounts. `sender` gives
    /// accounts in the new state. Each is a newcomer like any other: one that is mined in the new
    /// branch, replaced meanwhile, or without its sidecar is refused.
    pub fn reinsert(
        &mut self,
        transactions: impl IntoIterator<Item = PoolTransaction>,
        sender: impl Fn(Address) -> Sender,
        market: &Market,
    ) -> Vec<(TxHash, Result<Inserted, PoolError>)> {
        let mut transactions: Vec<_> = transactions.into_iter().collect();
        transactions.sort_by_key(PoolTransaction::nonce);
        let insert = |tx: PoolTransaction| {
            let (hash, account) = (tx.hash(), sender(tx.sender()));
            (hash, self.insert(tx, account, market))
        };
        transactions.into_iter().map(insert).collect()
    }

    fn shrink_to_limits(&mut self, market: &Market) -> Vec<Dropped> {
        let reason = Reason::Evicted;
        let gone = self.shrink(market.base_fee).into_iter();
        gone.map(|transaction| Dropped { transaction, reason }).collect()
    }

    fn drop_entry(&mut self, entry: Entry, reason: Reason) -> Dropped {
        self.forget_hash(&entry.tx);
        Dropped { transaction: entry.tx, reason }
    }
}
