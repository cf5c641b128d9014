use super::*;
use crate::blobs::{kzg, testing};
use alloy_eips::eip4844::kzg_to_versioned_hash;
use alloy_primitives::{B256, b256};
use seam_primitives::Header;
use serde_json::{Value, json};
use std::num::NonZeroU64;

const CLOCK: SlotClock =
    SlotClock { genesis_time: 1_000, seconds_per_slot: NonZeroU64::new(2).unwrap() };

fn header() -> BeaconHeader {
    BeaconHeader {
        slot: 5,
        proposer_index: 0,
        parent_root: B256::repeat_byte(1),
        state_root: B256::repeat_byte(2),
        body_root: B256::repeat_byte(3),
    }
}

fn message() -> Value {
    json!({
        "slot": "5",
        "proposer_index": "0",
        "parent_root": B256::repeat_byte(1),
        "state_root": B256::repeat_byte(2),
        "body_root": B256::repeat_byte(3),
    })
}

fn zeros(bytes: usize) -> String {
    format!("0x{}", "00".repeat(bytes))
}

/// Mainnet's genesis block, whose root is in every client.
#[test]
fn the_root_is_that_of_the_consensus_specification() {
    let genesis = BeaconHeader {
        slot: 0,
        proposer_index: 0,
        parent_root: B256::ZERO,
        state_root: b256!("7e76880eb67bbdc86250aa578958e9d0675e64e714337855204fb5abaaf82c2b"),
        body_root: b256!("ccb62460692be0ec813b56be97f68a82cf57abc102e27bf49ebf4190ff22eedd"),
    };
    let root = b256!("4d611d5b93fdab69013a7f0a2f961caca0c853f87cfe9595fe50038163079360");
    assert_eq!(genesis.root(), root);
}

#[test]
fn every_field_of_a_header_counts() {
    let one = header();
    let others = [
        BeaconHeader { slot: 6, ..one },
        BeaconHeader { proposer_index: 1, ..one },
        BeaconHeader { parent_root: B256::ZERO, ..one },
        BeaconHeader { state_root: B256::ZERO, ..one },
        BeaconHeader { body_root: B256::ZERO, ..one },
    ];
    for other in others {
        assert_ne!(one.root(), other.root(), "{other:?}");
    }
}

#[test]
fn headers_form_a_chain() {
    let genesis = Header { timestamp: 1_000, ..Header::default() };
    let first = BeaconHeader::of(&genesis, B256::repeat_byte(9), &CLOCK);
    assert_eq!((first.slot, first.parent_root), (0, B256::ZERO));
    assert_eq!((first.state_root, first.body_root), (genesis.state_root, B256::repeat_byte(9)));
    let next = Header {
        timestamp: 1_004,
        parent_beacon_block_root: Some(first.root()),
        ..Header::default()
    };
    let second = BeaconHeader::of(&next, B256::repeat_byte(8), &CLOCK);
    assert_eq!((second.slot, second.parent_root), (2, first.root()));
}

#[test]
fn slots_follow_time() {
    assert_eq!(CLOCK.slot_at(0), 0);
    assert_eq!(CLOCK.slot_at(1_001), 0);
    assert_eq!(CLOCK.slot_at(1_002), 1);
    assert_eq!(CLOCK.times_of(1), Some(1_002..1_004));
    assert_eq!(CLOCK.times_of(u64::MAX), None);
    assert_eq!(CLOCK.times_of(u64::MAX / 2), None);
    for slot in [0, 1, 77] {
        let times = CLOCK.times_of(slot).unwrap();
        assert_eq!(CLOCK.slot_at(times.start), slot);
        assert_eq!(CLOCK.slot_at(times.end), slot + 1);
    }
}

#[test]
fn block_ids_are_read() {
    let root = B256::repeat_byte(0xab);
    let ids = [
        ("head", BlockId::Head),
        ("genesis", BlockId::Genesis),
        ("finalized", BlockId::Finalized),
        ("0", BlockId::Slot(0)),
        ("18446744073709551615", BlockId::Slot(u64::MAX)),
        (&root.to_string(), BlockId::Root(root)),
    ];
    for (text, id) in ids {
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.to_string(), text);
    }
    let no_prefix = "ab".repeat(32);
    let wrong =
        ["", "latest", "justified", "-1", "+1", "1 ", "18446744073709551616", "0x12", &no_prefix];
    for text in wrong {
        let error = text.parse::<BlockId>().unwrap_err();
        assert_eq!(error.code(), 400);
        let body = json!({ "code": 400, "message": format!("invalid block id: {text}") });
        assert_eq!(serde_json::to_value(error.body()).unwrap(), body);
    }
}

