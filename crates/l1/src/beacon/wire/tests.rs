use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Three blobs with their hashes: field elements are below the modulus where their first byte is small.
static BLOBS: LazyLock<[(B256, Box<Blob>); 3]> = LazyLock::new(|| {
    [1, 2, 3].map(|byte| {
        let blob = Box::new(Blob::repeat_byte(byte));
        (versioned_hash(&blob).unwrap(), blob)
    })
});

fn page(status: u16, body: &Value) -> Page {
    Page { status, body: body.to_string().into_bytes() }
}

fn ok(blobs: &[&Blob]) -> Page {
    page(200, &json!({ "execution_optimistic": false, "finalized": true, "data": blobs }))
}

#[test]
fn a_blob_has_the_hash_of_its_commitment_and_one_out_of_the_field_has_none() {
    let zero = versioned_hash(&Blob::ZERO).unwrap();
    // Of the point at infinity, `0xc0` and zeros.
    let infinity = [&[0xc0][..], &[0; 47]].concat();
    assert_eq!(zero, kzg_to_versioned_hash(&infinity));
    assert_eq!(versioned_hash(&Blob::repeat_byte(0xff)), None);
}

#[test]
fn paths_are_those_of_the_beacon_api() {
    let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
    let path = blobs_path("7", &[one, two]);
    let expected = format!("eth/v1/beacon/blobs/7?versioned_hashes={one}&versioned_hashes={two}");
    assert_eq!(path, expected);
    assert_eq!(sidecars_path("7"), "eth/v1/beacon/blob_sidecars/7");
}

#[test]
fn blobs_that_were_asked_for_are_taken_and_others_are_wrong() {
    let [(a, blob_a), (b, blob_b), (_, other)] = &*BLOBS;
    let both = blobs(&ok(&[blob_b, blob_a]), &[*a, *b]).unwrap();
    assert_eq!(both.blobs, [(*b, blob_b.clone()), (*a, blob_a.clone())]);
    assert_eq!(both.wrong, None);
    let wrong = blobs(&ok(&[blob_a, other]), &[*a, *b]).unwrap();
    assert_eq!(wrong.blobs, [(*a, blob_a.clone())]);
    assert!(matches!(&wrong.wrong, Some(Fault::Wrong(text)) if text.contains("blob 1")));
    // It does not heed the hashes.
    let all = blobs(&ok(&[other, blob_b]), &[*b]).unwrap();
    assert_eq!((all.blobs.len(), all.wrong), (1, None));
    assert_eq!(blobs(&ok(&[]), &[*a]).unwrap().blobs, []);
}

#[test]
fn a_sidecar_whose_blob_is_not_that_of_its_commitment_is_wrong() {
    let [(a, blob_a), (b, blob_b), _] = &*BLOBS;
    let settings = c_kzg::ethereum_kzg_settings(0);
    let sidecar = |blob: &Blob, committed: &Blob| {
        let committed = c_kzg::Blob::from_bytes(committed.as_slice()).unwrap();
        let commitment = settings.blob_to_kzg_commitment(&committed).unwrap().to_bytes();
        json!({ "index": "0", "blob": blob, "kzg_proof": "0x", "kzg_commitment":
            Bytes::copy_from_slice(commitment.as_slice()) })
    };
    let both = [sidecar(blob_a, blob_a), sidecar(blob_b, blob_b)];
    let found = sidecars(&page(200, &json!({ "data": both })), &[*b]).unwrap();
    assert_eq!(found, Checked { blobs: vec![(*b, blob_b.clone())], wrong: None });
    let false_one = [sidecar(blob_b, blob_a)];
    let found = sidecars(&page(200, &json!({ "data": false_one })), &[*a]).unwrap();
    assert!(found.blobs.is_empty() && matches!(found.wrong, Some(Fault::Wrong(_))));
}

#[test]
fn the_slots_of_a_chain_are_read() {
    let time = |text: Value| genesis(&page(200, &json!({ "data": { "genesis_time": text } })));
    assert_eq!(time(json!("1606824023")), Ok(1_606_824_023));
    assert!(time(json!("soon")).is_err() && time(json!(5)).is_err());
    let seconds = |spec: Value| slot_seconds(&page(200, &json!({ "data": spec })));
    assert_eq!(seconds(json!({ "SECONDS_PER_SLOT": "12", "BLOB_SCHEDULE": [] })), Ok(12));
    assert_eq!(seconds(json!({ "SLOT_DURATION_MS": "6000" })), Ok(6));
    let lacks = |found: Result<u64, Fault>| {
        let fault = found.unwrap_err();
        assert!(fault.to_string().contains("--l1-slot-seconds"), "{fault}");
    };
    lacks(seconds(json!({})));
    lacks(seconds(json!({ "SECONDS_PER_SLOT": "0" })));
    lacks(slot_seconds(&page(404, &json!({}))));
    assert_eq!(slot_seconds(&page(503, &json!({}))), Err(Fault::Status(503)));
}

#[test]
fn what_is_no_answer_is_a_fault() {
    let hash = BLOBS[0].0;
    for body in [json!({}), json!({ "data": 1 }), json!({ "data": ["0x00"] }), json!([])] {
        let fault = blobs(&page(200, &body), &[hash]).unwrap_err();
        assert!(matches!(fault, Fault::Unreadable(_)), "{body}: {fault}");
    }
    assert_eq!(blobs(&page(503, &json!({})), &[hash]), Err(Fault::Status(503)));
    for status in [400, 404, 405, 410, 501] {
        assert!(is_missing(status));
    }
    assert!(!is_missing(200) && !is_missing(429) && !is_missing(503));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..300), status in 190_u16..520) {
        let page = Page { status, body };
        let _ = (blobs(&page, &[]), sidecars(&page, &[]), genesis(&page), slot_seconds(&page));
    }
}
