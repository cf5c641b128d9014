//! Many at once: who makes room for whom, what waits, and what is too much for all together.

use super::{
    client::{WebSocket, call, connect, exchange, fail, post},
    node::Node,
};
use crate::support::{COUNTER, call_counter};
use alloy_primitives::Bytes;
use seam_chain::rpc::{RpcMetrics, RpcSettings};
use serde_json::{Value, json};
use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

/// How often it is tried to have one call begin before another.
const TRIES: usize = 50;

fn node(change: impl FnOnce(&mut RpcSettings)) -> Node {
    let mut settings = RpcSettings::default();
    change(&mut settings);
    Node::with(settings)
}

/// Whether the server has closed a connection, which it must do; it may say why before.
fn ends(mut stream: &TcpStream) -> bool {
    match stream.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

/// A call that takes all the gas that it may, and the turn that goes with it.
fn endless() -> Value {
    let overrides = json!({ COUNTER.to_string(): { "code": Bytes::from(vec![0x5b, 0x5f, 0x56]) } });
    json!([{ "to": COUNTER }, "latest", overrides])
}

#[test]
fn quiet_connections_make_room() {
    let node = node(|settings| settings.connections = 2);
    let quiet: Vec<TcpStream> = (0..20).map(|_| connect(node.address)).collect();
    // The slow one has begun, and is quiet all the same.
    (&quiet[19]).write_all(b"POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n[").unwrap();
    for _ in 0..5 {
        assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
    }
    // The last one stays as long as there is room for it.
    let _others = [WebSocket::open(node.address), WebSocket::open(node.address)];
    for (index, quiet) in quiet.iter().enumerate() {
        assert!(ends(quiet), "connection {index} is still open");
    }
}

#[test]
fn a_web_socket_makes_room_and_one_with_subscriptions_last() {
    let node = node(|settings| settings.connections = 2);
    let mut told = WebSocket::open(node.address);
    let heads = told.subscribe(&json!(["newHeads"]));
    let mut silent = WebSocket::open(node.address);
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
    assert!(silent.receive().is_none(), "it is closed");
    node.make_block();
    assert_eq!(told.notified(&heads)["number"], "0x1");
}

#[test]
fn connections_that_are_being_answered_stay() {
    let node = node(|settings| settings.connections = 1);
    // As soon as the call runs nobody else is let in; before, it may be the one that makes room.
    loop {
        let Ok(mut busy) = WebSocket::try_open(node.address, "") else { break };
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": endless() });
        let _ = busy.try_send(&request.to_string());
        let reply = exchange(node.address, b"GET /health HTTP/1.1\r\nconnection: close\r\n\r\n");
        if reply.status == 503 {
            assert_eq!(reply.body, "too many connections\n");
            break;
        }
    }
}

#[test]
fn whoever_holds_the_most_is_cut_off() {
    let node = node(|settings| settings.held_bytes = 1 << 20);
    let mut large = connect(node.address);
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 9000000\r\n\r\n";
    large.write_all(head.as_bytes()).unwrap();
    let piece = vec![b' '; 1 << 16];
    let sent = (0..1_000).take_while(|_| large.write_all(&piece).is_ok()).count();
    assert!(sent < 1_000, "it may send {sent} pieces");
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
}

/// What does not fit is not kept either, if the client takes nothing.
#[test]
fn answers_that_nobody_takes_are_held_within_the_limit() {
    let node = node(|settings| {
        settings.held_bytes = 1 << 20;
        settings.backlog = 1_000_000;
        settings.stall = Duration::from_secs(3_600);
    });
    for nonce in 0..200 {
        node.chain().submit(call_counter(0, nonce)).unwrap();
    }
    node.make_block();
    let mut socket = WebSocket::open(node.address);
    let request = json!({
        "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByNumber", "params": ["0x1", true],
    });
    let request = request.to_string();
    let sent = (0..1_000_000).take_while(|_| socket.try_send(&request).is_ok()).count();
    assert!(sent < 1_000_000);
    assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
}

#[test]
fn all_connections_have_so_many_subscriptions_together() {
    let node = node(|settings| settings.all_subscriptions = 2);
    let (mut first, mut second) = (WebSocket::open(node.address), WebSocket::open(node.address));
    let heads = first.subscribe(&json!(["newHeads"]));
    second.subscribe(&json!(["newHeads"]));
    let refused = second.call("eth_subscribe", &json!(["newHeads"]));
    assert_eq!(refused["error"]["code"], -32_005, "{refused}");
    first.call("eth_unsubscribe", &json!([heads]));
    while second.call("eth_subscribe", &json!(["newHeads"])).get("error").is_some() {
        thread::yield_now(); // until the first has ended
    }
}

#[test]
fn parameters_have_so_many_values() {
    let node = node(|settings| settings.param_values = 10);
    let keys = |count: usize| json!([COUNTER, vec!["0x0"; count]]);
    call(node.address, "eth_getProof", keys(7));
    let (code, message) = fail(node.address, "eth_getProof", keys(9));
    assert_eq!(code, -32_602);
    assert!(message.contains("too many values"), "{message}");
    let mut socket = WebSocket::open(node.address);
    let params = json!(["logs", { "topics": [vec![Value::Null; 20]] }]);
    assert_eq!(socket.call("eth_subscribe", &params)["error"]["code"], -32_602);
}

#[test]
fn subscriptions_over_http_are_refused_with_the_words_of_geth() {
    let node = node(|_| {});
    let refused = (-32_601, "notifications not supported".to_owned());
    assert_eq!(fail(node.address, "eth_subscribe", json!(["newHeads"])), refused);
    let call = |id, method| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": [] });
    let batch = json!([call(1, "eth_unsubscribe"), call(2, "eth_chainId")]).to_string();
    let answers = post(node.address, &batch).json();
    assert_eq!((&answers[0]["error"]["code"], &answers[0]["id"]), (&json!(-32_601), &json!(1)));
    assert_eq!(answers[1]["result"], "0x384");
}

/// One heavy call at a time: others wait, and what is not heavy does not.
#[test]
fn heavy_calls_wait_for_each_other_and_others_do_not_wait_for_them() {
    let node = node(|settings| settings.heavy_calls = 1);
    let address = node.address;
    let heavy: Vec<_> =
        (0..8).map(|_| thread::spawn(move || fail(address, "eth_call", endless()))).collect();
    assert_eq!(call(address, "eth_getBalance", json!([COUNTER])), "0x0");
    for call in heavy {
        assert_eq!(call.join().unwrap().1, "out of gas");
    }
}

/// A connection with as many calls as may run gets no others run until these are answered.
#[test]
fn so_many_calls_of_a_connection_run_at_a_time() {
    let node = node(|settings| {
        settings.calls_per_connection = 1;
        settings.heavy_calls = 2;
    });
    let mut socket = WebSocket::open(node.address);
    let mut first_answered = || {
        socket.send_call(1, "eth_call", &endless());
        // Meanwhile it has begun, most likely: who is first is not promised to calls that come together.
        assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
        socket.send_call(2, "eth_chainId", &json!([]));
        let ids = [0; 2].map(|_| socket.receive().unwrap()["id"].as_u64().unwrap());
        assert_eq!(ids[0] + ids[1], 3);
        ids[0]
    };
    // With two at a time the second, which takes no time, would be first every time.
    assert!((0..TRIES).any(|_| first_answered() == 1));
}

/// With one turn for all of them every one is answered; that no two run at once is tested where the
/// turns are taken.
#[test]
fn reads_that_wait_for_each_other_are_all_answered() {
    let node = node(|settings| settings.reads = 1);
    let address = node.address;
    let readers = (0..16).map(|_| {
        thread::spawn(move || {
            (0..50).for_each(|_| {
                assert_eq!(call(address, "eth_getBalance", json!([COUNTER])), "0x0");
            });
        })
    });
    readers.collect::<Vec<_>>().into_iter().for_each(|reader| reader.join().unwrap());
}

/// A subscriber that reads nothing is told so, or cut off; the chain and others go on.
#[test]
fn a_subscriber_that_reads_nothing_is_cut_off() {
    let metrics = RpcMetrics::default();
    let node = node(|settings| {
        settings.backlog = 1;
        settings.stall = Duration::from_millis(200);
        settings.metrics = metrics.clone();
    });
    let mut slow = WebSocket::open(node.address);
    let subscriptions = 100;
    (0..subscriptions).for_each(|_| {
        slow.subscribe(&json!(["newPendingTransactions", true]));
    });
    let open = || metrics.subscriptions.get();
    let mut nonce = 0;
    while open() > 0 {
        node.chain().submit(call_counter(0, nonce)).unwrap();
        nonce += 1;
        if nonce % 10 == 0 {
            node.make_block();
            assert_eq!(call(node.address, "eth_chainId", json!([])), "0x384");
        }
        assert!(nonce < 50_000, "{} subscriptions are still open", open());
    }
}
