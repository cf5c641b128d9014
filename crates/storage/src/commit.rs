//! What a commit writes, row by row.

use crate::{
    batch::Batch,
    codec::{self, Changed},
    error::StorageError,
    kv::Kv,
    prune,
    reader::{Finality, Reader},
    roots::TrieNodes,
    store::{Commit, NewBlock, StoreOptions},
    tables::{FORMAT, LogKey, Table, history_key, meta, node_key, node_prefix, slot_key},
};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_trie::EMPTY_ROOT_HASH;
use seam_primitives::{Block, Header, Receipt};
use seam_stf::{
    AccountChange, StateChanges,
    state_trie::StateTrie,
    trie::{NodeChanges, NodePlace, NodeSource, SourceError},
};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts of a genesis that are written together.
const GENESIS_CHUNK: usize = 50_000;

/// Writes the genesis block, in steps: where it is written is no chain before the last of them.
pub(crate) fn create(kv: &Kv, header: &Header, state: &StateChanges) -> Result<(), StorageError> {
    let mut fresh = FreshState::new();
    let mut accounts: Vec<_> = state.accounts.iter().collect();
    // In the order of their keys in the trie, so that each chunk touches one part of it.
    accounts.sort_by_cached_key(|(address, _)| keccak256(address));
    for chunk in accounts.chunks(GENESIS_CHUNK) {
        let chunk = chunk.iter().map(|(address, change)| (**address, (*change).clone()));
        let chunk = StateChanges { accounts: chunk.collect(), codes: BTreeMap::new() };
        fresh.add(kv, &chunk)?;
    }
    let root = fresh.root();
    if root != header.state_root {
        let claimed = header.state_root;
        return Err(StorageError::Mismatch(format!(
            "the genesis state has root {root}, its header says {claimed}"
        )));
    }
    let snapshot = kv.snapshot();
    let mut batch = Batch::new(&snapshot);
    for (hash, code) in &state.codes {
        batch.put(Table::Codes, hash.to_vec(), code.to_vec());
    }
    put_genesis_block(&mut batch, header);
    kv.commit(batch)
}

/// A state that is written from nothing, step by step.
#[derive(Debug)]
pub(crate) struct FreshState {
    trie: StateTrie,
    root: B256,
}

impl FreshState {
    pub(crate) fn new() -> Self {
        Self { trie: StateTrie::from_root(EMPTY_ROOT_HASH), root: EMPTY_ROOT_HASH }
    }

    /// Adds accounts with slots, or slots to accounts that were added before.
    pub(crate) fn add(&mut self, kv: &Kv, chunk: &StateChanges) -> Result<(), StorageError> {
        let snapshot = kv.snapshot();
        let mut batch = Batch::new(&snapshot);
        let source = SnapshotNodes(&batch);
        self.root = self.trie.apply(&source, chunk, None)?.state;
        let nodes = self.trie.take_changes();
        self.trie.shrink(GENESIS_CHUNK);
        for (address, change) in &chunk.accounts {
            put_fresh_account(&mut batch, *address, change);
        }
        put_nodes(&mut batch, &nodes)?;
        kv.commit(batch)
    }

    /// The root of all that was added.
    pub(crate) const fn root(&self) -> B256 {
        self.root
    }
}

fn put_fresh_account(batch: &mut Batch<'_>, address: Address, change: &AccountChange) {
    let Some(account) = change.account else { return };
    batch.put(Table::Accounts, address.to_vec(), codec::encode_account(&account));
    for (slot, value) in change.storage.iter().filter(|(_, value)| !value.is_zero()) {
        batch.put(Table::Slots, slot_key(address, *slot), codec::encode_value(*value));
    }
}

fn put_genesis_block(batch: &mut Batch<'_>, header: &Header) {
    let withdrawals = header.withdrawals_root.map(|_| Vec::new());
    let (transactions, ommers) = (Vec::new(), Vec::new());
    let hash = header.hash_slow();
    let block = Block { header: header.clone(), transactions, ommers, withdrawals };
    put_block(batch, &block, hash, &Vec::new(), &[]);
    let number = header.number.to_be_bytes();
    for key in [meta::HEAD, meta::TRIE, meta::HISTORY] {
        batch.put(Table::Meta, key, number.to_vec());
    }
    batch.put(Table::Meta, meta::GENESIS, hash.to_vec());
    batch.put(Table::Meta, meta::FORMAT, FORMAT.to_be_bytes().to_vec());
}

/// Nodes of the genesis that earlier chunks wrote.
#[derive(Debug)]
struct SnapshotNodes<'a, 'b>(&'a Batch<'b>);

impl NodeSource for SnapshotNodes<'_, '_> {
    fn node(&self, at: &NodePlace) -> Result<Option<alloy_primitives::Bytes>, SourceError> {
        let bytes = self.0.get(Table::Nodes, &node_key(at.owner, &at.path));
        Ok(bytes.map_err(SourceError::new)?.map(Into::into))
    }
}

