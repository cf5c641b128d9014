//! `seam snapshot`: what is loaded goes on as what was written.

use crate::{
    process::{Process, call, http, quantity},
    refusal, stdout, support, testdata,
};
use serde_json::{Value, json};
use std::{fs, path::Path};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Runs a node with more flags; what `look` finds at its URL.
fn node<T>(flags: &[&str], look: impl FnOnce(&str, &Value) -> T) -> T {
    let (genesis, forks) =
        (testdata("execution-apis/genesis.json"), testdata("execution-apis/forkenv.json"));
    let args = ["node", "--json", "--http-port", "0", "--genesis", &genesis, "--fork-env", &forks];
    let mut node = Process::start(&[&args[..], flags].concat());
    let ready = node.ready();
    let found = look(ready["http"].as_str().unwrap(), &ready);
    let (code, _, log) = node.stop("TERM");
    assert_eq!(code, Some(0), "{log}");
    found
}

#[test]
fn a_node_goes_on_from_a_snapshot_to_the_same_head() {
    let place = support::folder();
    let [there, here, file] = ["there", "here", "chain.snap"].map(|name| place.path().join(name));
    let (there, here, file) = (text(&there), text(&here), text(&file));
    let chain = testdata("execution-apis/chain.rlp");
    let account = json!(["0x7dcd17433742f4c0ca53122ab541d0ba67fc27df", "latest"]);
    let look = |url: &str| {
        let block = call(url, "eth_getBlockByNumber", json!(["latest", true]));
        let receipts = call(url, "eth_getBlockReceipts", json!(["0x1e"]));
        (block, receipts, call(url, "eth_getBalance", account.clone()))
    };
    let import = ["--import", &chain, "--data-dir", there, "--archive"];
    let before = node(&import, |url, _| look(url));

    let create = ["snapshot", "create", "--data-dir", there, "--out", file, "--json"];
    let made = parsed(&stdout(&[&create[..], &["--block", "30"]].concat()));
    assert_eq!((&made["block"], &made["blocks"]), (&json!(30), &json!(31)));
    let hash = made["hash"].as_str().unwrap();
    let error = refusal(&create);
    assert!(error.contains("is there already"), "{error}");
    let load = ["snapshot", "load", file, "--data-dir", here, "--hash", hash, "--json"];
    assert_eq!(parsed(&stdout(&load)), made);
    let error = refusal(&load);
    assert!(error.contains("has a chain already"), "{error}");

    node(&["--data-dir", here], |url, ready| {
        assert_eq!(ready["head"], 30);
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [account[0], "0x1d"] });
        let old = parsed(&http(url, "POST", "/", &body.to_string()));
        assert!(old["error"]["message"].as_str().unwrap().contains("is not kept"), "{old}");
    });
    // The whole file again: what came before is passed over, the rest is executed.
    let after = node(&["--import", &chain, "--data-dir", here], |url, _| look(url));
    assert_eq!(after, before);
    stdout(&["data", "check", "--data-dir", here]);
}

#[test]
fn what_is_not_to_be_trusted_is_refused_and_leaves_nothing() {
    let place = support::folder();
    let [there, here, file] = ["there", "here", "chain.snap"].map(|name| place.path().join(name));
    let chain = testdata("execution-apis/chain.rlp");
    node(&["--import", &chain, "--data-dir", text(&there)], |_, _| ());
    let create = ["snapshot", "create", "--data-dir", text(&there), "--json", "--out"];
    let made = parsed(&stdout(&[&create[..], &[text(&file)]].concat()));
    assert_eq!(made["block"], 54, "all of an import is final");
    let hash = made["hash"].as_str().unwrap();
    let load = |hash: &str| {
        let args = ["snapshot", "load", text(&file), "--hash", hash, "--data-dir", text(&here)];
        refusal(&args)
    };
    let error = load(&format!("0x{}", "11".repeat(32)));
    assert!(error.contains("is of block 54 with hash"), "{error}");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let error = load(hash);
    assert!(error.contains("the snapshot is damaged"), "{error}");
    fs::write(&file, "something else").unwrap();
    let error = load(hash);
    assert!(error.contains("is no snapshot"), "{error}");
    assert!(!here.exists());
    // Nor does a snapshot that cannot be written leave a file.
    let lost = place.path().join("no/such/folder.snap");
    refusal(&[&create[..], &[text(&lost)]].concat());
    let ahead = place.path().join("ahead.snap");
    let error = refusal(&[&create[..], &[text(&ahead), "--block", "55"]].concat());
    assert!(error.contains("the state of block 55 is not kept"), "{error}");
    let mut left = names(place.path());
    left.sort();
    assert_eq!(left, ["chain.snap", "there"]);
}

#[test]
fn both_chains_of_a_network_are_moved_to_another_directory() {
    let place = support::folder();
    let [there, here] = ["there", "here"].map(|name| place.path().join(name));
    let up = |data: &Path| {
        let ports = ["--l1-port", "0", "--l2-port", "0"];
        let quiet = ["--no-traffic", "--no-earnings", "--no-web"];
        let args = [&["up", "--json", "--data-dir", text(data)][..], &ports, &quiet].concat();
        let mut up = Process::start(&args);
        let ready = up.ready();
        let heads = ["l1", "l2"].map(|chain| {
            let url = ready[chain]["http"].as_str().unwrap();
            let block = call(url, "eth_getBlockByNumber", json!(["0x1", false]));
            (quantity(&call(url, "eth_blockNumber", json!([]))), block["hash"].clone())
        });
        let (code, _, log) = up.stop("TERM");
        assert_eq!(code, Some(0), "{log}");
        heads
    };
    let before = up(&there);
    let busy = |error: String| assert!(error.contains("say which with --chain"), "{error}");
    busy(refusal(&["snapshot", "create", "--data-dir", text(&there), "--out", "none.snap"]));
    for (chain, (head, _)) in ["l1", "l2"].into_iter().zip(&before) {
        let file = place.path().join(chain);
        let number = head.to_string();
        let made = stdout(&[
            "snapshot",
            "create",
            "--data-dir",
            text(&there),
            "--out",
            text(&file),
            "--block",
            &number,
            "--chain",
            chain,
            "--json",
        ]);
        let hash = parsed(&made)["hash"].as_str().unwrap().to_owned();
        stdout(&[
            "snapshot",
            "load",
            text(&file),
            "--data-dir",
            text(&here),
            "--hash",
            &hash,
            "--chain",
            chain,
        ]);
    }
    let after = up(&here);
    for (before, after) in before.iter().zip(&after) {
        assert!(after.0 > before.0, "it goes on");
        assert_eq!(after.1, before.1, "block 1 is the same");
    }
    support::check_data(&here);
}
