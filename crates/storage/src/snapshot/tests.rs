//! Files that are whole, and lie.

use super::{
    file::Kind,
    fuzz::{read, write},
    *,
};
use crate::{Store, StoreOptions};
use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_trie::EMPTY_ROOT_HASH;
use seam_primitives::Header;
use seam_stf::{Account, AccountChange, StateChanges, state_trie::StateTrie};
use std::collections::BTreeMap;

type Records = Vec<(Kind, Vec<u8>)>;

fn genesis() -> (Header, StateChanges) {
    let mut state = StateChanges::default();
    for who in 1..4u8 {
        let code = Bytes::from(vec![who; 9]);
        let balance = U256::from(who);
        let account = Account { nonce: 1, balance, code_hash: keccak256(&code) };
        let storage = [(U256::from(who), U256::ONE), (U256::from(9), U256::from(2))].into();
        state.codes.insert(account.code_hash, code);
        let change = AccountChange { account: Some(account), storage_wiped: false, storage };
        state.accounts.insert(Address::repeat_byte(who), change);
    }
    let nothing: BTreeMap<B256, Bytes> = BTreeMap::new();
    let roots = StateTrie::from_root(EMPTY_ROOT_HASH).apply(&nothing, &state, None);
    let header = Header {
        state_root: roots.unwrap().state,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        ..Header::default()
    };
    (header, state)
}

fn snapshot() -> (Vec<u8>, B256) {
    let (header, state) = genesis();
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), &header, &state, StoreOptions::default()).unwrap();
    let mut file = Vec::new();
    let summary = create(&store.reader().unwrap(), 0, &mut file).unwrap();
    assert_eq!((summary.accounts, summary.slots, summary.codes), (3, 6, 3));
    (file, summary.hash)
}

fn refusal(records: &Records, hash: B256) -> String {
    let directory = tempfile::tempdir().unwrap();
    let file = write(records).unwrap();
    let refused = load(&file[..], hash, directory.path(), &StoreOptions::default());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    refused.unwrap_err().to_string()
}

#[test]
fn every_flipped_bit_and_every_end_before_the_end_is_found() {
    let (file, _) = snapshot();
    assert_eq!(write(&read(&file).unwrap()).unwrap(), file);
    for at in 0..file.len() {
        assert!(read(&file[..at]).is_err(), "cut off at {at}");
        for bit in 0..8 {
            let mut damaged = file.clone();
            damaged[at] ^= 1 << bit;
            assert!(read(&damaged).is_err(), "byte {at}, bit {bit}");
        }
    }
    let longer = [&file[..], &[0]].concat();
    assert!(read(&longer).unwrap_err().to_string().contains("goes on after its end"));
}

#[test]
fn another_version_and_other_files_are_named() {
    let (mut file, _) = snapshot();
    file[11] = 2;
    let error = read(&file).unwrap_err();
    assert!(matches!(error, SnapshotError::Version { found: 2 }), "{error}");
    for other in [&b""[..], b"PK", b"something else entirely"] {
        assert!(matches!(read(other), Err(SnapshotError::Unknown)));
    }
}

#[test]
fn a_chunk_that_would_be_huge_is_refused_before_it_is_made() {
    let mut file = snapshot().0;
    file[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(read(&file).unwrap_err().to_string().contains("impossible size"));
    let mut file = snapshot().0;
    file[12..16].copy_from_slice(&u32::MAX.to_be_bytes());
    assert!(read(&file).unwrap_err().to_string().contains("impossible size"));
}

/// The digest of each is right: somebody made them so.
#[test]
fn a_file_that_lies_is_refused() {
    let (file, hash) = snapshot();
    let records = read(&file).unwrap();
    let place = |kind: Kind| records.iter().position(|record| record.0 == kind).unwrap();
    let lie = |change: &dyn Fn(&mut Records)| {
        let mut records = records.clone();
        change(&mut records);
        refusal(&records, hash)
    };
    let (account, slot) = (place(Kind::Account), place(Kind::Slot));
    let expect = |what: &str, said: String| assert!(said.contains(what), "{said}");
    expect("its state has root", lie(&|records| records[slot].1[32] = 7));
    expect("its state has root", lie(&|records| drop(records.remove(slot))));
    expect("its state has root", lie(&|records| records[account].1[19] ^= 1));
    expect("its state has root", lie(&|records| records.truncate(account)));
    expect("the code", lie(&|records| drop(records.remove(place(Kind::Code)))));
    expect("not in order", lie(&|records| records.swap(slot, slot + 1)));
    expect("not in order", lie(&|records| records.push((Kind::Code, vec![1]))));
    expect("not in order", lie(&|records| records.extend(records[account..=account].to_vec())));
    expect("a slot is zero", lie(&|records| records[slot].1.truncate(32)));
    expect("no genesis block", lie(&|records| drop(records.remove(0))));
    expect("it has no blocks", lie(&|records| drop(records.remove(place(Kind::Block)))));
    expect("has no receipts", lie(&|records| drop(records.remove(place(Kind::Receipts)))));
    let other = Header { timestamp: 5, ..genesis().0 };
    let other = alloy_rlp::encode(other);
    expect("does not follow", lie(&|records| records[0].1 = other.clone()));
    expect("with hash", {
        let directory = tempfile::tempdir().unwrap();
        let loaded = load(&file[..], B256::ZERO, directory.path(), &StoreOptions::default());
        loaded.unwrap_err().to_string()
    });
}

/// The corpus of the fuzzer, which the soak begins from.
#[test]
fn the_corpus_of_snapshots_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/snapshot");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        fuzz::snapshot(&std::fs::read(entry.unwrap().path()).unwrap());
        files += 1;
    }
    assert!(files > 0);
}
