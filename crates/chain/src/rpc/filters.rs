//! Filters that are polled: what happened since the last poll of each.
//!
//! What happens is written down once for all filters, and each knows how far it has read. Nothing is
//! written down while there is no filter for it. What waits is limited: a filter that has not been
//! polled for too long is gone, and its owner makes a new one, as after a restart of the node.

mod journal;

use super::{error::Failure, ids::random_id, logs::LogQuery, settings::RpcSettings};
use crate::events::{AnnouncedBlock, Event};
use alloy_primitives::{B256, TxHash};
use journal::Journal;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};

/// What a filter is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Logs.
    Logs(LogQuery),
    /// Hashes of new blocks.
    Blocks,
    /// Hashes of transactions that came into the mempool; or the transactions.
    Pending {
        /// In full.
        full: bool,
    },
}

/// What happened since the last poll.
#[derive(Debug, Clone)]
pub(crate) enum Changes {
    /// Blocks that left the chain (true) or came, in order, for a filter for logs.
    Logs(LogQuery, Vec<(bool, Arc<AnnouncedBlock>)>),
    /// Hashes of new blocks.
    Blocks(Vec<B256>),
    /// Transactions.
    Pending {
        /// Their hashes.
        hashes: Vec<TxHash>,
        /// In full.
        full: bool,
    },
}

/// All filters of all clients.
#[derive(Debug)]
pub(crate) struct Filters(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    events: Receiver<Event>,
    filters: BTreeMap<String, Filter>,
    /// Blocks that left (true) or came, with their logs.
    blocks: Journal<(bool, Arc<AnnouncedBlock>)>,
    /// Hashes of blocks that came.
    hashes: Journal<B256>,
    /// Transactions that came into the mempool.
    pending: Journal<TxHash>,
}

#[derive(Debug)]
struct Filter {
    kind: Kind,
    /// Read up to here.
    cursor: u64,
    /// When it was polled last, on the chain's clock.
    used: Duration,
}

