//! `eth_simulateV1` beyond what the suite of the execution-apis asks: its limits, and refusals by code.

use super::{
    client::{call, fail},
    node::Node,
};
use crate::support::{COUNTER, person};
use alloy_primitives::Address;
use seam_chain::rpc::RpcSettings;
use serde_json::{Value, json};
use std::time::Duration;

fn node(change: impl FnOnce(&mut RpcSettings)) -> Node {
    let mut settings = RpcSettings::default();
    change(&mut settings);
    Node::with(settings)
}

fn blocks(blocks: Value) -> Value {
    json!([{ "blockStateCalls": blocks }, "latest"])
}

fn simulate(node: &Node, params: Value) -> Value {
    call(node.address, "eth_simulateV1", params)
}

fn refused(node: &Node, params: Value) -> (i64, String) {
    fail(node.address, "eth_simulateV1", params)
}

#[test]
fn so_many_blocks_may_be_simulated_with_those_in_gaps() {
    let node = node(|settings| settings.simulate_blocks = 5);
    let numbered = |number: &str| blocks(json!([{ "blockOverrides": { "number": number } }]));
    assert_eq!(simulate(&node, numbered("0x5")).as_array().unwrap().len(), 5);
    let too_many = (-38_026, "too many blocks".to_owned());
    assert_eq!(refused(&node, numbered("0x6")), too_many);
    assert_eq!(refused(&node, numbered(&format!("{:#x}", u64::MAX))), too_many);
    assert_eq!(refused(&node, numbered(&format!("0x1{}", "0".repeat(20)))), too_many);
    assert_eq!(simulate(&node, blocks(json!([{}, {}, {}, {}, {}]))).as_array().unwrap().len(), 5);
    assert_eq!(refused(&node, blocks(json!([{}, {}, {}, {}, {}, {}]))), too_many);
    assert_eq!(refused(&node, blocks(json!([]))).0, -32_602);
}

#[test]
fn all_calls_share_the_gas_of_a_call() {
    let node = node(|settings| settings.call_gas = 63_000);
    let transfer = json!({ "from": person(0).address(), "to": Address::repeat_byte(9) });
    let done = simulate(&node, blocks(json!([{ "calls": [transfer, transfer] }, {}])));
    assert_eq!(done[0]["gasUsed"], "0xa410");
    let three = json!([{ "calls": [transfer, transfer] }, { "calls": [transfer] }]);
    assert_eq!(simulate(&node, blocks(three))[1]["gasUsed"], "0x5208");
    let four = json!([{ "calls": [transfer, transfer] }, { "calls": [transfer, transfer] }]);
    let (code, message) = refused(&node, blocks(four));
    assert_eq!(code, -38_013);
    assert_eq!(message, "err: intrinsic gas too low: have 0, want 21000 (supplied gas 0)");
}

#[test]
fn a_simulation_ends_when_its_time_is_over() {
    let node = node(|settings| settings.simulate_time = Duration::ZERO);
    let (code, message) = refused(&node, blocks(json!([{}])));
    assert_eq!((code, message.as_str()), (-32_000, "execution aborted (timeout)"));
}

#[test]
fn what_calls_return_is_limited_before_it_is_too_large_to_send() {
    // return(0, 20_000)
    let overrides = json!({ COUNTER.to_string(): { "code": "0x614e205ff3" } });
    let call = json!({ "to": COUNTER });
    let wanted =
        |calls: Vec<Value>| blocks(json!([{ "stateOverrides": overrides, "calls": calls }]));
    let node = node(|settings| settings.response_bytes = 100_000);
    assert_eq!(simulate(&node, wanted(vec![call.clone(); 2]))[0]["calls"][1]["status"], "0x1");
    let (code, message) = refused(&node, wanted(vec![call; 3]));
    assert_eq!(code, -38_026, "{message}");
}

