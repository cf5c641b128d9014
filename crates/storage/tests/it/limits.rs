//! What does not fit is refused, and then nothing has changed.

use crate::support::{Model, Touch, What, options};
use seam_storage::{Commit, Finality, History, StorageError};

fn model(directory: &std::path::Path) -> Model {
    let mut model = Model::new(directory, options(History::Blocks(64), 4));
    for number in 1..=10 {
        model.append(&[Touch { who: 3, what: What::Balance(number) }]);
    }
    model
}

#[test]
fn a_final_block_is_not_undone() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    let finality = Finality { safe: 9, finalized: 8 };
    model.store.commit(&Commit { finality: Some(finality), ..Commit::default() }).unwrap();
    assert_eq!(model.store.reader().unwrap().finality().unwrap(), finality);
    let undo = Commit { unwind_to: Some(7), ..Commit::default() };
    let error = model.store.commit(&undo).unwrap_err();
    assert!(matches!(error, StorageError::Mismatch(_)), "{error}");
    model.check();
}

#[test]
fn undoing_blocks_without_giving_the_trie_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let model = model(directory.path());
    // The trie was written with block 8.
    let undo = Commit { unwind_to: Some(5), ..Commit::default() };
    let error = model.store.commit(&undo).unwrap_err();
    assert!(error.to_string().contains("comes without nodes"), "{error}");
    let above = Commit { unwind_to: Some(11), ..Commit::default() };
    let error = model.store.commit(&above).unwrap_err();
    assert!(error.to_string().contains("above the head 10"), "{error}");
    model.check();
}

#[test]
fn a_longer_branch_without_the_trie_is_refused_if_the_stored_trie_goes() {
    let directory = tempfile::tempdir().unwrap();
    let mut model = model(directory.path());
    let blocks: Vec<_> = (6..=12).map(|_| vec![Touch { who: 4, what: What::Balance(1) }]).collect();
    // The trie was written with block 8, which is another one afterwards.
    let (commit, _) = model.branch_commit(5, &blocks);
    let error = model.store.commit(&Commit { nodes: None, ..commit }).unwrap_err();
    assert!(error.to_string().contains("comes without nodes"), "{error}");
    model.check();
}
