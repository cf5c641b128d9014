//! What is loaded is what was there, and goes on.

use crate::{
    history::block,
    support::{Model, Touch, What, genesis, options},
};
use alloy_primitives::B256;
use proptest::{collection::vec, prelude::*};
use seam_storage::{
    Finality, History, StorageError, View,
    snapshot::{BLOCKS, SnapshotError, create, genesis_of, load},
};
use std::{fs, path::Path};

fn made(model: &Model, number: u64) -> (Vec<u8>, B256) {
    let mut file = Vec::new();
    let summary = create(&model.store.reader().unwrap(), number, &mut file).unwrap();
    assert_eq!(summary.number, number);
    (file, summary.hash)
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

proptest! {
    // Each case makes databases on disk.
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// Of any block whose state is kept; afterwards blocks are appended, replaced and read as in a chain
    /// that was there from the beginning.
    #[test]
    fn a_loaded_chain_is_the_one_that_was_written_and_goes_on(
        blocks in vec(block(), 1..30),
        back in 0usize..30,
        later in vec(block(), 1..8),
        flush_blocks in 1u64..7,
    ) {
        let options = options(History::Archive, flush_blocks);
        let [there, here] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let mut model = Model::new(there.path(), options);
        blocks.iter().for_each(|block| model.append(block));
        let at = blocks.len().saturating_sub(back);
        let (file, hash) = made(&model, at as u64);
        let summary = load(&file[..], hash, here.path(), &options).unwrap();
        prop_assert_eq!(summary.accounts, model.states[at].accounts.len() as u64);
        prop_assert_eq!(summary.slots, model.states[at].slots.len() as u64);

        let mut loaded = Model::over(here.path(), options, model.states[..=at].to_vec());
        loaded.check();
        let reader = loaded.store.reader().unwrap();
        prop_assert_eq!((reader.head(), reader.head_hash()), (at as u64, hash));
        for number in 0..=at as u64 {
            let theirs = model.store.reader().unwrap().block(number).unwrap();
            prop_assert_eq!(reader.block(number).unwrap(), theirs);
        }
        // The same file again, of the copy.
        prop_assert!(made(&loaded, at as u64).1 == hash);
        later.iter().for_each(|block| loaded.append(block));
        loaded.branch(at as u64, &later);
        loaded.check();
    }
}

fn cases() -> u32 {
    if std::env::var_os("SEAM_SOAK").is_some() { 500 } else { 12 }
}

#[test]
fn a_long_chain_is_loaded_from_its_last_blocks_on() {
    let options = options(History::Archive, 64);
    let [there, here] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut model = Model::new(there.path(), options);
    for number in 1..=BLOCKS + 20 {
        model.append(&[Touch { who: 3, what: What::Balance(number) }]);
    }
    let head = BLOCKS + 10;
    let (file, hash) = made(&model, head);
    assert_eq!(genesis_of(&file[..]).unwrap(), genesis().0);
    let summary = load(&file[..], hash, here.path(), &options).unwrap();
    assert_eq!((summary.blocks, summary.genesis), (BLOCKS, genesis().0.hash_slow()));
    let states = model.states[..=usize::try_from(head).unwrap()].to_vec();
    let mut loaded = Model::over(here.path(), options, states);
    loaded.check();
    let reader = loaded.store.reader().unwrap();
    assert_eq!(reader.first().unwrap(), Some(11));
    assert!(reader.block(10).unwrap().is_none() && reader.block(11).unwrap().is_some());
    assert_eq!(reader.finality().unwrap(), Finality { safe: head, finalized: head });
    let error = View::at(reader.clone(), head - 1).unwrap_err();
    assert!(matches!(error, StorageError::NoState { oldest, .. } if oldest == head), "{error}");
    // A snapshot of it has the same bytes; once it has gone on, it makes its own.
    assert_eq!(made(&loaded, head).0, file);
    loaded.append(&[Touch { who: 4, what: What::Slots(vec![(1, 1)]) }]);
    let (next, hash) = made(&loaded, head + 1);
    let third = tempfile::tempdir().unwrap();
    load(&next[..], hash, third.path(), &options).unwrap();
}

#[test]
fn another_hash_a_damaged_file_and_a_place_that_is_taken_are_refused_and_leave_nothing() {
    let options = options(History::Archive, 64);
    let [there, here] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut model = Model::new(there.path(), options);
    for number in 1..20 {
        model.append(&[Touch { who: 3, what: What::Slots(vec![(1, number)]) }]);
    }
    let (file, hash) = made(&model, 19);
    let other = load(&file[..], B256::ZERO, here.path(), &options).unwrap_err();
    assert!(matches!(other, SnapshotError::OtherBlock { number: 19, .. }), "{other}");
    for at in (0..file.len()).step_by(file.len() / 16) {
        let mut damaged = file.clone();
        damaged[at] ^= 1 << (at % 8);
        load(&damaged[..], hash, here.path(), &options).unwrap_err();
    }
    for end in [0, 5, 12, 100, file.len() / 2, file.len() - 1] {
        load(&file[..end], hash, here.path(), &options).unwrap_err();
    }
    assert_eq!(names(here.path()), Vec::<String>::new());
    let taken = load(&file[..], hash, there.path(), &options).unwrap_err();
    assert!(matches!(taken, SnapshotError::Exists(_)), "{taken}");
    model.check();
    load(&file[..], hash, here.path(), &options).unwrap();
}

#[test]
fn a_state_that_is_not_kept_has_no_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let mut model = Model::new(directory.path(), options(History::Blocks(64), 8));
    for number in 1..=100 {
        model.append(&[Touch { who: 3, what: What::Balance(number) }]);
    }
    let reader = model.store.reader().unwrap();
    let error = create(&reader, 3, std::io::sink()).unwrap_err();
    assert!(matches!(error, SnapshotError::Storage(StorageError::NoState { .. })), "{error}");
}
