//! Makes a store of a snapshot. Nothing in the file is believed: the block's hash is what whoever loads it
//! trusts, and everything follows from it but the genesis block, which a node compares with its own.

use super::{
    BLOCKS, SnapshotError, Summary,
    file::{FileReader, Kind},
};
use crate::{
    batch::Batch,
    codec,
    commit::{FreshState, put_block, put_indexes},
    error::StorageError,
    kv::{Kv, Snapshot},
    store::StoreOptions,
    tables::{FORMAT, Table, meta},
};
use alloy_consensus::proofs::{
    calculate_ommers_root, calculate_transaction_root, calculate_withdrawals_root,
};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use seam_primitives::{Block, Header, Receipt};
use seam_stf::{
    AccountChange, StateChanges,
    block::{receipts_root, recover_senders},
};
use std::{io::Read, path::Path};

/// Accounts and slots, and bytes of other rows, that are written together.
const STATE_CHUNK: usize = 50_000;
const ROW_BYTES: usize = 8 << 20;

/// The header of the genesis block that a snapshot names.
///
/// # Errors
/// [`SnapshotError`] if it is no snapshot.
pub fn genesis_of(input: impl Read) -> Result<Header, SnapshotError> {
    read_genesis(&mut FileReader::begin(input)?)
}

/// Makes a store in `directory` of the snapshot of the block with hash `expected`. The store is there
/// whole afterwards, or not at all. Memory is bounded whatever the size of the state.
///
/// # Errors
/// [`SnapshotError`], if anything is not as the hash says.
pub fn load(
    input: impl Read,
    expected: B256,
    directory: &Path,
    options: &StoreOptions,
) -> Result<Summary, SnapshotError> {
    if Kv::exists(directory) {
        return Err(SnapshotError::Exists(directory.to_owned()));
    }
    let mut file = FileReader::begin(input)?;
    let mut summary = Summary::default();
    let done = Kv::create(directory, options, |kv| {
        let mut loader = Loader { kv, file: &mut file, summary: &mut summary };
        loader.run(expected)
    });
    if done.is_err() {
        Kv::discard(directory)?;
    }
    done.map(|()| summary)
}

fn read_genesis(file: &mut FileReader<impl Read>) -> Result<Header, SnapshotError> {
    let record = file.next(Kind::Genesis)?;
    decode(record.ok_or_else(|| SnapshotError::damaged("no genesis block"))?, "the genesis block")
}

fn decode<T: alloy_rlp::Decodable>(bytes: &[u8], what: &str) -> Result<T, SnapshotError> {
    let unreadable = |error| SnapshotError::damaged(format!("{what} cannot be read: {error}"));
    alloy_rlp::decode_exact(bytes).map_err(unreadable)
}

/// Rows are believed by who reads the database: what is wrong with one here is the snapshot's fault.
fn row<T>(decoded: Result<T, StorageError>) -> Result<T, SnapshotError> {
    decoded.map_err(|error| match error {
        StorageError::Corrupt(what) => SnapshotError::Damaged(what),
        error => error.into(),
    })
}

struct Loader<'a, R> {
    kv: &'a Kv,
    file: &'a mut FileReader<R>,
    summary: &'a mut Summary,
}

