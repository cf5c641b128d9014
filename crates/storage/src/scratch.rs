//! The state after a block, to execute blocks on that are never kept: simulations, and blocks built for tests.

use crate::{error::StorageError, roots::ScratchTrie, view::View};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_stf::{Account, StateChanges, StateCommitment, StateError, StateReader, state::Roots};

/// Reads from a [`View`]; roots come from a trie of its own, so that nobody else waits.
#[derive(Debug)]
pub struct ScratchState {
    view: View,
    trie: ScratchTrie,
    /// Whether changes were given ahead. Then all are, before the roots are asked for.
    prepared: bool,
}

impl ScratchState {
    pub(crate) fn of(view: View) -> Result<Self, StorageError> {
        let trie = ScratchTrie::of(&view)?;
        Ok(Self { view, trie, prepared: false })
    }
}

impl StateReader for ScratchState {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.view.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.view.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.view.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.view.block_hash(number)
    }
}

impl StateCommitment for ScratchState {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        self.prepared = true;
        self.trie.apply(&changes, None)?;
        Ok(())
    }

    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        let nothing = StateChanges::default();
        self.trie.apply(if self.prepared { &nothing } else { changes }, storage_of)
    }
}
