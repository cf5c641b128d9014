//! A witness: the nodes that some changes ask for are enough for them, and none can be left out.

use super::*;
use std::vec;

type Final = BTreeMap<B256, Option<Vec<u8>>>;

/// Changes with each key at most once, half of them to keys the trie has.
fn last_of_each(pool: &[B256], changes: Vec<Change>) -> Final {
    changes.into_iter().map(|(index, value)| (*index.get(pool), value)).collect()
}

fn after(root: B256, source: &dyn NodeSource, changes: &Final) -> Result<B256, TrieError> {
    let mut trie = Trie::from_root(root);
    trie.update(source, changes.clone())?;
    Ok(trie.root())
}

proptest! {
    #![proptest_config(super::cases(1000))]

    #[test]
    fn what_the_changes_ask_for_is_enough_and_each_node_is_needed(
        pool in pool(), before in changes(40), changes in changes(12),
    ) {
        let mut keys = filled(&pool, &before);
        let (root, nodes) = stored(&keys);
        let changes = last_of_each(&pool, changes);
        for (key, value) in &changes {
            apply(&mut keys, *key, value);
        }

        let recorder = Recorder::new(&nodes);
        let expected = after(root, &recorder, &changes).unwrap();
        prop_assert_eq!(expected, reference_root(&keys));
        let witness = recorder.asked.into_inner();
        prop_assert_eq!(after(root, &witness, &changes).unwrap(), expected);

        for hash in witness.keys() {
            let mut without = witness.clone();
            without.remove(hash);
            let mut trie = Trie::from_root(root);
            let failed = trie.update(&without, changes.clone());
            let named = match failed {
                Err(TrieError::MissingNode { hash, .. }) => Some(hash),
                _ => None,
            };
            prop_assert_eq!(named, Some(*hash));
            // Made good by all the changes again, once the node is there.
            trie.update(&witness, changes.clone()).unwrap();
            prop_assert_eq!(trie.root(), expected);
        }
    }

    #[test]
    fn the_witness_does_not_depend_on_the_order_of_the_changes(
        pool in pool(), before in changes(40), changes in changes(12),
    ) {
        let (root, nodes) = stored(&filled(&pool, &before));
        let changes = last_of_each(&pool, changes);
        let witness = |changes: Vec<(B256, Option<Vec<u8>>)>| {
            let recorder = Recorder::new(&nodes);
            let mut trie = Trie::from_root(root);
            trie.update(&recorder, changes).unwrap();
            (trie.root(), recorder.asked.into_inner())
        };
        let forwards = witness(changes.clone().into_iter().collect());
        let backwards = witness(changes.into_iter().rev().collect());
        prop_assert_eq!(forwards, backwards);
    }

    #[test]
    fn a_change_that_fails_changes_nothing(
        pool in pool(), before in changes(40), change in changes(2), gap in any::<Index>(),
    ) {
        let keys = filled(&pool, &before);
        let (root, nodes) = stored(&keys);
        for (key, value) in last_of_each(&pool, change) {
            let recorder = Recorder::new(&nodes);
            let change = [(key, value)];
            Trie::from_root(root).update(&recorder, change.clone()).unwrap();
            let mut witness = recorder.asked.into_inner();
            if witness.is_empty() {
                continue;
            }
            let missing = *witness.keys().nth(gap.index(witness.len())).unwrap();
            witness.remove(&missing);
            let mut trie = Trie::from_root(root);
            prop_assert!(trie.update(&witness, change).is_err());
            prop_assert_eq!(trie.root(), root);
            prop_assert!(trie.take_new_nodes().is_empty());
            for key in &pool {
                prop_assert_eq!(trie.get(&nodes, *key).unwrap(), keys.get(key).map(Vec::as_slice));
            }
        }
    }
}

#[test]
fn the_error_tells_where_the_missing_node_is() {
    let mut keys = Keys::new();
    let inner = [0x11, 0x12, 0x21].map(|byte| B256::from([byte; 32]));
    inner.iter().for_each(|key| drop(keys.insert(*key, [1; 40].into())));
    let (root, mut nodes) = stored(&keys);
    let proof = Trie::from_root(root).prove(&nodes, inner[0]).unwrap();
    let branch = alloy_primitives::keccak256(&proof[1]);
    nodes.remove(&branch);
    match Trie::from_root(root).get(&nodes, inner[1]) {
        Err(TrieError::MissingNode { hash, path }) => {
            assert_eq!((hash, path), (branch, Nibbles::from_nibbles([1])));
        }
        other => panic!("{other:?}"),
    }
    // The key beside it is removed only if the child that stays is there, as that one's path changes.
    match Trie::from_root(root).remove(&nodes, inner[2]) {
        Err(TrieError::MissingNode { hash, path }) => {
            assert_eq!((hash, path), (branch, Nibbles::from_nibbles([1])));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_child_beside_a_removed_key_is_loaded_only_if_it_alone_is_left() {
    let keys = [0x11, 0x22, 0x33].map(B256::repeat_byte);
    let (root, nodes) = stored(&keys.map(|key| (key, vec![1; 40])).into());
    let recorder = Recorder::new(&nodes);
    let mut trie = Trie::from_root(root);
    let asked = || recorder.asked.borrow().len();
    assert!(trie.remove(&recorder, keys[0]).unwrap());
    assert_eq!(asked(), 2, "the root and the key's leaf");
    assert!(!trie.remove(&recorder, B256::repeat_byte(0x44)).unwrap());
    assert_eq!(asked(), 2, "nothing at an empty place");
    assert!(trie.remove(&recorder, keys[1]).unwrap());
    assert_eq!(asked(), 4, "the key's leaf and the last one");
}

#[derive(Debug, thiserror::Error)]
#[error("disk on fire")]
struct DiskOnFire;

struct Broken;

impl NodeSource for Broken {
    fn node(&self, _: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        Err(SourceError::new(DiskOnFire))
    }
}

#[test]
fn a_failure_of_the_source_is_told_from_a_missing_node() {
    let root = B256::repeat_byte(1);
    match Trie::from_root(root).get(&Broken, B256::ZERO) {
        Err(TrieError::Source { hash, error }) => {
            assert_eq!(hash, root);
            assert!(error.inner().is::<DiskOnFire>());
        }
        other => panic!("{other:?}"),
    }
}
