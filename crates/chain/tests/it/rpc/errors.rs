//! What callers are told when something is wrong: codes, and the words that clients look for.

use super::{
    client::{fail, post, respond},
    node::{Node, settings},
};
use crate::support::{COUNTER, changed, person, transfer};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use seam_chain::{blobs::Pooled, rpc::RpcSettings};
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

#[test]
fn what_no_block_can_take_has_the_words_of_geth() {
    let node = Node::start();
    let says = |transaction: Pooled, words: &str| {
        let params = json!([raw(&transaction)]);
        let (code, message) = fail(node.address, "eth_sendRawTransaction", params);
        assert_eq!(code, -32_000, "{message}");
        assert!(message.starts_with(words), "{message}");
    };
    says(changed(0, |tx| tx.gas_limit = 20_999), "intrinsic gas too low");
    says(changed(0, |tx| tx.gas_limit = 1 << 25), "transaction gas limit too high");
    says(
        changed(0, |tx| tx.max_priority_fee_per_gas = tx.max_fee_per_gas + 1),
        "max priority fee per gas higher than max fee per gas",
    );
    says(changed(0, |tx| tx.chain_id = 1), "invalid chain id for signer");
    says(changed(0, |tx| tx.nonce = u64::MAX), "nonce has max value");
    says(changed(0, |tx| tx.value = U256::MAX >> 1), "insufficient funds for gas * price + value");
    let data = |bytes: usize| changed(0, |tx| tx.input = vec![1; bytes].into());
    says(data(140_000), "oversized data");
}

#[test]
fn a_fee_beyond_the_cap_is_refused_with_the_words_of_geth() {
    let cap = Some(U256::from(1_000_000_000_000_000_000_u64));
    let node = Node::with(RpcSettings { fee_cap: cap, ..settings() });
    // 21,000 gas at 50,000 gwei.
    let dear = changed(0, |tx| tx.max_fee_per_gas = 50_000_000_000_000);
    let refused = fail(node.address, "eth_sendRawTransaction", json!([raw(&dear)]));
    let words = "tx fee (1.05 ether) exceeds the configured cap (1.00 ether)";
    assert_eq!(refused, (-32_000, words.to_owned()));
    let cheap = changed(0, |tx| tx.max_fee_per_gas = 47_000_000_000_000);
    let sent = respond(node.address, "eth_sendRawTransaction", json!([raw(&cheap)]));
    assert!(sent["result"].is_string(), "{sent}");
}

/// `Error("no")`, as Solidity encodes it.
const NO: [u8; 100] = hex!(
    "08c379a0 0000000000000000000000000000000000000000000000000000000000000020"
    "0000000000000000000000000000000000000000000000000000000000000002"
    "6e6f000000000000000000000000000000000000000000000000000000000000"
);

#[test]
fn a_revert_has_its_code_its_reason_and_its_data() {
    let node = Node::start();
    // calldatacopy(0, 0, calldatasize); revert(0, calldatasize)
    let overrides = json!({ COUNTER.to_string(): { "code": "0x365f5f37365ffd" } });
    for method in ["eth_call", "eth_estimateGas"] {
        let with = |data: Bytes| {
            let params = json!([{ "to": COUNTER, "input": data }, "latest", overrides]);
            respond(node.address, method, params)["error"].clone()
        };
        let no = Bytes::from(NO);
        let expected = json!({ "code": 3, "message": "execution reverted: no", "data": no });
        assert_eq!(with(no), expected, "{method}");
        let silent = json!({ "code": 3, "message": "execution reverted", "data": "0x" });
        assert_eq!(with(Bytes::new()), silent, "{method}");
    }
}

#[test]
fn an_estimate_that_cannot_be_has_the_words_of_geth() {
    let node = Node::start();
    let rich = person(0).address();
    let says = |transaction: Value, words: &str| {
        let (code, message) = fail(node.address, "eth_estimateGas", json!([transaction]));
        assert_eq!(code, -32_000, "{message}");
        assert!(message.starts_with(words), "{message}");
    };
    says(
        json!({ "from": rich, "to": COUNTER, "gas": "0x5300" }),
        "gas required exceeds allowance (21248)",
    );
    let poor =
        json!({ "from": Address::repeat_byte(0x77), "to": rich, "gasPrice": "0xffffffffff" });
    says(poor, "insufficient funds for transfer");
}
