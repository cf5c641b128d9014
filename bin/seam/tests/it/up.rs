//! `seam up` as a person or a program runs it.

use crate::{
    process::{Process, call, http, quantity},
    refusal, stdout,
};
use serde_json::{Value, json};
use std::{fs, net::TcpListener, path::Path};

/// Arguments for any free ports and a directory, with nothing going on but what a test does.
fn up(directory: &Path) -> Vec<String> {
    let directory = directory.to_str().unwrap();
    let ports = ["--l1-port", "0", "--l2-port", "0", "--data-dir", directory];
    let args =
        [&["up", "--json", "--no-traffic", "--no-earnings", "--no-web"][..], &ports].concat();
    args.into_iter().map(str::to_owned).collect()
}

fn start(directory: &Path, more: &[&str]) -> Process {
    let args = up(directory);
    let args: Vec<&str> = args.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Process::start(&args)
}

fn refused(directory: &Path, more: &[&str]) -> String {
    let args = up(directory);
    let args: Vec<&str> = args.iter().map(String::as_str).chain(more.iter().copied()).collect();
    refusal(&args)
}

fn url<'a>(ready: &'a Value, chain: &str) -> &'a str {
    ready[chain]["http"].as_str().unwrap()
}

/// Asks until the chain has this block.
fn wait_for_block(url: &str, number: u64) {
    while quantity(&call(url, "eth_blockNumber", json!([]))) < number {}
}

#[test]
fn both_chains_produce_and_go_on_after_ctrl_c() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = start(directory.path(), &[]);
    let ready = first.ready();
    for (chain, id) in [("l1", 900), ("l2", 901)] {
        assert_eq!(ready[chain]["chainId"], id);
        assert!(ready[chain]["head"].as_u64() >= Some(1), "{ready}");
        assert_eq!(quantity(&call(url(&ready, chain), "eth_chainId", json!([]))), id);
        let ws = url(&ready, chain).replace("http", "ws");
        assert_eq!(ready[chain]["ws"], ws);
        let genesis = call(url(&ready, chain), "eth_getBlockByNumber", json!(["0x0", false]));
        assert_eq!(ready[chain]["genesisHash"], genesis["hash"]);
    }
    assert_eq!(ready["accounts"].as_array().unwrap().len(), 10);
    let rich = &ready["accounts"][0]["address"];
    let balance = call(url(&ready, "l2"), "eth_getBalance", json!([rich, "latest"]));
    assert_eq!(balance, "0x21e19e0c9bab2400000");
    wait_for_block(url(&ready, "l2"), ready["l2"]["head"].as_u64().unwrap() + 1);
    let (code, rest, log) = first.stop("INT");
    assert_eq!((code, rest.as_str()), (Some(0), ""), "{log}");
    assert!(log.contains("stopped at L1 block "), "{log}");

    let mut second = start(directory.path(), &["--l1-block-time", "3"]);
    let again = second.ready();
    for chain in ["l1", "l2"] {
        assert_eq!(again[chain]["genesisHash"], ready[chain]["genesisHash"]);
        assert!(again[chain]["head"].as_u64() > ready[chain]["head"].as_u64(), "{again}");
    }
    assert_eq!(again["adminToken"], ready["adminToken"]);
    assert_eq!(second.stop("TERM").0, Some(0));

    let data = directory.path().to_str().unwrap();
    let checked = stdout(&["data", "check", "--json", "--data-dir", data]);
    let checked: Vec<Value> =
        checked.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&checked[0]["chain"], &checked[1]["chain"]), (&"l1".into(), &"l2".into()));
    assert!(checked[1]["head"].as_u64() >= again["l2"]["head"].as_u64());
}

