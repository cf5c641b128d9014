//! Blocks that others built, and blocks that take the place of others.

use super::{
    Command, Contest, ImportError, Imported, MAX_BRANCH_BLOCKS,
    committer::{announce, announced, publish},
    producer::Producer,
    senders,
};
use crate::{
    blobs::{Sidecar, stored},
    chain::{Head, Shared, data_fee, market_after, sender_of},
    events::AnnouncedBlock,
    pool::PoolTransaction,
};
use alloy_primitives::{Bytes, TxHash};
use seam_primitives::{Block, Recovered, Transaction};
use seam_stf::{ExecutedBlock, StateReader as _, execute_block};
use seam_storage::{Commit, Finality, Flush, NewBlock, Reader, StorageError, TrieNodes, View};
use std::{collections::HashSet, sync::Arc};

/// Blocks of an import that are written together.
pub(super) const BLOCKS_PER_COMMIT: usize = 64;

/// Marks blocks that [`Producer::reorg`] made. The start of the hash that each replaces follows, so
/// that it differs from that one even if that one was made so too.
const REORG_MARK: &[u8] = b"seam_reorg";

/// Blocks that were executed one on the other, and the trie nodes of the last one's state.
pub(super) struct Branch {
    pub(super) view: View,
    pub(super) blocks: Vec<NewBlock>,
    pub(super) nodes: Option<TrieNodes>,
}

impl Producer {
    /// See [`Chain::import`](crate::Chain::import) and [`Chain::follow`](crate::Chain::follow).
    /// Everything that was sealed is on disk by now.
    pub(super) fn import(
        &mut self,
        blocks: Vec<Block>,
        contest: Contest,
    ) -> Result<Imported, ImportError> {
        let reader = self.shared.store.reader()?;
        let blocks = unknown(&reader, blocks)?;
        let Some(first) = blocks.first() else { return self.imported(0, 0) };
        let fork = fork_of(&reader, first)?;
        if fork == reader.head() {
            return self.extend(&reader, blocks);
        }
        check_branch(&reader, fork, &blocks, contest)?;
        let branch = self.execute(View::at(reader.clone(), fork)?, blocks, Flush::Now)?;
        self.replace(&reader, fork, branch)
    }

    fn extend(&mut self, reader: &Reader, blocks: Vec<Block>) -> Result<Imported, ImportError> {
        let mut view = View::at(reader.clone(), reader.head())?;
        let added = blocks.len();
        let mut rest = blocks.into_iter().peekable();
        while rest.peek().is_some() {
            let chunk = rest.by_ref().take(BLOCKS_PER_COMMIT).collect();
            let branch = self.execute(view, chunk, Flush::WhenDue)?;
            self.write(None, branch, Vec::new())?;
            let head = self.shared.head();
            view = head.view.clone();
        }
        self.imported(added, 0)
    }

    /// Executes blocks, each on the one before it. Nothing is written.
    fn execute(
        &self,
        mut view: View,
        blocks: Vec<Block>,
        flush: Flush,
    ) -> Result<Branch, ImportError> {
        let mut done = Vec::with_capacity(blocks.len());
        let mut nodes = None;
        let last = blocks.len().saturating_sub(1);
        for (index, block) in blocks.into_iter().enumerate() {
            let number = block.header.number;
            let refused = |error| ImportError::Refused { number, error: Box::new(error) };
            let signed = senders::recover(block.transactions.clone()).map_err(refused)?;
            let senders = signed.iter().map(|signed| signed.signer()).collect();
            let state = self.roots.begin(view.clone());
            let executed = execute_block(&self.shared.rules, view.header(), block, state);
            let executed = Arc::new(executed.map_err(refused)?);
            let flush = if index == last { flush } else { Flush::Never };
            nodes = self.roots.sealed(executed.hash, number, flush).wait();
            view = view.with(executed.clone())?;
            done.push(NewBlock { executed, senders, blobs: None });
        }
        Ok(Branch { view, blocks: done, nodes })
    }

    /// Puts a branch in the place of all above `fork`, as one step.
    fn replace(
        &mut self,
        reader: &Reader,
        fork: u64,
        branch: Branch,
    ) -> Result<Imported, ImportError> {
        let removed = blocks_above(reader, fork)?;
        let (added, count) = (branch.blocks.len(), removed.len());
        self.write(Some(fork), branch, removed)?;
        self.imported(added, count)
    }

