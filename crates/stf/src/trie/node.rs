//! The nodes of a partially loaded trie, and their encoding (Yellow Paper, appendix D).

use super::cursor;
use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::B256;
use alloy_rlp::{EMPTY_STRING_CODE, Header};
use alloy_trie::nodes::{ExtensionNodeRef, LeafNodeRef, RlpNode};
use core::{array, mem};
use nybbles::Nibbles;

/// A node, or the place of one.
#[derive(Debug, Clone, Default)]
pub(super) enum Node {
    /// Nothing: an empty trie, or no child of a branch here.
    #[default]
    Empty,
    /// A node that is not loaded, by its hash.
    Hash(B256),
    Leaf(Box<Leaf>),
    Extension(Box<Extension>),
    Branch(Box<Branch>),
}

/// What is known of a loaded node's encoding.
///
/// Whoever changes a node makes it and all nodes above it dirty, so under a node that is not dirty none is, and under
/// one that is stored all are.
#[derive(Debug, Clone)]
pub(super) enum State {
    /// Changed since it was last encoded.
    Dirty,
    /// Encoded, with this reference in its parent, and not yet handed out as a new node.
    Fresh(RlpNode),
    /// As `Fresh`, but the source has it, or a caller was given it.
    Stored(RlpNode),
}

/// The end of a key.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) path: Nibbles,
    /// Never empty.
    pub(super) value: Vec<u8>,
    pub(super) state: State,
}

/// Nibbles that all keys below share.
#[derive(Debug, Clone)]
pub(super) struct Extension {
    /// Never empty.
    pub(super) path: Nibbles,
    /// A branch, loaded or not.
    pub(super) child: Node,
    pub(super) state: State,
}

/// A choice of the next nibble.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    /// At least two are not empty.
    pub(super) children: [Node; 16],
    pub(super) state: State,
}

impl Leaf {
    /// Sets the value; `false` if it already was this one.
    pub(super) fn set(&mut self, value: &[u8]) -> bool {
        if self.value == value {
            return false;
        }
        self.value.clear();
        self.value.extend_from_slice(value);
        self.state = State::Dirty;
        true
    }
}

impl Branch {
    /// The child at `nibble`. A nibble is below 16, so the fallback is never taken; it stands where a panic would.
    pub(super) fn child(&mut self, nibble: u8) -> &mut Node {
        let [first, others @ ..] = &mut self.children;
        match usize::from(nibble & 0x0f).checked_sub(1) {
            None => first,
            Some(index) => others.get_mut(index).unwrap_or(first),
        }
    }

    /// The nibble of the one child that would be left without the child at `without`, if one alone would be.
    pub(super) fn last_but(&self, without: u8) -> Option<u8> {
        let mut others = (0u8..16)
            .zip(&self.children)
            .filter(|(nibble, child)| *nibble != without && !matches!(child, Node::Empty));
        match (others.next(), others.next()) {
            (Some((nibble, _)), None) => Some(nibble),
            _ => None,
        }
    }
}

impl Node {
    /// A new leaf.
    pub(super) fn leaf(path: Nibbles, value: Vec<u8>) -> Self {
        Self::Leaf(Box::new(Leaf { path, value, state: State::Dirty }))
    }

    /// A new branch of two children, under a new extension if they share a part of the path.
    pub(super) fn fork(shared: Nibbles, one: (u8, Self), other: (u8, Self)) -> Self {
        let children = array::from_fn(|_| Self::Empty);
        let mut branch = Branch { children, state: State::Dirty };
        *branch.child(one.0) = one.1;
        *branch.child(other.0) = other.1;
        Self::Branch(Box::new(branch)).under(shared)
    }

    /// This node `path` further down: leaves and extensions get a longer path, a branch an extension above it.
    ///
    /// Not for a node that is not loaded, as its kind is not known.
    pub(super) fn under(mut self, path: Nibbles) -> Self {
        match &mut self {
            _ if path.is_empty() => self,
            Self::Leaf(leaf) => {
                leaf.path = path.join(&leaf.path);
                leaf.state = State::Dirty;
                self
            }
            Self::Extension(extension) => {
                extension.path = path.join(&extension.path);
                extension.state = State::Dirty;
                self
            }
            Self::Empty | Self::Hash(_) | Self::Branch(_) => {
                Self::Extension(Box::new(Extension { path, child: self, state: State::Dirty }))
            }
        }
    }