impl<R: Read> Loader<'_, R> {
    fn run(&mut self, expected: B256) -> Result<(), SnapshotError> {
        let genesis = read_genesis(self.file)?;
        let (first, head) = self.blocks(&genesis)?;
        let (number, found) = (head.number, self.summary.hash);
        if found != expected {
            return Err(SnapshotError::OtherBlock { number, found, expected });
        }
        if first > number.saturating_sub(BLOCKS - 1).max(genesis.number) {
            return Err(SnapshotError::damaged(format!("it has fewer than {BLOCKS} blocks")));
        }
        self.codes()?;
        let root = self.state()?;
        if self.file.peek()?.is_some() {
            return Err(SnapshotError::damaged("its records are not in order"));
        }
        if root != head.state_root {
            let claimed = head.state_root;
            let what = format!("its state has root {root}, the block's header says {claimed}");
            return Err(SnapshotError::Damaged(what));
        }
        self.begin_chain(&genesis, first)
    }

    /// Writes the blocks; the number of the first, and the header of the last.
    fn blocks(&mut self, genesis: &Header) -> Result<(u64, Header), SnapshotError> {
        let snapshot = self.kv.snapshot();
        let mut batch = Batch::new(&snapshot);
        let mut first = None;
        let mut parent: Option<Header> = None;
        let mut bytes = 0;
        self.summary.genesis = genesis.hash_slow();
        while let Some(record) = self.file.next(Kind::Block)? {
            bytes += record.len();
            let block: Block = decode(record, "a block")?;
            let number = block.header.number;
            let receipts = self.file.next(Kind::Receipts)?;
            let missing = || SnapshotError::damaged(format!("block {number} has no receipts"));
            let receipts = row(codec::decode_receipts(receipts.ok_or_else(missing)?))?;
            let hash = block.header.hash_slow();
            check_place(&block.header, hash, parent.as_ref(), (self.summary.hash, genesis))?;
            check_content(&block, &receipts)?;
            put_whole(&mut batch, &block, hash, &receipts)?;
            self.summary.hash = hash;
            self.summary.number = number;
            self.summary.blocks += 1;
            first.get_or_insert(number);
            parent = Some(block.header);
            if bytes > ROW_BYTES {
                self.kv.commit(std::mem::replace(&mut batch, Batch::new(&snapshot)))?;
                bytes = 0;
            }
        }
        self.kv.commit(batch)?;
        first.zip(parent).ok_or_else(|| SnapshotError::damaged("it has no blocks"))
    }

    /// Writes codes, each under its own hash.
    fn codes(&mut self) -> Result<(), SnapshotError> {
        let snapshot = self.kv.snapshot();
        let mut batch = Batch::new(&snapshot);
        let mut bytes = 0;
        while let Some(code) = self.file.next(Kind::Code)? {
            bytes += code.len() + 64;
            batch.put(Table::Codes, keccak256(code).to_vec(), code.to_vec());
            self.summary.codes += 1;
            if bytes > ROW_BYTES {
                self.kv.commit(std::mem::replace(&mut batch, Batch::new(&snapshot)))?;
                bytes = 0;
            }
        }
        Ok(self.kv.commit(batch)?)
    }

    /// Writes the state; its root.
    fn state(&mut self) -> Result<B256, SnapshotError> {
        let mut state = FreshState::new();
        let codes = self.kv.snapshot();
        let mut chunk = StateChanges::default();
        let mut entries = 0;
        let mut last = None;
        while let Some(record) = self.file.next(Kind::Account)? {
            let (address, change) = account(record)?;
            if last.is_some_and(|last| last >= address) {
                return Err(SnapshotError::damaged("its accounts are not in order"));
            }
            last = Some(address);
            check_code(&codes, &change)?;
            self.summary.accounts += 1;
            entries += 1;
            let mut current = change.clone();
            let mut slot = None;
            while let Some(record) = self.file.next(Kind::Slot)? {
                let (key, value) = slot_of(record)?;
                if slot.is_some_and(|slot| slot >= key) {
                    return Err(SnapshotError::damaged("its slots are not in order"));
                }
                slot = Some(key);
                current.storage.insert(key, value);
                self.summary.slots += 1;
                entries += 1;
                if entries >= STATE_CHUNK {
                    chunk.accounts.insert(address, std::mem::replace(&mut current, change.clone()));
                    state.add(self.kv, &std::mem::take(&mut chunk))?;
                    entries = 0;
                }
            }
            chunk.accounts.insert(address, current);
        }
        if !chunk.accounts.is_empty() {
            state.add(self.kv, &chunk)?;
        }
        Ok(state.root())
    }

    /// From here on it is a chain that begins with the snapshot's block, which nothing undoes.
    fn begin_chain(&self, genesis: &Header, first: u64) -> Result<(), SnapshotError> {
        let snapshot = self.kv.snapshot();
        let mut batch = Batch::new(&snapshot);
        if first > genesis.number {
            let withdrawals = genesis.withdrawals_root.map(|_| Vec::new());
            let (transactions, ommers) = (Vec::new(), Vec::new());
            let block = Block { header: genesis.clone(), transactions, ommers, withdrawals };
            put_block(&mut batch, &block, self.summary.genesis, &Vec::new(), &[]);
            batch.put(Table::Meta, meta::FIRST, first.to_be_bytes().to_vec());
        }
        let number = self.summary.number.to_be_bytes();
        for key in [meta::HEAD, meta::TRIE, meta::HISTORY] {
            batch.put(Table::Meta, key, number.to_vec());
        }
        batch.put(Table::Meta, meta::FINALITY, [number, number].concat());
        batch.put(Table::Meta, meta::GENESIS, self.summary.genesis.to_vec());
        batch.put(Table::Meta, meta::FORMAT, FORMAT.to_be_bytes().to_vec());
        Ok(self.kv.commit(batch)?)
    }
}