#[test]
fn what_cannot_be_in_a_block_has_the_code_of_the_specification() {
    let node = Node::start();
    let (rich, other) = (person(0).address(), Address::repeat_byte(9));
    let says = |call: Value, expected: i64, words: &str| {
        let validated = json!([{ "blockStateCalls": [{ "calls": [call] }], "validation": true }]);
        let (code, message) = refused(&node, validated);
        assert!(code == expected && message.contains(words), "{code} {message}");
    };
    let priced = |nonce: &str| json!({ "from": rich, "to": other, "nonce": nonce, "maxFeePerGas": "0xffffffffff" });
    says(priced("0x1"), -38_011, "nonce too high: address");
    node.chain().submit(crate::support::transfer(0, 0, other, 1)).unwrap();
    node.make_block();
    says(priced("0x0"), -38_010, "nonce too low: address");
    says(json!({ "from": rich, "to": other }), -38_012, "max fee per gas less than block base fee");
    let tip = json!({ "from": rich, "maxFeePerGas": "0x1", "maxPriorityFeePerGas": "0x2" });
    says(tip, -32_602, "max priority fee per gas higher than max fee per gas");
    let poor = json!({ "from": other, "to": rich, "value": "0x2", "maxFeePerGas": "0xffffffffff" });
    says(poor, -38_014, "insufficient funds for gas * price + value: address");
    let little =
        json!({ "from": rich, "gas": "0x5207", "to": other, "maxFeePerGas": "0xffffffffff" });
    says(little, -38_013, "intrinsic gas too low: have 20999, want 21000");
    let much = json!({ "from": rich, "gas": "0xffffffffff", "to": other });
    says(much, -38_015, "block gas limit reached");
    let code = format!("0x{}", "00".repeat(49_153));
    let large = json!({ "from": rich, "input": code, "maxFeePerGas": "0xffffffffff" });
    says(large, -38_025, "max initcode size exceeded");
}

#[test]
fn a_precompiled_contract_goes_where_nothing_else_is_put() {
    let node = Node::start();
    let moving =
        |overrides: Value| refused(&node, blocks(json!([{ "stateOverrides": overrides }])));
    let (first, second) = (Address::with_last_byte(1), Address::with_last_byte(2));
    let itself = moving(json!({ first.to_string(): { "movePrecompileToAddress": first } }));
    assert_eq!(itself.0, -38_022);
    let taken = json!({
        first.to_string(): { "movePrecompileToAddress": second },
        second.to_string(): { "balance": "0x1" },
    });
    assert_eq!(moving(taken).0, -38_023);
    let none = json!({ COUNTER.to_string(): { "movePrecompileToAddress": second } });
    let (code, message) = moving(none);
    assert_eq!(code, -32_000);
    assert!(message.ends_with("is not a precompile"), "{message}");
    // A call may move one as well.
    let to = Address::repeat_byte(0x77);
    let moved =
        json!({ Address::with_last_byte(4).to_string(): { "movePrecompileToAddress": to } });
    let echo = |to: Address, overrides: &Value| {
        call(node.address, "eth_call", json!([{ "to": to, "data": "0x1234" }, "latest", overrides]))
    };
    assert_eq!(echo(to, &moved), "0x1234");
    assert_eq!(echo(Address::with_last_byte(4), &moved), "0x");
    assert_eq!(echo(Address::with_last_byte(4), &json!({})), "0x1234");
}

/// A call of the type before EIP-2718 has the hash that a transaction without signature has.
#[test]
fn calls_with_a_gas_price_are_legacy_transactions_without_signature() {
    let node = Node::start();
    let call = json!({
        "from": person(0).address(), "to": Address::repeat_byte(9), "gasPrice": "0xffffffffff",
        "gas": "0x5208",
    });
    let full =
        json!([{ "blockStateCalls": [{ "calls": [call] }], "returnFullTransactions": true }]);
    let done = simulate(&node, full);
    let transaction = &done[0]["transactions"][0];
    assert_eq!((&transaction["type"], &transaction["v"]), (&json!("0x0"), &json!("0x0")));
    assert_eq!(transaction["from"], json!(person(0).address()));
    // rlp([0, 0xffffffffff, 21000, 0x0909…, 0, "", 0, 0, 0])
    let bytes = alloy_primitives::hex!(
        "e4 80 85ffffffffff 825208 940909090909090909090909090909090909090909 80 80 80 80 80"
    );
    assert_eq!(transaction["hash"], json!(alloy_primitives::keccak256(bytes)));
}

#[test]
fn nothing_of_a_simulation_stays() {
    let node = Node::start();
    let overrides = json!({ COUNTER.to_string(): { "balance": "0x5" } });
    let calls = json!([{ "from": COUNTER, "to": Address::repeat_byte(9), "value": "0x5" }]);
    let done = simulate(&node, blocks(json!([{ "stateOverrides": overrides, "calls": calls }])));
    assert_eq!(done[0]["calls"][0]["status"], "0x1");
    let balance = call(node.address, "eth_getBalance", json!([Address::repeat_byte(9), "latest"]));
    assert_eq!(balance, "0x0");
    node.make_block();
    assert_eq!(node.chain().head().number(), 1);
}
