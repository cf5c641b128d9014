//! State from a witness: trie nodes and code, known by their hashes, and the headers of ancestors.
//!
//! [`WitnessState`] executes from a witness; [`WitnessRecorder`] makes one, by executing over a
//! database and noting what was asked for.
//!
//! SOUNDNESS: nothing in a witness is believed. Nodes, code and headers count under the hash of
//! their bytes, computed here; what is needed and not there is an error that names it, never a
//! default.

use crate::{
    state::{Account, Roots, StateChanges, StateCommitment, StateError, StateReader},
    state_trie::StateTrie,
    trie::{NodePlace, NodeSource, SourceError},
};
use alloc::{collections::BTreeMap, string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{RlpDecodable, RlpEncodable};
use core::cell::RefCell;

/// All that is needed to execute one block without its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Witness {
    /// Encodings of trie nodes and code of contracts, in any order. Each counts under the hash of
    /// its bytes, so which is which need not be said.
    pub preimages: Vec<Bytes>,
    /// Headers of ancestors whose hashes the block asks for (`BLOCKHASH`), linked by parent hash:
    /// the parent's parent first, then backwards.
    pub ancestors: Vec<Header>,
}

impl Witness {
    /// A witness from bytes that were stored by hash, each checked against it.
    pub fn from_preimages(
        preimages: impl IntoIterator<Item = (B256, Bytes)>,
    ) -> Result<Self, StateError> {
        let check = |(claimed, bytes): (B256, Bytes)| match keccak256(&bytes) {
            actual if actual == claimed => Ok(bytes),
            actual => Err(StateError::HashMismatch { claimed, actual }),
        };
        let preimages = preimages.into_iter().map(check).collect::<Result<_, _>>()?;
        Ok(Self { preimages, ancestors: Vec::new() })
    }
}

/// What a witness is made of: trie nodes, and code.
///
/// SOUNDNESS: as for nodes, whoever implements this guarantees that the bytes have the keccak256 that was asked for.
pub trait PreimageSource: NodeSource {
    /// The code with this hash; `None` if the source has no such code.
    ///
    /// # Errors
    /// When the source cannot tell, as when a database read fails.
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError>;
}

/// Preimages of all kinds by hash, in memory.
impl PreimageSource for BTreeMap<B256, Bytes> {
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError> {
        Ok(self.get(&code_hash).cloned())
    }
}

/// State read node by node from a source of preimages.
#[derive(Debug)]
pub struct TrieState<S> {
    source: S,
    trie: StateTrie,
    hashes: BTreeMap<u64, B256>,
    /// The lowest block number whose hash was asked for.
    oldest_asked: Option<u64>,
}

/// A [`StateReader`] over a [`Witness`].
pub type WitnessState = TrieState<BTreeMap<B256, Bytes>>;

/// A [`StateReader`] over a database of preimages that notes what was asked for.
pub type WitnessRecorder<S> = TrieState<Recording<S>>;

/// A source of preimages that notes what it gave.
#[derive(Debug)]
pub struct Recording<S> {
    source: S,
    given: RefCell<BTreeMap<B256, Bytes>>,
}

impl<S> Recording<S> {
    fn note(&self, hash: B256, given: Option<Bytes>) -> Option<Bytes> {
        let bytes = given?;
        self.given.borrow_mut().insert(hash, bytes.clone());
        Some(bytes)
    }
}

impl<S: NodeSource> NodeSource for Recording<S> {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        Ok(self.note(at.hash, self.source.node(at)?))
    }
}

impl<S: PreimageSource> PreimageSource for Recording<S> {
    fn code(&self, code_hash: B256) -> Result<Option<Bytes>, SourceError> {
        Ok(self.note(code_hash, self.source.code(code_hash)?))
    }
}

impl WitnessState {
    /// The state after `parent`, as far as the witness shows it. Ancestors that do not link to
    /// `parent` are an error.
    pub fn new(parent: &Header, witness: Witness) -> Result<Self, StateError> {
        let by_hash = |bytes: Bytes| (keccak256(&bytes), bytes);
        let source = witness.preimages.into_iter().map(by_hash).collect();
        Self::over(source, parent, &witness.ancestors)
    }
}

impl<S: PreimageSource> WitnessRecorder<S> {
    /// The state after `parent` over `source`, which gives nodes and code. `ancestors` are
    /// those whose hashes the block may ask for: the parent's parent first, then backwards.
    pub fn new(parent: &Header, source: S, ancestors: &[Header]) -> Result<Self, StateError> {
        Self::over(Recording { source, given: RefCell::default() }, parent, ancestors)
    }

    /// What was asked for so far, with the ancestors given to [`Self::new`].
    pub fn into_witness(self, ancestors: &[Header]) -> Witness {
        let needed = |header: &&Header| {
            // A header tells its parent's hash too.
            self.oldest_asked.is_some_and(|oldest| header.number > oldest)
        };
        let given = self.source.given.into_inner();
        Witness {
            preimages: given.into_values().collect(),
            ancestors: ancestors.iter().take_while(needed).cloned().collect(),
        }
    }
}

impl<S: PreimageSource> TrieState<S> {
    fn over(source: S, parent: &Header, ancestors: &[Header]) -> Result<Self, StateError> {
        let trie = StateTrie::from_root(parent.state_root);
        Ok(Self { source, trie, hashes: link(parent, ancestors)?, oldest_asked: None })
    }
}

/// The hashes of `parent` and its ancestors, as far as the headers show them.
fn link(parent: &Header, ancestors: &[Header]) -> Result<BTreeMap<u64, B256>, StateError> {
    let mut hashes = BTreeMap::from([(parent.number, parent.hash_slow())]);
    let mut child = parent;
    for ancestor in ancestors {
        let (claimed, actual) = (child.parent_hash, ancestor.hash_slow());
        if claimed != actual || ancestor.number.checked_add(1) != Some(child.number) {
            return Err(StateError::HashMismatch { claimed, actual });
        }
        hashes.insert(ancestor.number, actual);
        child = ancestor;
    }
    // The oldest header also tells its own parent's hash.
    if let Some(number) = child.number.checked_sub(1) {
        hashes.insert(number, child.parent_hash);
    }
    Ok(hashes)
}

impl<S: PreimageSource + core::fmt::Debug> StateReader for TrieState<S> {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.trie.account(&self.source, address)
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.trie.storage(&self.source, address, slot)
    }

    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        let code = self.source.code(code_hash);
        let code = code.map_err(|error| StateError::Database(error.to_string()))?;
        code.ok_or(StateError::MissingCode(code_hash))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        let oldest = self.oldest_asked.map_or(number, |oldest| oldest.min(number));
        self.oldest_asked = Some(oldest);
        self.hashes.get(&number).copied().ok_or(StateError::MissingHeader(number))
    }
}

impl<S: PreimageSource + core::fmt::Debug> StateCommitment for TrieState<S> {
    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.trie.apply(&self.source, changes, storage_of)
    }
}
