//! Every limit of the settings, at the limit and beyond it.

use super::{
    client::{WebSocket, call, connect, exchange, fail, post, posting},
    node::Node,
};
use crate::support::{COUNTER, call_counter, transfer};
use alloy_primitives::Address;
use seam_chain::rpc::{Origins, RpcSettings};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

fn node(change: impl FnOnce(&mut RpcSettings)) -> Node {
    let mut settings = RpcSettings::default();
    change(&mut settings);
    Node::with(settings)
}

#[test]
fn a_body_may_have_so_many_bytes() {
    let node = node(|settings| settings.body_bytes = 1_000);
    let padded = |bytes: usize| {
        let call = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
        format!("{call}{}", " ".repeat(bytes - call.len()))
    };
    assert_eq!(post(node.address, &padded(1_000)).status, 200);
    assert_eq!(post(node.address, &padded(1_001)).status, 413);
    let mut socket = WebSocket::open(node.address);
    socket.send(&padded(1_001));
    assert_eq!(socket.receive().unwrap()["error"]["code"], -32_007);
}

/// The largest transaction that Ethereum knows: six blobs and 128 KiB, as hexadecimal digits.
#[test]
fn six_blobs_fit_the_default_body() {
    let settings = RpcSettings::default();
    let bytes = seam_chain::blobs::Limits::default().bytes() * 2 + 200;
    assert!(u32::try_from(bytes).unwrap() < settings.body_bytes);
}

#[test]
fn an_answer_may_have_so_many_bytes() {
    let node = node(|settings| settings.response_bytes = 500);
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
    assert_eq!(fail(node.address, "eth_getBlockByNumber", json!(["latest", false])).0, -32_008);
}

#[test]
fn a_batch_may_have_so_many_calls() {
    let node = node(|settings| settings.batch_length = 3);
    let batch = |length: u64| {
        let call = |id| json!({ "jsonrpc": "2.0", "id": id, "method": "eth_chainId" });
        post(node.address, &json!((0..length).map(call).collect::<Vec<_>>()).to_string()).json()
    };
    assert_eq!(batch(3).as_array().unwrap().len(), 3);
    assert_eq!(batch(4)["error"]["code"], -32_010);
}

#[test]
fn idle_connections_end() {
    let node = node(|settings| settings.idle = Duration::from_millis(300));
    let mut first = connect(node.address);
    let mut second = connect(node.address);
    // Both say nothing, one of them slowly.
    second.write_all(b"GET / HT").unwrap();
    for idle in [&mut first, &mut second] {
        assert_eq!(idle.read(&mut [0; 10]).unwrap(), 0);
    }
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
}

#[test]
fn a_request_must_come_in_time() {
    let node = node(|settings| settings.request_time = Duration::from_millis(200));
    let request = "POST / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                   content-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    assert_eq!(exchange(node.address, request.as_bytes()).status, 408);
}

#[test]
fn a_connection_may_have_so_many_subscriptions() {
    let node = node(|settings| settings.subscriptions = 2);
    let mut socket = WebSocket::open(node.address);
    let first = socket.subscribe(&json!(["newHeads"]));
    socket.subscribe(&json!(["newHeads"]));
    let refused = socket.call("eth_subscribe", &json!(["newHeads"]));
    assert_eq!(refused["error"]["code"], -32_006, "{refused}");
    socket.call("eth_unsubscribe", &json!([first]));
    // Its place is free once its task has ended, a moment later.
    let mut again = || socket.call("eth_subscribe", &json!(["newHeads"]))["result"].is_string();
    assert!((0..1_000).any(|_| again()));
}

/// A client that sends and never reads is cut off, and others notice nothing.
#[test]
fn a_client_that_reads_nothing_is_cut_off() {
    let node = node(|settings| {
        settings.stall = Duration::from_millis(200);
        settings.backlog = 4;
    });
    let mut socket = WebSocket::open(node.address);
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["latest", true],
    });
    let request = request.to_string();
    while socket.try_send(&request).is_ok() {}
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
}

#[test]
fn a_call_may_use_so_much_gas() {
    let node = node(|settings| settings.call_gas = 30_000);
    // The counter needs some 44,000.
    let counter = |gas: Value| json!([{ "to": COUNTER, "gas": gas }]);
    assert_eq!(fail(node.address, "eth_call", counter(json!("0xffffff"))).1, "out of gas");
    let (_, message) = fail(node.address, "eth_estimateGas", counter(json!(null)));
    assert_eq!(message, "gas required exceeds allowance (30000)");
    let mut code = vec![0x5b];
    code.extend([0x5f, 0x56]); // jump to the start, for ever
    let overrides = json!({ COUNTER.to_string(): { "code": alloy_primitives::Bytes::from(code) } });
    let params = json!([{ "to": COUNTER }, "latest", overrides]);
    assert_eq!(fail(node.address, "eth_call", params).1, "out of gas");
}

