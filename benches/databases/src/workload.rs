//! What the node reads and writes for one block, made from a seed: the same block number gives the
//! same keys and values in every engine, so that a crash can be checked row by row afterwards.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::engine::{RowSource, Rows, Snapshot, Table};

/// Accounts that one block reads and writes: a sender and a recipient of each of 2,000 transfers.
pub(crate) const ACCOUNTS_PER_BLOCK: usize = 4_000;

/// Storage slots that one block reads and writes.
pub(crate) const SLOTS_PER_BLOCK: usize = 500;

/// Blocks from one flush of the trie to the next.
pub(crate) const FLUSH_EVERY: u64 = 16;

const TRANSFERS: usize = 2_000;
const FLUSHED_NODES: usize = 30_000;
const CHANGES_BYTES: usize = 100_000;
const HEADER_BYTES: usize = 500;
const BODY_BYTES: usize = 250_000;
const RECEIPTS_BYTES: usize = 150_000;
const CONTRACT: [u8; 20] = [0xc0; 20];

/// The key of the one row that names the head's block.
pub(crate) const HEAD: &[u8] = b"head";

/// SplitMix64: small, seeded, and good enough to spread keys.
pub(crate) struct Random(u64);

impl Random {
    /// A stream of its own for each pair of words.
    pub(crate) fn new(purpose: u64, index: u64) -> Self {
        Self(mix(purpose ^ mix(index)))
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound.max(1)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 8);
        while bytes.len() < length {
            bytes.extend_from_slice(&self.word().to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    /// Bytes of a length between the two, both included.
    fn some_bytes(&mut self, least: usize, most: usize) -> Vec<u8> {
        let spread = u64::try_from(most - least).unwrap_or(0) + 1;
        let more = usize::try_from(self.below(spread)).unwrap_or(0);
        self.bytes(least + more)
    }
}

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The seeds' first words, so that no two streams meet.
mod purpose {
    pub(super) const ACCOUNT: u64 = 1;
    pub(super) const SLOT: u64 = 2;
    pub(super) const NODE: u64 = 3;
    pub(super) const BLOCK: u64 = 4;
    pub(super) const VALUE: u64 = 5;
    pub(super) const FLUSH: u64 = 6;
}

/// The key that an index stands for.
type KeyOf = fn(Workload, u64) -> Vec<u8>;

/// How large the state is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// Accounts with a balance; a contract has a tenth as many slots.
    pub(crate) accounts: u64,
}

impl Workload {
    /// The address of an account.
    pub(crate) fn address(self, index: u64) -> Vec<u8> {
        Random::new(purpose::ACCOUNT, index).bytes(20)
    }

    fn slots(self) -> u64 {
        (self.accounts / 10).max(1)
    }

    fn slot_key(self, index: u64) -> Vec<u8> {
        let mut key = CONTRACT.to_vec();
        key.extend(Random::new(purpose::SLOT, index).bytes(32));
        key
    }

    /// 1 byte for the kind and 4 to 7 nibbles, two a byte, of the path to this account.
    fn node_key(self, index: u64) -> Vec<u8> {
        let nibbles = 4 + index % 4;
        let mut path = Random::new(purpose::NODE, index).bytes(4);
        path.truncate(if nibbles <= 4 {
            2
        } else if nibbles <= 6 {
            3
        } else {
            4
        });
        if let (1, Some(last)) = (nibbles % 2, path.last_mut()) {
            *last = (*last & 0xf0) | 0x0f;
        }
        let mut key = vec![u8::try_from(nibbles).unwrap_or(0)];
        key.extend(path);
        key
    }

    /// The sorted rows of a table that are there before the first block: none but for the state.
    pub(crate) fn first_rows(self, table: Table) -> RowSource {
        let (count, key): (u64, KeyOf) = match table {
            Table::Accounts => (self.accounts, Self::address),
            Table::Slots => (self.slots(), Self::slot_key),
            Table::Trie => (self.accounts, Self::node_key),
            _ => return Box::new(std::iter::empty()),
        };
        let mut keys: Vec<_> = (0..count).map(|index| key(self, index)).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut random = Random::new(purpose::VALUE, 0);
        Box::new(keys.into_iter().map(move |key| (key, value(table, 0, &mut random))))
    }

