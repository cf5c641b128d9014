//! Between a trie and what keeps its nodes: loading, handing out, letting go.

use super::{
    changes::Taking,
    cursor::Cursor,
    decode::decode,
    error::{SourceError, TrieError},
    node::{Node, State},
};
use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::{Address, B256, Bytes};
use nybbles::Nibbles;

/// Which node is asked for: where it stands, and the hash that it has there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePlace {
    /// The account whose storage trie it is of; `None` in the state trie.
    pub owner: Option<Address>,
    /// The nibbles of the keys from the root down to the node.
    pub path: Nibbles,
    /// keccak256 of the node's encoding.
    pub hash: B256,
}

/// Where the nodes of a trie come from: a witness, a database, a proof. A source by hash looks at nothing but the hash.
///
/// SOUNDNESS: whoever implements this guarantees that the bytes returned have the keccak256 that was asked for. The trie
/// does not hash what it loads, so a source over data from outside checks every node once, when it takes it in. A source
/// by path, which keeps one node at a path and replaces it, checks that it is the one asked for: it has no such node, or
/// reports a failure, if the node at the path has another hash.
pub trait NodeSource {
    /// The encoding of the node with this hash at this place; `None` if the source has no such node.
    ///
    /// # Errors
    /// When the source cannot tell, as when a database read fails.
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError>;
}

/// Nodes by hash, in memory. An empty map is the source of a trie that starts empty.
impl NodeSource for BTreeMap<B256, Bytes> {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        Ok(self.get(&at.hash).cloned())
    }
}

/// The source of one trie's nodes.
pub(super) struct Loader<'a> {
    pub(super) source: &'a dyn NodeSource,
    pub(super) owner: Option<Address>,
    /// Counts the nodes that come into memory.
    pub(super) nodes: &'a mut usize,
}

impl Loader<'_> {
    /// Puts the node itself where only its hash was.
    pub(super) fn load(&mut self, node: &mut Node, at: &Cursor) -> Result<(), TrieError> {
        let Node::Hash(hash) = *node else {
            return Ok(());
        };
        let place = NodePlace { owner: self.owner, path: at.walked(), hash };
        let bytes = self.source.node(&place).map_err(|error| TrieError::Source { hash, error })?;
        let bytes = bytes.ok_or(TrieError::MissingNode { hash, path: place.path })?;
        *node = decode(hash, &bytes, at.depth(), at.allowed())
            .map_err(|reason| TrieError::BadNode { hash, path: place.path, reason })?;
        self.count(1);
        Ok(())
    }

    pub(super) const fn count(&mut self, nodes: usize) {
        *self.nodes = self.nodes.saturating_add(nodes);
    }
}

/// Takes the hashed nodes of a sealed subtree at `path` that are not stored, children first, and makes them stored.
/// Those that are inside their parent now may have been stored before, so they are noted as gone.
pub(super) fn collect(node: &mut Node, path: Nibbles, taking: &mut Taking<'_>) {
    let Some(State::Fresh(reference)) = node.state() else {
        return;
    };
    let reference = reference.clone();
    collect_below(node, &path, taking);
    match reference.as_hash() {
        Some(hash) => taking.push(node, path, hash),
        None => drop(taking.gone.insert(path)),
    }
    node.set_state(State::Stored(reference));
}

fn collect_below(node: &mut Node, path: &Nibbles, taking: &mut Taking<'_>) {
    match node {
        Node::Empty | Node::Hash(_) | Node::Leaf(_) => {}
        Node::Extension(extension) => {
            collect(&mut extension.child, path.join(&extension.path), taking);
        }
        Node::Branch(branch) => {
            for (nibble, child) in (0u8..16).zip(&mut branch.children) {
                // Most children are not new: no path is made for those.
                if matches!(child.state(), Some(State::Fresh(_))) {
                    collect(child, path.join(&Nibbles::from_nibbles_unchecked([nibble])), taking);
                }
            }
        }
    }
}

/// Levels that a trie of 32-byte keys can have: from no nibble down to all 64.
pub(super) const LEVELS: usize = 65;

/// Nodes in memory, in one trie or several.
#[derive(Debug, Clone)]
pub(crate) struct Census {
    /// Stored nodes by steps below the root.
    stored: [usize; LEVELS],
    /// Nodes that must stay, as they are nowhere else.
    unstored: usize,
}

impl Census {
    pub(crate) const fn new() -> Self {
        Self { stored: [0; LEVELS], unstored: 0 }
    }

    /// The most levels below the root that can be kept with at most `max` nodes; 0 if that is too many with none.
    pub(crate) fn levels_within(&self, max: usize) -> usize {
        let mut nodes = self.unstored;
        let fits = |level: &&usize| {
            nodes = nodes.saturating_add(**level);
            nodes <= max
        };
        self.stored.iter().take_while(fits).count()
    }

    pub(super) fn count(&mut self, node: &mut Node, level: usize) {
        match node.state() {
            None => return,
            Some(State::Stored(_)) => {
                if let Some(nodes) = self.stored.get_mut(level) {
                    *nodes = nodes.saturating_add(1);
                }
            }
            Some(State::Dirty | State::Fresh(_)) => self.unstored = self.unstored.saturating_add(1),
        }
        let below = level.saturating_add(1);
        node.children().iter_mut().for_each(|child| self.count(child, below));
    }
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
