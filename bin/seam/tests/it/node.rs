//! `seam node`: a chain from files.

use crate::{
    process::{Process, call, http, quantity},
    refusal, seam, stdout, temporary, testdata,
};
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn an_imported_chain_is_served_and_final_and_its_directory_goes() {
    let (genesis, chain, forks) = (
        testdata("execution-apis/genesis.json"),
        testdata("execution-apis/chain.rlp"),
        testdata("execution-apis/forkenv.json"),
    );
    let files = ["--genesis", &genesis, "--import", &chain, "--fork-env", &forks];
    let args = [&["node", "--json", "--http-port", "0"][..], &files].concat();
    let mut node = Process::start(&args);
    let ready = node.ready();
    assert_eq!(ready["head"], 54);
    let url = ready["http"].as_str().unwrap();
    for tag in ["latest", "safe", "finalized"] {
        let block = call(url, "eth_getBlockByNumber", json!([tag, false]));
        assert_eq!(quantity(&block["number"]), 54, "{tag}");
    }
    assert_eq!(quantity(&call(url, "eth_chainId", json!([]))), ready["chainId"]);
    let directory = Path::new(ready["dataDir"].as_str().unwrap()).to_owned();
    assert!(directory.exists());
    let (code, rest, log) = node.stop("TERM");
    assert_eq!((code, rest.as_str()), (Some(0), ""), "{log}");
    assert!(log.contains("stopped at block 54; its data is removed"), "{log}");
    assert!(!directory.exists());
}

#[test]
fn blocks_for_tests_are_built_only_if_asked_for_and_bombs_count_in_the_fork_id() {
    let (genesis, forks) =
        (testdata("execution-apis/genesis.json"), testdata("execution-apis/forkenv.json"));
    let args = ["node", "--json", "--http-port", "0", "--genesis", &genesis, "--fork-env", &forks];
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"testing_buildBlockV1"}"#;
    for (more, code) in [(&[][..], "-32601"), (&["--testing-api"], "-32602")] {
        let mut node = Process::start(&[&args[..], more].concat());
        let ready = node.ready();
        let url = ready["http"].as_str().unwrap();
        let answer = http(url, "POST", "/", body);
        assert!(answer.contains(code), "{answer}");
        let config = call(url, "eth_config", json!([]));
        assert_eq!(config["last"]["forkId"], "0xe272ecbe", "{config}");
        assert_eq!(node.stop("TERM").0, Some(0));
    }
}

#[test]
fn a_kept_chain_takes_the_same_file_again_and_no_other_chain() {
    let (genesis, chain, forks) = (
        testdata("execution-apis/genesis.json"),
        testdata("execution-apis/chain.rlp"),
        testdata("execution-apis/forkenv.json"),
    );
    let kept = tempfile::tempdir().unwrap();
    let data = ["--data-dir", kept.path().to_str().unwrap(), "--http-port", "0", "--json"];
    let args = ["node", "--genesis", &genesis, "--fork-env", &forks, "--import", &chain];
    for _ in 0..2 {
        let mut node = Process::start(&[&args[..], &data].concat());
        assert_eq!(node.ready()["head"], 54);
        assert_eq!(node.stop("INT").0, Some(0));
    }
    let mut without = Process::start(&[&args[..5], &data].concat());
    assert_eq!(without.ready()["head"], 54);
    assert_eq!(without.stop("INT").0, Some(0));
    let other = std::fs::read_to_string(&genesis).unwrap();
    let other = other.replace("\"timestamp\": \"0x0\"", "\"timestamp\": \"0x1\"");
    let other = temporary("other-genesis.json", other.as_bytes());
    let error = refusal(&[&["node", "--genesis", &other][..], &data].concat());
    assert!(error.contains("holds a chain with genesis"), "{error}");
    let error = refusal(&["up", "--l1-port", "0", "--l2-port", "0", "--no-web", data[0], data[1]]);
    assert!(error.contains("data of another command"), "{error}");
}

/// A `genesis.json` at Cancun with one account.
fn genesis(terminal_total_difficulty: Option<u64>) -> Value {
    let blocks = [
        "homestead",
        "eip150",
        "eip155",
        "eip158",
        "byzantium",
        "constantinople",
        "petersburg",
        "istanbul",
        "berlin",
        "london",
    ];
    let mut config = json!({ "chainId": 77, "terminalTotalDifficulty": terminal_total_difficulty });
    for fork in blocks {
        config[format!("{fork}Block")] = json!(0);
    }
    if terminal_total_difficulty.is_some() {
        config["shanghaiTime"] = json!(0);
        config["cancunTime"] = json!(0);
    }
    json!({
        "config": config,
        "gasLimit": "0x1c9c380",
        "difficulty": "0x0",
        "alloc": { "0x00000000000000000000000000000000000000aa": { "balance": "0x7" } },
    })
}

#[test]
fn a_chain_of_ones_own_makes_blocks_and_goes_on_with_them() {
    let genesis = temporary("producing.json", genesis(Some(0)).to_string().as_bytes());
    let kept = tempfile::tempdir().unwrap();
    let data = kept.path().to_str().unwrap();
    let args = ["node", "--json", "--http-port", "0", "--block-time", "1", "--data-dir", data];
    let mut head = 0;
    for _ in 0..2 {
        let mut node = Process::start(&[&args[..], &["--genesis", &genesis]].concat());
        let ready = node.ready();
        assert_eq!(ready["blockTime"], 1);
        assert!(ready["head"].as_u64().unwrap() >= head);
        let url = ready["http"].as_str().unwrap();
        while quantity(&call(url, "eth_blockNumber", json!([]))) < head + 2 {}
        let block = call(url, "eth_getBlockByNumber", json!([format!("{:#x}", head + 2), false]));
        let parent = call(url, "eth_getBlockByNumber", json!([format!("{:#x}", head + 1), false]));
        assert!(quantity(&block["timestamp"]) > quantity(&parent["timestamp"]));
        assert_eq!(block["gasLimit"], "0x1c9c380");
        let account = json!(["0x00000000000000000000000000000000000000aa", "latest"]);
        assert_eq!(call(url, "eth_getBalance", account), "0x7");
        assert_eq!(node.stop("TERM").0, Some(0));
        head += 2;
    }
}

#[test]
fn blocks_that_cannot_be_made_from_a_genesis_alone_are_refused() {
    let produce = |genesis: &str| {
        refusal(&["node", "--genesis", genesis, "--http-port", "0", "--block-time", "1"])
    };
    let mined = temporary("mined.json", genesis(None).to_string().as_bytes());
    let error = produce(&mined);
    assert!(error.contains("set terminalTotalDifficulty to 0"), "{error}");
    let config = temporary("node-rollup.toml", stdout(&["genesis", "example"]).as_bytes());
    let rollup = temporary("rollup.json", stdout(&["genesis", "rollup", &config]).as_bytes());
    let error = produce(&rollup);
    assert!(error.contains("`seam up` runs a Layer 2 with its L1"), "{error}");
}

#[test]
fn a_block_time_is_whole_seconds_and_no_import() {
    let ours = temporary("times.json", genesis(Some(0)).to_string().as_bytes());
    for (flags, said) in [
        (&["--block-time", "0"][..], "0 is not in 1..=86400"),
        (&["--block-time", "90000"][..], "90000 is not in 1..=86400"),
        (&["--block-time", "1", "--import", "x.rlp"][..], "cannot be used with"),
    ] {
        let output = seam(&[&["node", "--genesis", &ours][..], flags].concat());
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(said), "{error}");
    }
}
