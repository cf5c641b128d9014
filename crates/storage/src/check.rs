//! Whether what is stored is whole.

use crate::{
    codec,
    error::StorageError,
    reader::Reader,
    tables::{LogKey, Table},
    view::View,
};
use alloy_consensus::proofs::calculate_transaction_root;
use alloy_primitives::{Address, B256, U256};
use alloy_trie::EMPTY_ROOT_HASH;
use seam_primitives::Block;
use seam_stf::{
    AccountChange, StateChanges, block::receipts_root, state_trie::StateTrie, trie::NodeSource,
};
use std::collections::BTreeMap;

/// What was found whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checked {
    /// Blocks, with bodies, receipts and index rows.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Accounts of the head's state.
    pub accounts: u64,
    /// Slots of the head's state.
    pub slots: u64,
    /// Nodes of the stored trie.
    pub nodes: u64,
}

/// Accounts that are hashed at a time.
const CHUNK: usize = 20_000;

impl Reader {
    /// Reads everything and checks every hash: each block follows the one before it and its roots
    /// are those of what it holds, but that a chain that was loaded has nothing between the genesis block
    /// and its first one; each transaction, block and log is found by its index; the head's
    /// flat state has the state root in the head's header; the stored trie is whole, and rolled
    /// forward has that root too.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`] with the first thing that is not so.
    pub fn check(&self) -> Result<Checked, StorageError> {
        let mut checked = Checked::default();
        self.check_blocks(&mut checked)?;
        self.check_state_root(&mut checked)?;
        checked.nodes = self.check_trie()?;
        Ok(checked)
    }

    fn check_blocks(&self, checked: &mut Checked) -> Result<(), StorageError> {
        let mut parent: Option<(u64, B256)> = None;
        let first = self.first()?;
        for row in self.snapshot.range(Table::Headers, &[], None) {
            let number = codec::number(&row?.0, "block number")?;
            let missing = || StorageError::corrupt(format!("block {number} is not whole"));
            let stored = self.block(number)?.ok_or_else(missing)?;
            let header = &stored.block.header;
            let follows = (first == Some(number) && checked.blocks == 1)
                || parent.is_none_or(|(before, hash)| {
                    before + 1 == number && header.parent_hash == hash
                });
            if !follows || header.number != number || header.hash_slow() != stored.hash {
                return Err(missing());
            }
            if self.number(stored.hash)? != Some(number) {
                return Err(missing());
            }
            self.check_content(&stored.block, stored.senders.len())?;
            checked.blocks += 1;
            checked.transactions += stored.block.transactions.len() as u64;
            parent = Some((number, stored.hash));
        }
        match parent {
            Some(last) if last == (self.head(), self.head_hash()) => Ok(()),
            last => Err(StorageError::corrupt(format!("the last block is {last:?}"))),
        }
    }

    fn check_content(&self, block: &Block, senders: usize) -> Result<(), StorageError> {
        let number = block.header.number;
        let wrong = |what: &str| StorageError::corrupt(format!("block {number}: {what}"));
        let receipts = self.receipts(number)?.ok_or_else(|| wrong("no receipts"))?;
        if calculate_transaction_root(&block.transactions) != block.header.transactions_root {
            return Err(wrong("transactions"));
        }
        if receipts_root(&receipts) != block.header.receipts_root
            || receipts.len() != block.transactions.len()
            || senders != receipts.len()
        {
            return Err(wrong("receipts"));
        }
        for (index, transaction) in (0u32..).zip(&block.transactions) {
            let place = self.transaction(transaction.hash())?;
            if place.is_none_or(|place| (place.number, place.index) != (number, index)) {
                return Err(wrong("the index of transactions"));
            }
        }
        for log in receipts.iter().flat_map(|receipt| &receipt.logs) {
            let keys = [LogKey::Address(log.address)];
            if !self.blocks_with_logs(&keys, number, number, 1)?.contains(&number) {
                return Err(wrong("the index of logs"));
            }
        }
        Ok(())
    }

    /// The root of the flat state, computed from nothing else.
    fn check_state_root(&self, checked: &mut Checked) -> Result<(), StorageError> {
        let nothing: BTreeMap<B256, alloy_primitives::Bytes> = BTreeMap::new();
        let source: &dyn NodeSource = &nothing;
        let mut trie = StateTrie::from_root(EMPTY_ROOT_HASH);
        let mut root = EMPTY_ROOT_HASH;
        let mut chunk = StateChanges::default();
        for row in self.snapshot.range(Table::Accounts, &[], None) {
            let (key, account) = row?;
            let address = Address::try_from(key.as_slice())
                .map_err(|_| StorageError::corrupt("key of an account"))?;
            let account = Some(codec::decode_account(&account)?);
            let storage = self.slots(address)?;
            checked.accounts += 1;
            checked.slots += storage.len() as u64;
            let change = AccountChange { account, storage_wiped: false, storage };
            chunk.accounts.insert(address, change);
            if chunk.accounts.len() >= CHUNK {
                root = trie.apply(source, &std::mem::take(&mut chunk), None)?.state;
            }
        }
        if !chunk.accounts.is_empty() {
            root = trie.apply(source, &chunk, None)?.state;
        }
        let claimed = self.header(self.head())?.map(|(_, header)| header.state_root);
        if claimed != Some(root) {
            return Err(StorageError::corrupt(format!(
                "the state has root {root}, the head's header says {claimed:?}"
            )));
        }
        Ok(())
    }

    fn slots(&self, address: Address) -> Result<BTreeMap<U256, U256>, StorageError> {
        let rows = self.snapshot.prefix(Table::Slots, address.as_slice());
        rows.map(|row| {
            let (key, value) = row?;
            Ok((U256::from_be_slice(&key[20..]), codec::decode_value(&value)?))
        })
        .collect()
    }

    /// The stored nodes are those of a fresh trie of the stored block's state, no more and no less.
    fn check_trie(&self) -> Result<u64, StorageError> {
        let at = self.trie_block()?;
        let view = View::at(self.clone(), at)?;
        let mut expected = crate::roots::fresh_nodes(&view)?;
        let mut nodes = 0;
        for row in self.snapshot.range(Table::Nodes, &[], None) {
            let (key, bytes) = row?;
            let known = expected.remove(&key);
            if known.is_none_or(|known| known != bytes) {
                return Err(StorageError::corrupt(format!("trie node {key:02x?} of block {at}")));
            }
            nodes += 1;
        }
        match expected.pop_first() {
            Some((key, _)) => {
                Err(StorageError::corrupt(format!("trie node {key:02x?} is missing")))
            }
            None => Ok(nodes),
        }
    }
}