/// A block follows the one before it; the first one the genesis block, if that is its parent or itself.
fn check_place(
    header: &Header,
    hash: B256,
    parent: Option<&Header>,
    (parent_hash, genesis): (B256, &Header),
) -> Result<(), SnapshotError> {
    let number = header.number;
    let follows = match parent {
        Some(parent) => parent.number + 1 == number && header.parent_hash == parent_hash,
        None if number == genesis.number => hash == genesis.hash_slow(),
        None if number == genesis.number + 1 => header.parent_hash == genesis.hash_slow(),
        None => number > genesis.number,
    };
    if follows {
        return Ok(());
    }
    Err(SnapshotError::damaged(format!("block {number} does not follow the one before it")))
}

/// What a block has is what its header says.
fn check_content(block: &Block, receipts: &[Receipt]) -> Result<(), SnapshotError> {
    let Block { header, transactions, ommers, withdrawals } = block;
    // Since Isthmus the withdrawals root of a rollup is of something else; there are no withdrawals. Its
    // genesis block has no transaction to know it by.
    let first = transactions.first();
    let rollup = header.number == 0 || first.is_some_and(|first| first.as_deposit().is_some());
    let withdrawn = match withdrawals {
        Some(list) if list.is_empty() && rollup => header.withdrawals_root.is_some(),
        Some(list) => header.withdrawals_root == Some(calculate_withdrawals_root(list)),
        None => header.withdrawals_root.is_none(),
    };
    let right = withdrawn
        && calculate_transaction_root(transactions) == header.transactions_root
        && calculate_ommers_root(ommers) == header.ommers_hash
        && receipts.len() == transactions.len()
        && receipts_root(receipts) == header.receipts_root;
    if right {
        return Ok(());
    }
    let number = header.number;
    Err(SnapshotError::damaged(format!("block {number} is not what its header says")))
}

fn put_whole(
    batch: &mut Batch<'_>,
    block: &Block,
    hash: B256,
    receipts: &[Receipt],
) -> Result<(), SnapshotError> {
    let number = block.header.number;
    let unsigned = |error| SnapshotError::damaged(format!("block {number}: {error}"));
    let signed = recover_senders(block.transactions.clone()).map_err(unsigned)?;
    let senders = signed.iter().map(|signed| signed.signer()).collect();
    put_block(batch, block, hash, &senders, receipts);
    put_indexes(batch, block, receipts);
    Ok(())
}

fn account(record: &[u8]) -> Result<(Address, AccountChange), SnapshotError> {
    let short = || SnapshotError::damaged("an account is cut off");
    let (address, account) = record.split_first_chunk::<20>().ok_or_else(short)?;
    let account = Some(row(codec::decode_account(account))?);
    Ok((Address::new(*address), AccountChange { account, ..AccountChange::default() }))
}

fn slot_of(record: &[u8]) -> Result<(U256, U256), SnapshotError> {
    let short = || SnapshotError::damaged("a slot is cut off");
    let (key, value) = record.split_first_chunk::<32>().ok_or_else(short)?;
    let value = row(codec::decode_value(value))?;
    if value.is_zero() {
        return Err(SnapshotError::damaged("a slot is zero"));
    }
    Ok((U256::from_be_bytes(*key), value))
}

fn check_code(codes: &Snapshot, change: &AccountChange) -> Result<(), SnapshotError> {
    let hash = change.account.map_or(KECCAK256_EMPTY, |account| account.code_hash);
    if hash == KECCAK256_EMPTY || codes.get(Table::Codes, hash.as_slice())?.is_some() {
        return Ok(());
    }
    Err(SnapshotError::damaged(format!("the code {hash} is missing")))
}