#[test]
fn the_second_layer_knows_its_l1_and_unlocked_accounts_can_send() {
    let directory = tempfile::tempdir().unwrap();
    let mut seam = start(directory.path(), &["--metrics-port", "0"]);
    let metrics = seam.logged("serving metrics");
    let ready = seam.ready();
    let (from, to) = (&ready["accounts"][0]["address"], &ready["accounts"][1]["address"]);
    let l2 = url(&ready, "l2");
    let transaction = json!([{ "from": from, "to": to, "value": "0x1" }]);
    let hash = call(l2, "eth_sendTransaction", transaction);
    let receipt = loop {
        let receipt = call(l2, "eth_getTransactionReceipt", json!([hash]));
        if !receipt.is_null() {
            break receipt;
        }
    };
    assert_eq!(receipt["status"], "0x1");
    let block = call(l2, "eth_getBlockByNumber", json!([receipt["blockNumber"], true]));
    let first = &block["transactions"][0];
    assert_eq!((&first["type"], &first["gas"]), (&"0x7e".into(), &"0xf4240".into()));
    let url = metrics.split_once("url=").unwrap().1;
    let page = http(url, "GET", "/metrics", "");
    for name in [
        "seam_head_block{chain=\"l1\"}",
        "seam_head_block{chain=\"l2\"}",
        "seam_derivation_safe{chain=\"l2\"}",
        "seam_derivation_safe{chain=\"follower\"}",
        "seam_batcher_inbox_last_block ",
        "seam_blobs_kept ",
    ] {
        assert!(page.contains(name), "{page}");
    }
    assert_eq!(seam.stop("INT").0, Some(0));
}

/// What clients of the OP Stack read of receipts, transactions and output roots, and that only a rollup has.
#[test]
fn the_second_layer_serves_what_clients_of_the_op_stack_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut seam = start(directory.path(), &[]);
    let ready = seam.ready();
    let (l1, l2) = (url(&ready, "l1"), url(&ready, "l2"));
    let (from, to) = (&ready["accounts"][0]["address"], &ready["accounts"][1]["address"]);
    let hash = call(l2, "eth_sendTransaction", json!([{ "from": from, "to": to, "value": "0x1" }]));
    let receipt = loop {
        let receipt = call(l2, "eth_getTransactionReceipt", json!([hash]));
        if !receipt.is_null() {
            break receipt;
        }
    };
    let fields = [
        "l1Fee",
        "l1GasUsed",
        "l1GasPrice",
        "l1BaseFeeScalar",
        "l1BlobBaseFee",
        "l1BlobBaseFeeScalar",
        "operatorFeeScalar",
        "operatorFeeConstant",
    ];
    assert!(fields.iter().all(|field| receipt[*field].is_string()), "{receipt}");
    assert!(receipt.get("l1FeeScalar").is_none(), "gone since Ecotone");
    let number = &receipt["blockNumber"];
    let block = call(l2, "eth_getBlockByNumber", json!([number, true]));
    let deposit = &block["transactions"][0];
    let fields = ["sourceHash", "mint", "nonce", "depositReceiptVersion"];
    assert!(fields.iter().all(|field| deposit[*field].is_string()), "{deposit}");
    assert_eq!(deposit["isSystemTx"], false);

    let output = call(l2, "optimism_outputAtBlock", json!([number]));
    assert_eq!(output["stateRoot"], block["stateRoot"]);
    assert_eq!(output["withdrawalStorageRoot"], block["withdrawalsRoot"]);
    let reference = &output["blockRef"];
    assert_eq!(
        (&reference["hash"], &reference["parentHash"]),
        (&block["hash"], &block["parentHash"])
    );
    assert_eq!(reference["number"], quantity(number));
    let origin = &reference["l1origin"];
    let number = format!("{:#x}", origin["number"].as_u64().unwrap());
    let of_l1 = call(l1, "eth_getBlockByNumber", json!([number, false]));
    assert_eq!(of_l1["hash"], origin["hash"]);
    let status = &output["syncStatus"];
    assert!(status["head_l1"]["number"].as_u64() >= origin["number"].as_u64(), "{status}");
    assert!(status["unsafe_l2"]["number"].as_u64() >= reference["number"].as_u64(), "{status}");
    let genesis = call(l2, "optimism_outputAtBlock", json!(["0x0"]));
    assert_eq!(genesis["blockRef"]["l1origin"]["hash"], ready["l1"]["genesisHash"]);
    assert!(call(l2, "optimism_version", json!([])).as_str().unwrap().starts_with('v'));
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"optimism_version"}"#;
    assert!(http(l1, "POST", "/", body).contains("-32601"));

    let simulation =
        json!([{ "blockStateCalls": [{ "calls": [{ "from": from, "to": to, "value": "0x1" }] }] }]);
    let simulated = call(l2, "eth_simulateV1", simulation);
    assert_eq!(simulated[0]["calls"][0]["gasUsed"], "0x5208");
    assert_eq!(seam.stop("INT").0, Some(0));
}

