//! The fuzzer's corpus of blocks, receipts and traces, replayed.

use super::chain::{FORWARDER, Site, block_on, who};
use alloy_primitives::TxKind;
use seam_l1::L1Access;
use seam_ledger::source::{LocalAccess, fuzz::ledger_facts};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/ledger_facts")
}

/// Each file, and again with bytes of it changed.
#[test]
fn the_corpus_of_facts_holds() {
    let mut read = 0;
    for entry in fs::read_dir(corpus()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        read += bytes.len();
        ledger_facts(&bytes);
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            ledger_facts(&changed);
        }
    }
    assert!(read > 1_000, "{read} bytes");
}

/// The corpus is what a chain of Seam answers of one block of each kind of chain; `SEAM_WRITE_CORPUS` writes
/// it anew.
#[test]
fn the_corpus_of_facts_is_what_chains_answer() {
    for (name, mut site) in [("ethereum", Site::ethereum()), ("op-stack", Site::rollup())] {
        site.send(2, 0, TxKind::Call(FORWARDER), 70, who(1).into_word().to_vec());
        site.mine(&[(who(3), who(4), 55, 55)]);
        let number = format!("{:#x}", site.head());
        let access = LocalAccess::new(site.chain().clone()).unwrap();
        let ask = |method: &str, params: Value| {
            let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            let answer = block_on(access.exchange(body.to_string().into_bytes())).unwrap();
            serde_json::from_slice::<Value>(&answer).unwrap()["result"].to_string()
        };
        let difference =
            json!({ "tracer": "prestateTracer", "tracerConfig": { "diffMode": true } });
        let lines = [
            ask("eth_getBlockByNumber", json!([number, true])),
            ask("eth_getBlockReceipts", json!([number])),
            ask("debug_traceBlockByNumber", json!([number, difference])),
            ask("debug_traceBlockByNumber", json!([number, { "tracer": "callTracer" }])),
        ];
        let (path, answers) = (corpus().join(name), lines.join("\n"));
        if std::env::var_os("SEAM_WRITE_CORPUS").is_some() {
            fs::write(&path, &answers).unwrap();
        }
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            answers,
            "{name}: SEAM_WRITE_CORPUS=1 writes it"
        );
    }
}
