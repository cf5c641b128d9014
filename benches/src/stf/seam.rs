//! The measurement of `seam-stf` over `seam-storage`'s store in memory.

use super::{Prepared, Times, World, world};
use crate::clock::timed;
use alloy_primitives::{Address, B256, Bytes, U256};
use anyhow::{Result, ensure};
use seam_stf::{
    Account, BlockBuilder, ExecutedBlock, StateChanges, StateCommitment, StateError, StateReader,
    block::recover_senders, state::Roots,
};
use seam_storage::MemoryStore;
use std::time::Duration;

/// A store that counts the time its roots take.
#[derive(Debug)]
struct Watched<'a> {
    store: &'a mut MemoryStore,
    roots: &'a mut Duration,
}

impl StateReader for Watched<'_> {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.store.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.store.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.store.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.store.block_hash(number)
    }
}

impl StateCommitment for Watched<'_> {
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        timed(self.roots, || self.store.roots_after(changes, storage_of))
    }
}

/// Executes the blocks one after the other from the state after the set-up.
pub(super) fn measure(world: &World, blocks: &[Prepared], times: &mut Times) -> Result<()> {
    let mut store = world.store();
    for block in blocks {
        let executed = build(world, block, &mut store, times)?;
        ensure!(executed.hash == block.hash, "the block came out differently");
        world::ensure_success(&executed)?;
        timed(&mut times.keeping, || store.commit(&executed))?;
    }
    Ok(())
}

/// What `build_block` does, with a look at the clock between its parts.
fn build(
    world: &World,
    block: &Prepared,
    store: &mut MemoryStore,
    times: &mut Times,
) -> Result<ExecutedBlock> {
    let (parent, attributes) = (store.head().clone(), block.attributes.clone());
    let unrecovered = block.unrecovered();
    let transactions = timed(&mut times.recovery, || recover_senders(unrecovered))?;
    let mut roots = Duration::ZERO;
    let reader = Watched { store, roots: &mut roots };
    let builder = timed(&mut times.execution, || {
        let mut builder = BlockBuilder::new(&world.rules, &parent, attributes, reader)?;
        for transaction in transactions {
            builder.push(transaction)?;
        }
        Ok::<_, anyhow::Error>(builder)
    })?;
    let mut finish = Duration::ZERO;
    let executed = timed(&mut finish, || builder.finish())?;
    times.state_root += roots;
    times.sealing += finish.saturating_sub(roots);
    Ok(executed)
}
