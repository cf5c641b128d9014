//! The durable store: opening, and one atomic commit after another.

use crate::{
    batch::Batch,
    codec, commit,
    error::StorageError,
    kv::Kv,
    reader::{Finality, Reader},
    roots::TrieNodes,
    tables::{FORMAT, Table, meta},
};
use alloy_primitives::{Address, B256, Bytes};
use seam_primitives::Header;
use seam_stf::{ExecutedBlock, StateChanges};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// Of how many blocks the state is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// The head and this many blocks before it; at least [`MIN_HISTORY_BLOCKS`].
    Blocks(u64),
    /// All, from the genesis on.
    Archive,
}

/// Fewer would not allow a reorganisation of this depth.
pub const MIN_HISTORY_BLOCKS: u64 = 64;

/// How the store works. Defaults are those of the node.
///
/// | setting | default | what |
/// |---|---|---|
/// | `history` | 100,000 blocks | states that can be read, and depth of a reorganisation at most |
/// | `blob_blocks` | 777,600 blocks | blobs are kept this long: 18 days of 2 s |
/// | `cache_bytes` | 32 MiB | blocks of the database kept in memory |
/// | `journal_bytes` | 64 MiB | the log of commits; bounds what is in memory only and the time to open after a crash |
/// | `trie_nodes` | 150,000 | nodes of the tries kept in memory, about 100 MB |
/// | `flush_blocks` | 64 blocks | the trie is written at least this often |
/// | `flush_changes` | 50,000 | … or after this many changed accounts and slots |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// States that can be read.
    pub history: History,
    /// For how many blocks blobs are kept.
    pub blob_blocks: u64,
    /// Blocks of the database kept in memory, in bytes.
    pub cache_bytes: usize,
    /// The log of commits, in bytes; at least 64 MiB.
    pub journal_bytes: u64,
    /// Trie nodes kept in memory.
    pub trie_nodes: usize,
    /// Blocks after which the trie is written.
    pub flush_blocks: u64,
    /// Changed accounts and slots after which the trie is written.
    pub flush_changes: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            history: History::Blocks(100_000),
            blob_blocks: 777_600,
            cache_bytes: 32 << 20,
            journal_bytes: 64 << 20,
            trie_nodes: 150_000,
            flush_blocks: 64,
            flush_changes: 50_000,
        }
    }
}

/// A block to be appended.
#[derive(Debug, Clone)]
pub struct NewBlock {
    /// The block as executed on the one before it.
    pub executed: Arc<ExecutedBlock>,
    /// The sender of each transaction.
    pub senders: Vec<Address>,
    /// Its blob sidecars, in whatever form the caller reads them again.
    pub blobs: Option<Bytes>,
}

/// What is written together: all of it or nothing.
#[derive(Debug, Default)]
pub struct Commit {
    /// First the chain is cut back to this block.
    pub unwind_to: Option<u64>,
    /// Then these are appended.
    pub blocks: Vec<NewBlock>,
    /// Trie nodes, of the state after the last block.
    pub nodes: Option<TrieNodes>,
    /// Heads from now on; without, they stay.
    pub finality: Option<Finality>,
}

/// A chain on disk. Clones are of the same store.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kv: Kv,
    path: PathBuf,
    options: StoreOptions,
    /// Held while a commit is being made: one after the other.
    committing: Mutex<()>,
}

impl Store {
    /// Opens the chain in `directory`, or starts it there with the genesis block `header`, of which
    /// `state` is the state.
    ///
    /// # Errors
    /// [`StorageError`] if the directory is in use, holds another chain or format, or is damaged.
    pub fn open(
        directory: &Path,
        header: &Header,
        state: &StateChanges,
        options: StoreOptions,
    ) -> Result<Self, StorageError> {
        if !Kv::exists(directory) {
            Kv::create(directory, &options, |kv| commit::create(kv, header, state))?;
        }
        let kv = open_checked(directory, &options)?;
        let found = kv.snapshot().get(Table::Meta, meta::GENESIS)?.unwrap_or_default();
        let found =
            B256::try_from(found.as_slice()).map_err(|_| StorageError::corrupt("genesis hash"))?;
        let (path, expected) = (directory.to_owned(), header.hash_slow());
        if found != expected {
            return Err(StorageError::OtherChain { path, found, expected });
        }
        Ok(Self(Arc::new(Inner { kv, path, options, committing: Mutex::new(()) })))
    }

    /// The store as it is now.
    ///
    /// # Errors
    /// [`StorageError`] if the disk fails or the data is damaged.
    pub fn reader(&self) -> Result<Reader, StorageError> {
        Reader::new(self.0.kv.snapshot())
    }

    /// How it works.
    pub fn options(&self) -> &StoreOptions {
        &self.0.options
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Writes all of `commit`, or nothing; on disk when this returns.
    ///
    /// # Errors
    /// [`StorageError::Mismatch`] if it does not follow from what is stored;
    /// [`StorageError::DiskFull`]; others if the disk fails.
    pub fn commit(&self, commit: &Commit) -> Result<(), StorageError> {
        // What the lock guards is on disk: a panic elsewhere leaves nothing half done.
        let _one_at_a_time = self.0.committing.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = self.reader()?;
        let snapshot = reader.snapshot.clone();
        let mut batch = Batch::new(&snapshot);
        commit::apply(&mut batch, &reader, commit, &self.0.options)?;
        self.0.kv.commit(batch).map_err(|error| match error {
            StorageError::DiskFull { .. } => StorageError::DiskFull { head: Some(reader.head()) },
            error => error,
        })
    }
}

/// Opens the database, if it is of this format.
fn open_checked(directory: &Path, options: &StoreOptions) -> Result<Kv, StorageError> {
    let kv = Kv::open(directory, options)?;
    let format = kv.snapshot().get(Table::Meta, meta::FORMAT)?.unwrap_or_default();
    let found = format.try_into().map(u32::from_be_bytes);
    let found = found.map_err(|_| StorageError::corrupt("format version"))?;
    if found != FORMAT {
        let path = directory.to_owned();
        return Err(StorageError::Format { path, found, expected: FORMAT });
    }
    Ok(kv)
}

/// The genesis header of the chain in a directory, if there is one.
///
/// # Errors
/// [`StorageError`] as [`Store::open`].
pub fn stored_genesis(directory: &Path) -> Result<Option<Header>, StorageError> {
    if !Kv::exists(directory) {
        return Ok(None);
    }
    let snapshot = open_checked(directory, &StoreOptions::default())?.snapshot();
    let missing = || StorageError::corrupt("no genesis block");
    let hash = snapshot.get(Table::Meta, meta::GENESIS)?.ok_or_else(missing)?;
    let number = snapshot.get(Table::Numbers, &hash)?.ok_or_else(missing)?;
    let header = snapshot.get(Table::Headers, &number)?.ok_or_else(missing)?;
    Ok(Some(codec::decode_header(&header)?.1))
}
