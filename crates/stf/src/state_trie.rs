//! The state as Ethereum commits to it: a trie of accounts by the hash of their address, each with
//! the root of its own trie of storage slots (Yellow Paper, section 4.1).

use crate::{
    state::{Account, AccountChange, Roots, StateChanges, StateError},
    trie::{NodeSource, Trie},
};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, TrieAccount};

/// The state trie and the storage tries of accounts in use, loaded as far as they are used.
#[derive(Debug, Clone)]
pub struct StateTrie {
    accounts: Trie,
    storages: BTreeMap<Address, Trie>,
}

impl StateTrie {
    /// The state with this root, nothing of it loaded.
    pub fn from_root(root: B256) -> Self {
        Self { accounts: Trie::from_root(root), storages: BTreeMap::new() }
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

    /// The nodes that came into the tries since the last call, those of storage first.
    pub fn take_new_nodes(&mut self) -> Vec<(B256, Bytes)> {
        let mut nodes = Vec::new();
        for trie in self.storages.values_mut() {
            trie.append_new_nodes(&mut nodes);
        }
        self.accounts.append_new_nodes(&mut nodes);
        nodes
    }

    /// Lets go of what is loaded `levels` or more steps below each root; after changes,
    /// [`Self::take_new_nodes`] comes first.
    pub fn forget(&mut self, levels: usize) {
        self.accounts.forget(levels);
        self.storages.values_mut().for_each(|trie| {
            trie.forget(levels);
        });
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
            self.storages.insert(address, Trie::from_root(root));
        }
        Ok(self.storages.entry(address).or_default())
    }

    fn changed_leaf(
        &mut self,
        source: &dyn NodeSource,
        address: Address,
        key: B256,
        change: &AccountChange,
    ) -> Result<Option<TrieAccount>, StateError> {
        if change.storage_wiped {
            self.storages.insert(address, Trie::empty());
        }
        let Some(account) = change.account else {
            self.storages.insert(address, Trie::empty());
            return Ok(None);
        };
        let Account { nonce, balance, code_hash } = account;
        // Most accounts have no storage, or none that changed: no trie is kept for them.
        if change.storage.is_empty() && !self.storages.contains_key(&address) {
            let storage_root = self.storage_root(source, address, key)?;
            return Ok(Some(TrieAccount { nonce, balance, storage_root, code_hash }));
        }
        let slots = change.storage.iter().map(|(slot, value)| {
            (hashed_slot(*slot), (!value.is_zero()).then(|| alloy_rlp::encode(value)))
        });
        let trie = self.storage_trie(source, address, key)?;
        trie.update(source, slots)?;
        let storage_root = trie.root();
        Ok(Some(TrieAccount { nonce, balance, storage_root, code_hash }))
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
