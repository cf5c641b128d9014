//! Roots after any history of changes, with the trie dropped and loaded again in between.

use super::*;
use alloy_primitives::keccak256;
use std::vec;

/// What happens between two batches of changes.
#[derive(Debug, Clone)]
enum Between {
    Nothing,
    Store,
    StoreAndForget(usize),
    StoreAndReload,
}

fn between() -> impl Strategy<Value = Between> {
    prop_oneof![
        Just(Between::Nothing),
        Just(Between::Store),
        (0usize..5).prop_map(Between::StoreAndForget),
        Just(Between::StoreAndReload),
    ]
}

fn store(trie: &mut Trie, nodes: &mut Nodes) {
    let root = trie.root();
    let new = trie.take_new_nodes();
    new.iter().for_each(|(hash, node)| assert_eq!(keccak256(node), *hash));
    assert!(new.last().is_none_or(|(hash, _)| *hash == root), "the root comes last");
    nodes.extend(new);
    assert!(trie.take_new_nodes().is_empty(), "nothing is new twice");
}

proptest! {
    #![proptest_config(super::cases(2000))]

    #[test]
    fn every_history_ends_at_the_root_of_its_keys(
        pool in pool(),
        batches in vec((changes(16), between()), 1..8),
    ) {
        let (mut trie, mut keys, mut nodes) = (Trie::empty(), Keys::new(), Nodes::new());
        for (changes, between) in batches {
            for (index, value) in changes {
                let key = *index.get(&pool);
                let changed = match &value {
                    Some(value) => trie.insert(&nodes, key, value).unwrap(),
                    None => trie.remove(&nodes, key).unwrap(),
                };
                prop_assert_eq!(changed, apply(&mut keys, key, &value));
            }
            prop_assert_eq!(trie.root(), reference_root(&keys));
            match between {
                Between::Nothing => {}
                Between::Store => store(&mut trie, &mut nodes),
                Between::StoreAndForget(levels) => {
                    store(&mut trie, &mut nodes);
                    trie.forget(levels);
                }
                Between::StoreAndReload => {
                    store(&mut trie, &mut nodes);
                    trie = Trie::from_root(trie.root());
                }
            }
            prop_assert_eq!(trie.root(), reference_root(&keys));
            for key in &pool {
                prop_assert_eq!(trie.get(&nodes, *key).unwrap(), keys.get(key).map(Vec::as_slice));
            }
        }
    }

    #[test]
    fn a_trie_emptied_is_the_empty_trie(pool in pool(), all in changes(40)) {
        let keys = filled(&pool, &all);
        let (root, nodes) = stored(&keys);
        let mut trie = Trie::from_root(root);
        trie.update(&nodes, keys.keys().map(|key| (*key, None::<&[u8]>))).unwrap();
        prop_assert_eq!(trie.root(), EMPTY_ROOT_HASH);
        prop_assert!(trie.take_new_nodes().is_empty());
        prop_assert_eq!(trie.forget(0), 0);
    }

    #[test]
    fn a_stored_trie_can_be_forgotten_to_its_root(pool in pool(), all in changes(40)) {
        let keys = filled(&pool, &all);
        let (root, nodes) = stored(&keys);
        let mut trie = Trie::from_root(root);
        for key in keys.keys() {
            trie.get(&nodes, *key).unwrap();
        }
        let loaded = trie.forget(65);
        prop_assert!(loaded >= keys.len());
        let top = trie.forget(1);
        prop_assert_eq!(top == 0, keys.is_empty());
        prop_assert!(top <= loaded);
        prop_assert_eq!(trie.forget(0), 0);
        prop_assert_eq!(trie.root(), root);
    }
}

#[test]
fn a_new_node_is_kept_when_told_to_forget_before_it_was_stored() {
    let none = Nodes::new();
    let mut trie = Trie::empty();
    trie.insert(&none, B256::ZERO, &[1; 40]).unwrap();
    trie.insert(&none, B256::repeat_byte(0x11), &[2; 40]).unwrap();
    assert_eq!(trie.forget(0), 3);
    trie.root();
    assert_eq!(trie.forget(0), 3);
    assert_eq!(trie.take_new_nodes().len(), 3);
    assert_eq!(trie.forget(1), 1);
    assert_eq!(trie.forget(0), 0);
}

#[test]
fn short_nodes_stand_inside_their_parents() {
    let keys: Keys = (0..3).map(|byte| (B256::with_last_byte(byte), [byte].into())).collect();
    let (root, mut nodes) = stored(&keys);
    assert_eq!(root, reference_root(&keys));
    assert_eq!(nodes.len(), 1, "an extension with the branch and its leaves in it");
    let mut trie = Trie::from_root(root);
    assert_eq!(trie.prove(&nodes, B256::ZERO).unwrap().len(), 1);
    // A long value makes leaf and branch too long for that, a short one fits again.
    for (value, outside) in [(vec![7; 40], 3), (vec![7], 1)] {
        trie.insert(&nodes, B256::ZERO, &value).unwrap();
        let new = trie.take_new_nodes();
        assert_eq!(new.len(), outside);
        nodes.extend(new);
        assert_eq!(trie.forget(0), 0);
    }
}

#[test]
fn only_what_changed_is_new() {
    let none = Nodes::new();
    let mut trie = Trie::empty();
    for byte in 0..=255 {
        trie.insert(&none, B256::repeat_byte(byte), &[1; 40]).unwrap();
    }
    assert_eq!(trie.take_new_nodes().len(), 1 + 16 + 256);
    assert!(!trie.insert(&none, B256::repeat_byte(7), &[1; 40]).unwrap());
    assert!(!trie.remove(&none, B256::with_last_byte(7)).unwrap());
    assert!(trie.take_new_nodes().is_empty());
    assert!(trie.insert(&none, B256::repeat_byte(7), &[2; 40]).unwrap());
    assert_eq!(trie.take_new_nodes().len(), 3);
}

#[test]
fn an_empty_value_is_refused_and_changes_nothing() {
    let mut trie = Trie::empty();
    let refused = trie.insert(&Nodes::new(), B256::ZERO, &[]);
    assert!(matches!(refused, Err(TrieError::EmptyValue { key: B256::ZERO })));
    assert_eq!(trie.root(), EMPTY_ROOT_HASH);
}