/// All that `commit` writes.
pub(crate) fn apply(
    batch: &mut Batch<'_>,
    reader: &Reader,
    commit: &Commit,
    options: &StoreOptions,
) -> Result<(), StorageError> {
    let mut head = (reader.head(), reader.head_hash());
    if let Some(to) = commit.unwind_to {
        head = unwind(batch, reader, to)?;
    }
    for block in &commit.blocks {
        check_follows(head, &block.executed.block.header)?;
        append(batch, block)?;
        head = (block.executed.block.header.number, block.executed.hash);
    }
    let stays = commit.unwind_to.unwrap_or(reader.head());
    let trie = put_trie(batch, reader, commit.nodes.as_ref(), stays, head)?;
    let finality = commit.finality.unwrap_or(reader.finality()?);
    put_finality(batch, finality, head.0)?;
    batch.put(Table::Meta, meta::HEAD, head.0.to_be_bytes().to_vec());
    prune::prune(batch, reader, options, head.0, trie)
}

fn check_follows((number, hash): (u64, B256), header: &Header) -> Result<(), StorageError> {
    if header.parent_hash == hash && header.number == number + 1 {
        return Ok(());
    }
    let what = format!("block {} does not follow block {number} ({hash})", header.number);
    Err(StorageError::Mismatch(what))
}

fn put_finality(batch: &mut Batch<'_>, given: Finality, head: u64) -> Result<(), StorageError> {
    let Finality { safe, finalized } = given;
    if finalized > head {
        let what = format!("block {finalized} is final, so {head} cannot be the head");
        return Err(StorageError::Mismatch(what));
    }
    let safe = safe.clamp(finalized, head);
    let bytes = [safe.to_be_bytes(), finalized.to_be_bytes()].concat();
    batch.put(Table::Meta, meta::FINALITY, bytes);
    Ok(())
}

/// Writes trie nodes; the number of the block whose state the stored nodes are of afterwards. Above
/// block `stays` all blocks are others now.
fn put_trie(
    batch: &mut Batch<'_>,
    reader: &Reader,
    nodes: Option<&TrieNodes>,
    stays: u64,
    head: (u64, B256),
) -> Result<u64, StorageError> {
    let stored = reader.trie_block()?;
    let Some(TrieNodes { since, at, changes }) = nodes else {
        if stored > stays {
            return Err(StorageError::Mismatch("an unwound trie comes without nodes".to_owned()));
        }
        return Ok(stored);
    };
    if *since != stored || *at != head.1 {
        let what = format!("trie nodes since block {since}, stored are those of {stored}");
        return Err(StorageError::Mismatch(what));
    }
    put_nodes(batch, changes)?;
    batch.put(Table::Meta, meta::TRIE, head.0.to_be_bytes().to_vec());
    Ok(head.0)
}

fn put_nodes(batch: &mut Batch<'_>, changes: &NodeChanges) -> Result<(), StorageError> {
    for address in &changes.wiped {
        for (key, _) in batch.with_prefix(Table::Nodes, &node_prefix(Some(*address)))? {
            batch.delete(Table::Nodes, key);
        }
    }
    for node in &changes.gone {
        batch.delete(Table::Nodes, node_key(node.owner, &node.path));
    }
    for node in &changes.new {
        batch.put(Table::Nodes, node_key(node.owner, &node.path), node.bytes.to_vec());
    }
    Ok(())
}

fn append(batch: &mut Batch<'_>, new: &NewBlock) -> Result<(), StorageError> {
    let executed = &new.executed;
    let (block, number) = (&executed.block, executed.block.header.number);
    put_block(batch, block, executed.hash, &new.senders, &executed.receipts);
    if let Some(blobs) = &new.blobs {
        batch.put(Table::Blobs, number.to_be_bytes(), blobs.to_vec());
    }
    put_indexes(batch, block, &executed.receipts);
    for (hash, code) in &executed.changes.codes {
        batch.put(Table::Codes, hash.to_vec(), code.to_vec());
    }
    let mut changes = Vec::with_capacity(executed.changes.accounts.len());
    for (address, change) in &executed.changes.accounts {
        changes.extend(put_account(batch, *address, change, number)?);
    }
    batch.put(Table::Changes, number.to_be_bytes(), alloy_rlp::encode(&changes));
    Ok(())
}

/// What a block's transactions and logs are found by.
pub(crate) fn put_indexes(batch: &mut Batch<'_>, block: &Block, receipts: &[Receipt]) {
    let number = block.header.number;
    for (index, transaction) in (0u32..).zip(&block.transactions) {
        let place = [&number.to_be_bytes()[..], &index.to_be_bytes()].concat();
        batch.put(Table::Transactions, transaction.hash().to_vec(), place);
    }
    for key in log_keys(receipts) {
        batch.put(Table::Logs, key.at(number), Vec::new());
    }
}

pub(crate) fn put_block(
    batch: &mut Batch<'_>,
    block: &Block,
    hash: B256,
    senders: &Vec<Address>,
    receipts: &[Receipt],
) {
    let number = block.header.number.to_be_bytes();
    batch.put(Table::Headers, number, codec::encode_header(hash, &block.header));
    batch.put(Table::Numbers, hash.to_vec(), number.to_vec());
    batch.put(Table::Bodies, number, codec::encode_body(senders, block));
    batch.put(Table::Receipts, number, codec::encode_receipts(receipts));
}

