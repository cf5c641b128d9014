//! What one core could do: the same transactions, in blocks as large as the node made them, through
//! signature recovery and `stf` over a store in memory. No mempool, no JSON, no disk.

use super::{batches::Signed, ground::Ground};
use crate::{clock::timed, stf::world};
use anyhow::{Result, ensure};
use seam_primitives::Transaction;
use seam_stf::{block::recover_senders, build_block};
use seam_storage::MemoryStore;
use std::time::Duration;

/// Processor time of one thread, over the whole load.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ceiling {
    pub(super) recovery: Duration,
    /// Execution, roots and sealing.
    pub(super) building: Duration,
    pub(super) gas: u64,
}

/// Executes the load in blocks of these sizes from the genesis on.
pub(super) fn measure(ground: &Ground, signed: &[Signed], sizes: &[usize]) -> Result<Ceiling> {
    let chain = &ground.chain;
    let mut store = MemoryStore::new(chain.sealed.clone(), &chain.state);
    let mut ceiling = Ceiling::default();
    let mut rest = signed;
    for size in sizes {
        let (block, after) = rest.split_at(*size);
        rest = after;
        let signed = block.iter().map(|signed| Transaction::Eip1559(signed.inner().clone()));
        let signed: Vec<_> = signed.collect();
        let recovered = timed(&mut ceiling.recovery, || recover_senders(signed))?;
        let parent = store.head().clone();
        let attributes = world::attributes(&parent);
        let executed = timed(&mut ceiling.building, || {
            build_block(&chain.rules, &parent, &attributes, recovered, &mut store)
        })?;
        world::ensure_success(&executed)?;
        ceiling.gas += executed.block.header.gas_used;
        store.commit(&executed)?;
    }
    ensure!(rest.is_empty(), "{} transactions were in no block", rest.len());
    Ok(ceiling)
}