#[test]
fn logs_are_looked_for_in_so_many_blocks_and_so_many_are_told() {
    let node = node(|settings| {
        settings.log_blocks = 3;
        settings.log_results = 2;
        settings.log_criteria = 2;
    });
    for nonce in 0..3 {
        node.chain().submit(call_counter(0, nonce)).unwrap();
    }
    (0..4).for_each(|_| node.make_block());
    let logs = |from: u64, to: u64| {
        let query = json!([{ "fromBlock": format!("{from:#x}"), "toBlock": format!("{to:#x}") }]);
        super::client::respond(node.address, "eth_getLogs", query)
    };
    assert_eq!(logs(2, 4)["result"], json!([]));
    assert_eq!(logs(1, 4)["error"]["code"], -32_005);
    let many = &logs(1, 1)["error"];
    assert_eq!(many["code"], -32_005);
    assert!(many["message"].as_str().unwrap().contains("more than 2 results"), "{many}");
    let three = json!([{ "address": [COUNTER, COUNTER, COUNTER] }]);
    for method in ["eth_getLogs", "eth_newFilter"] {
        assert_eq!(fail(node.address, method, three.clone()).0, -32_602);
    }
}

#[test]
fn proofs_are_of_so_many_slots() {
    let node = node(|settings| settings.proof_slots = 2);
    let slots = |count: u64| (0..count).map(|slot| format!("{slot:#x}")).collect::<Vec<_>>();
    let proof = call(node.address, "eth_getProof", json!([COUNTER, slots(2), "latest"]));
    assert_eq!(proof["storageProof"].as_array().unwrap().len(), 2);
    assert_eq!(fail(node.address, "eth_getProof", json!([COUNTER, slots(3)])).0, -32_602);
    let values = |count| json!([{ COUNTER.to_string(): slots(count) }]);
    call(node.address, "eth_getStorageValues", values(2));
    assert_eq!(fail(node.address, "eth_getStorageValues", values(3)).0, -32_602);
}

#[test]
fn a_fee_history_is_of_so_many_blocks() {
    let node = node(|settings| settings.fee_history_blocks = 2);
    node.chain().submit(transfer(0, 0, Address::repeat_byte(9), 1)).unwrap();
    (0..4).for_each(|_| node.make_block());
    let history = call(node.address, "eth_feeHistory", json!(["0x400", "latest", [50]]));
    assert_eq!(history["oldestBlock"], "0x3");
    assert_eq!(history["baseFeePerGas"].as_array().unwrap().len(), 3);
    assert_eq!(history["reward"], json!([["0x0"], ["0x0"]]));
    let first = call(node.address, "eth_feeHistory", json!([1, "0x1", [50.0]]));
    assert_eq!(first["reward"], json!([[format!("{:#x}", 1_000_000_001_u64)]]));
    let next = call(node.address, "eth_getBlockByNumber", json!(["0x2", false]));
    assert_eq!(first["baseFeePerGas"][1], next["baseFeePerGas"]);
    let wrong = fail(node.address, "eth_feeHistory", json!(["0x1", "latest", [101]]));
    assert!(wrong.1.contains("invalid reward percentile"), "{}", wrong.1);
}

#[test]
fn there_are_so_many_filters() {
    let node = node(|settings| settings.filters = 1);
    call(node.address, "eth_newBlockFilter", json!([]));
    assert_eq!(fail(node.address, "eth_newBlockFilter", json!([])).0, -32_005);
}

#[test]
fn calls_run_in_turns_and_all_are_answered() {
    let node = node(|settings| {
        settings.heavy_calls = 1;
        settings.reads = 1;
        settings.calls_per_connection = 2;
    });
    let mut socket = WebSocket::open(node.address);
    for id in 0..50 {
        let method = if id % 2 == 0 { "eth_call" } else { "eth_getBalance" };
        let params = if id % 2 == 0 { json!([{ "to": COUNTER }]) } else { json!([COUNTER]) };
        socket.send_call(id, method, &params);
    }
    let mut ids: Vec<u64> =
        (0..50).map(|_| socket.receive().unwrap()["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..50).collect::<Vec<_>>());
}

#[test]
fn hosts_and_origins_are_let_in_as_the_settings_say() {
    let node = node(|settings| {
        settings.hosts = vec!["node.example".to_owned()];
        settings.origins = Origins::Only(vec!["https://dapp.example".to_owned()]);
    });
    let chain_id = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    let status =
        |headers: &str| exchange(node.address, posting(chain_id, headers).as_bytes()).status;
    assert_eq!(status("host: node.example:8545\r\n"), 200);
    assert_eq!(status("host: 127.0.0.1\r\n"), 200);
    assert_eq!(status("host: evil.example\r\n"), 403);
    assert_eq!(status("host: localhost\r\norigin: https://dapp.example\r\n"), 200);
    assert_eq!(status("host: localhost\r\norigin: https://evil.example\r\n"), 403);
    let socket = |origin| WebSocket::try_open(node.address, &format!("origin: {origin}\r\n"));
    assert_eq!(socket("https://evil.example").err(), Some(403));
    assert!(socket("https://dapp.example").is_ok());
}

#[test]
fn any_page_may_call_by_default() {
    let node = node(|_| {});
    let preflight = "OPTIONS / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                     origin: https://any.example\r\naccess-control-request-method: POST\r\n\
                     access-control-request-headers: content-type\r\n\r\n";
    let reply = exchange(node.address, preflight.as_bytes());
    assert_eq!(reply.status, 200);
    assert!(reply.head.contains("access-control-allow-origin: *"), "{reply:?}");
    assert!(reply.head.contains("access-control-allow-headers: content-type"), "{reply:?}");
}
