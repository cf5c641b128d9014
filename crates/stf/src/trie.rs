//! The Merkle-Patricia trie of Ethereum over 32-byte keys, loaded as far as it is used.
//!
//! One structure serves three uses, which differ only in where the nodes come from ([`NodeSource`]):
//!
//! | use | source | what it does |
//! |---|---|---|
//! | state under an execution witness | nodes by hash | a node that is not there is an error that names it |
//! | state root over a database | nodes by path or by hash | [`Trie::take_changes`] to store, [`Trie::forget`] to bound memory |
//! | proofs | either; or the proof itself | [`Trie::prove`], [`verify_proof`] |
//!
//! Keys are hashed already (keccak256 of an address or a storage slot), so all are 64 nibbles long and no branch has a
//! value. Values are the RLP of an account or of a storage word, and never empty. Every node that is loaded is held to
//! the one canonical encoding ([`NodeFault`] lists what is refused), and no input panics or recurses more than 64 deep.
//!
//! To record the witness of some reads and changes, make them on a trie fresh [from the root](Trie::from_root) with a
//! source that notes what it is asked for: every node is asked for at most once, and only if it is needed.

mod changes;
mod cursor;
mod decode;
mod edit;
mod error;
mod node;
mod proof;
mod source;
#[cfg(test)]
mod tests;

pub use changes::{NewNode, NodeChanges, NodeKey};
pub use error::{NodeFault, ProofError, SourceError, TrieError};
pub use nybbles::Nibbles;
pub use proof::verify_proof;
pub(crate) use source::Census;
pub use source::{NodePlace, NodeSource};

use alloc::{collections::BTreeSet, vec::Vec};
use alloy_primitives::{Address, B256, Bytes};
use alloy_trie::EMPTY_ROOT_HASH;
use changes::Taking;
use cursor::Cursor;
use node::Node;
use source::Loader;

/// A trie of which the nodes needed so far are in memory.
///
/// All operations on one trie must be given a source of the same trie's nodes. After an error the trie is what it was
/// before the operation, so it may be repeated when the source has the node.
#[derive(Debug, Clone, Default)]
pub struct Trie {
    root: Node,
    /// The account whose storage this is; `None` in the state trie.
    owner: Option<Address>,
    /// Paths that lost their node since the last call of [`Self::take_changes`], or may have.
    gone: BTreeSet<Nibbles>,
    /// Nodes in memory, or more than those: what goes with a change is not subtracted.
    nodes: usize,
    /// Scratch space for encoding, kept for its capacity.
    buffer: Vec<u8>,
}

impl Trie {
    /// The trie without keys.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The trie with this root, nothing of it loaded.
    pub fn from_root(root: B256) -> Self {
        let root = if root == EMPTY_ROOT_HASH { Node::Empty } else { Node::Hash(root) };
        Self { root, ..Self::default() }
    }

    /// The same trie as the storage of this account, which its nodes are asked for and handed out with.
    pub fn owned_by(self, account: Address) -> Self {
        Self { owner: Some(account), ..self }
    }

    /// The value at `key`, which is hashed already; `None` if the trie has no such key.
    ///
    /// # Errors
    /// [`TrieError`] if a node on the way to the key cannot be loaded.
    pub fn get(&mut self, source: &dyn NodeSource, key: B256) -> Result<Option<&[u8]>, TrieError> {
        let mut loader = Loader { source, owner: self.owner, nodes: &mut self.nodes };
        let (mut node, mut at) = (&mut self.root, Cursor::new(key));
        loop {
            loader.load(node, &at)?;
            match node {
                Node::Empty | Node::Hash(_) => return Ok(None),
                Node::Leaf(leaf) => {
                    return Ok((leaf.path == at.rest()).then_some(leaf.value.as_slice()));
                }
                Node::Extension(extension) => match at.through(&extension.path) {
                    None => return Ok(None),
                    Some(below) => (node, at) = (&mut extension.child, below),
                },
                Node::Branch(branch) => {
                    let (nibble, below) = at.step();
                    (node, at) = (branch.child(nibble), below);
                }
            }
        }
    }

    /// Sets `key`, which is hashed already, to `value`; `false` if that is the value it had.
    ///
    /// # Errors
    /// [`TrieError::EmptyValue`] if the value is empty; any other if a node on the way cannot be loaded.
    pub fn insert(
        &mut self,
        source: &dyn NodeSource,
        key: B256,
        value: &[u8],
    ) -> Result<bool, TrieError> {
        if value.is_empty() {
            return Err(TrieError::EmptyValue { key });
        }
        let mut loader = Loader { source, owner: self.owner, nodes: &mut self.nodes };
        edit::insert(&mut self.root, &mut loader, Cursor::new(key), value)
    }

