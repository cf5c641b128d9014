//! Writing blocks down once they are sealed, one after the other, and announcing them.

use super::EngineError;
use crate::{
    chain::{Head, Shared, market_after},
    events::{AnnouncedBlock, Event},
};
use alloy_primitives::{Address, Bytes, TxHash, U256};
use seam_stf::ExecutedBlock;
use seam_storage::{Commit, FlushAnswer, NewBlock, RootThread, Sealing, StorageError};
use std::{
    sync::{
        Arc, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

/// Blocks that may wait for their seal and the disk; then building waits too.
pub const MAX_IN_FLIGHT: usize = 4;

/// A block that is being sealed, with all that is written beside it.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(super) sealing: Sealing,
    /// The trie nodes to write with it.
    pub(super) nodes: FlushAnswer,
    /// Who sent its transactions.
    pub(super) senders: Vec<Address>,
    pub(super) blobs: Option<Bytes>,
}

enum Job {
    Block(Box<Closed>),
    /// Answered when all before it is on disk.
    Barrier(Sender<()>),
}

/// The thread that commits.
#[derive(Debug)]
pub(crate) struct Committer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// The committer has ended: it failed and said so, or everything is being stopped.
#[derive(Debug)]
pub(crate) struct Ended;

impl Committer {
    pub(crate) fn start(shared: Arc<Shared>, roots: Arc<RootThread>) -> Result<Self, EngineError> {
        let (jobs, received) = sync_channel(MAX_IN_FLIGHT);
        let run = move || serve(&shared, &roots, &received);
        let thread = thread::Builder::new().name("seam-commit".to_owned()).spawn(run);
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(EngineError::Thread)?) })
    }

    /// Hands over a block; waits while too many are on their way.
    pub(super) fn commit(&self, block: Closed) -> Result<(), Ended> {
        self.send(Job::Block(Box::new(block)))
    }

    /// Waits until all that was handed over is on disk and announced.
    pub(crate) fn drain(&self) -> Result<(), Ended> {
        let (answer, answered) = channel();
        self.send(Job::Barrier(answer))?;
        answered.recv().map_err(|_| Ended)
    }

    fn send(&self, job: Job) -> Result<(), Ended> {
        self.jobs.as_ref().ok_or(Ended)?.send(job).map_err(|_| Ended)
    }
}

impl Drop for Committer {
    /// Everything that was handed over is written first.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, roots: &RootThread, jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        match job {
            Job::Barrier(answer) => drop(answer.send(())),
            Job::Block(block) => {
                if let Err(error) = write(shared, roots, *block) {
                    shared.fail(error);
                    return;
                }
            }
        }
    }
}

fn write(shared: &Shared, roots: &RootThread, closed: Closed) -> Result<(), EngineError> {
    let Closed { sealing, nodes, senders, blobs } = closed;
    let next = shared.head().number() + 1;
    let executed = sealing.block().map_err(|error| EngineError::Build { number: next, error })?;
    shared.sealed_in(sealing.took());
    let started = Instant::now();
    let number = executed.block.header.number;
    let block = NewBlock { executed, senders, blobs };
    let nodes = nodes.wait();
    let flushed = nodes.is_some();
    let before = shared.head().finality;
    let finality = Some(shared.finality_at(number, before));
    let added = vec![announced(&block)];
    let executed = block.executed.clone();
    let commit = Commit { blocks: vec![block], nodes, finality, unwind_to: None };
    shared.store.commit(&commit)?;
    if flushed {
        roots.stored(number);
    }
    shared.metrics.commit_seconds.observe(started.elapsed().as_secs_f64());
    let head = publish(shared)?;
    leave_pool(shared, &head, &added[0], &executed);
    announce(shared, &head, Vec::new(), added);
    Ok(())
}

/// Makes what is on disk the head that everyone sees.
pub(crate) fn publish(shared: &Shared) -> Result<Arc<Head>, StorageError> {
    let head = Arc::new(Head::of(&shared.store, &shared.rules)?);
    *shared.head.write().unwrap_or_else(PoisonError::into_inner) = head.clone();
    Ok(head)
}

/// Tells everyone of the new head.
pub(crate) fn announce(
    shared: &Shared,
    head: &Head,
    removed: Vec<Arc<AnnouncedBlock>>,
    added: Vec<Arc<AnnouncedBlock>>,
) {
    let metrics = &shared.metrics;
    let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    metrics.head_block.set(gauge(head.number()));
    metrics.finalized_block.set(gauge(head.finality.finalized));
    metrics.blocks.inc_by(added.len() as u64);
    for block in &added {
        metrics.transactions.inc_by(block.block.transactions.len() as u64);
        metrics.gas.inc_by(block.block.header.gas_used);
    }
    if !removed.is_empty() {
        metrics.reorgs.inc();
    }
    // Nobody may be listening.
    let _ = shared.events.send(Event::Head { removed, added });
    let _ = shared.events.send(Event::Finality(head.finality));
}

/// What was mined leaves the mempool.
fn leave_pool(shared: &Shared, head: &Head, block: &AnnouncedBlock, executed: &ExecutedBlock) {
    let market = market_after(&shared.rules, head.header(), shared.next_timestamp(head));
    let mined = mined(block);
    let accounts = executed.changes.accounts.iter().map(|(address, change)| {
        let account = change.account.unwrap_or_default();
        (*address, account.nonce, account.balance)
    });
    let accounts: Vec<(Address, u64, U256)> = accounts.collect();
    shared.pool().on_block(head.number(), mined, accounts, &market);
    shared.count_pool();
}

fn mined(block: &AnnouncedBlock) -> Vec<(Address, u64, TxHash)> {
    use alloy_consensus::Transaction as _;
    let transactions = block.block.transactions.iter().zip(&block.senders);
    let signed = transactions.filter(|(transaction, _)| transaction.as_deposit().is_none());
    signed.map(|(tx, sender)| (*sender, tx.nonce(), tx.hash())).collect()
}

pub(crate) fn announced(block: &NewBlock) -> Arc<AnnouncedBlock> {
    Arc::new(AnnouncedBlock {
        hash: block.executed.hash,
        block: block.executed.block.clone(),
        senders: block.senders.clone(),
        receipts: block.executed.receipts.clone(),
    })
}