#[test]
fn what_is_in_use_is_named_and_nothing_is_begun() {
    let directory = tempfile::tempdir().unwrap();
    let mut running = start(directory.path(), &[]);
    let ready = running.ready();
    let locked = refused(directory.path(), &[]);
    assert!(locked.contains("is in use by another process"), "{locked}");
    assert!(locked.contains("choose another --data-dir"), "{locked}");
    assert_eq!(refused(directory.path(), &["--fresh"]), locked);

    // A port has one message whoever has it, and nothing is made in the directory before.
    let other = directory.path().join("other");
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = stranger.local_addr().unwrap().port().to_string();
    let own = url(&ready, "l1").rsplit_once(':').unwrap().1;
    let cases = [
        ("L1", "--l1-port", [&taken, "0", "0", "0"], taken.as_str()),
        ("L2", "--l2-port", ["0", own, "0", "0"], own),
        ("metrics", "--metrics-port", ["0", "0", own, "0"], own),
        ("dashboard", "--web-port", ["0", "0", "0", own], own),
    ];
    for (what, flag, [l1, l2, metrics, web], port) in cases {
        let ports = ["up", "--l1-port", l1, "--l2-port", l2, "--metrics-port", metrics];
        let rest = ["--web-port", web, "--data-dir", other.to_str().unwrap()];
        let error = refusal(&[&ports[..], &rest].concat());
        let expected = format!(
            "error: port {port} is in use ({what}): stop what uses it or choose another with {flag}\n"
        );
        assert_eq!(error, expected);
    }
    assert!(!other.exists());
    assert_eq!(running.stop("INT").0, Some(0));
}

#[test]
fn fresh_removes_what_seam_made_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = start(directory.path(), &[]);
    let before = first.ready();
    first.stop("INT");
    fs::write(directory.path().join("notes.txt"), "mine").unwrap();
    assert!(refused(directory.path(), &["--fresh"]).contains("notes.txt"));
    fs::remove_file(directory.path().join("notes.txt")).unwrap();
    let mut second = start(directory.path(), &["--fresh"]);
    let after = second.ready();
    assert_ne!(after["adminToken"], before["adminToken"]);
    second.stop("INT");

    let foreign = tempfile::tempdir().unwrap();
    fs::write(foreign.path().join("thesis.tex"), "years of work").unwrap();
    for more in [&["--fresh"][..], &[]] {
        assert!(refused(foreign.path(), more).contains("files that are not Seam's (thesis.tex)"));
    }
    assert_eq!(fs::read_dir(foreign.path()).unwrap().count(), 1);
}

#[test]
fn data_of_another_version_or_chain_and_places_without_rights_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = start(directory.path(), &[]);
    first.ready();
    first.stop("INT");
    let path = directory.path().join("seam.json");
    let text = fs::read_to_string(&path).unwrap();
    let meta: Value = serde_json::from_str(&text).unwrap();
    let mut other = meta.clone();
    other["genesisTimestamp"] = (meta["genesisTimestamp"].as_u64().unwrap() + 1).into();
    fs::write(&path, other.to_string()).unwrap();
    let error = refused(directory.path(), &[]);
    assert!(error.contains("holds a chain with genesis"), "{error}");
    let mut newer = meta;
    newer["format"] = 7.into();
    fs::write(&path, newer.to_string()).unwrap();
    let error = refused(directory.path(), &[]);
    assert!(error.contains("has format 7, this version of Seam reads 1"), "{error}");
    let error = refused(&path.join("below-a-file"), &[]);
    assert!(error.contains("choose another --data-dir"), "{error}");
}

#[test]
fn a_closed_stdout_is_no_reason_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    let mut seam = start(directory.path(), &[]);
    seam.close_stdout();
    seam.logged("serving JSON-RPC");
    let l2 = seam.logged("serving JSON-RPC");
    let l2 = l2.split_once("local_addr=").unwrap().1.trim().to_owned();
    // By the third block what there is to say was said.
    wait_for_block(&l2, 3);
    let (code, _, log) = seam.stop("INT");
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panicked"), "{log}");
}