    /// The keys that a block touches, from nothing but its number.
    pub(crate) fn touched(self, block: u64) -> Touched {
        let mut random = Random::new(purpose::BLOCK, block);
        let mut accounts = BTreeSet::new();
        for _ in 0..ACCOUNTS_PER_BLOCK {
            accounts.insert(self.address(random.below(self.accounts)));
        }
        let mut slots = BTreeSet::new();
        for _ in 0..SLOTS_PER_BLOCK {
            slots.insert(self.slot_key(random.below(self.slots())));
        }
        let mut nodes = BTreeSet::new();
        if block.is_multiple_of(FLUSH_EVERY) {
            let mut random = Random::new(purpose::FLUSH, block);
            for _ in 0..FLUSHED_NODES {
                nodes.insert(self.node_key(random.below(self.accounts)));
            }
        }
        Touched { accounts, slots, nodes }
    }
}

/// The keys of the state that a block reads and overwrites, sorted.
pub(crate) struct Touched {
    pub(crate) accounts: BTreeSet<Vec<u8>>,
    pub(crate) slots: BTreeSet<Vec<u8>>,
    pub(crate) nodes: BTreeSet<Vec<u8>>,
}

/// Values by key, such as those of a block's keys before it.
pub(crate) type Values = BTreeMap<Vec<u8>, Vec<u8>>;

impl Touched {
    /// The reads of a block: every account and slot that it will overwrite, in random order as a
    /// block's transactions come.
    pub(crate) fn read(&self, snapshot: &dyn Snapshot) -> Result<(Values, Values)> {
        let accounts = read_all(snapshot, Table::Accounts, &self.accounts)?;
        Ok((accounts, read_all(snapshot, Table::Slots, &self.slots)?))
    }