    /// Removes `key`, which is hashed already; `false` if the trie has no such key.
    ///
    /// Where that leaves a branch with one child, the child is loaded, as it may have to be encoded anew.
    ///
    /// # Errors
    /// [`TrieError`] if a node on the way, or such a child, cannot be loaded.
    pub fn remove(&mut self, source: &dyn NodeSource, key: B256) -> Result<bool, TrieError> {
        let mut loader = Loader { source, owner: self.owner, nodes: &mut self.nodes };
        edit::remove(&mut self.root, &mut loader, Cursor::new(key), &mut self.gone)
    }

    /// Makes many changes: sets the keys that come with a value, then removes those that come without.
    ///
    /// In this order a child beside a removed key is loaded only if the changes as a whole need it, whatever order they
    /// come in (but a key may come only once): the witness of a block is the least, and the same for all who make it.
    ///
    /// # Errors
    /// As [`Self::insert`] and [`Self::remove`]. Changes before the one that failed are made and those after are not;
    /// to make all of them again is harmless.
    pub fn update<V: AsRef<[u8]>>(
        &mut self,
        source: &dyn NodeSource,
        changes: impl IntoIterator<Item = (B256, Option<V>)>,
    ) -> Result<(), TrieError> {
        let mut removed = Vec::new();
        for (key, value) in changes {
            match value {
                Some(value) => self.insert(source, key, value.as_ref()).map(drop)?,
                None => removed.push(key),
            }
        }
        removed.into_iter().try_for_each(|key| self.remove(source, key).map(drop))
    }

    /// The root hash; what did not change since the last call is not hashed again.
    pub fn root(&mut self) -> B256 {
        self.root.seal(&mut self.buffer);
        // A root is never shorter than its hash, as each key below has 32 bytes: only nothing has no hash.
        self.root.reference().as_hash().unwrap_or(EMPTY_ROOT_HASH)
    }

    /// The EIP-1186 proof of what is at `key`, which is hashed already: the nodes from the root down to the key or to
    /// where its absence shows. Nodes inside their parent are not listed; the proof in an empty trie has no node.
    ///
    /// # Errors
    /// [`TrieError`] if a node on the way cannot be loaded.
    pub fn prove(&mut self, source: &dyn NodeSource, key: B256) -> Result<Vec<Bytes>, TrieError> {
        self.root.seal(&mut self.buffer);
        let loader = Loader { source, owner: self.owner, nodes: &mut self.nodes };
        proof::prove(&mut self.root, loader, Cursor::new(key))
    }

    /// What a store of this trie's nodes must do to hold the trie as it is now; children come before their parents and
    /// the root last, so a store by hash that is cut short holds no node without those below it.
    ///
    /// New nodes count as stored from here on. By hash, a node may come twice, if it stands at two places or came back.
    /// Nodes that came and went between two calls are not among them: a store by hash that keeps old states calls this
    /// after every block.
    pub fn take_changes(&mut self) -> NodeChanges {
        let mut changes = NodeChanges::default();
        self.append_changes(&mut changes);
        changes
    }

    /// The new nodes of [`Self::take_changes`] by hash, for a store that never deletes.
    pub fn take_new_nodes(&mut self) -> Vec<(B256, Bytes)> {
        self.take_changes().into_new_by_hash()
    }

    /// [`Self::take_changes`] into a list that has others already.
    pub(crate) fn append_changes(&mut self, out: &mut NodeChanges) {
        self.root.seal(&mut self.buffer);
        let (owner, gone) = (self.owner, core::mem::take(&mut self.gone));
        let mut taking = Taking { owner, gone, buffer: &mut self.buffer, out };
        source::collect(&mut self.root, Nibbles::new(), &mut taking);
        taking.finish();
    }

    /// Lets go of the loaded nodes `levels` or more steps below the root (0 is the root itself), and gives the number
    /// of nodes still in memory. They are loaded again when needed.
    ///
    /// Only nodes that the source has are let go: after changes, [`Self::take_changes`] comes first.
    pub fn forget(&mut self, levels: usize) -> usize {
        self.nodes = source::forget(&mut self.root, levels);
        self.nodes
    }

    /// At least as many as the nodes in memory, without those inside their parent as long as they are as loaded.
    pub(crate) const fn nodes_at_most(&self) -> usize {
        self.nodes
    }

    /// Counts the nodes in memory, to those of other tries.
    pub(crate) fn count(&mut self, census: &mut Census) {
        census.count(&mut self.root, 0);
    }

    /// Whether nothing is known of it but what its root says, and no change is to be taken.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.root, Node::Empty | Node::Hash(_)) && self.gone.is_empty()
    }
}
