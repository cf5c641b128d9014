//! What a wallet does: send, watch, read; and with unlocked accounts, sign.

use super::{
    client::{call, fail},
    node::Node,
};
use crate::support::{CHAIN_ID, COUNTER, person, transfer};
use alloy_consensus::{SignableTransaction as _, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy_signer::SignerSync as _;
use seam_chain::{
    blobs::Pooled,
    rpc::RpcSettings,
    wallet::{DEFAULT_MNEMONIC, DevAccounts},
};
use seam_primitives::{Recovered, Transaction};
use serde_json::{Value, json};
use std::sync::Arc;

const TO: Address = Address::repeat_byte(0x99);

/// One ether from a rich person.
fn ether_for(to: Address) -> Pooled {
    let transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price: 100_000_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(to),
        value: U256::from(1_000_000_000_000_000_000_u64),
        ..TxLegacy::default()
    };
    let signature = person(0).sign_hash_sync(&transaction.signature_hash()).unwrap();
    let transaction = Transaction::Legacy(transaction.into_signed(signature));
    let transaction = Recovered::new_unchecked(transaction, person(0).address());
    Pooled { transaction, sidecar: None }
}

/// A node with unlocked accounts, of which the first has ether.
fn unlocked() -> (Node, Address) {
    let accounts = Arc::new(DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, 2).unwrap());
    let first = accounts.addresses().next().unwrap();
    let settings = RpcSettings { accounts: Some(accounts), ..RpcSettings::default() };
    let node = Node::with(settings);
    node.chain().submit(ether_for(first)).unwrap();
    node.make_block();
    (node, first)
}

