//! Calls that cost as much as a limit allows.

use crate::support::{
    attack::{Target, call},
    honest::Peace,
    times,
};
use serde_json::{Value, json};
use std::thread;

const CONTRACT: &str = "0x00000000000000000000000000000000000c0de0";

/// `eth_call` of code that is put there for the call.
fn running(code: &str) -> Value {
    json!([{ "to": CONTRACT }, "latest", { CONTRACT: { "code": code } }])
}

/// Programs that end only when gas does:
///
/// - jumps for ever
/// - memory that grows and grows: `MSTORE(size, size)`, with as much again each time
/// - reads slots that nobody read before
/// - hashes 100 kB again and again
/// - the precompile that raises to a power (5), with operands of 1,024 bytes
/// - calls itself
const PROGRAMS: [&str; 6] = [
    "0x5b5f56",
    "0x60205b80805260011b6002565b00",
    "0x5f5b80545060010160015600",
    "0x5b620186a05f20505f56",
    "0x6104005f526104006020526104006040525f5b5f5f610c605f5f60055af15060125600",
    "0x5b5f5f5f5f5f305af1505f56",
];

/// All at once, from as many clients.
fn together(target: &Target, method: &'static str, clients: usize) {
    let clients: Vec<_> = (0..clients)
        .map(|client| {
            let (target, params) = (target.clone(), running(PROGRAMS[client % PROGRAMS.len()]));
            thread::spawn(move || {
                // Out of gas, or done; never a fault of the node.
                assert_ne!(target.code(method, &params), -32_603, "{params}");
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());
}

#[test]
fn calls_that_are_expensive_end() {
    let mut peace = Peace::begin();
    peace.under("endless calls", times(1, 50), |target| together(target, "eth_call", 24));
    peace.under("endless estimates", times(1, 20), |target| {
        together(target, "eth_estimateGas", 12);
    });
    peace.under("all logs", times(20, 2_000), |target| {
        let all = json!([{ "fromBlock": "earliest", "toBlock": "latest" }]);
        assert_eq!(target.code("eth_getLogs", &all), 0);
        let beyond = json!([{ "fromBlock": "0x0", "toBlock": "0xffffffffffff" }]);
        assert_eq!(target.code("eth_getLogs", &beyond), -32_602);
    });
    // A stack of addresses that nobody has: all are looked for.
    peace.under("many proofs", times(5, 500), |target| {
        let slots: Vec<String> = (0..1_024).map(|slot| format!("{slot:#x}")).collect();
        assert_eq!(target.code("eth_getProof", &json!([CONTRACT, slots])), 0);
        let batch =
            (0..100).map(|id| call(id, "eth_feeHistory", &json!(["0x400", "latest", [1, 50, 99]])));
        assert_eq!(target.post(&batch.collect::<Value>().to_string()).0, 200);
    });
    peace.under("memory and subscriptions that are not to be had", times(3, 100), |target| {
        // 24 MiB of memory, for which no gas is enough.
        let code = "0x630180000080525f5ff3";
        let large = json!([
            { "to": CONTRACT, "gas": "0x7fffffff" }, "latest",
            { CONTRACT: { "code": code } }
        ]);
        assert_ne!(target.code("eth_call", &large), 0);
        let subscribe = call(1, "eth_subscribe", &json!(["newHeads"])).to_string();
        assert_eq!(target.post(&subscribe).1["error"]["code"], -32_601);
    });
    peace.end();
}