    pub(super) fn write(
        &mut self,
        unwind_to: Option<u64>,
        branch: Branch,
        removed: Vec<Removed>,
    ) -> Result<(), ImportError> {
        let Branch { view, blocks, nodes } = branch;
        let shared = self.shared.clone();
        let before = shared.head().finality;
        if let Some(number) = unwind_to {
            shared.unwound_to(number);
        }
        let finality = Some(shared.finality_at(view.number(), before));
        let flushed = nodes.is_some();
        let commit = Commit { unwind_to, blocks, nodes, finality };
        shared.store.commit(&commit)?;
        if flushed {
            self.roots.stored(view.number());
        }
        let head = publish(&shared)?;
        self.view = head.view.clone();
        let added: Vec<_> = commit.blocks.iter().map(announced).collect();
        refresh_pool(&shared, &head, &removed, &added)?;
        let removed = removed.into_iter().map(|removed| removed.block).collect();
        announce(&shared, &head, removed, added);
        Ok(())
    }

    fn imported(&self, added: usize, removed: usize) -> Result<Imported, ImportError> {
        let head = self.shared.head();
        Ok(Imported { head: head.number(), hash: head.hash(), added, removed })
    }

    /// See [`Chain::reorg`](crate::Chain::reorg). Everything that was sealed is on disk by now.
    pub(super) fn reorg(&mut self, depth: u64) -> Result<Imported, ImportError> {
        let reader = self.shared.store.reader()?;
        let (head, finalized) = (reader.head(), reader.finality()?.finalized);
        let fork = head.saturating_sub(depth);
        if depth == 0 {
            return self.imported(0, 0);
        }
        if depth > head || fork < finalized {
            return Err(ImportError::BelowFinal { fork, finalized });
        }
        let branch = self.rebuild(&reader, fork)?;
        self.replace(&reader, fork, branch)
    }

    /// Blocks without the mempool's transactions, at the times of those above `fork`.
    fn rebuild(&self, reader: &Reader, fork: u64) -> Result<Branch, ImportError> {
        let mut view = View::at(reader.clone(), fork)?;
        let (mut blocks, mut nodes) = (Vec::new(), None);
        for number in fork + 1..=reader.head() {
            let (old_hash, old) = reader.header(number)?.ok_or_else(|| lost(number))?;
            let mark = [REORG_MARK, &old_hash[..8]].concat();
            let (executed, senders) = self.build_marked(&view, old.timestamp, mark.into())?;
            let flush = if number == reader.head() { Flush::Now } else { Flush::Never };
            nodes = self.roots.sealed(executed.hash, number, flush).wait();
            let executed = Arc::new(executed);
            view = view.with(executed.clone())?;
            blocks.push(NewBlock { executed, senders, blobs: None });
        }
        Ok(Branch { view, blocks, nodes })
    }

    fn build_marked(
        &self,
        parent: &View,
        timestamp: u64,
        mark: Bytes,
    ) -> Result<(ExecutedBlock, Vec<alloy_primitives::Address>), ImportError> {
        let number = parent.number() + 1;
        let refused = |error| ImportError::Refused { number, error: Box::new(error) };
        let rules = &self.shared.rules;
        let mut input = self.next_input(parent, timestamp)?;
        input.attributes.extra_data = mark;
        let (builder, senders) = self.begin(rules, parent, input).map_err(refused)?;
        Ok((builder.finish().map_err(refused)?, senders))
    }

    /// Answers everyone who still waits, when the chain has ended.
    pub(super) fn refuse(command: Command) {
        match command {
            Command::Import(_, _, answer) | Command::Reorg(_, answer) => {
                drop(answer.send(Err(ImportError::Stopped)));
            }
            Command::Derive(_, answer) => drop(answer.send(Err(ImportError::Stopped))),
            Command::Finality(answer) | Command::FollowL1(answer) => {
                drop(answer.send(Err(ImportError::Stopped)));
            }
            Command::ByHand(_, answer) => {
                drop(answer.send(Err(ImportError::Stopped.into())));
            }
            Command::Stop => {}
        }
    }
}

fn lost(number: u64) -> StorageError {
    StorageError::Corrupt(format!("block {number} is not whole"))
}