    /// Takes the node's path apart at `at`: the nibble there, and the node without its path up to and with that nibble.
    ///
    /// For a leaf or extension whose path is longer than `at`; leaves `Empty` behind.
    pub(super) fn cut(&mut self, at: usize) -> (u8, Self) {
        let below = at.saturating_add(1);
        match mem::take(self) {
            Self::Leaf(mut leaf) => {
                let nibble = cursor::nibble(&leaf.path, at);
                leaf.path = cursor::tail(&leaf.path, below);
                leaf.state = State::Dirty;
                (nibble, Self::Leaf(leaf))
            }
            Self::Extension(extension) => {
                let nibble = cursor::nibble(&extension.path, at);
                // The child is a branch even where it is not loaded, so this is an extension or nothing.
                let path = cursor::tail(&extension.path, below);
                (nibble, extension.child.under(path))
            }
            other => (0, other),
        }
    }

    pub(super) const fn state(&self) -> Option<&State> {
        match self {
            Self::Empty | Self::Hash(_) => None,
            Self::Leaf(leaf) => Some(&leaf.state),
            Self::Extension(extension) => Some(&extension.state),
            Self::Branch(branch) => Some(&branch.state),
        }
    }

    pub(super) const fn set_state(&mut self, state: State) {
        let old = match self {
            Self::Empty | Self::Hash(_) => return,
            Self::Leaf(leaf) => &mut leaf.state,
            Self::Extension(extension) => &mut extension.state,
            Self::Branch(branch) => &mut branch.state,
        };
        *old = state;
    }

    /// The nodes one step down, loaded or not; empty children among them.
    pub(super) const fn children(&mut self) -> &mut [Self] {
        match self {
            Self::Empty | Self::Hash(_) | Self::Leaf(_) => &mut [],
            Self::Extension(extension) => core::slice::from_mut(&mut extension.child),
            Self::Branch(branch) => &mut branch.children,
        }
    }

    /// Encodes and hashes what is dirty from here down, each node once. `buffer` is scratch space.
    pub(super) fn seal(&mut self, buffer: &mut Vec<u8>) {
        if !matches!(self.state(), Some(State::Dirty)) {
            return;
        }
        for child in self.children() {
            child.seal(buffer);
        }
        buffer.clear();
        self.encode(buffer);
        self.set_state(State::Fresh(RlpNode::from_rlp(buffer)));
    }

    /// What a parent holds in this node's place: its hash, or its encoding where that is shorter. The node is sealed.
    pub(super) fn reference(&self) -> RlpNode {
        match (self, self.state()) {
            (Self::Hash(hash), _) => RlpNode::word_rlp(hash),
            (_, Some(State::Fresh(reference) | State::Stored(reference))) => reference.clone(),
            (_, Some(State::Dirty) | None) => RlpNode::from_rlp(&[EMPTY_STRING_CODE]),
        }
    }

    /// Appends the node's encoding. The nodes below are sealed; one that is not loaded itself has no encoding to give.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        use alloy_rlp::Encodable;
        match self {
            Self::Empty | Self::Hash(_) => {}
            Self::Leaf(leaf) => LeafNodeRef::new(&leaf.path, &leaf.value).encode(out),
            Self::Extension(extension) => {
                ExtensionNodeRef::new(&extension.path, &extension.child.reference()).encode(out);
            }
            Self::Branch(branch) => branch.encode(out),
        }
    }
}

impl Branch {
    /// Not by `BranchNodeRef`, which wants the children that exist side by side: that would be an allocation a node.
    fn encode(&self, out: &mut Vec<u8>) {
        let references = self.children.each_ref().map(Node::reference);
        let lengths = references.iter().map(|reference| reference.len());
        let payload_length = lengths.fold(1, usize::saturating_add);
        Header { list: true, payload_length }.encode(out);
        for reference in &references {
            out.extend_from_slice(reference);
        }
        out.push(EMPTY_STRING_CODE);
    }
}