    /// Everything that the block's one commit puts, sorted by key in each table.
    pub(crate) fn commit(
        &self,
        block: u64,
        accounts: &Values,
        slots: &Values,
    ) -> Vec<(Table, Rows)> {
        let mut random = Random::new(purpose::VALUE, block);
        let mut rows: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>> = BTreeMap::new();
        let state = [
            (Table::Accounts, &self.accounts),
            (Table::Slots, &self.slots),
            (Table::Trie, &self.nodes),
        ];
        for (table, keys) in state {
            let new = keys.iter().map(|key| (key.clone(), value(table, block, &mut random)));
            rows.insert(table, new.collect());
        }
        for (table, before) in [(Table::AccountHistory, accounts), (Table::SlotHistory, slots)] {
            let old = before.iter().map(|(key, old)| (at(key, block), old.clone()));
            rows.insert(table, old.collect());
        }
        for (table, new) in chain_rows(block) {
            rows.insert(table, new);
        }
        rows.into_iter().map(|(table, rows)| (table, rows.into_iter().collect())).collect()
    }
}

/// The rows of a block that no later block overwrites, but for the head's.
pub(crate) fn chain_rows(block: u64) -> Vec<(Table, Values)> {
    let mut random = Random::new(purpose::VALUE ^ purpose::BLOCK << 8, block);
    let number = block.to_be_bytes().to_vec();
    let hash = random.bytes(32);
    let mut transactions = BTreeMap::new();
    let mut logs = BTreeMap::new();
    for index in 0..TRANSFERS {
        let mut place = number.clone();
        place.extend(u32::try_from(index).unwrap_or(0).to_be_bytes());
        transactions.insert(random.bytes(32), place);
        let mut key = vec![u8::try_from(index % 2).unwrap_or(0)];
        key.extend(random.bytes(8));
        logs.insert(at(&key, block), Vec::new());
    }
    let one = |key: &[u8], value: Vec<u8>| BTreeMap::from([(key.to_vec(), value)]);
    vec![
        (Table::Changes, one(&number, random.bytes(CHANGES_BYTES))),
        (Table::Headers, one(&number, random.bytes(HEADER_BYTES))),
        (Table::Bodies, one(&number, random.bytes(BODY_BYTES))),
        (Table::Receipts, one(&number, random.bytes(RECEIPTS_BYTES))),
        (Table::Numbers, one(&hash, number.clone())),
        (Table::Meta, one(HEAD, number.clone())),
        (Table::Transactions, transactions),
        (Table::Logs, logs),
    ]
}

fn at(key: &[u8], block: u64) -> Vec<u8> {
    let mut key = key.to_vec();
    key.extend(block.to_be_bytes());
    key
}

/// A value that begins with the block that put it, so that a later check sees who wrote it.
fn value(table: Table, block: u64, random: &mut Random) -> Vec<u8> {
    let rest = match table {
        Table::Accounts => random.some_bytes(32, 62),
        Table::Slots => random.bytes(24),
        _ => random.some_bytes(112, 522),
    };
    let mut value = block.to_be_bytes().to_vec();
    value.extend(rest);
    value
}

fn read_all(snapshot: &dyn Snapshot, table: Table, keys: &BTreeSet<Vec<u8>>) -> Result<Values> {
    // The keys are spread already, but a set gives them sorted, which no block's reads are.
    let mut order: Vec<_> = keys.iter().collect();
    order.sort_unstable_by_key(|key| {
        key.iter().rev().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    });
    let mut found = Values::new();
    let mut value = Vec::new();
    for key in order {
        let there = snapshot.get(table, key, &mut value)?;
        anyhow::ensure!(there, "{table:?} lacks a key that was loaded");
        found.insert(key.clone(), value.clone());
    }
    Ok(found)
}

/// The block that put this value.
pub(crate) fn written_by(value: &[u8]) -> Result<u64> {
    let first = value.first_chunk().context("a value of fewer than 8 bytes")?;
    Ok(u64::from_be_bytes(*first))
}

/// The head's block; 0 before the first commit.
pub(crate) fn head(snapshot: &dyn Snapshot) -> Result<u64> {
    let mut value = Vec::new();
    if snapshot.get(Table::Meta, HEAD, &mut value)? { written_by(&value) } else { Ok(0) }
}

/// Whether a block is in the database wholly, with nothing of the next one.
///
/// # Errors
/// What is missing, or what of the next block is there.
pub(crate) fn check(workload: Workload, snapshot: &dyn Snapshot) -> Result<u64> {
    let head = head(snapshot)?;
    if head > 0 {
        check_present(workload, snapshot, head)?;
    }
    check_absent(workload, snapshot, head + 1)?;
    Ok(head)
}

fn check_present(workload: Workload, snapshot: &dyn Snapshot, head: u64) -> Result<()> {
    let touched = workload.touched(head);
    let mut found = Vec::new();
    for (table, rows) in touched.commit(head, &Values::new(), &Values::new()) {
        for (key, value) in rows {
            let there = snapshot.get(table, &key, &mut found)? && found == value;
            anyhow::ensure!(there, "{table:?} lacks a row of block {head}");
        }
    }
    for (table, keys) in
        [(Table::AccountHistory, &touched.accounts), (Table::SlotHistory, &touched.slots)]
    {
        for key in keys {
            let there = snapshot.get(table, &at(key, head), &mut found)?;
            anyhow::ensure!(there, "{table:?} lacks a row of block {head}");
        }
    }
    Ok(())
}

fn check_absent(workload: Workload, snapshot: &dyn Snapshot, next: u64) -> Result<()> {
    let touched = workload.touched(next);
    let mut found = Vec::new();
    let state = [
        (Table::Accounts, Table::AccountHistory, &touched.accounts),
        (Table::Slots, Table::SlotHistory, &touched.slots),
        (Table::Trie, Table::Trie, &touched.nodes),
    ];
    for (table, history, keys) in state {
        for key in keys {
            let old = snapshot.get(table, key, &mut found)? && written_by(&found)? < next;
            let later = snapshot.get(history, &at(key, next), &mut found)?;
            anyhow::ensure!(old && !later, "{table:?} has a row of block {next}, after the head");
        }
    }
    for (table, rows) in chain_rows(next).into_iter().filter(|(table, _)| *table != Table::Meta) {
        for key in rows.keys() {
            let there = snapshot.get(table, key, &mut found)?;
            anyhow::ensure!(!there, "{table:?} has a row of block {next}, after the head");
        }
    }
    Ok(())
}
