//! `ots_*` through the server.

use super::{
    client::{call, fail},
    node::{Node, settings},
};
use crate::support::{COUNTER, call_counter, create, hash, person, transfer};
use alloy_primitives::{Address, Bytes, U256, hex};
use seam_chain::rpc::RpcSettings;
use serde_json::{Value, json};

/// Pays 1 wei of its own to the caller, then reverts with a byte if it was called with data.
const PAYER: &[u8] = &hex!("5f5f5f5f6001335af150 36 600f 57 00 5b 60aa 5f 53 6001 5f fd");

fn init(code: &[u8]) -> Bytes {
    // Copies what follows these eleven bytes, and returns it.
    let length = u8::try_from(code.len()).unwrap();
    [&[0x60, length, 0x80, 0x60, 0x0b, 0x5f, 0x39, 0x5f, 0xf3, 0, 0][..], code].concat().into()
}

fn name(address: Address) -> Value {
    json!(address)
}

#[test]
fn the_level_code_and_headers_are_told() {
    let node = Node::start();
    node.make_block();
    assert_eq!(call(node.address, "ots_getApiLevel", json!([])), json!(8));
    assert_eq!(call(node.address, "ots_hasCode", json!([COUNTER, "latest"])), json!(true));
    assert_eq!(call(node.address, "ots_hasCode", json!([person(0).address(), 1])), json!(false));
    let header = call(node.address, "ots_getHeaderByNumber", json!([1]));
    assert_eq!(header["hash"], json!(node.chain().head().hash()));
    assert_eq!(call(node.address, "ots_getHeaderByNumber", json!([7])), Value::Null);
}

#[test]
fn details_of_a_block_have_what_its_senders_paid() {
    let node = Node::start();
    node.chain().submit(call_counter(0, 0)).unwrap();
    node.chain().submit(transfer(1, 0, Address::repeat_byte(9), 5)).unwrap();
    let paid_before = sums(&node);
    node.make_block();
    let details = call(node.address, "ots_getBlockDetails", json!([1]));
    assert_eq!(details["block"]["transactionCount"], json!(2));
    assert_eq!(details["block"]["logsBloom"], Value::Null);
    assert!(details["block"].get("transactions").is_none());
    let fees: U256 = details["totalFees"].as_str().unwrap().parse().unwrap();
    assert_eq!(fees, paid_before - sums(&node) - U256::from(5));
    assert_eq!(details["issuance"]["issuance"], "0x0");
    let by_hash = json!([node.chain().head().hash()]);
    assert_eq!(call(node.address, "ots_getBlockDetailsByHash", by_hash), details);
    assert_eq!(call(node.address, "ots_getBlockDetails", json!(["0x9"])), Value::Null);
}

fn sums(node: &Node) -> U256 {
    [0, 1].map(|who| crate::support::balance(node.chain(), person(who).address())).into_iter().sum()
}

#[test]
fn transactions_of_a_block_come_in_pages_from_its_end() {
    let node = Node::start();
    let transactions: Vec<_> = (0..3).map(|nonce| call_counter(0, nonce)).collect();
    for transaction in &transactions {
        node.chain().submit(transaction.clone()).unwrap();
    }
    node.make_block();
    let page = |page: u64| call(node.address, "ots_getBlockTransactions", json!([1, page, 2]));
    let hashes = |page: &Value| -> Vec<Value> {
        let all = page["fullblock"]["transactions"].as_array().unwrap();
        all.iter().map(|transaction| transaction["hash"].clone()).collect()
    };
    let (last, first) = (page(0), page(1));
    assert_eq!(hashes(&last), [json!(hash(&transactions[1])), json!(hash(&transactions[2]))]);
    assert_eq!(hashes(&first), [json!(hash(&transactions[0]))]);
    assert_eq!(last["receipts"][1]["transactionHash"], json!(hash(&transactions[2])));
    assert_eq!(last["receipts"][1]["logs"], Value::Null);
    assert_eq!(last["fullblock"]["transactionCount"], json!(3));
}

/// A block with a contract, one that calls it, and one that calls it and fails.
fn with_payer() -> (Node, Address) {
    let node = Node::start();
    let payer = person(0).address().create(0);
    node.chain().submit(create(0, 0, init(PAYER), 10)).unwrap();
    node.make_block();
    node.chain().submit(crate::support::call_with(1, 0, payer, Bytes::new())).unwrap();
    node.chain().submit(crate::support::call_with(1, 1, payer, Bytes::from_static(&[1]))).unwrap();
    node.make_block();
    (node, payer)
}

