//! The state after a block, whether it is kept already or only executed.

use crate::{error::StorageError, reader::Reader, roots};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_primitives::{Header, Transaction};
use seam_stf::{
    Account, ExecutedBlock, StateChanges, StateError, StateReader, state_trie::AccountProof,
};
use std::sync::Arc;

/// The state after a block: that of a block of the store, with what blocks executed on it changed.
/// Cheap to clone, and fixed: later commits do not show.
#[derive(Debug, Clone)]
pub struct View {
    base: Reader,
    /// The block of `base` on which the others stand.
    at: u64,
    header: Arc<Header>,
    hash: B256,
    /// Executed on it, oldest first.
    blocks: Vec<Arc<ExecutedBlock>>,
}

impl View {
    /// The state after block `number` of the store.
    ///
    /// # Errors
    /// [`StorageError::NoState`] if it is not kept.
    pub fn at(base: Reader, number: u64) -> Result<Self, StorageError> {
        base.check_state(number)?;
        let header = base.header(number)?;
        let (hash, header) = header.ok_or_else(|| StorageError::corrupt("no header"))?;
        Ok(Self { base, at: number, header: Arc::new(header), hash, blocks: Vec::new() })
    }

    /// The state after `block`, which was executed on this one.
    ///
    /// # Errors
    /// [`StorageError::Mismatch`] if its parent is another.
    pub fn with(&self, block: Arc<ExecutedBlock>) -> Result<Self, StorageError> {
        if block.block.header.parent_hash != self.hash {
            let number = block.block.header.number;
            return Err(StorageError::Mismatch(format!("block {number} has another parent")));
        }
        let mut next = self.clone();
        next.header = Arc::new(block.block.header.clone());
        next.hash = block.hash;
        next.blocks.push(block);
        Ok(next)
    }

    /// The same state over what the store holds now, without the blocks that it has by now.
    /// The view itself where the store's chain is another.
    pub fn rebased(&self, newer: Reader) -> Result<Self, StorageError> {
        let stored = newer.head();
        let on_the_way = self.blocks.iter().find(|block| block.block.header.number == stored);
        if on_the_way.is_none_or(|block| block.hash != newer.head_hash()) {
            return Ok(self.clone());
        }
        let above = |block: &&Arc<ExecutedBlock>| block.block.header.number > stored;
        let blocks = self.blocks.iter().filter(above).cloned().collect();
        Ok(Self { base: newer, at: stored, blocks, ..self.clone() })
    }

    /// The block's header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The block's hash.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// The block's number.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// The first transaction of the block; `None` if it has none.
    ///
    /// # Errors
    /// [`StorageError`] if the block cannot be read.
    pub fn first_transaction(&self) -> Result<Option<Transaction>, StorageError> {
        if let Some(block) = self.blocks.last() {
            return Ok(block.block.transactions.first().cloned());
        }
        let stored = self.base.block(self.at)?;
        let stored = stored.ok_or_else(|| StorageError::corrupt("no block of the view"))?;
        Ok(stored.block.transactions.into_iter().next())
    }

    /// Blocks that this view holds and its store did not.
    pub const fn pending(&self) -> &[Arc<ExecutedBlock>] {
        self.blocks.as_slice()
    }

    pub(crate) const fn base(&self) -> (&Reader, u64) {
        (&self.base, self.at)
    }

    /// Proofs of an account and of slots of its storage (EIP-1186).
    ///
    /// # Errors
    /// [`StorageError`] if the state cannot be read.
    pub fn prove(&self, address: Address, slots: &[U256]) -> Result<AccountProof, StorageError> {
        roots::prove(self, address, slots)
    }

    /// What the newest of the pending blocks that knows says.
    fn pending_value<T>(&self, find: impl Fn(&StateChanges) -> Option<T>) -> Option<T> {
        self.blocks.iter().rev().find_map(|block| find(&block.changes))
    }
}

impl StateReader for View {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        let changed =
            |changes: &StateChanges| changes.accounts.get(&address).map(|change| change.account);
        match self.pending_value(changed) {
            Some(account) => Ok(account),
            None => Ok(self.base.account_at(address, self.at)?),
        }
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        let changed = |changes: &StateChanges| {
            let change = changes.accounts.get(&address)?;
            let gone = change.storage_wiped || change.account.is_none();
            change.storage.get(&slot).copied().or_else(|| gone.then_some(U256::ZERO))
        };
        match self.pending_value(changed) {
            Some(value) => Ok(value),
            None => Ok(self.base.slot_at(address, slot, self.at)?),
        }
    }

    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        match self.pending_value(|changes| changes.codes.get(&code_hash).cloned()) {
            Some(code) => Ok(code),
            None => self.base.code(code_hash)?.ok_or(StateError::MissingCode(code_hash)),
        }
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        if number > self.at {
            let pending = self.blocks.iter().find(|block| block.block.header.number == number);
            return pending.map(|block| block.hash).ok_or(StateError::MissingHeader(number));
        }
        self.base.block_hash(number)
    }
}
