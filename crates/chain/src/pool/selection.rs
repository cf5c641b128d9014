//! [`Selection`]: the transactions of one block, one at a time, best first.

use super::{Pool, account::Entry, market::Market, transaction::PoolTransaction};
use alloy_consensus::Transaction as _;
use alloy_primitives::{Address, TxHash};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

/// The choice of transactions for one block: what was taken, whose turn is over, who is next. The
/// pool may change between two calls of [`Pool::next_best`]: new arrivals take part at once.
///
/// The first call looks at the first transaction of each sender, a later one at those of senders
/// that have changed since. Drop it when the block is sealed or given up.
#[derive(Debug)]
pub struct Selection {
    market: Market,
    /// Changes of the pool up to here are known.
    cursor: u64,
    best: BinaryHeap<Candidate>,
    senders: HashMap<Address, Progress>,
    visited: u64,
}

/// Higher tips first, then earlier arrivals.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    tip: u128,
    arrival: Reverse<u64>,
    sender: Address,
    hash: TxHash,
}

#[derive(Debug, Default)]
struct Progress {
    /// Nonces before this one are taken.
    from: u64,
    /// What stands for the sender among the candidates; others there are stale.
    offered: Option<TxHash>,
    refused: bool,
}

impl Selection {
    /// For a block with these rules and prices.
    pub fn new(market: Market) -> Self {
        let (best, senders) = (BinaryHeap::new(), HashMap::new());
        Self { market, cursor: 0, best, senders, visited: 0 }
    }

    /// The block's rules and prices.
    pub const fn market(&self) -> &Market {
        &self.market
    }

    /// Offers nothing of this sender for the rest of the block: what was taken last did not go in,
    /// so no later nonce can.
    pub fn refuse(&mut self, sender: Address) {
        self.senders.entry(sender).or_default().refused = true;
    }

    /// Candidates looked at so far: what the selection has cost.
    pub const fn visited(&self) -> u64 {
        self.visited
    }

    /// Learns of the senders that changed since the last call.
    fn follow(&mut self, pool: &Pool) {
        for (sequence, sender) in pool.touched.range(self.cursor..) {
            self.visited += 1;
            self.cursor = sequence.saturating_add(1);
            self.offer(pool, *sender);
        }
    }

    /// Puts the sender's next transaction among the candidates, if it can be in the block.
    fn offer(&mut self, pool: &Pool, sender: Address) {
        let progress = self.senders.entry(sender).or_default();
        let slot = pool.accounts.get(&sender).filter(|_| !progress.refused);
        let entry = slot.and_then(|slot| slot.account.candidate(progress.from));
        let next = entry.and_then(|entry| candidate(entry, &self.market));
        let hash = next.as_ref().map(|next| next.hash);
        let known = hash == progress.offered;
        progress.offered = hash;
        if !known {
            self.best.extend(next);
        }
    }
}

fn candidate(entry: &Entry, market: &Market) -> Option<Candidate> {
    let tx = &entry.tx;
    let blobs = tx.max_blob_fee().is_none_or(|fee| fee >= market.blob_base_fee);
    let gas = tx.transaction().gas_limit() <= market.gas_limit;
    let tip = tx.tip_at(market.base_fee).filter(|_| blobs && gas)?;
    let (arrival, sender, hash) = (Reverse(entry.arrival), tx.sender(), tx.hash());
    Some(Candidate { tip, arrival, sender, hash })
}

impl Pool {
    /// The next transaction for the block of this selection: of each sender the first executable
    /// one that was not taken, of those the one with the highest tip, of equals the first to
    /// arrive. It stays in the pool; call [`Pool::mark_in_flight`] when the block is sealed, and
    /// [`Selection::refuse`] if it could not be in the block.
    pub fn next_best(&self, selection: &mut Selection) -> Option<PoolTransaction> {
        selection.follow(self);
        while let Some(Candidate { sender, hash, .. }) = selection.best.pop() {
            selection.visited += 1;
            let progress = selection.senders.entry(sender).or_default();
            if progress.refused || progress.offered != Some(hash) {
                continue;
            }
            progress.offered = None;
            let Some(tx) = self.get(&hash) else { continue };
            progress.from = tx.nonce().saturating_add(1);
            selection.offer(self, sender);
            return Some(tx);
        }
        None
    }
}
