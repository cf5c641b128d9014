//! The stream of signed blocks, and transactions that are taken elsewhere.

use super::{
    client::{WebSocket, call, fail},
    node::{Node, TOKEN, blocks_of, settings},
};
use crate::support::{CHAIN_ID, hash, person, transfer};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::{Address, Bytes, TxHash};
use seam_chain::{
    rpc::{Forward, ForwardError, RpcSettings, forward::Forwarded},
    stream::{BlockSigner, MAX_BLOCKS, SignedBlock},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn signing() -> RpcSettings {
    let signer = BlockSigner::new(person(9), CHAIN_ID);
    RpcSettings { stream: Some(Arc::new(signer)), ..settings() }
}

fn checked(message: Value) -> (u64, String) {
    let message: SignedBlock = serde_json::from_value(message).unwrap();
    let block = message.check(CHAIN_ID, person(9).address()).unwrap();
    (block.header.number, message.hash.to_string())
}

fn head(node: &Node) -> (u64, String) {
    let head = node.chain().head();
    (head.number(), head.hash().to_string())
}

/// What the next notification says.
fn notified(socket: &mut WebSocket) -> Value {
    let mut message = socket.receive().expect("the connection is open");
    assert_eq!(message["method"], "seam_blocks", "{message}");
    message["params"]["result"].take()
}

fn subscribe(node: &Node) -> WebSocket {
    let mut socket = WebSocket::open(node.address);
    let response = socket.call("seam_subscribeBlocks", &json!([]));
    assert!(response["result"].is_string(), "{response}");
    socket
}

#[test]
fn the_head_is_told_at_once_and_then_each_block() {
    let node = Node::with(signing());
    node.make_block();
    let mut socket = subscribe(&node);
    assert_eq!(checked(notified(&mut socket)), head(&node));
    node.chain().submit(transfer(1, 0, Address::repeat_byte(9), 5)).unwrap();
    node.make_block();
    // The block before is seen on disk a moment before it is announced.
    let mut told = checked(notified(&mut socket));
    if told.0 == 1 {
        told = checked(notified(&mut socket));
    }
    assert_eq!(told, head(&node));
}

#[test]
fn after_a_reorg_the_new_blocks_are_told() {
    let node = Node::importing_with(signing());
    node.chain().import(blocks_of(&[&[], &[], &[]])).unwrap();
    let mut socket = subscribe(&node);
    assert_eq!(checked(notified(&mut socket)), head(&node));
    call(node.address, "seam_reorg", json!([2, TOKEN]));
    let told = [(); 2].map(|()| checked(notified(&mut socket)));
    assert_eq!((told[0].0, &told[1]), (2, &head(&node)));
}

#[test]
fn where_blocks_are_undone_and_none_come_the_head_is_told_again() {
    let node = Node::with(RpcSettings { development: true, ..signing() });
    let first = call(node.address, "evm_snapshot", json!([]));
    node.make_block();
    node.make_block();
    let mut socket = subscribe(&node);
    let mut next = |wanted: (u64, String)| while checked(notified(&mut socket)) != wanted {};
    next(head(&node));
    assert_eq!(call(node.address, "evm_revert", json!([first])), true);
    assert_eq!(head(&node).0, 0);
    next(head(&node));
}

#[test]
fn blocks_are_got_in_a_row_as_many_as_there_are() {
    let node = Node::with(signing());
    (0..3).for_each(|_| node.make_block());
    let numbers = |from: u64, count: u64| {
        let answer = call(node.address, "seam_getBlocks", json!([from, count]));
        let blocks = answer.as_array().unwrap().iter();
        blocks.map(|message| checked(message.clone()).0).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, MAX_BLOCKS), [0, 1, 2, 3]);
    assert_eq!((numbers(2, 1), numbers(4, 9)), (vec![2], vec![]));
    assert_eq!(numbers(u64::MAX, MAX_BLOCKS), Vec::<u64>::new());
    for count in [0, MAX_BLOCKS + 1, u64::MAX] {
        let (code, message) = fail(node.address, "seam_getBlocks", json!([0, count]));
        assert_eq!(code, -32_602);
        assert!(message.ends_with("ask for 1 to 128 blocks"), "{message}");
    }
    assert_eq!(fail(node.address, "seam_getBlocks", json!([1])).0, -32_602);
}

#[test]
fn a_node_without_the_key_has_no_stream() {
    let node = Node::start();
    assert_eq!(fail(node.address, "seam_getBlocks", json!([0, 1])).0, -32_601);
    let mut socket = WebSocket::open(node.address);
    assert_eq!(socket.call("seam_subscribeBlocks", &json!([]))["error"]["code"], -32_601);
}

/// Takes transactions, or answers as it is told to.
#[derive(Debug, Default)]
struct Elsewhere {
    taken: Mutex<Vec<Bytes>>,
    refusal: Option<ForwardError>,
}

impl Forward for Elsewhere {
    fn send_raw(&self, transaction: Bytes) -> Forwarded<'_> {
        let hash = TxHash::from(alloy_primitives::keccak256(&transaction));
        self.taken.lock().unwrap().push(transaction);
        Box::pin(std::future::ready(self.refusal.clone().map_or(Ok(hash), Err)))
    }
}

fn forwarding(refusal: Option<ForwardError>) -> (Node, Arc<Elsewhere>) {
    let elsewhere = Arc::new(Elsewhere { refusal, ..Elsewhere::default() });
    let forward: Arc<dyn Forward> = elsewhere.clone();
    (Node::with(RpcSettings { forward: Some(forward), ..settings() }), elsewhere)
}

#[test]
fn what_clients_send_is_taken_elsewhere_and_not_kept() {
    let (node, elsewhere) = forwarding(None);
    let sent = transfer(1, 0, Address::repeat_byte(9), 5);
    let bytes = Bytes::from(sent.transaction.inner().encoded_2718());
    assert_eq!(call(node.address, "eth_sendRawTransaction", json!([bytes])), json!(hash(&sent)));
    assert_eq!(*elsewhere.taken.lock().unwrap(), [bytes]);
    assert_eq!(node.chain().pool().status().waiting(), 0);
    // What is no transaction goes nowhere.
    for wrong in ["0x", "0x1234"] {
        fail(node.address, "eth_sendRawTransaction", json!([wrong]));
    }
    assert_eq!(elsewhere.taken.lock().unwrap().len(), 1);
}

#[test]
fn a_refusal_is_the_sequencers_and_silence_is_named() {
    let bytes = transfer(1, 0, Address::repeat_byte(9), 5).transaction.inner().encoded_2718();
    let answer = |refusal| {
        let (node, _) = forwarding(Some(refusal));
        fail(node.address, "eth_sendRawTransaction", json!([Bytes::from(bytes.clone())]))
    };
    let refused = ForwardError::Refused { code: -32_003, message: "nonce too low".to_owned() };
    assert_eq!(answer(refused), (-32_003, "nonce too low".to_owned()));
    let (code, message) = answer(ForwardError::Unreachable("no route".to_owned()));
    assert_eq!(code, -32_000);
    assert!(message.contains("the sequencer is unreachable"), "{message}");
}
