//! What changed in a trie since its nodes were last stored.

use super::node::Node;
use alloc::{collections::BTreeSet, vec::Vec};
use alloy_primitives::{Address, B256, Bytes};
use nybbles::Nibbles;

/// What a store of nodes by path must do to hold the trie as it is now: first delete every node of the owners in
/// [`wiped`](Self::wiped), then put [`new`](Self::new) and delete [`gone`](Self::gone), which have no path in common.
///
/// A store by hash only puts [`new`](Self::new).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeChanges {
    /// Nodes that are in a trie now and came into it since the last call. Children come before their parents, a trie's
    /// root last, and the state trie after those of storage. A node may be one that was there before.
    pub new: Vec<NewNode>,
    /// Places at which no hashed node is any more, or never was.
    pub gone: Vec<NodeKey>,
    /// Accounts whose storage was wiped: nothing of it is left, though there may be new nodes.
    pub wiped: Vec<Address>,
}

impl NodeChanges {
    /// The new nodes with their hashes.
    pub fn into_new_by_hash(self) -> Vec<(B256, Bytes)> {
        self.new.into_iter().map(|node| (node.hash, node.bytes)).collect()
    }
}

/// A node that came into a trie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNode {
    /// The account whose storage trie it is of; `None` in the state trie.
    pub owner: Option<Address>,
    /// The nibbles of the keys from the root down to the node.
    pub path: Nibbles,
    /// keccak256 of `bytes`.
    pub hash: B256,
    /// The encoding, 32 bytes or more.
    pub bytes: Bytes,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeKey {
    /// The account whose storage trie it is of; `None` in the state trie.
    pub owner: Option<Address>,
    /// The nibbles of the keys from the root down to the node.
    pub path: Nibbles,
}

/// One trie's changes while they are collected.
pub(super) struct Taking<'a> {
    pub(super) owner: Option<Address>,
    /// Paths that lost their node, or may have.
    pub(super) gone: BTreeSet<Nibbles>,
    /// Scratch space for encoding.
    pub(super) buffer: &'a mut Vec<u8>,
    pub(super) out: &'a mut NodeChanges,
}

impl Taking<'_> {
    /// Takes a node that is not stored yet.
    pub(super) fn push(&mut self, node: &Node, path: Nibbles, hash: B256) {
        self.buffer.clear();
        node.encode(self.buffer);
        // A node may have come to a path that had lost another.
        self.gone.remove(&path);
        let bytes = Bytes::copy_from_slice(self.buffer);
        self.out.new.push(NewNode { owner: self.owner, path, hash, bytes });
    }

    /// Ends the list with the paths that are without a node.
    pub(super) fn finish(self) {
        let owner = self.owner;
        self.out.gone.extend(self.gone.into_iter().map(|path| NodeKey { owner, path }));
    }
}
