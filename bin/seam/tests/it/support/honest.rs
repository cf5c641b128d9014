//! Somebody who sends transactions and waits for their receipts, whatever others do.

use super::{
    LIMIT,
    attack::{PAUSE, Target, resident},
    client::{Client, quantity},
    node::{Node, Ready},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

/// Transactions that are signed beforehand.
const SIGNED: usize = 600;

/// Signs a transfer from an unlocked account, with these fields set otherwise.
pub(crate) fn signed(client: &mut Client, from: &str, nonce: u64, changes: &Value) -> String {
    let mut transaction = json!({
        "from": from, "to": from, "value": "0x1", "gas": "0x5208", "nonce": format!("{nonce:#x}"),
        "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x3b9aca00",
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        transaction[name] = value.clone();
    }
    let signed = client.call("eth_signTransaction", json!([transaction])).unwrap();
    signed["raw"].as_str().unwrap().to_owned()
}

/// A node, and the honest client of its Layer 2.
pub(crate) struct Peace {
    pub(crate) node: Node,
    pub(crate) ready: Ready,
    pub(crate) target: Target,
    receipts: Arc<AtomicUsize>,
    ending: Arc<AtomicBool>,
    client: Option<JoinHandle<()>>,
    _data: tempfile::TempDir,
}

impl Peace {
    /// Starts both.
    pub(crate) fn begin() -> Self {
        let data = super::folder();
        let mut node = Node::start(data.path());
        let ready = node.ready();
        let (receipts, ending) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let mut client = ready.client("l2");
        let account = ready.account(0).to_owned();
        let raw: Vec<String> = (0..SIGNED)
            .map(|nonce| signed(&mut client, &account, nonce as u64, &Value::Null))
            .collect();
        let (count, end, url) = (receipts.clone(), ending.clone(), ready.url("l2").to_owned());
        let client = thread::spawn(move || live(&url, &raw, &count, &end));
        let target = Target::new(ready.url("l2"));
        Self { node, ready, target, receipts, ending, client: Some(client), _data: data }
    }

    fn receipts(&self) -> usize {
        self.receipts.load(Ordering::Acquire)
    }

    /// Attacks so often, and until the honest client has got so many receipts meanwhile; then looks
    /// at the node's memory.
    pub(crate) fn under(&mut self, name: &str, rounds: usize, mut attack: impl FnMut(&Target)) {
        const RECEIPTS: usize = 3;
        let (since, before) = (Instant::now(), self.receipts());
        let mut done = 0;
        while done < rounds || self.receipts() < before + RECEIPTS {
            attack(&self.target);
            done += 1;
            assert!(since.elapsed() < LIMIT, "{name}: {} receipts", self.receipts() - before);
            self.node.run_for(PAUSE);
        }
        let resident = resident(self.node.pid()).unwrap_or_default();
        eprintln!(
            "{name}: {done} rounds, {} receipts, {} MiB",
            self.receipts() - before,
            resident >> 20
        );
        assert!(resident < MOST_RESIDENT, "{name}: {resident} bytes of memory");
    }

    /// Ends both. Nothing went wrong in the node, and its log is short.
    pub(crate) fn end(mut self) {
        self.ending.store(true, Ordering::Release);
        self.client.take().unwrap().join().expect("the honest client failed");
        let log = self.node.stop();
        assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
        assert!(log.lines().count() < MOST_LINES, "{} lines: {log}", log.lines().count());
    }
}

/// What a node may take after an attack.
const MOST_RESIDENT: u64 = 1_536 << 20;
/// A node says now and then that all is well; of requests it says nothing.
const MOST_LINES: usize = 150;

/// Sends one transaction after the other, and waits for each.
fn live(url: &str, raw: &[String], receipts: &AtomicUsize, ending: &AtomicBool) {
    let mut client = Client::connect(url).unwrap();
    for transaction in raw {
        let hash = patiently(url, &mut client, "eth_sendRawTransaction", &json!([transaction]));
        let since = Instant::now();
        loop {
            let receipt = patiently(url, &mut client, "eth_getTransactionReceipt", &json!([hash]));
            if !receipt.is_null() {
                assert_eq!(quantity(&receipt["status"]), 1);
                break;
            }
            assert!(since.elapsed() < LIMIT, "no receipt");
            thread::park_timeout(PAUSE);
        }
        receipts.fetch_add(1, Ordering::AcqRel);
        if ending.load(Ordering::Acquire) {
            return;
        }
    }
    panic!("all transactions are sent");
}

/// As clients do: a connection that was closed is opened again, and the call made again.
fn patiently(url: &str, client: &mut Client, method: &str, params: &Value) -> Value {
    use super::client::NoResult;
    let since = Instant::now();
    loop {
        match client.call(method, params.clone()) {
            Ok(result) => return result,
            // It was there already: the answer was lost with the connection.
            Err(NoResult::Refused(error)) if error["message"] == "already known" => {
                return hash_of(&params[0]);
            }
            Err(NoResult::Refused(error)) => panic!("{method}: {error}"),
            Err(NoResult::Gone(_)) if since.elapsed() < LIMIT => {
                thread::park_timeout(PAUSE);
                if let Ok(again) = Client::connect(url) {
                    *client = again;
                }
            }
            Err(NoResult::Gone(error)) => panic!("{method}: {error}"),
        }
    }
}

/// The hash of a raw transaction.
fn hash_of(raw: &Value) -> Value {
    let bytes: alloy_primitives::Bytes = serde_json::from_value(raw.clone()).unwrap();
    json!(alloy_primitives::keccak256(bytes))
}
