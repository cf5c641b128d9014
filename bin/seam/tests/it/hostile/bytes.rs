//! What is no JSON-RPC, or too much of it.

use crate::support::{
    attack::{Target, call},
    honest::Peace,
    random::Random,
    times,
};
use serde_json::{Value, json};

/// As the node's default settings have it.
const BATCH: u64 = 1_000;
/// As the node's default settings have it.
const BODY: usize = 15 << 20;

fn code(target: &Target, body: &str) -> Value {
    target.post(body).1["error"]["code"].clone()
}

fn batch(target: &Target, length: u64) -> Value {
    let calls = (0..length).map(|id| call(id, "eth_chainId", &json!([])));
    target.post(&calls.collect::<Value>().to_string()).1
}

/// What two servers in a row might understand differently: never two answers, never a hang.
const SMUGGLED: [&str; 6] = [
    "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n\
     0\r\n\r\nGET /health HTTP/1.1\r\nhost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ncontent-length: 40\r\n\r\n[]",
    "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n",
    "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n\r\n\u{1}\u{2}\u{3}",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

#[test]
fn rubbish_is_refused() {
    let mut peace = Peace::begin();
    let mut random = Random::seeded();
    peace.under("garbage", times(200, 20_000), |target| {
        let length = random.within(1..2_000);
        let garbage: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[0]).collect();
        let answer = target.exchange(&garbage);
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = target.post(&String::from_utf8_lossy(&garbage)).1;
        assert!([json!(-32_700), json!(-32_600)].contains(&answer["error"]["code"]), "{answer}");
    });
    peace.under("two requests in one", times(10, 1_000), |target| {
        for request in SMUGGLED {
            let answer = target.exchange(request.as_bytes());
            assert!(answer.matches("HTTP/1.1 200").count() < 2, "{request}: {answer}");
        }
    });
    peace.under("endless heads", times(5, 100), |target| {
        let head = format!("POST / HTTP/1.1\r\n{}", "x-header: 1\r\n".repeat(100_000));
        assert!(!target.exchange(head.as_bytes()).starts_with("HTTP/1.1 200"));
    });
    peace.under("deep nesting", times(5, 500), |target| {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            assert_eq!(code(target, &open.repeat(100_000)), -32_700);
            let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let inside = format!(
                r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[{deep}]}}"#
            );
            assert_eq!(code(target, &inside), -32_602);
        }
    });
    peace.end();
}

#[test]
fn too_much_is_refused() {
    let mut peace = Peace::begin();
    peace.under("batches", times(5, 200), |target| {
        let answers = batch(target, BATCH);
        let answers = answers.as_array().unwrap();
        assert!(
            answers.len() as u64 == BATCH && answers.iter().all(|one| one["result"] == "0x385")
        );
        assert_eq!(batch(target, BATCH + 1)["error"]["code"], -32_010);
        assert_eq!(batch(target, 10 * BATCH)["error"]["code"], -32_010);
    });
    peace.under("large bodies", times(3, 50), |target| {
        let request = call(1, "eth_chainId", &json!([])).to_string();
        let padded = |bytes: usize| format!("{request}{}", " ".repeat(bytes - request.len()));
        assert_eq!(target.post(&padded(BODY)).1["result"], "0x385");
        // It says so, or cuts off who goes on sending.
        assert!([413, 0].contains(&target.post(&padded(BODY + 1)).0));
        assert!([413, 0].contains(&target.post(&padded(BODY * 2)).0));
    });
    peace.under("many small values", times(3, 50), |target| {
        let numbers = format!("[{}0]", "0,".repeat(BODY / 2 - 200));
        let request =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{numbers}}}"#);
        assert_eq!(code(target, &request), -32_602);
        assert_eq!(code(target, &numbers), -32_010);
    });
    peace.end();
}
