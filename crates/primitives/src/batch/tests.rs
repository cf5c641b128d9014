//! Against `testdata/inbox-vectors.json`, which the contract is checked against too
//! (`contracts/test/inbox/Vectors.t.sol`).

use super::*;
use alloy_primitives::Bytes;
use serde_json::Value;
use std::{format, string::String};

fn vectors() -> Value {
    let path = format!("{}/../../testdata/inbox-vectors.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn word(value: &Value) -> B256 {
    value.as_str().unwrap().parse().unwrap()
}

fn number(value: &Value) -> u64 {
    let text: String = value.as_str().unwrap().into();
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

fn header(value: &Value) -> BatchHeader {
    BatchHeader {
        version: number(&value["version"]).try_into().unwrap(),
        first_block: number(&value["firstBlock"]),
        last_block: number(&value["lastBlock"]),
        l1_number: number(&value["l1Number"]),
        l1_hash: word(&value["l1Hash"]),
        prev_accumulator: word(&value["prevAccumulator"]),
    }
}

#[test]
fn accumulators_are_those_of_the_contract() {
    let vectors = vectors();
    let inbox = vectors["inbox"].as_str().unwrap().parse().unwrap();
    let l2 = number(&vectors["parameters"]["l2ChainId"]);
    let first = first_accumulator(number(&vectors["l1ChainId"]), inbox, l2);
    assert_eq!(first, word(&vectors["genesisAccumulator"]));
    let batches = vectors["batches"].as_array().unwrap();
    assert_eq!(batches.len(), 6);
    for batch in batches {
        let kind = batch["kind"].as_u64().unwrap_or_else(|| number(&batch["kind"]));
        let kind = BatchKind::of(kind.try_into().unwrap()).unwrap();
        let data_hash = match kind {
            BatchKind::Calldata => {
                keccak256(batch["data"].as_str().unwrap().parse::<Bytes>().unwrap())
            }
            BatchKind::Blobs => {
                let hashes = batch["versionedHashes"].as_array().unwrap();
                blobs_data_hash(&hashes.iter().map(word).collect::<Vec<_>>())
            }
        };
        assert_eq!(data_hash, word(&batch["dataHash"]));
        let header = header(&batch["header"]);
        assert_eq!(header.hash(), word(&batch["headerHash"]));
        assert_eq!(header.accumulator(kind, data_hash), word(&batch["accumulator"]));
    }
}

#[test]
fn headers_at_the_ends_of_their_fields_have_the_hashes_of_the_contract() {
    let vectors = vectors();
    let encodings = vectors["encodings"].as_array().unwrap();
    assert_eq!(encodings.len(), 3);
    for encoding in encodings {
        assert_eq!(header(&encoding["header"]).hash(), word(&encoding["headerHash"]));
    }
}

#[test]
fn a_kind_is_the_number_that_the_inbox_writes() {
    for kind in [BatchKind::Calldata, BatchKind::Blobs] {
        assert_eq!(BatchKind::of(kind.number()), Some(kind));
    }
    assert_eq!(BatchKind::of(2), None);
}
