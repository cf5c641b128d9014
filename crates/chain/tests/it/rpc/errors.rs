//! What callers are told when something is wrong: codes, and the words that clients look for.

use super::{
    client::{fail, post},
    node::Node,
};
use crate::support::{COUNTER, person, transfer};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes};
use seam_chain::blobs::Pooled;
use serde_json::{Value, json};

fn raw(pooled: &Pooled) -> Bytes {
    pooled.transaction.inner().encoded_2718().into()
}

#[test]
fn what_is_no_json_rpc_has_the_codes_of_the_specification() {
    let node = Node::start();
    let code = |body: &str| post(node.address, body).json()["error"]["code"].clone();
    assert_eq!(code("{"), -32_700);
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":1}"#), -32_600);
    assert_eq!(fail(node.address, "eth_nothing", json!([])).0, -32_601);
    assert_eq!(fail(node.address, "eth_getBalance", json!({})).0, -32_602);
    assert_eq!(fail(node.address, "eth_chainId", json!([1])).0, -32_602);
    let deep = "[".repeat(100_000);
    assert_eq!(code(&deep), -32_700);
}

#[test]
fn a_parameter_that_is_wrong_is_named() {
    let node = Node::start();
    let says = |method, params, words: &str| {
        let (code, message) = fail(node.address, method, params);
        assert_eq!(code, -32_602, "{message}");
        assert!(message.contains(words), "{message}");
    };
    let me = Address::repeat_byte(1);
    says("eth_getBalance", json!([]), "missing value for required argument 0");
    says("eth_getBalance", json!(["0x12"]), "invalid argument 0: hex string has length 2");
    says("eth_getBalance", json!([me, "newest"]), "invalid argument 1: hex string without 0x");
    says("eth_getBalance", json!([me, "0x01"]), "leading zero digits");
    says("eth_call", json!(["0x"]), "invalid argument 0: not an object");
    says("eth_getBlockByNumber", json!([B256::repeat_byte(0x11), false]), "hex number > 64 bits");
    says("eth_getLogs", json!([{ "address": "0x1" }]), "invalid argument 0: hex string of odd");
}

#[test]
fn a_block_that_is_not_there_has_no_state() {
    let node = Node::start();
    let me = Address::repeat_byte(1);
    let balance = |block: Value| fail(node.address, "eth_getBalance", json!([me, block]));
    assert_eq!(balance(json!("0x64")), (-32_000, "header not found".to_owned()));
    let unknown = (-32_000, "header for hash not found".to_owned());
    assert_eq!(balance(json!(B256::repeat_byte(1))), unknown);
    assert_eq!(balance(json!({ "blockHash": B256::repeat_byte(1) })), unknown);
}

#[test]
fn a_transaction_that_is_refused_has_the_words_of_geth() {
    let node = Node::start();
    let send = |bytes: Value| fail(node.address, "eth_sendRawTransaction", json!([bytes]));
    let says = |bytes: Value, words: &str| {
        let (code, message) = send(bytes);
        assert_eq!(code, -32_000, "{message}");
        assert!(message.starts_with(words), "{message}");
    };
    let to = Address::repeat_byte(9);
    node.chain().submit(transfer(0, 0, to, 1)).unwrap();
    says(json!(raw(&transfer(0, 0, to, 1))), "already known");
    says(json!(raw(&transfer(0, 0, to, 2))), "replacement transaction underpriced");
    says(json!(raw(&transfer(77, 0, to, 1))), "insufficient funds for gas * price + value");
    says(json!("0x"), "typed transaction too short");
    says(json!("0x01"), "rlp: ");
    says(json!("0x7e"), "transaction type not supported");
    node.make_block();
    says(json!(raw(&transfer(0, 0, to, 3))), "nonce too low: next nonce 1, tx nonce 0");
}

#[test]
fn a_call_that_cannot_run_has_the_words_of_geth() {
    let node = Node::start();
    let says = |params: Value, words: &str| {
        let (code, message) = fail(node.address, "eth_call", params);
        assert_eq!(code, -32_000, "{message}");
        assert!(message.contains(words), "{message}");
    };
    let poor = Address::repeat_byte(0x77);
    let rich = person(0).address();
    says(
        json!([{ "from": poor, "to": COUNTER, "value": "0x1" }]),
        "insufficient funds for gas * price + value",
    );
    says(json!([{ "to": COUNTER, "gas": "0x5" }]), "intrinsic gas too low");
    says(json!([{ "to": COUNTER, "gas": "0x5208" }]), "out of gas");
    let low = json!([{ "from": rich, "to": COUNTER, "maxFeePerGas": "0x1" }]);
    says(low, "max fee per gas less than block base fee");
    let both = json!([{ "to": COUNTER, "gasPrice": "0x1", "maxFeePerGas": "0x1" }]);
    says(both, "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified");
    says(json!([{ "to": COUNTER, "data": "0x01", "input": "0x02" }]), "both \"data\" and");
    says(json!([{ "to": COUNTER, "chainId": "0x1" }]), "chainId does not match");
}
