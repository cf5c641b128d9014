//! The first block of a chain: a header without transactions over a given state.

use crate::{
    block::MESSAGE_PASSER,
    state::{StateChanges, StateError},
    state_trie::StateTrie,
    trie::NodeSource,
};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, EMPTY_ROOT_HASH, Header};
use alloy_eips::{eip1559::INITIAL_BASE_FEE, eip7685::EMPTY_REQUESTS_HASH};
use alloy_primitives::{B256, Bytes};
use seam_primitives::{ChainRules, Fork, OpFork};

/// A sealed genesis block and the trie nodes of its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedGenesis {
    /// The header; its hash is the chain's genesis hash.
    pub header: Header,
    /// Every node of the state trie and of the storage tries, by hash.
    pub nodes: Vec<(B256, Bytes)>,
}

/// Completes the header of block 0: the roots of `state`, and the fields that the forks active at
/// genesis add where `given` lacks them.
pub fn seal_genesis(
    rules: &ChainRules,
    given: Header,
    state: &StateChanges,
) -> Result<SealedGenesis, StateError> {
    let active = |fork| rules.is_active(fork, given.number, given.timestamp);
    let none: &dyn NodeSource = &BTreeMap::new();
    let mut trie = StateTrie::from_root(EMPTY_ROOT_HASH);
    let roots = trie.apply(none, state, Some(MESSAGE_PASSER))?;
    let isthmus = rules.is_op_active(OpFork::Isthmus, given.number, given.timestamp);
    let withdrawals_root = roots.storage.filter(|_| isthmus).unwrap_or(EMPTY_ROOT_HASH);
    let cancun = active(Fork::Cancun);
    let header = Header {
        state_root: roots.state,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        base_fee_per_gas: given
            .base_fee_per_gas
            .or_else(|| active(Fork::London).then_some(INITIAL_BASE_FEE)),
        withdrawals_root: active(Fork::Shanghai).then_some(withdrawals_root),
        blob_gas_used: given.blob_gas_used.or_else(|| cancun.then_some(0)),
        excess_blob_gas: given.excess_blob_gas.or_else(|| cancun.then_some(0)),
        parent_beacon_block_root: cancun.then_some(B256::ZERO),
        requests_hash: active(Fork::Prague).then_some(EMPTY_REQUESTS_HASH),
        ..given
    };
    Ok(SealedGenesis { header, nodes: trie.take_new_nodes() })
}
