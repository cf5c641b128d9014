//! What the store holds at one moment: blocks, receipts, transactions, logs, and the state of every
//! block in the history.

use crate::{
    codec::{self, Body, Changed},
    error::StorageError,
    kv::Snapshot,
    tables::{LogKey, Table, history_key, meta, slot_key},
};
use alloy_primitives::{Address, B256, Bytes, TxHash, U256};
use seam_primitives::{Block, Header, Receipt};
use seam_stf::{Account, StateError};
use std::collections::{BTreeMap, BTreeSet};

/// A block as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBlock {
    /// The block.
    pub block: Block,
    /// keccak256 of its header.
    pub hash: B256,
    /// One for each transaction.
    pub senders: Vec<Address>,
}

/// Where a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionPlace {
    /// Number of its block.
    pub number: u64,
    /// Its index there.
    pub index: u32,
}

/// How far the chain is beyond doubt. Numbers of blocks; finalized is never above safe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Finality {
    /// Newest block that only an L1 reorganisation could undo.
    pub safe: u64,
    /// Newest block that nothing can undo.
    pub finalized: u64,
}

/// The store at one moment, whatever is committed later. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    pub(crate) snapshot: Snapshot,
    head: u64,
    head_hash: B256,
}

impl Reader {
    pub(crate) fn new(snapshot: Snapshot) -> Result<Self, StorageError> {
        let head = meta_number(&snapshot, meta::HEAD)?;
        let mut reader = Self { snapshot, head, head_hash: B256::ZERO };
        reader.head_hash = reader
            .hash(head)?
            .ok_or_else(|| StorageError::corrupt(format!("no header of the head {head}")))?;
        Ok(reader)
    }

    /// Number of the newest block.
    pub const fn head(&self) -> u64 {
        self.head
    }

    /// Hash of the newest block.
    pub const fn head_hash(&self) -> B256 {
        self.head_hash
    }

    /// Number of the oldest block whose state can be read.
    pub fn oldest_state(&self) -> Result<u64, StorageError> {
        meta_number(&self.snapshot, meta::HISTORY)
    }

    /// Number of the oldest block that is kept beside the genesis block, if those between are not: the
    /// chain was loaded from a [snapshot](crate::snapshot).
    pub fn first(&self) -> Result<Option<u64>, StorageError> {
        let first = self.snapshot.get(Table::Meta, meta::FIRST)?;
        first.map(|bytes| codec::number(&bytes, "first")).transpose()
    }

    /// Number of the block whose state the trie's nodes are of.
    pub(crate) fn trie_block(&self) -> Result<u64, StorageError> {
        meta_number(&self.snapshot, meta::TRIE)
    }

    /// The safe and the finalized block.
    pub fn finality(&self) -> Result<Finality, StorageError> {
        let Some(bytes) = self.snapshot.get(Table::Meta, meta::FINALITY)? else {
            return Ok(Finality::default());
        };
        let (safe, finalized) =
            bytes.split_at_checked(8).ok_or_else(|| StorageError::corrupt("finality"))?;
        Ok(Finality {
            safe: codec::number(safe, "finality")?,
            finalized: codec::number(finalized, "finality")?,
        })
    }

    /// A block's hash and header, by number.
    pub fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError> {
        let bytes = self.snapshot.get(Table::Headers, &number.to_be_bytes())?;
        bytes.as_deref().map(codec::decode_header).transpose()
    }

    /// A block's hash, by number.
    pub fn hash(&self, number: u64) -> Result<Option<B256>, StorageError> {
        let bytes = self.snapshot.get(Table::Headers, &number.to_be_bytes())?;
        Ok(bytes.as_deref().and_then(|bytes| bytes.get(..32)).map(B256::from_slice))
    }

    /// A block's number, by hash.
    pub fn number(&self, hash: B256) -> Result<Option<u64>, StorageError> {
        let bytes = self.snapshot.get(Table::Numbers, hash.as_slice())?;
        bytes.map(|bytes| codec::number(&bytes, "block number")).transpose()
    }

    /// A block with its transactions and their senders.
    pub fn block(&self, number: u64) -> Result<Option<StoredBlock>, StorageError> {
        let Some((hash, header)) = self.header(number)? else { return Ok(None) };
        let body = self.snapshot.get(Table::Bodies, &number.to_be_bytes())?;
        let body = body.ok_or_else(|| StorageError::corrupt(format!("no body of {number}")))?;
        let Body { senders, transactions, ommers, withdrawals } = codec::decode(&body, "body")?;
        let block = Block { header, transactions, ommers, withdrawals };
        Ok(Some(StoredBlock { block, hash, senders }))
    }

    /// The receipts of a block, one for each transaction.
    pub fn receipts(&self, number: u64) -> Result<Option<Vec<Receipt>>, StorageError> {
        let bytes = self.snapshot.get(Table::Receipts, &number.to_be_bytes())?;
        bytes.as_deref().map(codec::decode_receipts).transpose()
    }

    /// The blob sidecars of a block, as they were given with it; `None` if there were none, or they
    /// are no longer kept.
    pub fn blobs(&self, number: u64) -> Result<Option<Bytes>, StorageError> {
        Ok(self.snapshot.get(Table::Blobs, &number.to_be_bytes())?.map(Bytes::from))
    }

