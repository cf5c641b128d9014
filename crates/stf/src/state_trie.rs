//! The state as Ethereum commits to it: a trie of accounts by the hash of their address, each with
//! the root of its own trie of storage slots (Yellow Paper, section 4.1).

use crate::{
    state::{Account, AccountChange, Roots, StateChanges, StateError},
    trie::{Census, NodeChanges, NodeSource, Trie},
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};

/// A storage trie in use.
#[derive(Debug, Clone)]
struct Storage {
    trie: Trie,
    /// [`StateTrie::now`] when it was last used.
    used: u64,
}

/// The state trie and the storage tries of accounts in use, loaded as far as they are used.
#[derive(Debug, Clone)]
pub struct StateTrie {
    accounts: Trie,
    storages: BTreeMap<Address, Storage>,
    /// Counts the calls of [`Self::shrink`].
    now: u64,
    /// Accounts that lost all storage since the last call of [`Self::take_changes`], or may have.
    wiped: BTreeSet<Address>,
}

impl StateTrie {
    /// The state with this root, nothing of it loaded.
    pub fn from_root(root: B256) -> Self {
        Self {
            accounts: Trie::from_root(root),
            storages: BTreeMap::new(),
            now: 0,
            wiped: BTreeSet::new(),
        }
    }

    /// The account, or `None` where there is none.
    pub fn account(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
    ) -> Result<Option<Account>, StateError> {
        let leaf = self.leaf(source, address, keccak256(address))?;
        Ok(leaf.map(|leaf| Account {
            nonce: leaf.nonce,
            balance: leaf.balance,
            code_hash: leaf.code_hash,
        }))
    }

    /// The value of a storage slot; zero where nothing was stored.
    pub fn storage(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        slot: U256,
    ) -> Result<U256, StateError> {
        let trie = self.storage_trie(source, address, keccak256(address))?;
        match trie.get(source, hashed_slot(slot))? {
            None => Ok(U256::ZERO),
            Some(value) => {
                alloy_rlp::decode_exact(value).map_err(|_| StateError::BadSlot { address, slot })
            }
        }
    }

    /// Applies changes and gives the roots afterwards, with the storage root of `storage_of`.
    /// Applying the same changes again changes nothing more.
    pub fn apply(
        &mut self,
        source: &dyn NodeSource,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        let mut leaves = Vec::with_capacity(changes.accounts.len());
        for (address, change) in &changes.accounts {
            let key = keccak256(address);
            let leaf = self.changed_leaf(source, *address, key, change)?;
            leaves.push((key, leaf.map(alloy_rlp::encode)));
        }
        self.accounts.update(source, leaves)?;
        let storage = match storage_of {
            Some(address) => Some(self.storage_trie(source, address, keccak256(address))?.root()),
            None => None,
        };
        Ok(Roots { state: self.accounts.root(), storage })
    }

    /// What a store of nodes must do to hold the state as it is now; all of it counts as stored from here on.
    pub fn take_changes(&mut self) -> NodeChanges {
        let wiped = core::mem::take(&mut self.wiped).into_iter().collect();
        let mut changes = NodeChanges { wiped, ..NodeChanges::default() };
        for Storage { trie, .. } in self.storages.values_mut() {
            trie.append_changes(&mut changes);
        }
        self.accounts.append_changes(&mut changes);
        changes
    }

    /// The new nodes of [`Self::take_changes`] by hash, for a store that never deletes.
    pub fn take_new_nodes(&mut self) -> Vec<(B256, Bytes)> {
        self.take_changes().into_new_by_hash()
    }

    /// Lets go of what is loaded `levels` or more steps below each root; after changes,
    /// [`Self::take_changes`] comes first.
    pub fn forget(&mut self, levels: usize) {
        self.accounts.forget(levels);
        self.storages.values_mut().for_each(|storage| {
            storage.trie.forget(levels);
        });
        self.storages.retain(|_, storage| !storage.trie.is_bare());
    }

    /// Lets go of stored nodes until at most `max_nodes` are in memory, or only those that are not stored; gives how
    /// many may be left. First go the storage tries that were not used since the last call, those longest unused before
    /// others; then the lowest levels of all tries.
    ///
    /// To be called often: it looks at nodes only when there may be too many, and then makes room for a fourth of
    /// `max_nodes`, so each look is paid for by as many nodes that were loaded. After changes, [`Self::take_changes`]
    /// comes first: until the source has them, nothing that is new can go.
    pub fn shrink(&mut self, max_nodes: usize) -> usize {
        self.now = self.now.saturating_add(1);
        if self.nodes_at_most() > max_nodes {
            let room = max_nodes.saturating_sub(max_nodes / 4);
            self.drop_unused(room);
            if self.nodes_at_most() > room {
                self.drop_levels(room);
            }
        }
        self.nodes_at_most()
    }

    /// Every storage trie counts as one node more, as it has a place of its own.
    fn nodes_at_most(&self) -> usize {
        let nodes = |storage: &Storage| storage.trie.nodes_at_most().saturating_add(1);
        let storages = self.storages.values().map(nodes);
        storages.fold(self.accounts.nodes_at_most(), usize::saturating_add)
    }