/// Everything that the logs of a block can be found by.
fn log_keys(receipts: &[Receipt]) -> BTreeSet<LogKey> {
    let mut keys = BTreeSet::new();
    for log in receipts.iter().flat_map(|receipt| &receipt.logs) {
        keys.insert(LogKey::Address(log.address));
        keys.extend((0u8..).zip(log.topics()).map(|(at, topic)| LogKey::Topic(at, *topic)));
    }
    keys
}

/// Writes an account and its slots, and what they were before; what changed, if anything did.
fn put_account(
    batch: &mut Batch<'_>,
    address: Address,
    change: &AccountChange,
    number: u64,
) -> Result<Option<Changed>, StorageError> {
    let account = change.account.as_ref().map(codec::encode_account);
    let account = replace(batch, Table::Accounts, address.as_slice(), account, number)?;
    let mut slots = Vec::new();
    for (slot, value) in slots_after(batch, address, change)? {
        let value = (!value.is_zero()).then(|| codec::encode_value(value));
        if replace(batch, Table::Slots, &slot_key(address, slot), value, number)? {
            slots.push(slot);
        }
    }
    Ok((account || !slots.is_empty()).then_some(Changed { address, account, slots }))
}

/// The slots that may have changed, with their values afterwards; all there were, if they are gone.
fn slots_after(
    batch: &Batch<'_>,
    address: Address,
    change: &AccountChange,
) -> Result<BTreeMap<U256, U256>, StorageError> {
    let mut slots = BTreeMap::new();
    if change.storage_wiped || change.account.is_none() {
        for (key, _) in batch.with_prefix(Table::Slots, address.as_slice())? {
            slots.insert(U256::from_be_slice(&key[20..]), U256::ZERO);
        }
    }
    if change.account.is_some() {
        slots.extend(&change.storage);
    }
    Ok(slots)
}

/// Sets a row of the flat state and keeps what it was; `false` if it was that already.
fn replace(
    batch: &mut Batch<'_>,
    table: Table,
    key: &[u8],
    value: Option<Vec<u8>>,
    number: u64,
) -> Result<bool, StorageError> {
    let before = batch.get(table, key)?;
    if before == value {
        return Ok(false);
    }
    batch.put(history_of(table), history_key(key, number), before.unwrap_or_default());
    set(batch, table, key, value);
    Ok(true)
}

fn set(batch: &mut Batch<'_>, table: Table, key: &[u8], value: Option<Vec<u8>>) {
    match value {
        Some(value) => batch.put(table, key, value),
        None => batch.delete(table, key),
    }
}

fn history_of(table: Table) -> Table {
    if table == Table::Accounts { Table::AccountHistory } else { Table::SlotHistory }
}

/// Takes back all blocks above `to`, newest first; the head afterwards.
fn unwind(batch: &mut Batch<'_>, reader: &Reader, to: u64) -> Result<(u64, B256), StorageError> {
    if to > reader.head() {
        let what = format!("block {to} is above the head {}", reader.head());
        return Err(StorageError::Mismatch(what));
    }
    reader.check_state(to)?;
    for number in (to + 1..=reader.head()).rev() {
        unwind_block(batch, reader, number)?;
    }
    let hash = reader.hash(to)?.ok_or_else(|| StorageError::corrupt("no header"))?;
    Ok((to, hash))
}

fn unwind_block(batch: &mut Batch<'_>, reader: &Reader, number: u64) -> Result<(), StorageError> {
    let missing = || StorageError::corrupt(format!("block {number} is not whole"));
    let block = reader.block(number)?.ok_or_else(missing)?;
    let receipts = reader.receipts(number)?.ok_or_else(missing)?;
    for transaction in &block.block.transactions {
        batch.delete(Table::Transactions, transaction.hash().to_vec());
    }
    for key in log_keys(&receipts) {
        batch.delete(Table::Logs, key.at(number));
    }
    for changed in reader.changed_between(number - 1, number)? {
        if changed.account {
            restore(batch, Table::Accounts, changed.address.as_slice(), number)?;
        }
        for slot in changed.slots {
            restore(batch, Table::Slots, &slot_key(changed.address, slot), number)?;
        }
    }
    batch.delete(Table::Numbers, block.hash.to_vec());
    for table in [Table::Headers, Table::Bodies, Table::Receipts, Table::Blobs, Table::Changes] {
        batch.delete(table, number.to_be_bytes());
    }
    Ok(())
}

/// Gives a row the value it had before block `number`.
fn restore(
    batch: &mut Batch<'_>,
    table: Table,
    key: &[u8],
    number: u64,
) -> Result<(), StorageError> {
    let past_key = history_key(key, number);
    let past = batch.get(history_of(table), &past_key)?;
    let past = past.ok_or_else(|| StorageError::corrupt(format!("no history of {number}")))?;
    batch.delete(history_of(table), past_key);
    set(batch, table, key, (!past.is_empty()).then_some(past));
    Ok(())
}