/// Without the blocks at the start that the chain has, or had before it was loaded from a snapshot; the
/// others must be linked.
fn unknown(reader: &Reader, blocks: Vec<Block>) -> Result<Vec<Block>, ImportError> {
    let first = reader.first()?.unwrap_or_default();
    let mut unknown: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut last = None;
    for block in blocks {
        let hash = block.header.hash_slow();
        let kept = block.header.number >= first;
        if unknown.is_empty() && (!kept || reader.number(hash)?.is_some()) {
            continue;
        }
        if last.is_some_and(|last| last != block.header.parent_hash) {
            return Err(ImportError::NotLinked { number: block.header.number });
        }
        last = Some(hash);
        unknown.push(block);
    }
    Ok(unknown)
}

fn fork_of(reader: &Reader, first: &Block) -> Result<u64, ImportError> {
    let (number, parent) = (first.header.number, first.header.parent_hash);
    reader.number(parent)?.ok_or(ImportError::UnknownParent { number, parent })
}

fn check_branch(
    reader: &Reader,
    fork: u64,
    blocks: &[Block],
    contest: Contest,
) -> Result<(), ImportError> {
    let Finality { safe, finalized } = reader.finality()?;
    if fork < finalized {
        return Err(ImportError::BelowFinal { fork, finalized });
    }
    if blocks.len() > MAX_BRANCH_BLOCKS {
        return Err(ImportError::TooLong { blocks: blocks.len() });
    }
    let (end, head) = (fork + blocks.len() as u64, reader.head());
    match contest {
        Contest::Longer if end <= head => Err(ImportError::NotLonger { end, head }),
        Contest::Brought if fork < safe => Err(ImportError::BelowSafe { fork, safe }),
        Contest::Longer | Contest::Brought => Ok(()),
    }
}

/// A block that leaves the chain, with its sidecars as they were stored.
pub(super) struct Removed {
    pub(super) block: Arc<AnnouncedBlock>,
    blobs: Option<Bytes>,
}

/// Newest first.
pub(super) fn blocks_above(reader: &Reader, fork: u64) -> Result<Vec<Removed>, StorageError> {
    let mut removed = Vec::new();
    for number in (fork + 1..=reader.head()).rev() {
        let stored = reader.block(number)?.ok_or_else(|| lost(number))?;
        let receipts = reader.receipts(number)?.ok_or_else(|| lost(number))?;
        let (hash, block, senders) = (stored.hash, stored.block, stored.senders);
        let block = Arc::new(AnnouncedBlock { hash, block, senders, receipts });
        removed.push(Removed { block, blobs: reader.blobs(number)? });
    }
    Ok(removed)
}

/// The mempool as the new head leaves it, with what only the old branch had.
pub(super) fn refresh_pool(
    shared: &Shared,
    head: &Head,
    removed: &[Removed],
    added: &[Arc<AnnouncedBlock>],
) -> Result<(), StorageError> {
    let market = market_after(&shared.rules, head.header(), shared.next_timestamp(head));
    let mut state = head.view.clone();
    let mut pool = shared.pool();
    pool.abandon(0, &market);
    for address in pool.accounts().collect::<Vec<_>>() {
        let account = state.account(address)?.unwrap_or_default();
        pool.reset_account(address, account.nonce, account.balance);
    }
    let mined = added.iter().flat_map(|block| &block.block.transactions);
    let mined: HashSet<TxHash> = mined.map(Transaction::hash).collect();
    let again = removed.iter().rev().flat_map(|removed| waiting(head, removed));
    let again = again.filter(|transaction| !mined.contains(&transaction.hash()));
    let sender = |address| sender_of(head, address).unwrap_or_default();
    pool.reinsert(again.collect::<Vec<_>>(), sender, &market);
    drop(pool);
    shared.count_pool();
    Ok(())
}

fn waiting(head: &Head, removed: &Removed) -> Vec<PoolTransaction> {
    let sidecars = removed.blobs.as_ref().and_then(|blobs| stored::decode(blobs).ok());
    let mut sidecars = sidecars.unwrap_or_default().into_iter();
    let AnnouncedBlock { block, senders, .. } = &*removed.block;
    let signed = block.transactions.iter().zip(senders).filter(|(tx, _)| tx.as_deposit().is_none());
    let again = signed.map(|(transaction, sender)| {
        let sidecar: Option<Sidecar> =
            matches!(transaction, Transaction::Eip4844(_)).then(|| sidecars.next()).flatten();
        {
            let fee = data_fee(head, transaction);
            let transaction = Recovered::new_unchecked(transaction.clone(), *sender);
            PoolTransaction::with_data_fee(transaction, sidecar.map(Arc::new), fee)
        }
    });
    again.collect()
}
