//! A chain in memory.

use alloy_primitives::{
    Address, B256, Bytes, U256,
    map::{AddressMap, B256Map, HashMap},
};
use seam_primitives::Header;
use seam_stf::{
    Account, ExecutedBlock, PreimageSource, SealedGenesis, StateChanges, StateCommitment,
    StateError, StateReader,
    state::Roots,
    state_trie::StateTrie,
    trie::{NodePlace, NodeSource, SourceError},
};
use std::collections::BTreeMap;

/// Trie nodes by hash.
#[derive(Debug, Default)]
struct Nodes(B256Map<Bytes>);

impl NodeSource for Nodes {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.get(&at.hash).cloned())
    }
}

#[derive(Debug)]
struct Preimages<'a> {
    nodes: &'a Nodes,
    codes: &'a B256Map<Bytes>,
}

impl NodeSource for Preimages<'_> {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        self.nodes.node(at)
    }
}

impl PreimageSource for Preimages<'_> {
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError> {
        Ok(self.codes.get(&code_hash).cloned())
    }
}

/// A chain in memory: the state of its head, flat for reading and as a trie for its root, and the
/// hashes of all its blocks. Nodes of older states are kept, so memory grows with the chain.
#[derive(Debug)]
pub struct MemoryStore {
    accounts: AddressMap<Account>,
    slots: AddressMap<HashMap<U256, U256>>,
    codes: B256Map<Bytes>,
    hashes: BTreeMap<u64, B256>,
    nodes: Nodes,
    head: Header,
    /// The trie of the head's state, or while `ahead` that with changes not committed.
    trie: StateTrie,
    ahead: Option<Ahead>,
}

/// What the trie holds beyond the head's state, and its root with that.
#[derive(Debug)]
struct Ahead {
    changes: StateChanges,
    root: B256,
}

/// Steps below the root that stay loaded between blocks: 16^5 nodes at most.
const LOADED_LEVELS: usize = 5;

impl MemoryStore {
    /// A chain of only its genesis block.
    pub fn new(genesis: SealedGenesis, state: &StateChanges) -> Self {
        let SealedGenesis { header, nodes } = genesis;
        let mut store = Self {
            accounts: AddressMap::default(),
            slots: AddressMap::default(),
            codes: B256Map::default(),
            hashes: BTreeMap::from([(header.number, header.hash_slow())]),
            nodes: Nodes(nodes.into_iter().collect()),
            trie: StateTrie::from_root(header.state_root),
            ahead: None,
            head: header,
        };
        store.apply(state);
        store
    }

    /// The header of the newest block.
    pub const fn head(&self) -> &Header {
        &self.head
    }

    /// Appends a block that was executed on the head over this store.
    ///
    /// # Errors
    /// [`StateError::HashMismatch`] if its parent is not the head, or its changes do not lead to its
    /// state root. The store is then as before.
    pub fn commit(&mut self, executed: &ExecutedBlock) -> Result<(), StateError> {
        let header = &executed.block.header;
        let (claimed, actual) = (header.parent_hash, self.head.hash_slow());
        if claimed != actual {
            return Err(StateError::HashMismatch { claimed, actual });
        }
        let computed = self.advance(&executed.changes)?;
        if computed != header.state_root {
            self.rewind();
            return Err(StateError::HashMismatch { claimed: header.state_root, actual: computed });
        }
        self.nodes.0.extend(self.trie.take_new_nodes());
        self.trie.forget(LOADED_LEVELS);
        self.apply(&executed.changes);
        self.hashes.insert(header.number, executed.hash);
        self.head = header.clone();
        self.ahead = None;
        Ok(())
    }

    /// What a witness of the next block is made of: trie nodes and code.
    pub fn preimages(&self) -> impl PreimageSource + std::fmt::Debug {
        Preimages { nodes: &self.nodes, codes: &self.codes }
    }

    /// Every account of the head's state, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = (Address, Account)> {
        self.accounts.iter().map(|(address, account)| (*address, *account))
    }

    /// Puts the trie to the head's state with `changes`, which is usually where the block's builder
    /// left it; gives the root.
    fn advance(&mut self, changes: &StateChanges) -> Result<B256, StateError> {
        match &self.ahead {
            Some(ahead) if ahead.changes == *changes => Ok(ahead.root),
            _ => Ok(self.roots_after(changes, None)?.state),
        }
    }

    /// Puts the trie back to the head's state.
    fn rewind(&mut self) {
        self.trie = StateTrie::from_root(self.head.state_root);
        self.ahead = None;
    }

    fn apply(&mut self, changes: &StateChanges) {
        for (address, change) in &changes.accounts {
            match change.account {
                Some(account) => self.accounts.insert(*address, account),
                None => self.accounts.remove(address),
            };
            if change.storage_wiped || change.account.is_none() {
                self.slots.remove(address);
            }
            if change.account.is_some() && !change.storage.is_empty() {
                self.slots.entry(*address).or_default().extend(&change.storage);
            }
        }
        self.codes.extend(changes.codes.clone());
    }
}

impl StateReader for MemoryStore {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        Ok(self.accounts.get(&address).copied())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        let value = self.slots.get(&address).and_then(|slots| slots.get(&slot));
        Ok(value.copied().unwrap_or_default())
    }

    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.codes.get(&code_hash).cloned().ok_or(StateError::MissingCode(code_hash))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.hashes.get(&number).copied().ok_or(StateError::MissingHeader(number))
    }
}

impl StateCommitment for MemoryStore {
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        // Changes of a block that was not committed must not shine through.
        if self.ahead.is_some() {
            self.rewind();
        }
        let roots = self.trie.apply(&self.nodes, changes, storage_of);
        match &roots {
            Ok(roots) => {
                self.ahead = Some(Ahead { changes: changes.clone(), root: roots.state });
            }
            Err(_) => self.rewind(), // it may have been applied in part
        }
        roots
    }
}

#[cfg(test)]
mod tests;
