//! Subscriptions over WebSocket.

use super::{
    client::{WebSocket, call},
    node::{Node, TOKEN},
};
use crate::support::{COUNTER, call_counter, hash, transfer};
use alloy_primitives::Address;
use serde_json::json;

#[test]
fn heads_transactions_and_logs_are_told_as_they_come() {
    let node = Node::start();
    let mut socket = WebSocket::open(node.address);
    let heads = socket.subscribe(&json!(["newHeads"]));
    let hashes = socket.subscribe(&json!(["newPendingTransactions"]));
    let full = socket.subscribe(&json!(["newPendingTransactions", true]));
    let logs = socket.subscribe(&json!(["logs", { "address": COUNTER }]));
    let sent = call_counter(0, 0);
    node.chain().submit(sent.clone()).unwrap();
    // In whatever order the subscriptions are told.
    assert_eq!(socket.notified(&hashes), json!(hash(&sent)));
    node.chain().submit(transfer(1, 0, Address::repeat_byte(9), 5)).unwrap();
    assert_eq!(socket.notified(&full)["type"], "0x2");
    node.make_block();
    let head = node.chain().head();
    let mut open = WebSocket::open(node.address);
    let late = open.subscribe(&json!(["newHeads"]));
    let told = socket.notified(&heads);
    assert_eq!(told["hash"], json!(head.hash()));
    assert!(told.get("transactions").is_none() && told["number"] == "0x1", "{told}");
    let reorg = call(node.address, "seam_reorg", json!([1, TOKEN]));
    assert_eq!(open.notified(&late)["number"], "0x1");
    assert_eq!(open.notified(&late)["hash"], reorg["hash"]);
    drop(logs);
}

#[test]
fn logs_are_told_and_taken_back() {
    let node = Node::start();
    let mut socket = WebSocket::open(node.address);
    let logs = socket.subscribe(&json!(["logs", { "address": [COUNTER], "topics": [] }]));
    node.chain().submit(call_counter(0, 0)).unwrap();
    node.make_block();
    let came = socket.notified(&logs);
    assert_eq!((&came["removed"], &came["blockNumber"]), (&json!(false), &json!("0x1")));
    call(node.address, "seam_reorg", json!([1, TOKEN]));
    let left = socket.notified(&logs);
    assert_eq!((&left["removed"], &left["blockHash"]), (&json!(true), &came["blockHash"]));
}

#[test]
fn calls_and_subscriptions_share_a_connection_until_they_end() {
    let node = Node::start();
    let mut socket = WebSocket::open(node.address);
    assert_eq!(socket.call("eth_chainId", &json!([]))["result"], "0x384");
    let syncing = socket.subscribe(&json!(["syncing"]));
    assert_eq!(socket.notified(&syncing), false);
    let heads = socket.subscribe(&json!(["newHeads"]));
    assert_eq!(socket.call("eth_unsubscribe", &json!([heads]))["result"], true);
    assert_eq!(socket.call("eth_unsubscribe", &json!([heads]))["result"], false);
    node.make_block();
    let next = socket.subscribe(&json!(["newHeads"]));
    node.make_block();
    assert_eq!(socket.notified(&next)["number"], "0x2");
    let wrong = socket.call("eth_subscribe", &json!(["newThings"]));
    assert_eq!(wrong["error"]["code"], -32_601, "{wrong}");
    let wrong = socket.call("eth_subscribe", &json!(["logs", { "address": 1 }]));
    assert_eq!(wrong["error"]["code"], -32_602, "{wrong}");
}

#[test]
fn a_stop_closes_connections() {
    let mut node = Node::start();
    let mut socket = WebSocket::open(node.address);
    socket.subscribe(&json!(["newHeads"]));
    node.stop_server();
    while socket.receive().is_some() {}
    assert!(std::net::TcpStream::connect(node.address).is_err());
}
