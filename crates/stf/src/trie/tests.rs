//! The trie against `alloy-trie`, which builds roots and proofs from all keys at once, by other code.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic
)]

mod decoding;
mod history;
mod paths;
mod proofs;
mod witness;

use super::*;
use alloc::collections::BTreeMap;
use alloy_trie::{HashBuilder, proof::ProofRetainer};
use nybbles::Nibbles;
use proptest::{collection::vec, prelude::*, sample::Index};
use std::{cell::RefCell, vec::Vec};

/// As many cases as given; in the soak as many as it says, if that is more.
fn cases(ci: u32) -> ProptestConfig {
    let mut config = ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("SEAM_SOAK").is_none() {
        config.cases = 0;
    }
    config.cases = config.cases.max(ci);
    config
}

type Keys = BTreeMap<B256, Vec<u8>>;
type Nodes = BTreeMap<B256, Bytes>;
/// A key out of a pool, and what to do to it.
type Change = (Index, Option<Vec<u8>>);

/// Keys that differ in few nibbles, near the root and near the end, so that they share long prefixes: deep extensions,
/// and nodes short enough to stand inside their parents. Some keys differ in all nibbles.
fn key() -> impl Strategy<Value = B256> {
    let place = prop::sample::select(&[0usize, 1, 2, 3, 31, 32, 60, 61, 62, 63][..]);
    let close = vec((place, 0u8..3), 0..4).prop_map(|changes| {
        let mut nibbles = [0u8; 64];
        changes.iter().for_each(|&(place, nibble)| nibbles[place] = nibble);
        B256::from_slice(&Nibbles::from_nibbles(nibbles).pack())
    });
    prop_oneof![4 => close, 1 => any::<[u8; 32]>().prop_map(B256::from)]
}

fn pool() -> impl Strategy<Value = Vec<B256>> {
    vec(key(), 1..24)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => vec(any::<u8>(), 1..2), 2 => vec(any::<u8>(), 2..5), 2 => vec(any::<u8>(), 20..120)]
}

fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    vec((any::<Index>(), prop::option::weighted(0.6, value())), 0..most)
}

/// Makes a change to the model; whether it changes anything.
fn apply(keys: &mut Keys, key: B256, value: &Option<Vec<u8>>) -> bool {
    match value {
        Some(value) => keys.insert(key, value.clone()).as_ref() != Some(value),
        None => keys.remove(&key).is_some(),
    }
}

/// The root by the reference, and its proof of `target`.
fn reference(keys: &Keys, target: B256) -> (B256, Vec<Bytes>) {
    let target = Nibbles::unpack(target);
    let retainer = ProofRetainer::new([target].into_iter().collect());
    let mut builder = HashBuilder::default().with_proof_retainer(retainer);
    keys.iter().for_each(|(key, value)| builder.add_leaf(Nibbles::unpack(key), value));
    let root = builder.root();
    let proof = builder.take_proof_nodes().into_nodes_sorted();
    (root, proof.into_iter().map(|(_, node)| node).collect())
}

fn reference_root(keys: &Keys) -> B256 {
    reference(keys, B256::ZERO).0
}

/// A stored trie of these keys.
fn stored(keys: &Keys) -> (B256, Nodes) {
    let mut trie = Trie::empty();
    trie.update(&Nodes::new(), keys.iter().map(|(key, value)| (*key, Some(value)))).unwrap();
    (trie.root(), trie.take_new_nodes().into_iter().collect())
}

/// Keys of the pool at which the changes leave a value.
fn filled(pool: &[B256], changes: &[Change]) -> Keys {
    let mut keys = Keys::new();
    for (index, value) in changes {
        apply(&mut keys, *index.get(pool), value);
    }
    keys
}

/// A source that notes what it is asked for.
struct Recorder<'a> {
    nodes: &'a Nodes,
    asked: RefCell<Nodes>,
}

impl<'a> Recorder<'a> {
    fn new(nodes: &'a Nodes) -> Self {
        Self { nodes, asked: RefCell::default() }
    }
}

impl NodeSource for Recorder<'_> {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        let (hash, node) = (at.hash, self.nodes.get(&at.hash).cloned());
        node.iter().for_each(|node| drop(self.asked.borrow_mut().insert(hash, node.clone())));
        Ok(node)
    }
}
