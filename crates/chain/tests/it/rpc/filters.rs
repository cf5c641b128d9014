//! Filters that are polled, through blocks and reorganisations.

use super::{
    client::{call, fail},
    node::{Node, TOKEN},
};
use crate::support::{COUNTER, call_counter, hash, transfer};
use alloy_primitives::Address;
use serde_json::{Value, json};
use std::time::Duration;

fn changes(node: &Node, id: &Value) -> Vec<Value> {
    call(node.address, "eth_getFilterChanges", json!([id])).as_array().unwrap().clone()
}

#[test]
fn blocks_and_transactions_are_told_once() {
    let node = Node::start();
    let blocks = call(node.address, "eth_newBlockFilter", json!([]));
    let pending = call(node.address, "eth_newPendingTransactionFilter", json!([]));
    let full = call(node.address, "eth_newPendingTransactionFilter", json!([true]));
    let sent = transfer(0, 0, Address::repeat_byte(9), 5);
    node.chain().submit(sent.clone()).unwrap();
    assert_eq!(changes(&node, &pending), [json!(hash(&sent))]);
    assert_eq!(changes(&node, &full)[0]["value"], "0x5");
    node.make_block();
    assert_eq!(changes(&node, &blocks), [json!(node.chain().head().hash())]);
    for id in [&blocks, &pending, &full] {
        assert!(changes(&node, id).is_empty());
        assert_eq!(call(node.address, "eth_uninstallFilter", json!([id])), true);
        assert_eq!(call(node.address, "eth_uninstallFilter", json!([id])), false);
        let gone = fail(node.address, "eth_getFilterChanges", json!([id]));
        assert_eq!(gone, (-32_000, "filter not found".to_owned()));
    }
}

#[test]
fn logs_of_blocks_that_leave_the_chain_are_told_as_removed() {
    let node = Node::start();
    let id = call(node.address, "eth_newFilter", json!([{ "address": COUNTER }]));
    node.chain().submit(call_counter(0, 0)).unwrap();
    node.make_block();
    let came = changes(&node, &id);
    assert_eq!(came.len(), 1);
    assert_eq!(came[0]["removed"], false);
    assert_eq!(came[0]["topics"][0], json!(alloy_primitives::B256::with_last_byte(1)));
    let query = json!([{ "address": COUNTER, "fromBlock": "earliest" }]);
    assert_eq!(call(node.address, "eth_getLogs", query.clone()), json!(came));
    // Another that matches nothing.
    let other = json!([{ "address": COUNTER, "topics": [alloy_primitives::B256::ZERO] }]);
    let other = call(node.address, "eth_newFilter", other);

    let outcome = call(node.address, "seam_reorg", json!([1, TOKEN]));
    assert_eq!((&outcome["removed"], &outcome["head"]), (&json!(1), &json!("0x2")));
    let left = changes(&node, &id);
    let removed: Vec<&Value> = left.iter().filter(|log| log["removed"] == true).collect();
    let mut expected = came[0].clone();
    expected["removed"] = json!(true);
    assert_eq!(removed, [&expected]);
    assert!(changes(&node, &other).is_empty());
    // The transaction waits again, or is in the new block already.
    let receipt = call(node.address, "eth_getTransactionReceipt", json!([hash(&call_counter(0, 0))]));
    if receipt.is_null() {
        assert_eq!(call(node.address, "eth_getLogs", query), json!([]));
        node.make_block();
        let again = changes(&node, &id);
        assert_eq!((again.len(), &again[0]["removed"]), (1, &json!(false)));
    }
}

#[test]
fn a_filter_that_nobody_polls_ends_on_the_chains_clock() {
    let node = Node::start();
    let id = call(node.address, "eth_newBlockFilter", json!([]));
    node.clock.advance(Duration::from_secs(299));
    changes(&node, &id);
    node.clock.advance(Duration::from_secs(301));
    assert_eq!(fail(node.address, "eth_getFilterChanges", json!([id])).1, "filter not found");
}

#[test]
fn only_who_has_the_token_reorganises() {
    let node = Node::start();
    node.make_block();
    let (_, message) = fail(node.address, "seam_reorg", json!([1]));
    assert!(message.contains("needs the token"), "{message}");
    let (_, message) = fail(node.address, "seam_reorg", json!([1, "guess"]));
    assert!(message.contains("not the right one"), "{message}");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"seam_reorg","params":["0x1"]}"#;
    let headers = format!("host: localhost\r\nauthorization: Bearer {TOKEN}\r\n");
    let reply = super::client::exchange(
        node.address,
        super::client::posting(body, &headers).as_bytes(),
    );
    assert_eq!(reply.json()["result"]["removed"], 1, "{reply:?}");
    let none = Node::with(seam_chain::rpc::RpcSettings::default());
    assert_eq!(fail(none.address, "seam_reorg", json!([1, ""])).0, -32_601);
}
