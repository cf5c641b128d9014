//! Changing a trie: setting and removing keys, in the one shape that a set of keys has.
//!
//! Everything that a change needs is loaded before anything is changed, so an error leaves the trie as it was.

use super::{
    cursor::{self, Cursor},
    error::TrieError,
    node::{Branch, Extension, Node, State},
    source::Loader,
};
use alloc::collections::BTreeSet;
use core::mem;
use nybbles::Nibbles;

/// The most nodes that come with a key where a leaf or an extension is split: a branch, an extension above it, a leaf.
const SPLIT: usize = 3;

/// Sets the key of `at` to `value`, which is not empty, in the subtree `node`; `false` if that is what it was.
pub(super) fn insert(
    node: &mut Node,
    loader: &mut Loader<'_>,
    at: Cursor,
    value: &[u8],
) -> Result<bool, TrieError> {
    loader.load(node, &at)?;
    match node {
        // A node is loaded from here on, so `Hash` is not among the cases.
        Node::Empty | Node::Hash(_) => {
            loader.count(1);
            *node = Node::leaf(at.rest(), value.to_vec());
        }
        Node::Leaf(leaf) => {
            let rest = at.rest();
            if leaf.path == rest {
                return Ok(leaf.set(value));
            }
            let shared = leaf.path.common_prefix_length(&rest);
            loader.count(SPLIT);
            split(node, shared, &rest, value);
        }
        Node::Extension(extension) => match at.through(&extension.path) {
            Some(below) => {
                let changed = insert(&mut extension.child, loader, below, value)?;
                return Ok(mark(changed, &mut extension.state));
            }
            None => {
                let rest = at.rest();
                let shared = extension.path.common_prefix_length(&rest);
                loader.count(SPLIT);
                split(node, shared, &rest, value);
            }
        },
        Node::Branch(branch) => {
            let (nibble, below) = at.step();
            let changed = insert(branch.child(nibble), loader, below, value)?;
            return Ok(mark(changed, &mut branch.state));
        }
    }
    Ok(true)
}

/// Removes the key of `at` from the subtree `node`; `false` if it has no such key. Notes in `gone` the paths at which
/// there is no node any more.
pub(super) fn remove(
    node: &mut Node,
    loader: &mut Loader<'_>,
    at: Cursor,
    gone: &mut BTreeSet<Nibbles>,
) -> Result<bool, TrieError> {
    loader.load(node, &at)?;
    match node {
        Node::Empty | Node::Hash(_) => Ok(false),
        Node::Leaf(leaf) => {
            let found = leaf.path == at.rest();
            if found {
                gone.insert(at.walked());
                *node = Node::Empty;
            }
            Ok(found)
        }
        Node::Extension(extension) => {
            let Some(below) = at.through(&extension.path) else {
                return Ok(false);
            };
            let removed = remove(&mut extension.child, loader, below, gone)?;
            if removed && let Some(joined) = join(extension) {
                gone.insert(below.walked());
                *node = joined;
            }
            Ok(removed)
        }
        Node::Branch(branch) => {
            let (nibble, below) = at.step();
            let child = branch.child(nibble);
            loader.load(child, &below)?;
            // Only a leaf can vanish with its key: below any other node there are two keys or more.
            if !matches!(child, Node::Leaf(leaf) if leaf.path == below.rest()) {
                let removed = remove(child, loader, below, gone)?;
                return Ok(mark(removed, &mut branch.state));
            }
            if let Some(survivor) = drop_child(branch, nibble, loader, &at, gone)? {
                *node = survivor;
            }
            gone.insert(below.walked());
            Ok(true)
        }
    }
}

/// Makes a node above a change dirty.
fn mark(changed: bool, state: &mut State) -> bool {
    if changed {
        *state = State::Dirty;
    }
    changed
}

/// Puts a leaf for the rest of a key beside a leaf or extension that shares only the first `shared` nibbles with it.
fn split(node: &mut Node, shared: usize, rest: &Nibbles, value: &[u8]) {
    let old = node.cut(shared);
    let path = cursor::tail(rest, shared.saturating_add(1));
    let new = (cursor::nibble(rest, shared), Node::leaf(path, value.to_vec()));
    *node = Node::fork(cursor::head(rest, shared), old, new);
}

/// What an extension becomes after its child changed: `None` if it stays, as the child is still a branch.
fn join(extension: &mut Extension) -> Option<Node> {
    extension.state = State::Dirty;
    if matches!(extension.child, Node::Branch(_)) {
        return None;
    }
    Some(mem::take(&mut extension.child).under(extension.path))
}

/// Empties the branch's place at `nibble`. If one child is left, gives the node that takes the branch's place; that
/// child must be loaded, as its path grows if it is a leaf or an extension.
fn drop_child(
    branch: &mut Branch,
    nibble: u8,
    loader: &mut Loader<'_>,
    at: &Cursor,
    gone: &mut BTreeSet<Nibbles>,
) -> Result<Option<Node>, TrieError> {
    let survivor = match branch.last_but(nibble) {
        None => None,
        Some(last) => {
            let (child, place) = (branch.child(last), at.aside(last));
            loader.load(child, &place)?;
            if !matches!(child, Node::Branch(_)) {
                gone.insert(place.walked());
            }
            Some(mem::take(child).under(Nibbles::from_nibbles_unchecked([last])))
        }
    };
    *branch.child(nibble) = Node::Empty;
    branch.state = State::Dirty;
    Ok(survivor)
}
