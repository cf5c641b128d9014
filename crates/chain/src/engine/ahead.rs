//! The state to begin a block on before its parent is sealed.

use super::Recipe;
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_primitives::BlockAttributes;
use seam_stf::{
    Account, ParentSeal, StateChanges, StateCommitment, StateError, StateReader, UnsealedBlock,
    state::Roots,
};
use seam_storage::{BuildState, Flush, FlushAnswer, Sealing, View};
use std::sync::Arc;

/// State to build on, and what the recipe makes of the parent's seal.
#[derive(Debug)]
pub(super) struct Ahead {
    state: BuildState,
    recipe: Arc<dyn Recipe>,
    /// The beacon root of the block's attributes.
    beacon_root: B256,
}

impl Ahead {
    pub(super) fn new(
        state: BuildState,
        recipe: Arc<dyn Recipe>,
        attributes: &BlockAttributes,
    ) -> Self {
        Self { state, recipe, beacon_root: attributes.parent_beacon_block_root }
    }

    pub(super) fn seal(self, block: UnsealedBlock, flush: Flush) -> (View, Sealing, FlushAnswer) {
        self.state.seal(block, flush)
    }
}

impl StateReader for Ahead {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.state.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.state.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.state.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.state.block_hash(number)
    }

    fn parent_seal(&mut self) -> Result<ParentSeal, StateError> {
        let (hash, header) = self.state.view().sealed()?;
        let beacon_root = self.recipe.beacon_root(&header, hash).unwrap_or(self.beacon_root);
        Ok(ParentSeal { hash, beacon_root })
    }
}

impl StateCommitment for Ahead {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        self.state.prepare(changes)
    }
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.state.roots_after(changes, storage_of)
    }
}
