//! `debug_*` through the server: traces, their limits, and witnesses.

use super::{
    client::{call, fail},
    execution_apis::{exchanges, whole_chain},
    node::{Node, serving, settings},
};
use crate::support::{COUNTER, blocks, call_counter, hash, person, transfer};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_chain::rpc::RpcSettings;
use seam_primitives::{BlockAttributes, Header};
use seam_stf::{Witness, stateless::StatelessInput};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::runtime::Runtime;

/// A chain with a block of these: two calls of the counter and a transfer.
fn node_with(settings: RpcSettings) -> Node {
    let node = Node::with(settings);
    for transaction in
        [call_counter(0, 0), call_counter(0, 1), transfer(1, 0, Address::repeat_byte(9), 5)]
    {
        node.chain().submit(transaction).unwrap();
    }
    node.make_block();
    node
}

/// The suite says of traces that only their shape counts; ours are geth's to the last step.
#[test]
fn traces_of_the_suite_are_those_of_geth() {
    let directory = tempfile::tempdir().unwrap();
    let running = whole_chain(directory.path());
    let runtime = Runtime::new().unwrap();
    let server = serving(&runtime, &running.chain, RpcSettings::default());
    let mut compared = 0;
    for exchange in exchanges().iter().filter(|exchange| exchange.file.contains("debug_trace")) {
        let found = super::client::post(server.local_addr, &exchange.request).json();
        assert_eq!(found["result"], exchange.expected["result"], "{}", exchange.file);
        compared += usize::from(found["result"] != Value::Null);
    }
    assert!(compared > 6, "{compared}");
}

#[test]
fn a_transaction_alone_is_traced_as_in_its_block() {
    let node = node_with(settings());
    let server = node.address;
    let block = &blocks(node.chain())[0];
    for tracer in
        ["", "callTracer", "flatCallTracer", "prestateTracer", "4byteTracer", "noopTracer"]
    {
        let options = json!({ "tracer": tracer });
        let all = call(server, "debug_traceBlockByNumber", json!(["0x1", options]));
        let by_hash = json!([block.header.hash_slow(), options]);
        assert_eq!(call(server, "debug_traceBlockByHash", by_hash), all);
        let brought = json!([Bytes::from(alloy_rlp::encode(block)), options]);
        assert_eq!(call(server, "debug_traceBlock", brought), all);
        for (index, transaction) in block.transactions.iter().enumerate() {
            assert_eq!(all[index]["txHash"], json!(transaction.hash()));
            let one = json!([transaction.hash(), options]);
            assert_eq!(call(server, "debug_traceTransaction", one), all[index]["result"]);
        }
    }
}

#[test]
fn what_cannot_be_traced_is_told_why() {
    let node = node_with(settings());
    let says = |method, params, code: i64, words: &str| {
        let (found, message) = fail(node.address, method, params);
        assert!(message.contains(words), "{message}");
        assert_eq!(found, code, "{message}");
    };
    let by_number = "debug_traceBlockByNumber";
    says(by_number, json!(["0x0"]), -32_000, "genesis is not traceable");
    says(by_number, json!(["0x99"]), -32_000, "block #153 not found");
    says(by_number, json!(["pending"]), -32_000, "tracing on top of pending is not supported");
    says(by_number, json!(["0x1", { "tracer": "x" }]), -32_602, "there is no tracer \"x\"");
    let script = json!({ "tracer": "{ result: function() {} }" });
    says(by_number, json!(["0x1", script]), -32_602, "JavaScript");
    says(by_number, json!(["0x1", { "timeout": "5" }]), -32_602, "invalid duration");
    says("debug_traceBlock", json!(["0xc0"]), -32_000, "could not decode block");
    let mut block = blocks(node.chain())[0].clone();
    block.header.parent_hash = B256::repeat_byte(7);
    let orphan = Bytes::from(alloy_rlp::encode(&block));
    says("debug_traceBlock", json!([orphan]), -32_000, "not found");
    let outside = json!([{ "to": COUNTER }, "0x1", { "txIndex": "0x9" }]);
    says("debug_traceCall", outside, -32_000, "out of range");
    assert_eq!(call(node.address, "debug_getBadBlocks", json!([])), json!([]));
}

#[test]
fn a_trace_beyond_the_limit_or_the_time_is_refused() {
    let node = node_with(RpcSettings { trace_bytes: 2_000, ..settings() });
    let one = call(node.address, "debug_traceTransaction", json!([hash(&call_counter(0, 0))]));
    let size = one["structLogs"].to_string().len();
    assert!(size < 2_000 && 2 * size > 2_000, "{size}");
    let (code, message) = fail(node.address, "debug_traceBlockByNumber", json!(["0x1"]));
    assert_eq!(code, -32_005);
    assert!(message.contains("2000 bytes (trace_bytes)"), "{message}");
    let late = json!(["0x1", { "tracer": "noopTracer", "timeout": "0s" }]);
    let (code, message) = fail(node.address, "debug_traceBlockByNumber", late);
    assert_eq!((code, message.as_str()), (-32_000, "tracing failed: execution timeout"));
}

