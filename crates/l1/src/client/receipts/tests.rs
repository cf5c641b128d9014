use super::*;
use alloy_consensus::{
    Eip658Value, Receipt, ReceiptEnvelope, TxType, proofs::calculate_receipt_root,
};
use alloy_primitives::{hex, keccak256};
use proptest::prelude::*;
use serde_json::{Value, json, value::to_raw_value};

/// As a node tells it.
fn told(kind: u64, outcome: (&str, Value), gas: u64, logs: &[Log]) -> Value {
    let logs_json: Vec<Value> = logs
        .iter()
        .map(|log| json!({ "address": log.address, "topics": log.topics(), "data": log.data.data }))
        .collect();
    json!({
        "type": U64::from(kind), outcome.0: outcome.1, "cumulativeGasUsed": U64::from(gas),
        "logsBloom": alloy_primitives::logs_bloom(logs), "logs": logs_json, "fieldOfLater": 1,
    })
}

fn parse(value: Value) -> BlockReceipt {
    serde_json::from_value(value).unwrap()
}

fn encoded(receipt: &BlockReceipt) -> Vec<u8> {
    let mut out = Vec::new();
    receipt.encode(&mut out);
    out
}

fn header(receipts: &[BlockReceipt]) -> Sealed<Header> {
    let receipts_root = receipts_root(receipts);
    Sealed::new(Header { number: 7, receipts_root, ..Header::default() })
}

#[test]
fn a_receipt_of_any_type_is_its_type_and_four_fields() {
    let receipt = parse(told(0x77, ("status", json!("0x1")), 0x80, &[]));
    let bloom = [&hex!("b90100")[..], &[0; 256]].concat();
    let expected = [&hex!("77f901070181 80")[..], &bloom, &hex!("c0")].concat();
    assert_eq!(encoded(&receipt), expected);
    // Before Byzantium: no type byte, and a state root.
    let root = B256::repeat_byte(9);
    let old = parse(told(0, ("root", json!(root)), 0x80, &[]));
    let expected = [&hex!("f90127a0")[..], &root[..], &hex!("8180"), &bloom, &hex!("c0")].concat();
    assert_eq!(encoded(&old), expected);
    let old = parse(json!({ "root": root, "cumulativeGasUsed": "0x80", "logs": [],
        "logsBloom": Bloom::ZERO }));
    assert_eq!(old.kind, 0);
}

#[test]
fn what_is_no_receipt_is_unreadable() {
    let five = vec![B256::ZERO; 5];
    let good = told(2, ("status", json!("0x1")), 5, &[]);
    for (field, bad) in [
        ("status", json!("0x2")),
        ("status", Value::Null),
        ("type", json!("0x100")),
        ("cumulativeGasUsed", Value::Null),
        ("logsBloom", json!("0x00")),
        ("logs", json!([1])),
        ("logs", json!([{ "address": Address::ZERO, "topics": five, "data": "0x" }])),
    ] {
        let mut value = good.clone();
        value[field] = bad;
        let answer = to_raw_value(&[value]).unwrap();
        let fault = read(&header(&[]), &answer).unwrap_err();
        assert!(matches!(fault, Fault::Unreadable(_)), "{field}: {fault}");
    }
    let null = to_raw_value(&Value::Null).unwrap();
    let fault = read(&header(&[]), &null).unwrap_err();
    assert!(matches!(&fault, Fault::Missing(what) if what.contains("block 7")), "{fault}");
}

#[test]
fn a_block_without_transactions_has_no_receipts() {
    let none = to_raw_value(&json!([])).unwrap();
    assert_eq!(read(&header(&[]), &none), Ok(Vec::new()));
}

fn a_log() -> impl Strategy<Value = Log> {
    let topics = prop::collection::vec(any::<u8>().prop_map(B256::repeat_byte), 0..4);
    let data = prop::collection::vec(any::<u8>(), 0..80);
    (any::<u8>(), topics, data).prop_map(|(address, topics, data)| {
        Log::new_unchecked(Address::repeat_byte(address), topics, Bytes::from(data))
    })
}

fn a_receipt() -> impl Strategy<Value = (TxType, bool, u64, Vec<Log>)> {
    let kind = (0_u8..5).prop_map(|kind| TxType::try_from(kind).unwrap());
    (kind, any::<bool>(), any::<u64>(), prop::collection::vec(a_log(), 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The root is that of alloy's own receipts; and with anything left out, changed or moved it is not.
    #[test]
    fn receipts_are_whole_or_refused(
        receipts in prop::collection::vec(a_receipt(), 1..20),
        at: prop::sample::Index,
        lie in 0..4,
    ) {
        let envelopes: Vec<ReceiptEnvelope> = receipts.iter().map(|(kind, status, gas, logs)| {
            let status = Eip658Value::Eip658(*status);
            let receipt = Receipt { status, cumulative_gas_used: *gas, logs: logs.clone() };
            ReceiptEnvelope::from_typed(*kind, receipt)
        }).collect();
        let receipts_root = calculate_receipt_root(&envelopes);
        let header = Sealed::new(Header { receipts_root, ..Header::default() });
        let mut all: Vec<Value> = receipts.iter().map(|(kind, status, gas, logs)| {
            told((*kind as u8).into(), ("status", json!(U64::from(*status))), *gas, logs)
        }).collect();
        let found = read(&header, &to_raw_value(&all).unwrap()).unwrap();
        let logs: Vec<Log> = receipts.iter().flat_map(|(.., logs)| logs.clone()).collect();
        prop_assert_eq!(logs_of(found).map(|(_, log)| log).collect::<Vec<_>>(), logs);

        let whole = all.clone();
        let place = at.index(all.len());
        match lie {
            0 => drop(all.remove(place)),
            1 => all.rotate_left(place),
            2 => drop(all[place]["logs"].as_array_mut().unwrap().pop()),
            _ => all[place]["logs"].as_array_mut().unwrap()
                .push(json!({ "address": Address::ZERO, "topics": [], "data": "0x" })),
        }
        let answer = read(&header, &to_raw_value(&all).unwrap());
        let same = |a: &[Value], b: &[Value]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| {
                keccak256(encoded(&parse(a.clone()))) == keccak256(encoded(&parse(b.clone())))
            })
        };
        match same(&all, &whole) {
            true => prop_assert!(answer.is_ok()),
            false => prop_assert!(matches!(answer, Err(Fault::Wrong(_))), "{answer:?}"),
        }
    }
}
