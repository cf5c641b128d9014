//! Proofs of what a trie holds at a key (EIP-1186), made and checked.

use super::{
    NodeSource, Trie,
    cursor::Cursor,
    error::{ProofError, SourceError, TrieError},
    node::Node,
    source::{Loader, NodePlace, encoded},
};
use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::EMPTY_STRING_CODE;
use alloy_trie::EMPTY_ROOT_HASH;
use core::cell::Cell;

/// The nodes from the sealed root `node` down to the key of `at`, or to where its absence shows.
///
/// A node inside its parent is not listed, as it is in the parent's bytes already.
pub(super) fn prove(
    mut node: &mut Node,
    mut loader: Loader<'_>,
    mut at: Cursor,
) -> Result<Vec<Bytes>, TrieError> {
    let mut proof = Vec::new();
    loop {
        loader.load(node, &at)?;
        if node.reference().is_hash() {
            proof.push(encoded(node));
        }
        match node {
            Node::Empty | Node::Hash(_) | Node::Leaf(_) => return Ok(proof),
            Node::Extension(extension) => match at.through(&extension.path) {
                None => return Ok(proof),
                Some(below) => (node, at) = (&mut extension.child, below),
            },
            Node::Branch(branch) => {
                let (nibble, below) = at.step();
                (node, at) = (branch.child(nibble), below);
            }
        }
    }
}

/// Checks an EIP-1186 proof and gives the value that the trie with this root has at `key`: `None` if the proof shows
/// that it has none. `key` is hashed already, as in [`Trie::get`].
///
/// The proof is the nodes from the root down, without those inside their parent, and nothing after the last one needed.
/// The proof of an empty trie is no node, or its one-byte encoding.
///
/// # Errors
/// [`ProofError`] if the proof shows nothing; never because of what the value is.
pub fn verify_proof(root: B256, key: B256, proof: &[Bytes]) -> Result<Option<Bytes>, ProofError> {
    if root == EMPTY_ROOT_HASH && matches!(proof, [node] if node[..] == [EMPTY_STRING_CODE]) {
        return Ok(None);
    }
    let nodes = ProofNodes { proof, used: Cell::new(0) };
    let mut trie = Trie::from_root(root);
    let found = trie.get(&nodes, key).map(|value| value.map(Bytes::copy_from_slice));
    let used = nodes.used.get();
    match found {
        Ok(value) => match proof.len().saturating_sub(used) {
            0 => Ok(value),
            extra => Err(ProofError::TooLong { extra }),
        },
        Err(TrieError::BadNode { reason, .. }) => {
            Err(ProofError::BadNode { index: used.saturating_sub(1), reason })
        }
        Err(
            TrieError::MissingNode { hash: expected, .. }
            | TrieError::Source { hash: expected, .. },
        ) => Err(ProofError::Mismatch { index: used, expected }),
        // Only said of a value to be set.
        Err(TrieError::EmptyValue { key: expected }) => {
            Err(ProofError::Mismatch { index: used, expected })
        }
    }
}

/// The nodes of a proof in their order, which is the order in which a walk to the key asks for them.
struct ProofNodes<'a> {
    proof: &'a [Bytes],
    used: Cell<usize>,
}

impl NodeSource for ProofNodes<'_> {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        let used = self.used.get();
        // SOUNDNESS: the proof comes from outside, so here is where its nodes are hashed.
        let node = self.proof.get(used).filter(|node| alloy_primitives::keccak256(node) == at.hash);
        if node.is_some() {
            self.used.set(used.saturating_add(1));
        }
        Ok(node.cloned())
    }
}