/// `for (;;) {}`: only the time ends it.
#[test]
fn a_call_that_goes_on_is_ended_by_its_timeout() {
    let node = Node::with(RpcSettings { call_gas: u64::MAX, ..settings() });
    let code = json!({ COUNTER.to_string(): { "code": "0x5b5f56" } });
    let options = json!({ "tracer": "callTracer", "timeout": "20ms", "stateOverrides": code });
    let endless = json!([{ "to": COUNTER }, "latest", options]);
    let (code, message) = fail(node.address, "debug_traceCall", endless);
    assert_eq!((code, message.as_str()), (-32_000, "tracing failed: execution timeout"));
}

#[test]
fn a_call_is_traced_where_and_with_what_it_says() {
    let node = node_with(settings());
    let slot = |options: Value| {
        let mut all = json!({ "tracer": "prestateTracer" });
        all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
        let trace = call(node.address, "debug_traceCall", json!([{ "to": COUNTER }, "0x1", all]));
        let counter = &trace[COUNTER.to_string().to_lowercase()];
        counter["storage"][B256::ZERO.to_string()].as_str().unwrap().to_owned()
    };
    let word = |value: u8| B256::with_last_byte(value).to_string();
    assert_eq!(slot(json!({})), word(2));
    assert_eq!(slot(json!({ "txIndex": 0 })), word(0));
    assert_eq!(slot(json!({ "txIndex": "0x1" })), word(1));
    let state = json!({ COUNTER.to_string(): { "stateDiff": { word(0): word(9) } } });
    assert_eq!(slot(json!({ "stateOverrides": state })), word(9));
    let number = json!({ "blockOverrides": { "number": "0x77" }, "stateOverrides": {
        COUNTER.to_string(): { "code": "0x43600052602060006000f000" } } });
    let trace = call(node.address, "debug_traceCall", json!([{ "to": COUNTER }, "0x1", number]));
    assert_eq!(trace["structLogs"][1]["stack"], json!(["0x77"]));
}

/// What a witness says, and a block of the chain executed from that alone.
fn from_witness(server: SocketAddr, node: &seam_chain::Chain, number: u64) -> B256 {
    let block = node.head().reader.block(number).unwrap().unwrap().block;
    let told = call(server, "debug_executionWitness", json!([format!("{number:#x}")]));
    let list = |name: &str| -> Vec<Bytes> { serde_json::from_value(told[name].clone()).unwrap() };
    let headers = list("headers");
    let mut headers: Vec<Header> =
        headers.iter().map(|bytes| alloy_rlp::decode_exact(bytes).unwrap()).collect();
    let parent = headers.pop().unwrap();
    headers.reverse();
    assert_eq!(parent.hash_slow(), block.header.parent_hash);
    let preimages = [list("state"), list("codes")].concat();
    assert!(list("keys").iter().all(|key| key.len() == 20 || key.len() == 32));
    let input = StatelessInput {
        rules: node.rules().clone(),
        parent,
        attributes: BlockAttributes::from(&block),
        transactions: block.transactions,
        witness: Witness { preimages, ancestors: headers },
    };
    input.execute().unwrap().hash
}

#[test]
fn every_block_can_be_executed_from_its_witness_alone() {
    let directory = tempfile::tempdir().unwrap();
    let running = whole_chain(directory.path());
    let runtime = Runtime::new().unwrap();
    let server = serving(&runtime, &running.chain, RpcSettings::default());
    for number in 1..=running.chain.head().number() {
        let hash = running.chain.head().reader.hash(number).unwrap().unwrap();
        assert_eq!(from_witness(server.local_addr, &running.chain, number), hash, "{number}");
    }
    let genesis = fail(server.local_addr, "debug_executionWitness", json!(["0x0"]));
    assert_eq!(genesis, (-32_000, "genesis is not traceable".to_owned()));
}

#[test]
fn state_that_is_not_kept_is_named_as_such() {
    let node = Node::start();
    for _ in 0..510 {
        node.make_block();
    }
    let oldest = node.chain().head().reader.oldest_state().unwrap();
    assert!(oldest > 0);
    for method in ["debug_traceBlockByNumber", "debug_executionWitness"] {
        let block = format!("{oldest:#x}");
        let (code, message) = fail(node.address, method, json!([block]));
        assert_eq!(code, 4_444, "{message}");
        assert!(message.starts_with("pruned history unavailable"), "{message}");
        call(node.address, method, json!([format!("{:#x}", oldest + 1)]));
    }
}

/// What the ledger will do: follow balances by the differences of every block's transactions.
#[test]
fn differences_lead_from_balance_to_balance() {
    let node = node_with(settings());
    let options = json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
    let all = call(node.address, "debug_traceBlockByNumber", json!(["0x1", options]));
    let number = |value: &Value| value.as_str().map(|text| text.parse::<U256>().unwrap());
    for account in [person(0).address(), person(1).address(), Address::repeat_byte(9)] {
        let name = account.to_string().to_lowercase();
        let balance_at = |block: &str| {
            number(&call(node.address, "eth_getBalance", json!([account, block]))).unwrap()
        };
        let mut balance = balance_at("0x0");
        for trace in all.as_array().unwrap() {
            let (pre, post) = (&trace["result"]["pre"][&name], &trace["result"]["post"][&name]);
            let Some(after) = number(&post["balance"]) else { continue };
            assert_eq!(number(&pre["balance"]).unwrap_or_default(), balance);
            balance = after;
        }
        assert_eq!(balance, balance_at("0x1"));
        assert_ne!(balance, balance_at("0x0"));
    }
}