    /// Where a transaction is.
    pub fn transaction(&self, hash: TxHash) -> Result<Option<TransactionPlace>, StorageError> {
        let Some(bytes) = self.snapshot.get(Table::Transactions, hash.as_slice())? else {
            return Ok(None);
        };
        let place = || -> Option<TransactionPlace> {
            let (number, index) = bytes.split_at_checked(8)?;
            let number = u64::from_be_bytes(number.try_into().ok()?);
            Some(TransactionPlace { number, index: u32::from_be_bytes(index.try_into().ok()?) })
        };
        place().map(Some).ok_or_else(|| StorageError::corrupt("place of a transaction"))
    }

    /// The blocks from `from` to `to`, both included, that may have a log with one of `keys`, oldest
    /// first and at most `limit`. A few that have none may be among them; none is missing.
    pub fn blocks_with_logs(
        &self,
        keys: &[LogKey],
        from: u64,
        to: u64,
        limit: usize,
    ) -> Result<BTreeSet<u64>, StorageError> {
        let mut blocks = BTreeSet::new();
        for key in keys {
            let end = key.at(to.saturating_add(1));
            for row in self.snapshot.range(Table::Logs, &key.at(from), Some(&end)).take(limit) {
                let (key, _) = row?;
                let number = key.get(9..).ok_or_else(|| StorageError::corrupt("log index"))?;
                blocks.insert(codec::number(number, "log index")?);
            }
        }
        while blocks.len() > limit {
            blocks.pop_last();
        }
        Ok(blocks)
    }

    /// Code by its hash.
    pub fn code(&self, hash: B256) -> Result<Option<Bytes>, StorageError> {
        Ok(self.snapshot.get(Table::Codes, hash.as_slice())?.map(Bytes::from))
    }

    /// An account as it was after block `number`.
    pub(crate) fn account_at(
        &self,
        address: Address,
        number: u64,
    ) -> Result<Option<Account>, StorageError> {
        if let Some(past) = self.past(Table::AccountHistory, address.as_slice(), number)? {
            return codec::decode_past_account(&past);
        }
        let current = self.snapshot.get(Table::Accounts, address.as_slice())?;
        current.as_deref().map(codec::decode_account).transpose()
    }

    /// A slot as it was after block `number`.
    pub(crate) fn slot_at(
        &self,
        address: Address,
        slot: U256,
        number: u64,
    ) -> Result<U256, StorageError> {
        let key = slot_key(address, slot);
        let past = self.past(Table::SlotHistory, &key, number)?;
        let bytes = match past {
            Some(past) => Some(past),
            None => self.snapshot.get(Table::Slots, &key)?,
        };
        bytes.map_or(Ok(U256::ZERO), |bytes| codec::decode_value(&bytes))
    }

    /// The value before the first block above `number` that changed `key`, if one did.
    fn past(&self, table: Table, key: &[u8], number: u64) -> Result<Option<Vec<u8>>, StorageError> {
        if number >= self.head {
            return Ok(None);
        }
        let (from, end) = (history_key(key, number + 1), history_key(key, u64::MAX));
        let first = self.snapshot.range(table, &from, Some(&end)).next().transpose()?;
        Ok(first.map(|(_, value)| value))
    }

    /// Everything that changed in the blocks above `low`, up to and with `high`.
    pub(crate) fn changed_between(
        &self,
        low: u64,
        high: u64,
    ) -> Result<Vec<Changed>, StorageError> {
        let (from, to) = ((low + 1).to_be_bytes(), (high + 1).to_be_bytes());
        let mut all = Vec::new();
        let mut blocks = 0;
        for row in self.snapshot.range(Table::Changes, &from, Some(&to)) {
            all.extend(codec::decode::<Vec<Changed>>(&row?.1, "changes")?);
            blocks += 1;
        }
        if blocks != high - low {
            let found = format!("changes of {blocks} blocks from {low} to {high}");
            return Err(StorageError::corrupt(found));
        }
        Ok(all)
    }

    /// Every account and slot that is in the head's state or changed since block `number`: among
    /// them are all of the state of that block.
    pub(crate) fn keys_since(
        &self,
        number: u64,
    ) -> Result<BTreeMap<Address, BTreeSet<U256>>, StorageError> {
        let mut keys: BTreeMap<Address, BTreeSet<U256>> = BTreeMap::new();
        for row in self.snapshot.range(Table::Accounts, &[], None) {
            keys.entry(Address::from_slice(&row?.0)).or_default();
        }
        for row in self.snapshot.range(Table::Slots, &[], None) {
            let (key, _) = row?;
            let slots = keys.entry(Address::from_slice(&key[..20])).or_default();
            slots.insert(U256::from_be_slice(&key[20..]));
        }
        for Changed { address, slots, .. } in self.changed_between(number, self.head)? {
            keys.entry(address).or_default().extend(slots);
        }
        Ok(keys)
    }

    /// Refuses a block whose state is not kept.
    pub(crate) fn check_state(&self, number: u64) -> Result<(), StorageError> {
        let (oldest, newest) = (self.oldest_state()?, self.head);
        if (oldest..=newest).contains(&number) {
            return Ok(());
        }
        Err(StorageError::NoState { number, oldest, newest })
    }

    /// The hash of block `number`, for the EVM.
    pub(crate) fn block_hash(&self, number: u64) -> Result<B256, StateError> {
        self.hash(number)?.ok_or(StateError::MissingHeader(number))
    }
}

pub(crate) fn meta_number(snapshot: &Snapshot, key: &[u8]) -> Result<u64, StorageError> {
    let name = String::from_utf8_lossy(key).into_owned();
    let bytes = snapshot.get(Table::Meta, key)?;
    codec::number(&bytes.ok_or_else(|| StorageError::corrupt(format!("no {name}")))?, &name)
}