#[test]
fn a_transaction_is_pending_then_mined() {
    let node = Node::start();
    let (server, from) = (node.address, person(0).address());
    let raw = alloy_eips::Encodable2718::encoded_2718(transfer(0, 0, TO, 5).transaction.inner());
    let hash = call(server, "eth_sendRawTransaction", json!([Bytes::from(raw.clone())]));
    let count = |block| call(server, "eth_getTransactionCount", json!([from, block]));
    assert_eq!((count("latest"), count("pending")), (json!("0x0"), json!("0x1")));
    let pending = call(server, "eth_getTransactionByHash", json!([hash]));
    assert_eq!((&pending["blockHash"], &pending["value"]), (&Value::Null, &json!("0x5")));
    assert_eq!(call(server, "eth_getTransactionReceipt", json!([hash])), Value::Null);
    assert_eq!(call(server, "txpool_status", json!([]))["pending"], "0x1");
    let content = call(server, "txpool_contentFrom", json!([from]));
    assert_eq!(content["pending"]["0"]["hash"], hash);
    node.make_block();
    let mined = call(server, "eth_getTransactionByHash", json!([hash]));
    assert_eq!(mined["blockNumber"], "0x1");
    let receipt = call(server, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!((&receipt["status"], &receipt["gasUsed"]), (&json!("0x1"), &json!("0x5208")));
    assert_eq!(receipt["effectiveGasPrice"], mined["gasPrice"]);
    assert_eq!((count("latest"), count("earliest")), (json!("0x1"), json!("0x0")));
    assert_eq!(call(server, "eth_getBalance", json!([TO])), "0x5");
    assert_eq!(call(server, "eth_getBalance", json!([TO, "0x0"])), "0x0");
    let bytes = call(server, "eth_getRawTransactionByHash", json!([hash]));
    assert_eq!(bytes, json!(Bytes::from(raw)));
}

#[test]
fn the_pending_block_is_the_next_one() {
    let node = Node::start();
    let pending = call(node.address, "eth_getBlockByNumber", json!(["pending", false]));
    assert_eq!((&pending["number"], &pending["hash"]), (&json!("0x1"), &Value::Null));
    let base_fee = call(node.address, "eth_baseFee", json!([]));
    assert_eq!(pending["baseFeePerGas"], base_fee);
    node.make_block();
    let latest = call(node.address, "eth_getBlockByNumber", json!(["latest", false]));
    assert_eq!((&latest["baseFeePerGas"], &latest["number"]), (&base_fee, &json!("0x1")));
    let price = call(node.address, "eth_gasPrice", json!([]));
    let tip = call(node.address, "eth_maxPriorityFeePerGas", json!([]));
    let number = |value: &Value| value.as_str().unwrap().parse::<U256>().unwrap();
    let next = call(node.address, "eth_baseFee", json!([]));
    assert_eq!(number(&price), number(&next) + number(&tip));
}

#[test]
fn calls_see_overrides_of_state_and_block() {
    let node = Node::start();
    // NUMBER, CALLER and slot 1 as three words.
    let code = Bytes::from_static(&[
        0x43, 0x5f, 0x52, 0x33, 0x60, 0x20, 0x52, 0x60, 0x01, 0x54, 0x60, 0x40, 0x52, 0x60, 0x60,
        0x5f, 0xf3,
    ]);
    let one = B256::with_last_byte(1);
    let state = json!({ TO.to_string(): { "code": code, "stateDiff": { one.to_string(): one } } });
    let block = json!({ "number": "0x1234" });
    let request = json!({ "from": person(1).address(), "to": TO });
    let output = call(node.address, "eth_call", json!([request, "latest", state, block]));
    let expected = [B256::from(U256::from(0x1234)), person(1).address().into_word(), one].concat();
    assert_eq!(output, json!(Bytes::from(expected)));
    let both = json!({ TO.to_string(): { "state": {}, "stateDiff": {} } });
    assert_eq!(fail(node.address, "eth_call", json!([{}, "latest", both])).0, -32_602);
}

#[test]
fn an_unlocked_account_sends_what_it_is_told() {
    let (node, from) = unlocked();
    let server = node.address;
    assert_eq!(call(server, "eth_accounts", json!([]))[0], json!(from));
    let send = |request: Value| call(server, "eth_sendTransaction", json!([request]));
    let hashes = [
        send(json!({ "from": from, "to": TO, "value": "0x7" })),
        send(json!({ "from": from, "to": COUNTER, "gasPrice": "0x174876e800" })),
        send(json!({ "from": from, "data": "0x5f5ff3" })),
    ];
    node.make_block();
    let receipt = |hash: &Value| call(server, "eth_getTransactionReceipt", json!([hash]));
    let receipts: Vec<Value> = hashes.iter().map(receipt).collect();
    assert!(receipts.iter().all(|receipt| receipt["status"] == "0x1"), "{receipts:?}");
    assert_eq!(receipts[1]["logs"].as_array().unwrap().len(), 1);
    assert_eq!(receipts[2]["contractAddress"], json!(from.create(2)));
    assert_eq!([&receipts[0]["type"], &receipts[1]["type"]], ["0x2", "0x0"]);
    let signed = json!([{ "from": from, "to": TO, "value": "0x1" }]);
    let signed = call(server, "eth_signTransaction", signed);
    assert_eq!(signed["tx"]["nonce"], "0x3");
    let hash = call(server, "eth_sendRawTransaction", json!([signed["raw"]]));
    assert_eq!(hash, signed["tx"]["hash"]);
}

#[test]
fn an_unlocked_account_signs_messages_and_typed_data() {
    let (node, from) = unlocked();
    let recovered = |signature: &Value, hash: B256| {
        let bytes: Bytes = signature.as_str().unwrap().parse().unwrap();
        Signature::from_raw(&bytes).unwrap().recover_address_from_prehash(&hash).unwrap()
    };
    let message = Bytes::from_static(b"hello");
    let hash = alloy_primitives::eip191_hash_message(&message);
    let signed = call(node.address, "personal_sign", json!([message, from]));
    assert_eq!(recovered(&signed, hash), from);
    assert_eq!(call(node.address, "eth_sign", json!([from, message])), signed);
    let typed = json!({
        "types": { "EIP712Domain": [], "Mail": [{ "name": "text", "type": "string" }] },
        "primaryType": "Mail",
        "domain": {},
        "message": { "text": "hello" },
    });
    let signed = call(node.address, "eth_signTypedData_v4", json!([from, typed]));
    let as_text = json!([from, typed.to_string()]);
    assert_eq!(call(node.address, "eth_signTypedData_v4", as_text), signed);
    assert_eq!(fail(node.address, "eth_signTypedData_v4", json!([from, {}])).0, -32_602);
}

#[test]
fn nobody_else_is_signed_for() {
    let (node, _) = unlocked();
    let locked = Node::start();
    assert_eq!(call(locked.address, "eth_accounts", json!([])), json!([]));
    for node in [&node, &locked] {
        let stranger = person(0).address();
        for (method, params) in [
            ("eth_sendTransaction", json!([{ "from": stranger, "to": TO }])),
            ("eth_signTransaction", json!([{ "from": stranger, "to": TO }])),
            ("eth_sign", json!([stranger, "0x"])),
            ("personal_sign", json!(["0x", stranger])),
            ("eth_signTypedData_v4", json!([stranger, {}])),
        ] {
            let unknown = (-32_000, "unknown account".to_owned());
            assert_eq!(fail(node.address, method, params), unknown, "{method}");
        }
    }
}
