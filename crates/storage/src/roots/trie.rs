//! The tries of the newest state, rolled from block to block.

use super::{Flush, TrieNodes};
use crate::{
    StoreOptions,
    codec::Changed,
    error::StorageError,
    kv::Snapshot,
    tables::{Table, node_key},
    view::View,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use seam_stf::{
    AccountChange, PreimageSource, StateChanges, StateError, StateReader,
    state::Roots,
    state_trie::{AccountProof, StateTrie},
    trie::{NodePlace, NodeSource, SourceError},
};
use std::collections::{BTreeMap, BTreeSet};

/// Most accounts and slots that may have changed between the stored trie and the block of a proof.
const MAX_PROOF_CHANGES: usize = 500_000;

/// Nodes by their path, each checked against its hash.
#[derive(Debug, Clone)]
struct StoredNodes(Snapshot);

impl NodeSource for StoredNodes {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        let bytes = self.0.get(Table::Nodes, &node_key(at.owner, &at.path));
        let bytes = bytes.map_err(SourceError::new)?;
        // SOUNDNESS: the trie believes what it gets, and one path had many nodes over time.
        Ok(bytes.filter(|bytes| keccak256(bytes) == at.hash).map(Bytes::from))
    }
}

/// The trie of the newest block, or of the one that is being built on it.
#[derive(Debug)]
pub(super) struct HeadTrie {
    options: StoreOptions,
    state: Option<Loaded>,
    /// Why the block that is being built gets no root.
    error: Option<StateError>,
}

#[derive(Debug)]
struct Loaded {
    trie: StateTrie,
    source: StoredNodes,
    /// The block whose state the trie has; `None` while one is being built.
    at: Option<B256>,
    /// The block whose state was written last, and how far that is.
    flushed: u64,
    written: Written,
    /// Accounts and slots changed since.
    changes: usize,
}

/// How far the nodes that were given out last are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Not known to be on disk.
    OnTheWay,
    /// On disk.
    Stored,
    /// On disk, and in the snapshot that is read from.
    Readable,
}

impl HeadTrie {
    pub(super) const fn new(options: StoreOptions) -> Self {
        Self { options, state: None, error: None }
    }

    /// Goes to the state of `view`, which usually is where the last block left the trie.
    pub(super) fn begin(&mut self, view: View) {
        self.error = None;
        let hash = match view.sealed_hash() {
            Ok(hash) => hash,
            Err(error) => {
                self.error = Some(error);
                return;
            }
        };
        match &mut self.state {
            Some(loaded) if loaded.at == Some(hash) => loaded.adopt(&view, self.options.trie_nodes),
            _ => match roll(view, usize::MAX) {
                Ok(loaded) => self.state = Some(loaded),
                Err(error) => {
                    self.state = None;
                    self.error = Some(error.into());
                }
            },
        }
    }

    pub(super) fn prepare(&mut self, changes: &StateChanges) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = self.apply(changes, None) {
            self.error = Some(error);
        }
    }

    /// The roots with `changes`, or with what was prepared.
    pub(super) fn roots(
        &mut self,
        changes: Option<&StateChanges>,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        let nothing = StateChanges::default();
        self.apply(changes.unwrap_or(&nothing), storage_of)
    }

    fn apply(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        let loaded = self.state.as_mut();
        let loaded = loaded.ok_or_else(|| StateError::Database("no block was begun".to_owned()))?;
        loaded.at = None;
        loaded.changes += count(changes);
        loaded.trie.apply(&loaded.source, changes, storage_of)
    }

    /// The trie has the state of this block; gives the nodes to be written with it.
    pub(super) fn sealed(&mut self, hash: B256, number: u64, flush: Flush) -> Option<TrieNodes> {
        let loaded = self.state.as_mut()?;
        loaded.at = Some(hash);
        let due = number >= loaded.flushed.saturating_add(self.options.flush_blocks)
            || loaded.changes >= self.options.flush_changes;
        let wanted = match flush {
            Flush::Now => true,
            Flush::Never => false,
            // Nodes that are still on their way first have to arrive.
            Flush::WhenDue => due && loaded.written != Written::OnTheWay,
        };
        if !wanted {
            return None;
        }
        let changes = loaded.trie.take_changes();
        let since = std::mem::replace(&mut loaded.flushed, number);
        loaded.written = Written::OnTheWay;
        loaded.changes = 0;
        Some(TrieNodes { since, at: hash, changes })
    }

    /// What was given out with block `number` is on disk.
    pub(super) fn stored(&mut self, number: u64) {
        if let Some(loaded) = self.state.as_mut().filter(|loaded| loaded.flushed == number) {
            loaded.written = Written::Stored;
        }
    }
}

impl Loaded {
    /// Reads from a snapshot that has the nodes written last, and only then lets nodes go.
    fn adopt(&mut self, view: &View, max_nodes: usize) {
        let (base, _) = view.base();
        let has_them = base.trie_block().is_ok_and(|stored| stored == self.flushed);
        if self.written == Written::Stored && has_them {
            self.source = StoredNodes(base.snapshot.clone());
            self.trie.shrink(max_nodes);
            self.written = Written::Readable;
        }
    }
}

fn count(changes: &StateChanges) -> usize {
    changes.accounts.values().map(|change| 1 + change.storage.len()).sum()
}

