//! Nodes kept by path, one at a path: after any history exactly those of the trie as it is.

use super::*;
use alloy_primitives::{address, keccak256};

const OWNER: Address = address!("0x00000000000000000000000000000000000000aa");

/// A store of one trie's nodes by path.
#[derive(Debug, Default, PartialEq)]
struct Paths(BTreeMap<Nibbles, Bytes>);

impl NodeSource for Paths {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        assert_eq!(at.owner, Some(OWNER));
        let node = self.0.get(&at.path).filter(|node| keccak256(node) == at.hash);
        Ok(node.cloned())
    }
}

impl Paths {
    fn take_from(&mut self, trie: &mut Trie) {
        let root = trie.root();
        let changes = trie.take_changes();
        assert!(changes.new.last().is_none_or(|node| node.hash == root), "the root comes last");
        assert!(changes.wiped.is_empty());
        for node in changes.new {
            assert_eq!((node.owner, keccak256(&node.bytes)), (Some(OWNER), node.hash));
            self.0.insert(node.path, node.bytes);
        }
        for key in changes.gone {
            assert_eq!(key.owner, Some(OWNER));
            self.0.remove(&key.path);
        }
        assert_eq!(trie.take_changes(), NodeChanges::default(), "nothing changed twice");
    }
}

fn fresh(keys: &Keys) -> Paths {
    let (mut trie, mut paths) = (Trie::empty().owned_by(OWNER), Paths::default());
    trie.update(&paths, keys.iter().map(|(key, value)| (*key, Some(value)))).unwrap();
    paths.take_from(&mut trie);
    paths
}

/// What happens after a batch of changes.
#[derive(Debug, Clone)]
enum Then {
    /// They pile up.
    Nothing,
    /// Roots are computed, so nodes are sealed that change again before they are taken.
    Root,
    Store,
    StoreAndForget(usize),
    StoreAndReload,
}

fn then() -> impl Strategy<Value = Then> {
    prop_oneof![
        Just(Then::Nothing),
        Just(Then::Root),
        Just(Then::Store),
        (0usize..5).prop_map(Then::StoreAndForget),
        Just(Then::StoreAndReload),
    ]
}

proptest! {
    #![proptest_config(super::cases(3000))]

    #[test]
    fn a_store_by_path_holds_the_nodes_of_the_trie_and_no_others(
        pool in pool(),
        batches in vec((changes(16), then()), 1..10),
    ) {
        let mut trie = Trie::empty().owned_by(OWNER);
        let (mut keys, mut paths) = (Keys::new(), Paths::default());
        for (changes, then) in batches {
            for (index, value) in changes {
                let key = *index.get(&pool);
                apply(&mut keys, key, &value);
                match &value {
                    Some(value) => trie.insert(&paths, key, value).unwrap(),
                    None => trie.remove(&paths, key).unwrap(),
                };
            }
            match then {
                Then::Nothing => continue,
                Then::Root => prop_assert_eq!(trie.root(), reference_root(&keys)),
                Then::Store | Then::StoreAndForget(_) | Then::StoreAndReload => {
                    paths.take_from(&mut trie);
                    prop_assert_eq!(&paths, &fresh(&keys));
                }
            }
            match then {
                Then::StoreAndForget(levels) => drop(trie.forget(levels)),
                Then::StoreAndReload => trie = Trie::from_root(trie.root()).owned_by(OWNER),
                Then::Nothing | Then::Root | Then::Store => {}
            }
            for key in &pool {
                prop_assert_eq!(trie.get(&paths, *key).unwrap(), keys.get(key).map(Vec::as_slice));
            }
        }
        paths.take_from(&mut trie);
        prop_assert_eq!(trie.root(), reference_root(&keys));
        prop_assert_eq!(&paths, &fresh(&keys));
    }

    #[test]
    fn a_change_that_fails_leaves_no_path_to_delete(
        pool in pool(), before in changes(40), key in any::<Index>(), gap in any::<Index>(),
    ) {
        let keys = filled(&pool, &before);
        let whole = fresh(&keys);
        if whole.0.is_empty() {
            return Ok(());
        }
        let root = reference_root(&keys);
        let missing = *whole.0.keys().nth(gap.index(whole.0.len())).unwrap();
        let mut lacking = fresh(&keys);
        lacking.0.remove(&missing);
        let mut trie = Trie::from_root(root).owned_by(OWNER);
        if trie.remove(&lacking, *key.get(&pool)).is_err() {
            prop_assert_eq!(trie.take_changes(), NodeChanges::default());
        }
    }

    #[test]
    fn the_count_of_nodes_is_never_too_low(
        pool in pool(), before in changes(40), changes in changes(20), levels in 0usize..5,
    ) {
        let mut keys = filled(&pool, &before);
        // Long, so that no node stands inside its parent.
        keys.values_mut().for_each(|value| *value = value.repeat(40));
        let paths = fresh(&keys);
        let mut trie = Trie::from_root(reference_root(&keys)).owned_by(OWNER);
        for (index, value) in changes {
            let key = *index.get(&pool);
            match value {
                Some(value) => drop(trie.insert(&paths, key, &value.repeat(40)).unwrap()),
                None => drop(trie.remove(&paths, key).unwrap()),
            }
            prop_assert!(trie.nodes_at_most() >= count(&mut trie.root));
        }
        trie.take_changes();
        let left = trie.forget(levels);
        prop_assert_eq!(left, trie.nodes_at_most());
        prop_assert_eq!(left, count(&mut trie.root));
        prop_assert_eq!(trie.forget(0), 0);
        prop_assert_eq!(trie.nodes_at_most(), 0);
    }
}

fn count(node: &mut Node) -> usize {
    let this = usize::from(!matches!(node, Node::Empty | Node::Hash(_)));
    this + node.children().iter_mut().map(count).sum::<usize>()
}

#[test]
fn a_node_that_comes_to_the_place_of_one_that_went_is_not_deleted() {
    let mut paths = Paths::default();
    let mut trie = Trie::empty().owned_by(OWNER);
    let key = |first: u8| B256::repeat_byte(first);
    for first in [0x11, 0x12, 0x21] {
        trie.insert(&paths, key(first), &[1; 40]).unwrap();
    }
    paths.take_from(&mut trie);
    // The branch at 1 becomes a leaf and then a branch again; the leaf at 2 goes and another comes.
    trie.remove(&paths, key(0x12)).unwrap();
    trie.remove(&paths, key(0x21)).unwrap();
    trie.root();
    trie.insert(&paths, key(0x13), &[2; 40]).unwrap();
    trie.insert(&paths, key(0x22), &[3; 40]).unwrap();
    let changes = trie.take_changes();
    let new: Vec<_> = changes.new.iter().map(|node| node.path).collect();
    let gone: Vec<_> = changes.gone.iter().map(|key| key.path).collect();
    let path = |nibbles: &[u8]| Nibbles::from_nibbles(nibbles);
    assert_eq!(new, [&[1, 1][..], &[1, 3], &[1], &[2], &[]].map(path));
    assert_eq!(gone, [path(&[1, 2])]);
}
