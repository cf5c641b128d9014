//! What can go wrong with a trie, and whose fault it is.

use alloc::boxed::Box;
use alloy_primitives::B256;
use nybbles::Nibbles;

/// Why an operation on a [`Trie`](super::Trie) did not happen. The trie is then what it was before, but for nodes
/// loaded on the way, so the operation may be tried again once the cause is gone.
#[derive(Debug, thiserror::Error)]
pub enum TrieError {
    /// The source has no such node: a witness that is not enough, or a database that lost data or pruned this state.
    #[error("trie node {hash} at {path:?} is not in the source")]
    MissingNode {
        /// keccak256 of the node's encoding.
        hash: B256,
        /// The nibbles of the key from the root down to the node.
        path: Nibbles,
    },
    /// The source gave bytes that are not a node of a trie of 32-byte keys.
    #[error("trie node {hash} at {path:?} is invalid: {reason}")]
    BadNode {
        /// keccak256 of the bytes, which a good source guarantees.
        hash: B256,
        /// The nibbles of the key from the root down to the node.
        path: Nibbles,
        /// What is wrong with the bytes.
        reason: NodeFault,
    },
    /// A key was to be set to the empty string, which a trie cannot hold: remove the key instead.
    #[error("empty value for trie key {key}: a key without a value is removed, not set")]
    EmptyValue {
        /// The key, as given.
        key: B256,
    },
    /// The source failed before it could say whether it has the node.
    #[error("reading trie node {hash} failed")]
    Source {
        /// keccak256 of the node's encoding.
        hash: B256,
        /// The failure, as the source reported it.
        #[source]
        error: SourceError,
    },
}

/// A failure of a [`NodeSource`](super::NodeSource) itself, such as a database error.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SourceError(Box<dyn core::error::Error + Send + Sync>);

impl SourceError {
    /// Wraps the error of the source.
    pub fn new(error: impl core::error::Error + Send + Sync + 'static) -> Self {
        Self(Box::new(error))
    }

    /// The wrapped error, for a caller that knows the source.
    pub fn inner(&self) -> &(dyn core::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

/// Why bytes are not the one valid encoding of a node where they were found (Yellow Paper, appendix D).
///
/// A trie whose keys are all 32 bytes long allows less than the general one, and whatever it does not allow is refused:
/// two encodings of one trie would be two roots for one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NodeFault {
    /// The bytes are not canonical RLP.
    #[error("RLP: {0}")]
    Rlp(alloy_rlp::Error),
    /// The node is not an RLP list.
    #[error("not a list")]
    NotAList,
    /// Bytes follow the node.
    #[error("bytes after the end of the node")]
    TrailingBytes,
    /// A node has 2 items (leaf, extension) or 17 (branch).
    #[error("a list of neither 2 nor 17 items")]
    ItemCount,
    /// The path's first byte has an unknown flag, or a padding nibble that is not zero, or there is no first byte.
    #[error("path with a non-canonical hex prefix")]
    HexPrefix,
    /// A leaf that does not end, or a branch or extension that does, at the 64th nibble of the key.
    #[error("path does not fit a key of 64 nibbles")]
    PathLength,
    /// An extension over no nibble.
    #[error("extension with an empty path")]
    EmptyExtension,
    /// An extension over anything but a branch.
    #[error("the child of an extension is not a branch")]
    ExtensionChild,
    /// A branch with a value: with keys of one length no key ends at a branch.
    #[error("branch with a value")]
    BranchValue,
    /// A branch with no child, or only one.
    #[error("branch with fewer than two children")]
    TooFewChildren,
    /// A leaf with an empty value.
    #[error("leaf with an empty value")]
    EmptyValue,
    /// A child that is neither 32 bytes of hash nor a node.
    #[error("a child is neither a hash nor a node")]
    ChildReference,
    /// A node of 32 bytes or more inside its parent: its hash belongs there.
    #[error("a node of 32 bytes or more inside its parent")]
    TooLongInside,
    /// A node of fewer than 32 bytes by hash: the node itself belongs inside its parent.
    #[error("a node of fewer than 32 bytes outside its parent")]
    TooShortOutside,
}

/// Why a proof shows nothing about a key under a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The node that the root, or the node before, names next is not the next one of the proof, or there is none.
    #[error("proof node {index} should hash to {expected}")]
    Mismatch {
        /// The place in the proof, from 0.
        index: usize,
        /// keccak256 of what should be there.
        expected: B256,
    },
    /// A node of the proof has the right hash but is not a valid node.
    #[error("proof node {index} is invalid: {reason}")]
    BadNode {
        /// The place in the proof, from 0.
        index: usize,
        /// What is wrong with the node.
        reason: NodeFault,
    },
    /// The proof goes on after the key's end or its absence is shown.
    #[error("proof has {extra} nodes too many")]
    TooLong {
        /// How many nodes no step of the proof used.
        extra: usize,
    },
}
