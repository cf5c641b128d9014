//! Filters that are polled, through blocks and reorganisations.

use super::{
    client::{call, fail},
    node::{Node, TOKEN, blocks_of},
};
use crate::support::{COUNTER, call_counter, hash, transfer, wait_for};
use alloy_primitives::{Address, B256};
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
    let node = Node::importing();
    let id = call(node.address, "eth_newFilter", json!([{ "address": COUNTER }]));
    let other = json!([{ "address": COUNTER, "topics": [B256::ZERO] }]);
    let other = call(node.address, "eth_newFilter", other);
    node.chain().import(blocks_of(&[&[call_counter(0, 0)], &[call_counter(1, 0)]])).unwrap();
    let came = changes(&node, &id);
    let topics: Vec<&Value> = came.iter().map(|log| &log["topics"][0]).collect();
    assert_eq!(topics, [&json!(B256::with_last_byte(1)), &json!(B256::with_last_byte(2))]);
    assert!(came.iter().all(|log| log["removed"] == false));
    let query = json!([{ "address": COUNTER, "fromBlock": "earliest" }]);
    assert_eq!(call(node.address, "eth_getLogs", query.clone()), json!(came));

    let outcome = call(node.address, "seam_reorg", json!([2, TOKEN]));
    assert_eq!((&outcome["removed"], &outcome["head"]), (&json!(2), &json!("0x2")));
    let mut expected = came;
    expected.reverse();
    expected.iter_mut().for_each(|log| log["removed"] = json!(true));
    assert_eq!(changes(&node, &id), expected);
    assert_eq!(call(node.address, "eth_getLogs", query.clone()), json!([]));
    assert_eq!(call(node.address, "eth_getFilterLogs", json!([id])), json!([]));
    assert!(changes(&node, &other).is_empty());
    // What was in those blocks waits again.
    let hash = json!([hash(&call_counter(0, 0))]);
    assert_eq!(call(node.address, "eth_getTransactionReceipt", hash.clone()), Value::Null);
    assert_eq!(call(node.address, "eth_getTransactionByHash", hash)["blockHash"], Value::Null);
}

#[test]
fn a_filter_that_nobody_polls_ends_on_the_chains_clock() {
    let node = Node::start();
    let id = call(node.address, "eth_newBlockFilter", json!([]));
    let pass = |blocks: u64| {
        let until = node.chain().head().number() + blocks;
        node.clock.advance(Duration::from_secs(2 * blocks));
        wait_for(node.chain(), until);
    };
    pass(140);
    assert_eq!(changes(&node, &id).len(), 140);
    pass(155);
    assert_eq!(fail(node.address, "eth_getFilterChanges", json!([id])).1, "filter not found");
}

#[test]
fn only_who_has_the_token_reorganises() {
    let node = Node::importing();
    node.chain().import(blocks_of(&[&[]])).unwrap();
    let (_, message) = fail(node.address, "seam_reorg", json!([1]));
    assert!(message.contains("needs the token"), "{message}");
    let (_, message) = fail(node.address, "seam_reorg", json!([1, "guess"]));
    assert!(message.contains("not the right one"), "{message}");
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"seam_reorg","params":["0x1"]}"#;
    let headers = format!("host: localhost\r\nauthorization: Bearer {TOKEN}\r\n");
    let reply =
        super::client::exchange(node.address, super::client::posting(body, &headers).as_bytes());
    assert_eq!(reply.json()["result"]["removed"], 1, "{reply:?}");
    let none = Node::with(seam_chain::rpc::RpcSettings::default());
    assert_eq!(fail(none.address, "seam_reorg", json!([1, ""])).0, -32_601);
}
