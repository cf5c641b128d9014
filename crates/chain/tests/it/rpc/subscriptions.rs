//! Subscriptions over WebSocket.

use super::{
    client::{WebSocket, call},
    node::{Node, TOKEN, blocks_of},
};
use crate::support::{COUNTER, call_counter, hash, transfer};
use alloy_primitives::Address;
use serde_json::json;

#[test]
fn heads_and_transactions_are_told_as_they_come() {
    let node = Node::start();
    let mut socket = WebSocket::open(node.address);
    let heads = socket.subscribe(&json!(["newHeads"]));
    let hashes = socket.subscribe(&json!(["newPendingTransactions"]));
    let sent = transfer(1, 0, Address::repeat_byte(9), 5);
    node.chain().submit(sent.clone()).unwrap();
    assert_eq!(socket.notified(&hashes), json!(hash(&sent)));
    let full = socket.subscribe(&json!(["newPendingTransactions", true]));
    node.chain().submit(transfer(1, 1, Address::repeat_byte(9), 6)).unwrap();
    assert_eq!(socket.notified(&full)["value"], "0x6");
    node.make_block();
    let told = socket.notified(&heads);
    assert_eq!(told["hash"], json!(node.chain().head().hash()));
    assert!(told.get("transactions").is_none() && told["number"] == "0x1", "{told}");
}

#[test]
fn heads_and_logs_of_a_reorganisation_are_told() {
    let node = Node::importing();
    let (mut socket, mut other) = (WebSocket::open(node.address), WebSocket::open(node.address));
    let logs = socket.subscribe(&json!(["logs", { "address": [COUNTER], "topics": [] }]));
    let heads = other.subscribe(&json!(["newHeads"]));
    node.chain().import(blocks_of(&[&[call_counter(0, 0)]])).unwrap();
    let came = socket.notified(&logs);
    assert_eq!((&came["removed"], &came["blockNumber"]), (&json!(false), &json!("0x1")));
    assert_eq!(other.notified(&heads)["hash"], came["blockHash"]);
    let outcome = call(node.address, "seam_reorg", json!([1, TOKEN]));
    let left = socket.notified(&logs);
    assert_eq!((&left["removed"], &left["blockHash"]), (&json!(true), &came["blockHash"]));
    assert_eq!(other.notified(&heads)["hash"], outcome["hash"]);
}

#[test]
fn calls_and_subscriptions_share_a_connection_until_they_end() {
    let node = Node::start();
    let mut socket = WebSocket::open(node.address);
    assert_eq!(socket.call("eth_chainId", &json!([]))["result"], "0x384");
    let syncing = socket.subscribe(&json!(["syncing"]));
    assert_eq!(socket.notified(&syncing), false);
    let heads = socket.subscribe(&json!(["newHeads"]));
    // jsonrpsee answers a moment before it knows the subscription.
    assert!((0..1_000).any(|_| socket.call("eth_unsubscribe", &json!([heads]))["result"] == true));
    assert_eq!(socket.call("eth_unsubscribe", &json!([heads]))["result"], false);
    node.make_block();
    let next = socket.subscribe(&json!(["newHeads"]));
    node.make_block();
    // The block before is seen on disk a moment before it is announced.
    let mut told = socket.notified(&next);
    if told["number"] == "0x1" {
        told = socket.notified(&next);
    }
    assert_eq!(told["number"], "0x2");
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
