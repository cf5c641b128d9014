//! The state after a block, whether it is kept already, only executed, or not even sealed.

use crate::{
    error::StorageError,
    reader::Reader,
    roots::{self, Sealing},
    scratch::ScratchState,
};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_primitives::{Header, Transaction};
use seam_stf::{
    Account, ExecutedBlock, StateChanges, StateError, StateReader, UnsealedBlock,
    state_trie::AccountProof,
};
use std::sync::Arc;

/// A block on its way to the store.
#[derive(Debug, Clone)]
struct Pending {
    number: u64,
    first_transaction: Option<Transaction>,
    changes: Arc<StateChanges>,
    sealing: Sealing,
}

/// The state after a block: that of a block of the store, with what blocks executed on it changed.
/// Cheap to clone, and fixed: later commits do not show.
#[derive(Debug, Clone)]
pub struct View {
    base: Reader,
    /// The block of `base` on which the others stand.
    at: u64,
    /// Of the newest block; without roots and bloom, if it was not sealed when it was added.
    header: Arc<Header>,
    /// Hash of the block of `base`.
    base_hash: B256,
    /// Executed on it, oldest first.
    blocks: Vec<Pending>,
}

impl View {
    /// The state after block `number` of the store.
    ///
    /// # Errors
    /// [`StorageError::NoState`] if it is not kept.
    pub fn at(base: Reader, number: u64) -> Result<Self, StorageError> {
        base.check_state(number)?;
        let header = base.header(number)?;
        let (base_hash, header) = header.ok_or_else(|| StorageError::corrupt("no header"))?;
        Ok(Self { base, at: number, header: Arc::new(header), base_hash, blocks: Vec::new() })
    }

    /// The state after `block`, which was executed on this one.
    ///
    /// # Errors
    /// [`StorageError::Mismatch`] if its parent is another.
    pub fn with(&self, block: Arc<ExecutedBlock>) -> Result<Self, StorageError> {
        let header = &block.block.header;
        if header.parent_hash != self.sealed_hash()? {
            return Err(StorageError::Mismatch(format!(
                "block {} has another parent",
                header.number
            )));
        }
        let mut next = self.clone();
        next.header = Arc::new(header.clone());
        next.blocks.push(Pending {
            number: header.number,
            first_transaction: block.block.transactions.first().cloned(),
            changes: block.changes.clone(),
            sealing: Sealing::done(block),
        });
        Ok(next)
    }

    /// The state after `block`, which was built on this one and is being sealed.
    pub(crate) fn ahead(&self, block: &UnsealedBlock, sealing: Sealing) -> Self {
        let mut next = self.clone();
        next.header = Arc::new(block.header().clone());
        next.blocks.push(Pending {
            number: block.header().number,
            first_transaction: block.transactions().first().cloned(),
            changes: block.changes().clone(),
            sealing,
        });
        next
    }

    /// The same state over what the store holds now, without the blocks that it has by now.
    /// The view itself where the store's chain is another.
    pub fn rebased(&self, newer: Reader) -> Result<Self, StorageError> {
        let stored = newer.head();
        let on_the_way = self.blocks.iter().find(|block| block.number == stored);
        // What is stored was sealed: nobody is waited for.
        let hash = on_the_way.map(|block| block.sealing.hash()).transpose()?;
        if hash != Some(newer.head_hash()) {
            return Ok(self.clone());
        }
        let above = |block: &&Pending| block.number > stored;
        let blocks: Vec<_> = self.blocks.iter().filter(above).cloned().collect();
        if blocks.is_empty() {
            return Self::at(newer, stored); // by now the header is whole
        }
        let base_hash = newer.head_hash();
        Ok(Self { base: newer, at: stored, base_hash, blocks, header: self.header.clone() })
    }

    /// The block's header. Of a block that was not sealed when this view was made, roots, bloom
    /// and what follows from them are missing: [`Self::sealed`] has them.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The block's hash, and its header with all its roots; waits until it is sealed.
    ///
    /// # Errors
    /// [`StateError`] if its roots could not be computed.
    pub fn sealed(&self) -> Result<(B256, Header), StateError> {
        match self.blocks.last() {
            None => Ok((self.base_hash, (*self.header).clone())),
            Some(block) => {
                let executed = block.sealing.wait()?;
                Ok((executed.hash, executed.block.header.clone()))
            }
        }
    }

    /// The block's hash; waits until it is sealed.
    ///
    /// # Errors
    /// [`StateError`] if its roots could not be computed.
    pub fn sealed_hash(&self) -> Result<B256, StateError> {
        self.blocks.last().map_or(Ok(self.base_hash), |block| block.sealing.hash())
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
            return Ok(block.first_transaction.clone());
        }
        let stored = self.base.block(self.at)?;
        let stored = stored.ok_or_else(|| StorageError::corrupt("no block of the view"))?;
        Ok(stored.block.transactions.into_iter().next())
    }

    /// What the blocks changed that this view holds and its store did not, oldest first.
    pub(crate) fn pending_changes(&self) -> impl Iterator<Item = &StateChanges> {
        self.blocks.iter().map(|block| &*block.changes)
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

    /// This state, to execute blocks on that are never kept.
    ///
    /// # Errors
    /// [`StorageError::TooFarForProof`] if too much changed between the block and the stored trie.
    pub fn scratch(&self) -> Result<ScratchState, StorageError> {
        ScratchState::of(self.clone())
    }

    /// Trie nodes and code of this state: what a witness of the block after it is made of.
    ///
    /// # Errors
    /// [`StorageError::TooFarForProof`] if too much changed since, or if the state cannot be read.
    pub fn preimages(&self) -> Result<roots::Preimages, StorageError> {
        roots::preimages(self)
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
            let pending = self.blocks.iter().find(|block| block.number == number);
            return pending.ok_or(StateError::MissingHeader(number))?.sealing.hash();
        }
        self.base.block_hash(number)
    }
}