impl Filters {
    pub(crate) fn new(events: Receiver<Event>) -> Self {
        Self(Mutex::new(Inner {
            events,
            filters: BTreeMap::new(),
            blocks: Journal::default(),
            hashes: Journal::default(),
            pending: Journal::default(),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what has happened, and lets filters go that nobody polls.
    pub(crate) fn advance(&self, settings: &RpcSettings, now: Duration) {
        self.lock().advance(settings, now);
    }

    /// Makes a filter: its id.
    pub(crate) fn add(
        &self,
        kind: Kind,
        settings: &RpcSettings,
        now: Duration,
    ) -> Result<String, Failure> {
        let mut inner = self.lock();
        inner.advance(settings, now);
        if inner.filters.len() >= settings.filters {
            let most = settings.filters;
            return Err(Failure::limit(format!("there are {most} filters already: try later")));
        }
        let cursor = inner.end(&kind);
        let id = random_id();
        inner.filters.insert(id.clone(), Filter { kind, cursor, used: now });
        Ok(id)
    }

    /// Ends a filter; whether there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut inner = self.lock();
        let removed = inner.filters.remove(id).is_some();
        inner.trim();
        removed
    }

    /// What happened since the last poll.
    pub(crate) fn poll(
        &self,
        id: &str,
        settings: &RpcSettings,
        now: Duration,
    ) -> Result<Changes, Failure> {
        let mut inner = self.lock();
        inner.advance(settings, now);
        let changes = inner.poll(id, now)?;
        inner.trim();
        Ok(changes)
    }

    /// What a filter for logs is for.
    pub(crate) fn query(&self, id: &str, now: Duration) -> Result<LogQuery, Failure> {
        let mut inner = self.lock();
        match inner.filters.get_mut(id) {
            Some(Filter { kind: Kind::Logs(query), used, .. }) => {
                *used = now;
                Ok(query.clone())
            }
            _ => Err(not_found()),
        }
    }
}

/// geth's words.
fn not_found() -> Failure {
    Failure::server("filter not found")
}

impl Inner {
    fn advance(&mut self, settings: &RpcSettings, now: Duration) {
        loop {
            match self.events.try_recv() {
                Ok(event) => self.note(event),
                // What was missed cannot be told to anybody: all must start again.
                Err(TryRecvError::Lagged(_)) => self.filters.clear(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let age = settings.filter_age;
        self.filters.retain(|_, filter| now.saturating_sub(filter.used) <= age);
        self.trim();
        self.limit(settings.filter_bytes);
    }

    fn note(&mut self, event: Event) {
        let (logs, blocks, pending) = self.wanted();
        match event {
            Event::Head { removed, added } => {
                if blocks {
                    added.iter().for_each(|block| self.hashes.push(block.hash, HASH_BYTES));
                }
                if logs {
                    let removed = removed.into_iter().map(|block| (true, block));
                    let added = added.into_iter().map(|block| (false, block));
                    for (gone, block) in removed.chain(added) {
                        let bytes = approximate_bytes(&block);
                        self.blocks.push((gone, block), bytes);
                    }
                }
            }
            Event::Pending(hash) if pending => self.pending.push(hash, HASH_BYTES),
            Event::Pending(_) | Event::Finality(_) => {}
        }
    }

    /// Whether there are filters for logs, blocks, transactions.
    fn wanted(&self) -> (bool, bool, bool) {
        let any = |is: fn(&Kind) -> bool| self.filters.values().any(|filter| is(&filter.kind));
        (
            any(|kind| matches!(kind, Kind::Logs(_))),
            any(|kind| matches!(kind, Kind::Blocks)),
            any(|kind| matches!(kind, Kind::Pending { .. })),
        )
    }

    fn end(&self, kind: &Kind) -> u64 {
        match kind {
            Kind::Logs(_) => self.blocks.end(),
            Kind::Blocks => self.hashes.end(),
            Kind::Pending { .. } => self.pending.end(),
        }
    }

    fn poll(&mut self, id: &str, now: Duration) -> Result<Changes, Failure> {
        let filter = self.filters.get_mut(id).ok_or_else(not_found)?;
        filter.used = now;
        let (kind, cursor) = (filter.kind.clone(), filter.cursor);
        filter.cursor = match kind {
            Kind::Logs(_) => self.blocks.end(),
            Kind::Blocks => self.hashes.end(),
            Kind::Pending { .. } => self.pending.end(),
        };
        Ok(match kind {
            Kind::Logs(query) => Changes::Logs(query, self.blocks.since(cursor)),
            Kind::Blocks => Changes::Blocks(self.hashes.since(cursor)),
            Kind::Pending { full } => Changes::Pending { hashes: self.pending.since(cursor), full },
        })
    }

    /// Forgets what every filter has read.
    fn trim(&mut self) {
        let (mut logs, mut blocks, mut pending) = (u64::MAX, u64::MAX, u64::MAX);
        for filter in self.filters.values() {
            let least = match filter.kind {
                Kind::Logs(_) => &mut logs,
                Kind::Blocks => &mut blocks,
                Kind::Pending { .. } => &mut pending,
            };
            *least = filter.cursor.min(*least);
        }
        self.blocks.forget_before(logs);
        self.hashes.forget_before(blocks);
        self.pending.forget_before(pending);
    }

    /// Lets the filters go that the most waits for, until what waits is within the limit.
    fn limit(&mut self, most: usize) {
        while self.blocks.bytes() + self.hashes.bytes() + self.pending.bytes() > most {
            let slowest = self.filters.iter().max_by_key(|(_, filter)| self.waiting(filter));
            let Some(id) = slowest.map(|(id, _)| id.clone()) else { break };
            self.filters.remove(&id);
            self.trim();
        }
    }

    /// Bytes that wait for a filter to be polled.
    fn waiting(&self, filter: &Filter) -> usize {
        match filter.kind {
            Kind::Logs(_) => self.blocks.bytes_since(filter.cursor),
            Kind::Blocks => self.hashes.bytes_since(filter.cursor),
            Kind::Pending { .. } => self.pending.bytes_since(filter.cursor),
        }
    }
}

/// A hash and its place in a queue.
const HASH_BYTES: usize = 40;

/// What a block takes in memory, roughly: its transactions' and logs' bytes, and a fixed amount for
/// each.
fn approximate_bytes(block: &AnnouncedBlock) -> usize {
    use alloy_eips::Encodable2718 as _;
    let transactions =
        block.block.transactions.iter().map(|transaction| 300 + transaction.encode_2718_len());
    let receipts = block.receipts.iter().map(|receipt| {
        let logs = receipt.logs.iter().map(|log| 200 + log.data.data.len());
        400 + logs.sum::<usize>()
    });
    1_000 + transactions.sum::<usize>() + receipts.sum::<usize>()
}

#[cfg(test)]
mod tests;
