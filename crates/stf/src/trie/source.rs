//! Between a trie and what keeps its nodes: loading, handing out, letting go.

use super::{
    cursor::Cursor,
    decode::decode,
    error::{SourceError, TrieError},
    node::{Node, State},
};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{B256, Bytes};

/// Where the nodes of a trie come from: a witness, a database, a proof.
///
/// SOUNDNESS: whoever implements this guarantees that the bytes returned for `hash` have that keccak256. The trie does
/// not hash what it loads, so a source over data from outside checks every node once, when it takes it in.
pub trait NodeSource {
    /// The encoding of the node with this hash; `None` if the source has no such node.
    ///
    /// # Errors
    /// When the source cannot tell, as when a database read fails.
    fn node(&self, hash: B256) -> Result<Option<Bytes>, SourceError>;
}

/// Nodes by hash, in memory. An empty map is the source of a trie that starts empty.
impl NodeSource for BTreeMap<B256, Bytes> {
    fn node(&self, hash: B256) -> Result<Option<Bytes>, SourceError> {
        Ok(self.get(&hash).cloned())
    }
}

/// Puts the node itself where only its hash was.
pub(super) fn load(node: &mut Node, source: &dyn NodeSource, at: &Cursor) -> Result<(), TrieError> {
    let Node::Hash(hash) = *node else {
        return Ok(());
    };
    let bytes = source.node(hash).map_err(|error| TrieError::Source { hash, error })?;
    let bytes = bytes.ok_or_else(|| TrieError::MissingNode { hash, path: at.walked() })?;
    *node = decode(hash, &bytes, at.depth(), at.allowed())
        .map_err(|reason| TrieError::BadNode { hash, path: at.walked(), reason })?;
    Ok(())
}

/// Appends the hashed nodes of a sealed subtree that are not stored, children first, and makes them stored.
pub(super) fn collect(node: &mut Node, buffer: &mut Vec<u8>, out: &mut Vec<(B256, Bytes)>) {
    let Some(State::Fresh(reference)) = node.state() else {
        return;
    };
    let reference = reference.clone();
    for child in node.children() {
        collect(child, buffer, out);
    }
    if let Some(hash) = reference.as_hash() {
        buffer.clear();
        node.encode(buffer);
        out.push((hash, Bytes::copy_from_slice(buffer)));
    }
    node.set_state(State::Stored(reference));
}

/// Turns the stored nodes `keep` or more steps below `node` back into their hashes; gives the number of nodes left.
pub(super) fn forget(node: &mut Node, keep: usize) -> usize {
    let Some(state) = node.state() else { return 0 };
    if let (0, State::Stored(reference)) = (keep, state)
        && let Some(hash) = reference.as_hash()
    {
        *node = Node::Hash(hash);
        return 0;
    }
    let below = keep.saturating_sub(1);
    let children = node.children().iter_mut().map(|child| forget(child, below));
    children.fold(1, usize::saturating_add)
}

/// The encoding of a node whose children are sealed.
pub(super) fn encoded(node: &Node) -> Bytes {
    let mut bytes = Vec::new();
    node.encode(&mut bytes);
    bytes.into()
}
