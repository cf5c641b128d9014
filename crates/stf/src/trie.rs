//! The Merkle-Patricia trie of Ethereum over 32-byte keys, loaded as far as it is used.
//!
//! One structure serves three uses, which differ only in where the nodes come from ([`NodeSource`]):
//!
//! | use | source | what it does |
//! |---|---|---|
//! | state under an execution witness | nodes by hash | a node that is not there is an error that names it |
//! | state root over a database | the database | [`Trie::take_new_nodes`] to store, [`Trie::forget`] to bound memory |
//! | proofs | either; or the proof itself | [`Trie::prove`], [`verify_proof`] |
//!
//! Keys are hashed already (keccak256 of an address or a storage slot), so all are 64 nibbles long and no branch has a
//! value. Values are the RLP of an account or of a storage word, and never empty. Every node that is loaded is held to
//! the one canonical encoding ([`NodeFault`] lists what is refused), and no input panics or recurses more than 64 deep.
//!
//! To record the witness of some reads and changes, make them on a trie fresh [from the root](Trie::from_root) with a
//! source that notes what it is asked for: every node is asked for at most once, and only if it is needed.

mod cursor;
mod decode;
mod edit;
mod error;
mod node;
mod proof;
mod source;
#[cfg(test)]
mod tests;

pub use error::{NodeFault, ProofError, SourceError, TrieError};
pub use proof::verify_proof;
pub use source::NodeSource;

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};
use alloy_trie::EMPTY_ROOT_HASH;
use cursor::Cursor;
use node::Node;

/// A trie of which the nodes needed so far are in memory.
///
/// All operations on one trie must be given a source of the same trie's nodes. After an error the trie is what it was
/// before the operation, so it may be repeated when the source has the node.
#[derive(Debug, Clone, Default)]
pub struct Trie {
    root: Node,
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
        Self { root, buffer: Vec::new() }
    }

    /// The value at `key`, which is hashed already; `None` if the trie has no such key.
    ///
    /// # Errors
    /// [`TrieError`] if a node on the way to the key cannot be loaded.
    pub fn get(&mut self, source: &dyn NodeSource, key: B256) -> Result<Option<&[u8]>, TrieError> {
        let (mut node, mut at) = (&mut self.root, Cursor::new(key));
        loop {
            source::load(node, source, &at)?;
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
        edit::insert(&mut self.root, source, Cursor::new(key), value)
    }

    /// Removes `key`, which is hashed already; `false` if the trie has no such key.
    ///
    /// Where that leaves a branch with one child, the child is loaded, as it may have to be encoded anew.
    ///
    /// # Errors
    /// [`TrieError`] if a node on the way, or such a child, cannot be loaded.
    pub fn remove(&mut self, source: &dyn NodeSource, key: B256) -> Result<bool, TrieError> {
        edit::remove(&mut self.root, source, Cursor::new(key))
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
        proof::prove(&mut self.root, source, Cursor::new(key))
    }

    /// The nodes with a hash that are in the trie now and came into it since the last call, with their hashes; children
    /// come before their parents and the root last, so a store cut short holds no node without those below it.
    ///
    /// They count as stored from here on. A node may come twice, if it stands at two places or came back. Nodes that
    /// came and went between two calls are not among them: call after every block whose state is to be kept.
    pub fn take_new_nodes(&mut self) -> Vec<(B256, Bytes)> {
        let mut nodes = Vec::new();
        self.append_new_nodes(&mut nodes);
        nodes
    }

    /// [`Self::take_new_nodes`] into a list that has others already.
    pub(crate) fn append_new_nodes(&mut self, nodes: &mut Vec<(B256, Bytes)>) {
        self.root.seal(&mut self.buffer);
        source::collect(&mut self.root, &mut self.buffer, nodes);
    }

    /// Lets go of the loaded nodes `levels` or more steps below the root (0 is the root itself), and gives the number
    /// of nodes still in memory. They are loaded again when needed.
    ///
    /// Only nodes that the source has are let go: after changes, [`Self::take_new_nodes`] comes first.
    pub fn forget(&mut self, levels: usize) -> usize {
        source::forget(&mut self.root, levels)
    }
}