#[test]
fn lists_of_a_query_are_read() {
    assert_eq!(indices([]), Ok(None));
    assert_eq!(indices([""]), Ok(None));
    assert_eq!(indices(["0,1", "5"]), Ok(Some(vec![0, 1, 5])));
    assert_eq!(indices(["1", "x"]), Err(BeaconError::Index("x".to_owned())));
    assert_eq!(indices(["+1"]), Err(BeaconError::Index("+1".to_owned())));
    let (one, two) = (B256::repeat_byte(1), B256::repeat_byte(2));
    assert_eq!(versioned_hashes([]), Ok(None));
    let hashes = versioned_hashes([format!("{one},{two}").as_str()]);
    assert_eq!(hashes, Ok(Some(vec![one, two])));
    let hashes = versioned_hashes([one.to_string().as_str(), &two.to_string()]);
    assert_eq!(hashes, Ok(Some(vec![one, two])));
    for wrong in ["0x01", "1", &"11".repeat(32)] {
        let error = BeaconError::VersionedHash(wrong.to_owned());
        assert_eq!(versioned_hashes([wrong]), Err(error));
    }
}

#[test]
fn errors_have_bodies() {
    let body = serde_json::to_string(&BeaconError::BlockNotFound.body()).unwrap();
    assert_eq!(body, r#"{"code":404,"message":"block not found"}"#);
}

#[test]
fn blobs_of_a_block_are_answered() {
    let sidecars = [testing::sidecar(1), testing::sidecar(2)];
    let in_order = [&sidecars[0].blobs[0], &sidecars[1].blobs[0], &sidecars[1].blobs[1]];
    let answer = serde_json::to_value(blobs(&sidecars, true, None)).unwrap();
    let expected = json!({ "execution_optimistic": false, "finalized": true, "data": in_order });
    assert_eq!(answer, expected);
    assert_eq!(answer["data"][0].as_str().unwrap().len(), 2 + 2 * 131_072);
    let empty = serde_json::to_string(&blobs(&[], false, None)).unwrap();
    assert_eq!(empty, r#"{"execution_optimistic":false,"finalized":false,"data":[]}"#);
}

#[test]
fn blobs_are_filtered_by_versioned_hash() {
    let sidecars = [testing::sidecar(2)];
    let hash = |at: usize| kzg_to_versioned_hash(sidecars[0].commitments[at].as_slice());
    let filtered = |hashes: &[B256]| blobs(&sidecars, false, Some(hashes)).data;
    assert_eq!(filtered(&[hash(1)]), [&sidecars[0].blobs[1]]);
    // In the block's order, not in that of the question.
    let both = [&sidecars[0].blobs[0], &sidecars[0].blobs[1]];
    assert_eq!(filtered(&[hash(1), B256::ZERO, hash(0)]), both);
    assert!(filtered(&[B256::ZERO]).is_empty());
}

#[test]
fn sidecars_of_a_block_are_answered() {
    let sidecars = [testing::sidecar(1), testing::sidecar(2)];
    let proofs: Vec<_> =
        sidecars.iter().flat_map(|sidecar| kzg::blob_proofs(sidecar).unwrap()).collect();
    let answer = blob_sidecars(header(), true, &sidecars, &proofs, Some(&[2, 9])).unwrap();
    let expected = json!({
        "version": "deneb",
        "execution_optimistic": false,
        "finalized": true,
        "data": [{
            "index": "2",
            "blob": sidecars[1].blobs[1],
            "kzg_commitment": sidecars[1].commitments[1],
            "kzg_proof": testing::eip4844(2).proofs[1],
            "signed_block_header": { "message": message(), "signature": zeros(96) },
            "kzg_commitment_inclusion_proof": vec![zeros(32); 17],
        }],
    });
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
    let all = blob_sidecars(header(), true, &sidecars, &proofs, None).unwrap();
    assert_eq!(all.data.iter().map(|sidecar| sidecar.index).collect::<Vec<_>>(), [0, 1, 2]);
    let error = blob_sidecars(header(), true, &sidecars, &proofs[1..], None).unwrap_err();
    assert_eq!(error, BeaconError::Proofs { proofs: 2, blobs: 3 });
    assert_eq!(error.code(), 500);
}

#[test]
fn headers_are_answered() {
    let expected = json!({
        "execution_optimistic": false,
        "finalized": false,
        "data": {
            "root": header().root(),
            "canonical": true,
            "header": { "message": message(), "signature": zeros(96) },
        },
    });
    assert_eq!(serde_json::to_value(header_info(header(), false)).unwrap(), expected);
}

#[test]
fn genesis_specification_and_version_are_answered() {
    let expected = json!({ "data": {
        "genesis_time": "1000",
        "genesis_validators_root": zeros(32),
        "genesis_fork_version": "0x00000000",
    }});
    assert_eq!(serde_json::to_value(genesis(&CLOCK)).unwrap(), expected);
    let spec = serde_json::to_value(chain_spec(&CLOCK, 900, 21)).unwrap();
    let spec = spec["data"].as_object().unwrap();
    assert!(spec.values().all(Value::is_string), "{spec:?}");
    assert_eq!(spec["SECONDS_PER_SLOT"], "2");
    assert_eq!(spec["SLOT_DURATION_MS"], "2000");
    assert_eq!(spec["DEPOSIT_CHAIN_ID"], "900");
    assert_eq!(spec["MAX_BLOBS_PER_BLOCK"], "21");
    assert_eq!(spec["KZG_COMMITMENT_INCLUSION_PROOF_DEPTH"], "17");
    let version = serde_json::to_value(node_version()).unwrap();
    let version = version["data"]["version"].as_str().unwrap();
    assert_eq!(version, format!("seam/v{}", env!("CARGO_PKG_VERSION")));
}