/// The trie of `view`: the stored one, with what changed between its block and that of the view.
/// The values are the view's own, so it is the same forwards and backwards.
fn roll(mut view: View, limit: usize) -> Result<Loaded, StorageError> {
    let (base, at) = view.base();
    let source = StoredNodes(base.snapshot.clone());
    let flushed = base.trie_block()?;
    let stored = base.header(flushed)?;
    let (_, stored) = stored.ok_or_else(|| StorageError::corrupt("no header of the trie"))?;
    let changed = base.changed_between(flushed.min(at), flushed.max(at))?;
    let changes = values_at(&mut view, changed)?;
    if count(&changes) > limit {
        let number = view.number();
        return Err(StorageError::TooFarForProof { number, limit });
    }
    let mut trie = StateTrie::from_root(stored.state_root);
    let root = trie.apply(&source, &changes, None)?.state;
    let (hash, header) = view.sealed()?;
    if root != header.state_root {
        let (number, claimed) = (view.number(), header.state_root);
        return Err(StorageError::corrupt(format!(
            "the state of block {number} has root {root}, its header says {claimed}"
        )));
    }
    let (at, changes) = (Some(hash), count(&changes));
    Ok(Loaded { trie, source, at, flushed, written: Written::Readable, changes })
}

/// Of everything that changed, the value in `view`.
fn values_at(view: &mut View, changed: Vec<Changed>) -> Result<StateChanges, StorageError> {
    let mut keys: BTreeMap<Address, (bool, BTreeSet<U256>)> = BTreeMap::new();
    for Changed { address, slots, .. } in changed {
        keys.entry(address).or_default().1.extend(slots);
    }
    for changes in view.pending_changes() {
        for (address, change) in &changes.accounts {
            let (wiped, slots) = keys.entry(*address).or_default();
            *wiped |= change.storage_wiped || change.account.is_none();
            slots.extend(change.storage.keys());
        }
    }
    let mut changes = StateChanges::default();
    for (address, (storage_wiped, slots)) in keys {
        let account = view.account(address)?;
        let mut storage = BTreeMap::new();
        for slot in slots {
            storage.insert(slot, view.storage(address, slot)?);
        }
        changes.accounts.insert(address, AccountChange { account, storage_wiped, storage });
    }
    Ok(changes)
}

/// A trie of its own, of the state of `view`, for roots of blocks that are never kept.
#[derive(Debug)]
pub(crate) struct ScratchTrie(Loaded);

impl ScratchTrie {
    pub(crate) fn of(view: &View) -> Result<Self, StorageError> {
        roll(view.clone(), MAX_PROOF_CHANGES).map(Self)
    }

    pub(crate) fn apply(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.0.trie.apply(&self.0.source, changes, storage_of)
    }
}

/// Proofs in the state of `view`.
pub(crate) fn prove(
    view: &View,
    address: Address,
    slots: &[U256],
) -> Result<AccountProof, StorageError> {
    let mut loaded = roll(view.clone(), MAX_PROOF_CHANGES)?;
    Ok(loaded.trie.prove(&loaded.source, address, slots)?)
}

/// Trie nodes and code of the state after a block, for a witness.
#[derive(Debug)]
pub struct Preimages {
    /// Nodes that are not in the store, which has those of another block.
    rolled: BTreeMap<B256, Bytes>,
    stored: StoredNodes,
    view: View,
}

impl NodeSource for Preimages {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        match self.rolled.get(&at.hash) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.stored.node(at),
        }
    }
}

impl PreimageSource for Preimages {
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError> {
        match self.view.clone().code(code_hash) {
            Ok(code) => Ok(Some(code)),
            Err(StateError::MissingCode(_)) => Ok(None),
            Err(error) => Err(SourceError::new(error)),
        }
    }
}

/// All that witnesses of blocks on `view` are made of.
pub(crate) fn preimages(view: &View) -> Result<Preimages, StorageError> {
    let mut loaded = roll(view.clone(), MAX_PROOF_CHANGES)?;
    let rolled = loaded.trie.take_new_nodes().into_iter().collect();
    Ok(Preimages { rolled, stored: loaded.source, view: view.clone() })
}

/// The rows of all nodes of the state of `view`, which must be a stored block, from its flat state
/// alone.
pub(crate) fn fresh_nodes(view: &View) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, StorageError> {
    let (base, at) = view.base();
    let mut reading = view.clone();
    let mut changes = StateChanges::default();
    for (address, slots) in base.keys_since(at)? {
        let Some(account) = reading.account(address)? else { continue };
        let mut storage = BTreeMap::new();
        for slot in slots {
            storage.insert(slot, reading.storage(address, slot)?);
        }
        let change = AccountChange { account: Some(account), storage_wiped: false, storage };
        changes.accounts.insert(address, change);
    }
    let nothing: BTreeMap<B256, Bytes> = BTreeMap::new();
    let mut trie = StateTrie::from_root(alloy_trie::EMPTY_ROOT_HASH);
    trie.apply(&nothing, &changes, None)?;
    let nodes = trie.take_changes().new.into_iter();
    Ok(nodes.map(|node| (node_key(node.owner, &node.path), node.bytes.to_vec())).collect())
}