#[test]
fn calls_operations_and_errors_of_a_transaction_are_told() {
    let (node, payer) = with_payer();
    let hash_of = |block: &str, index: usize| {
        let block = call(node.address, "eth_getBlockByNumber", json!([block, false]));
        block["transactions"][index].clone()
    };
    let (created, paid, failed) = (hash_of("0x1", 0), hash_of("0x2", 0), hash_of("0x2", 1));
    let me = person(1).address();
    let trace = call(node.address, "ots_traceTransaction", json!([paid]));
    let kinds: Vec<(&Value, &Value)> =
        trace.as_array().unwrap().iter().map(|entry| (&entry["type"], &entry["depth"])).collect();
    assert_eq!(kinds, [(&json!("CALL"), &json!(0)), (&json!("CALL"), &json!(1))]);
    assert_eq!(trace[1]["to"], name(me));
    let operations = |hash: &Value| call(node.address, "ots_getInternalOperations", json!([hash]));
    let payment = json!([{ "type": 0, "from": payer, "to": me, "value": "0x1" }]);
    assert_eq!(operations(&paid), payment);
    assert_eq!(operations(&failed), json!([]), "it was undone");
    let error = |hash: &Value| call(node.address, "ots_getTransactionError", json!([hash]));
    assert_eq!((error(&paid), error(&failed)), (json!("0x"), json!("0xaa")));
    let creator = call(node.address, "ots_getContractCreator", json!([payer]));
    assert_eq!(creator, json!({ "hash": created, "creator": person(0).address() }));
    assert_eq!(call(node.address, "ots_getContractCreator", json!([me])), Value::Null);
    assert_eq!(call(node.address, "ots_getContractCreator", json!([COUNTER])), Value::Null);
}

#[test]
fn a_transaction_is_found_by_sender_and_nonce() {
    let (node, _) = with_payer();
    let find = |who: u8, nonce: u64| {
        let params = json!([person(who).address(), nonce]);
        call(node.address, "ots_getTransactionBySenderAndNonce", params)
    };
    let block = call(node.address, "eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!(find(1, 0), block["transactions"][0]);
    assert_eq!(find(1, 1), block["transactions"][1]);
    assert_eq!((find(1, 2), find(5, 0)), (Value::Null, Value::Null));
}

fn found(page: &Value) -> Vec<(u64, u64)> {
    let number = |value: &Value| -> u64 {
        let number: U256 = value.as_str().unwrap().parse().unwrap();
        number.to()
    };
    let all = page["txs"].as_array().unwrap();
    assert_eq!(all.len(), page["receipts"].as_array().unwrap().len());
    all.iter().map(|tx| (number(&tx["blockNumber"]), number(&tx["transactionIndex"]))).collect()
}

#[test]
fn transactions_of_an_account_are_found_in_pages() {
    let node = Node::start();
    for nonce in 0..4 {
        node.chain().submit(call_counter(0, nonce)).unwrap();
        node.make_block();
        node.make_block();
    }
    let me = person(0).address();
    let search = |way: &str, block: u64, size: u64| {
        call(node.address, &format!("ots_searchTransactions{way}"), json!([me, block, size]))
    };
    let flags = |page: &Value| (page["firstPage"].clone(), page["lastPage"].clone());
    let newest = search("Before", 0, 3);
    assert_eq!(found(&newest), [(7, 0), (5, 0), (3, 0)]);
    assert_eq!(flags(&newest), (json!(true), json!(false)));
    assert!(newest["receipts"][0]["timestamp"].is_u64());
    let rest = search("Before", 3, 3);
    assert_eq!((found(&rest), flags(&rest)), (vec![(1, 0)], (json!(false), json!(true))));
    let oldest = search("After", 0, 3);
    assert_eq!(
        (found(&oldest), flags(&oldest)),
        (vec![(5, 0), (3, 0), (1, 0)], (json!(false), json!(true)))
    );
    let rest = search("After", 5, 3);
    assert_eq!((found(&rest), flags(&rest)), (vec![(7, 0)], (json!(true), json!(false))));
    for block in [8, 99, u64::MAX] {
        let none = search("After", block, 3);
        assert_eq!((found(&none), flags(&none)), (vec![], (json!(true), json!(false))));
    }
    let (code, message) = fail(node.address, "ots_searchTransactionsAfter", json!([me, 0, 26]));
    assert_eq!((code, message.as_str()), (-32_602, "max allowed page size: 25"));
}

#[test]
fn a_call_from_inside_a_contract_is_found_where_it_changed_the_account() {
    let (node, payer) = with_payer();
    // The payer's wei go to whoever calls it: nobody else names this account.
    let proxy_code = [&hex!("5f5f5f5f5f73")[..], payer.as_slice(), &hex!("5af100")].concat();
    node.chain().submit(create(2, 0, init(&proxy_code), 0)).unwrap();
    node.make_block();
    let proxy = person(2).address().create(0);
    node.chain().submit(crate::support::call_with(2, 1, proxy, Bytes::new())).unwrap();
    node.make_block();
    let page = call(node.address, "ots_searchTransactionsBefore", json!([payer, 0, 9]));
    assert_eq!(found(&page), [(4, 0), (2, 1), (2, 0), (1, 0)]);
}

#[test]
fn a_search_ends_at_its_limit_and_says_so() {
    let node = Node::with(RpcSettings { search_blocks: 3, ..settings() });
    node.chain().submit(call_counter(0, 0)).unwrap();
    for _ in 0..5 {
        node.make_block();
    }
    let me = person(0).address();
    let (code, message) = fail(node.address, "ots_searchTransactionsBefore", json!([me, 0, 5]));
    assert_eq!(code, -32_005);
    assert!(message.contains("limit of 3 blocks (search_blocks)"), "{message}");
    let page = call(node.address, "ots_searchTransactionsBefore", json!([me, 3, 5]));
    assert_eq!((found(&page), &page["lastPage"]), (vec![(1, 0)], &json!(true)));
    let page = call(node.address, "ots_searchTransactionsAfter", json!([me, 0, 5]));
    assert_eq!((found(&page), &page["firstPage"]), (vec![(1, 0)], &json!(false)));
}
