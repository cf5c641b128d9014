//! A place in a trie on the way to a key.

use alloy_primitives::B256;
use nybbles::Nibbles;

/// Which nodes are valid at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allowed {
    /// All: at the root, or under a branch.
    Any,
    /// Only a branch: under an extension.
    Branch,
}

/// How far down a key a walk has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor {
    key: Nibbles,
    /// Nibbles walked: at most `key.len()`.
    depth: usize,
    allowed: Allowed,
}

impl Cursor {
    /// At the root, on the way to `key`.
    pub(super) const fn new(key: B256) -> Self {
        Self { key: Nibbles::unpack_array(&key.0), depth: 0, allowed: Allowed::Any }
    }

    /// Nibbles from the root to here.
    pub(super) const fn depth(&self) -> usize {
        self.depth
    }

    /// Which nodes are valid here.
    pub(super) const fn allowed(&self) -> Allowed {
        self.allowed
    }

    /// The path from the root to here.
    pub(super) fn walked(&self) -> Nibbles {
        head(&self.key, self.depth)
    }

    /// The part of the key below here.
    pub(super) fn rest(&self) -> Nibbles {
        tail(&self.key, self.depth)
    }

    /// From a branch: the nibble of the child on the way to the key, and the place of that child.
    pub(super) fn step(&self) -> (u8, Self) {
        let nibble = nibble(&self.key, self.depth);
        (nibble, Self { depth: self.depth.saturating_add(1), allowed: Allowed::Any, ..*self })
    }

    /// From an extension over `path`: the place of its child, or `None` if the key goes elsewhere.
    pub(super) fn through(&self, path: &Nibbles) -> Option<Self> {
        let depth = self.depth.saturating_add(path.len());
        let below = Self { depth, allowed: Allowed::Branch, ..*self };
        self.rest().starts_with(path).then_some(below)
    }

    /// From a branch: the place of its child at `nibble`, off the way to the key.
    pub(super) fn aside(&self, nibble: u8) -> Self {
        let key = self.walked().join(&Nibbles::from_nibbles_unchecked([nibble]));
        Self { depth: key.len(), key, allowed: Allowed::Any }
    }
}

/// The first `len` nibbles of `path`.
pub(super) fn head(path: &Nibbles, len: usize) -> Nibbles {
    path.slice(..len.min(path.len()))
}

/// The nibbles of `path` from `start` on.
pub(super) fn tail(path: &Nibbles, start: usize) -> Nibbles {
    path.slice(start.min(path.len())..)
}

/// The nibble of `path` at `index`; callers know that there is one.
pub(super) fn nibble(path: &Nibbles, index: usize) -> u8 {
    path.get(index).unwrap_or_default()
}