    /// Drops storage tries that were not used lately, until at most `room` nodes are left.
    fn drop_unused(&mut self, room: usize) {
        let mut excess = self.nodes_at_most().saturating_sub(room);
        let recent = self.now.saturating_sub(1);
        let unused = self.storages.iter().filter(|(_, storage)| storage.used < recent);
        let mut unused: Vec<_> =
            unused.map(|(address, storage)| (storage.used, *address)).collect();
        unused.sort_unstable();
        for (_, address) in unused {
            if excess == 0 {
                return;
            }
            let Some(storage) = self.storages.get_mut(&address) else { continue };
            let before = storage.trie.nodes_at_most();
            let after = storage.trie.forget(0);
            excess = excess.saturating_sub(before.saturating_sub(after));
            if storage.trie.is_bare() {
                excess = excess.saturating_sub(1);
                self.storages.remove(&address);
            }
        }
    }

    /// Drops the lowest levels of all tries, as many as needed for at most `room` nodes.
    fn drop_levels(&mut self, room: usize) {
        let mut census = Census::new();
        self.accounts.count(&mut census);
        self.storages.values_mut().for_each(|storage| storage.trie.count(&mut census));
        let places = self.storages.len();
        self.forget(census.levels_within(room.saturating_sub(places)));
    }

    /// Proofs of an account and of slots of its storage, as `eth_getProof` gives them (EIP-1186).
    pub fn prove(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        slots: &[U256],
    ) -> Result<AccountProof, StateError> {
        let leaf = self.leaf(source, address, keccak256(address))?.unwrap_or_default();
        let proof = self.accounts.prove(source, keccak256(address))?;
        let trie = self.storage_trie(source, address, keccak256(address))?;
        let prove = |slot: &U256| trie.prove(source, hashed_slot(*slot));
        let storage = slots.iter().map(prove).collect::<Result<_, _>>()?;
        Ok(AccountProof { storage_root: leaf.storage_root, account: proof, storage })
    }

    fn leaf(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
    ) -> Result<Option<TrieAccount>, StateError> {
        let Some(value) = self.accounts.get(source, key)? else { return Ok(None) };
        let leaf = alloy_rlp::decode_exact(value).map_err(|_| StateError::BadAccount(address))?;
        Ok(Some(leaf))
    }

    fn storage_root(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
    ) -> Result<B256, StateError> {
        Ok(self.leaf(source, address, key)?.map_or(EMPTY_ROOT_HASH, |leaf| leaf.storage_root))
    }

    fn storage_trie(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
    ) -> Result<&mut Trie, StateError> {
        if !self.storages.contains_key(&address) {
            let root = self.storage_root(source, address, key)?;
            self.keep(address, Trie::from_root(root));
        }
        let empty = || Storage { trie: Trie::empty().owned_by(address), used: 0 };
        let storage = self.storages.entry(address).or_insert_with(empty);
        storage.used = self.now;
        Ok(&mut storage.trie)
    }

    fn keep(&mut self, address: Address, trie: Trie) {
        self.storages.insert(address, Storage { trie: trie.owned_by(address), used: self.now });
    }

    /// Makes the account's storage empty. Nothing is noted where there was none, which is what most wipes are: they come
    /// with every contract that is created.
    fn wipe(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
    ) -> Result<(), StateError> {
        let root = self.storage_root(source, address, key)?;
        if self.storages.remove(&address).is_some() || root != EMPTY_ROOT_HASH {
            self.wiped.insert(address);
        }
        Ok(())
    }

    fn changed_leaf(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
        change: &AccountChange,
    ) -> Result<Option<TrieAccount>, StateError> {
        let wiped = change.storage_wiped || change.account.is_none();
        if wiped {
            self.wipe(source, address, key)?;
        }
        let Some(Account { nonce, balance, code_hash }) = change.account else { return Ok(None) };
        let storage_root = match (change.storage.is_empty(), wiped) {
            (true, true) => EMPTY_ROOT_HASH,
            // Most accounts have no storage, or none that changed: no trie is kept for them.
            (true, false) => match self.storages.get_mut(&address) {
                Some(storage) => storage.trie.root(),
                None => self.storage_root(source, address, key)?,
            },
            (false, _) => {
                if wiped {
                    self.keep(address, Trie::empty());
                }
                self.changed_storage(source, address, key, &change.storage)?
            }
        };
        Ok(Some(TrieAccount { nonce, balance, storage_root, code_hash }))
    }

    /// The storage root after changes.
    fn changed_storage(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
        changes: &BTreeMap<U256, U256>,
    ) -> Result<B256, StateError> {
        let slots = changes.iter().map(|(slot, value)| {
            (hashed_slot(*slot), (!value.is_zero()).then(|| alloy_rlp::encode(value)))
        });
        let trie = self.storage_trie(source, address, key)?;
        trie.update(source, slots)?;
        Ok(trie.root())
    }
}

/// Proofs of an account and of slots of its storage (EIP-1186).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountProof {
    /// Root of the account's storage trie.
    pub storage_root: B256,
    /// Nodes from the state root down to the account, or to where its absence shows.
    pub account: Vec<Bytes>,
    /// For each slot that was asked for, nodes from the storage root down.
    pub storage: Vec<Vec<Bytes>>,
}

fn hashed_slot(slot: U256) -> B256 {
    keccak256(B256::from(slot))
}

#[cfg(test)]
mod tests;
