//! Too many connections, and clients that are slow.

use crate::support::{
    attack::{Target, call, frame, open_files},
    honest::Peace,
    times,
};
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// Connections that say nothing.
const IDLE: usize = 10_000;
/// Open files of the tests beside these.
const OTHERS: usize = 500;

/// How many there may be; fewer than [`IDLE`] where the system does not allow more.
fn idle_connections() -> usize {
    let files = usize::try_from(open_files((IDLE + OTHERS) as u64)).unwrap_or(usize::MAX);
    let possible = files.saturating_sub(OTHERS).min(IDLE);
    if possible < IDLE {
        println!("SHORTFALL: {possible} idle connections instead of {IDLE}: ulimit -n is {files}");
    }
    possible
}

#[test]
fn a_crowd_does_not_keep_others_out() {
    let mut peace = Peace::begin();
    let (most, mut idle) = (idle_connections(), Vec::new());
    peace.under("idle connections", 1, |target| {
        while idle.len() < most {
            idle.push(target.connect().unwrap());
        }
        let answer = target.post(&call(1, "eth_chainId", &json!([])).to_string());
        assert_eq!((answer.0, &answer.1["result"]), (200, &json!("0x385")));
    });
    drop(idle);
    let mut slow: Vec<TcpStream> = Vec::new();
    peace.under("slow writers", times(1_500, 20_000), |target| {
        let mut head = target.connect().unwrap();
        let mut body = target.connect().unwrap();
        // Whether the node still listens is its own affair.
        let _ = head.write_all(b"POST / HTTP/1.1\r\nhost: loc");
        let _ = body.write_all(target.head(1_000_000).as_bytes());
        slow.extend([head, body]);
        for stream in slow.iter_mut().rev().take(20) {
            let _ = stream.write_all(b" ");
        }
        if slow.len() > 4_000 {
            slow.drain(..1_000);
        }
    });
    drop(slow);
    let mut silent: Vec<TcpStream> = Vec::new();
    peace.under("half of a large message", times(60, 1_000), |target| {
        let mut socket = target.web_socket().unwrap();
        let large = frame(&" ".repeat(14 << 20));
        let _ = socket.write_all(&large[..10 << 20]);
        silent.push(socket);
        if silent.len() > 200 {
            silent.drain(..100);
        }
    });
    peace.end();
}

#[test]
fn whoever_does_not_read_harms_nobody() {
    let mut peace = Peace::begin();
    let mut silent: Vec<TcpStream> = Vec::new();
    let blocks: Vec<_> =
        (0..100).map(|id| call(id, "eth_getBlockByNumber", &json!(["latest", true]))).collect();
    let blocks = json!(blocks).to_string();
    peace.under("answers that nobody reads", times(100, 5_000), |target| {
        let mut socket = target.connect().unwrap();
        socket.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        let request = target.head(blocks.len()).replace("connection: close\r\n", "") + &blocks;
        while socket.write_all(request.as_bytes()).is_ok() {}
        silent.push(socket);
    });
    silent.clear();
    peace.under("subscribers that do not read", times(100, 2_000), |target| {
        let mut socket = subscriber(target);
        socket.set_write_timeout(Some(Duration::from_millis(50))).unwrap();
        for id in 0..200 {
            let kinds =
                [json!(["newHeads"]), json!(["logs", {}]), json!(["newPendingTransactions", true])];
            let message = call(id, "eth_subscribe", &kinds[usize::try_from(id % 3).unwrap()]);
            let _ = socket.write_all(&frame(&message.to_string()));
        }
        silent.push(socket);
    });
    silent.clear();
    peace.under("filters", times(20, 200), |target| {
        let filters =
            (0..500).map(|id| call(id, "eth_newPendingTransactionFilter", &json!([true])));
        let (_, answers) = target.post(&serde_json::Value::from_iter(filters).to_string());
        for answer in answers.as_array().unwrap() {
            let code = &answer["error"]["code"];
            assert!(code.is_null() || *code == -32_005, "{answer}");
        }
    });
    peace.end();
}

/// A WebSocket that answers one call, to see that it is one.
fn subscriber(target: &Target) -> TcpStream {
    let mut socket = target.web_socket().unwrap();
    socket.write_all(&frame(&call(1, "eth_chainId", &json!([])).to_string())).unwrap();
    assert_eq!(socket.read(&mut [0; 2]).unwrap(), 2);
    socket
}
