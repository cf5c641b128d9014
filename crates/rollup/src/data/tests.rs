use super::*;
use alloy_primitives::{Address, keccak256};
use seam_primitives::batch::BatchHeader;

const AT: L1At = L1At { number: 50, hash: B256::repeat_byte(5), timestamp: 1_000 };

fn batch(versioned_hashes: Vec<B256>) -> PostedBatch {
    PostedBatch {
        index: 17,
        poster: Address::ZERO,
        kind: BatchKind::Blobs,
        header: BatchHeader::default(),
        accumulator: B256::ZERO,
        data_hash: blobs_data_hash(&versioned_hashes),
        versioned_hashes,
    }
}

#[test]
fn versioned_hashes_must_give_the_data_hash() {
    let good = batch(vec![B256::repeat_byte(1), B256::repeat_byte(2)]);
    assert_eq!(check_hashes(&good), Ok(()));
    let mut swapped = good.clone();
    swapped.versioned_hashes.swap(0, 1);
    assert_eq!(check_hashes(&swapped), Err(DataError::NotAnInbox { index: 17 }));
    assert_eq!(DataError::NotAnInbox { index: 17 }.severity(), Severity::Halt);
    let calldata = PostedBatch { kind: BatchKind::Calldata, data_hash: keccak256("data"), ..good };
    assert_eq!(check_hashes(&calldata), Ok(()));
}

#[test]
fn who_was_asked_and_what_to_do_is_said() {
    let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let batch = batch(vec![one, two]);
    let gone = |missing: &[B256], tried: &str| BeaconError::Gone {
        missing: missing.to_vec(),
        tried: tried.to_owned(),
    };
    let error = both(&batch, &AT, &[gone(&[one, two], "a (lacks 2)"), gone(&[two], "b (lacks 1)")]);
    let DataError::Gone { missing, .. } = &error else { panic!("{error}") };
    assert_eq!(missing, &[two]);
    let text = error.to_string();
    for part in ["blobs of batch 17", "gone from L1", "--blob-archive", "a (lacks 2), b (lacks 1)"]
    {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(error.severity(), Severity::Retry);

    let down = BeaconError::Unreachable { tried: "b (no answer in time)".to_owned() };
    let error = both(&batch, &AT, &[gone(&[one], "a (lacks 1)"), down]);
    assert!(matches!(&error, DataError::Unreachable { index: 17, block: 50, .. }), "{error}");
    assert_eq!(error.severity(), Severity::Retry);

    let nobody = both(&batch, &AT, &[]);
    assert!(nobody.to_string().contains("give --l1-beacon URL"), "{nobody}");
    assert_eq!(nobody.severity(), Severity::Halt);
}
