//! Opening says what is wrong, and what to do.

use crate::support::{Model, Touch, What, genesis, options};
use seam_primitives::Header;
use seam_storage::{History, StorageError, Store, stored_genesis};
use std::fs;

#[test]
fn a_directory_is_open_only_once() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(History::Archive, 4);
    let model = Model::new(directory.path(), options);
    let (header, changes, _) = genesis();
    let error = Store::open(directory.path(), &header, &changes, options).unwrap_err();
    assert!(matches!(error, StorageError::Locked(_)), "{error}");
    assert!(error.to_string().contains("stop that one"), "{error}");
    drop(model);
    Store::open(directory.path(), &header, &changes, options).unwrap();
}

#[test]
fn another_chain_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(History::Archive, 4);
    drop(Model::new(directory.path(), options));
    let (header, changes, _) = genesis();
    let other = Header { timestamp: 99, ..header.clone() };
    let error = Store::open(directory.path(), &other, &changes, options).unwrap_err();
    assert!(matches!(error, StorageError::OtherChain { .. }), "{error}");
    assert!(error.to_string().contains("--fresh"), "{error}");
    let stored = stored_genesis(directory.path()).unwrap();
    assert_eq!(stored, Some(header));
}

#[test]
fn a_genesis_whose_header_is_of_another_state_is_refused_and_leaves_no_chain() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(History::Archive, 4);
    let (header, changes, _) = genesis();
    let wrong = Header { state_root: Default::default(), ..header.clone() };
    let error = Store::open(directory.path(), &wrong, &changes, options).unwrap_err();
    assert!(matches!(error, StorageError::Mismatch(_)), "{error}");
    assert_eq!(stored_genesis(directory.path()).unwrap(), None);
    // What was begun is made anew.
    let store = Store::open(directory.path(), &header, &changes, options).unwrap();
    store.reader().unwrap().check().unwrap();
}

#[test]
fn what_was_left_of_a_creation_that_was_cut_short_is_removed() {
    let directory = tempfile::tempdir().unwrap();
    let left = directory.path().join("chain.new");
    // The database does not open what has this file and no others.
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("0.jnl"), []).unwrap();
    assert_eq!(stored_genesis(directory.path()).unwrap(), None);
    let (header, changes, _) = genesis();
    let options = options(History::Archive, 4);
    let store = Store::open(directory.path(), &header, &changes, options).unwrap();
    store.reader().unwrap().check().unwrap();
    assert!(!left.exists());
}

#[test]
fn a_trie_that_was_not_written_for_long_is_rolled_forward() {
    let directory = tempfile::tempdir().unwrap();
    let options = options(History::Blocks(64), 1_000);
    let mut model = Model::new(directory.path(), options);
    for number in 1..=150u64 {
        let who = u8::try_from(number % 9).unwrap();
        model.append(&[Touch { who, what: What::Slots(vec![(who, number)]) }]);
    }
    model = model.reopen(directory.path(), options);
    model.append(&[Touch { who: 3, what: What::Recreate(vec![(1, 1)]) }]);
    model.check();
    // History is kept from the block of the stored trie on, even beyond the window.
    assert_eq!(model.store.reader().unwrap().oldest_state().unwrap(), 0);
}
