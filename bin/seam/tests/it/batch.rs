//! `seam batch` on the L1 of a `seam up`: a rollup whose batcher posts nothing, and one whose batcher does.

use crate::{
    deploy::{Site, succeed},
    follower::block,
    support::{LIMIT, client::quantity, folder, node::Node, seam},
};
use serde_json::{Value, json};
use std::{
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// Of the rollup that is deployed here.
const SETTINGS: &str =
    "[inbox]\nsequencer_timeout = 80\nmax_lag = 400\n[batcher]\nmax_age = 5\n[roles]";

fn force(site: &Site, more: &[&str]) -> Command {
    let mut command = seam();
    command
        .args(["batch", "force", "--l1-rpc", site.ready.url("l1"), "--rollup"])
        .arg(site.out("out").join("rollup.json"))
        .arg("--private-key-file")
        .arg(&site.key)
        .args(more)
        .env("HOME", site.folder.path())
        .stdin(Stdio::null());
    command
}

fn refused(mut command: Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn anyone_posts_once_the_batcher_has_been_silent_for_long() {
    let mut site = Site::new();
    let config = site.changed("silent.toml", "[roles]", SETTINGS);
    succeed(site.with_key(&config, "out"));
    // BatchInbox.lastBlock()
    let rollup = std::fs::read(site.out("out").join("rollup.json")).unwrap();
    let rollup: Value = serde_json::from_slice(&rollup).unwrap();
    let call =
        json!([{ "to": rollup["contracts"]["BatchInbox"], "input": "0x806b984f" }, "latest"]);
    let last = |site: &Site| quantity(&site.l1().call("eth_call", call.clone()).unwrap());

    let text = refused(force(&site, &["--yes"]));
    assert!(text.contains("only the batcher may post until L1 block"), "{text}");
    deposit(&site, &rollup["contracts"]["OptimismPortal2"]);
    site.l1().call("anvil_mine", json!(["0x64", "0x1"])).unwrap();
    let text = refused(force(&site, &["--json"]));
    assert!(text.contains("give --yes") && text.contains("did not post is undone"), "{text}");
    let text = refused(force(&site, &["--yes", "--last-block", "1000000000"]));
    assert!(text.contains("cannot be the last one"), "{text}");
    assert_eq!(last(&site), 0);

    let line: Value = serde_json::from_str(&succeed(force(&site, &["--yes", "--json"]))).unwrap();
    assert_eq!((&line["index"], &line["firstBlock"]), (&json!(1), &json!(1)));
    assert_eq!(line["lastBlock"], json!(last(&site)));
    assert!(last(&site) > 0);
    check_deposit(&site, last(&site));
    // The next outsider has to wait as long again.
    let text = refused(force(&site, &["--yes"]));
    assert!(text.contains("only the batcher may post until L1 block"), "{text}");
    site.node.stop();
}

/// Who has nothing but what is deposited.
const POOR: &str = "0x00000000000000000000000000000000000d0d0d";
/// Wei of the deposit.
const MINTED: u64 = 77_777;

/// `depositTransaction(address,uint256,uint64,bool,bytes)` without data.
fn deposit(site: &Site, portal: &Value) {
    let word = |number: u64| format!("{number:064x}");
    let words = [word(MINTED), word(100_000), word(0), word(0xa0), word(0)].concat();
    let input = format!("0xe9e05c42{:0>64}{words}", &POOR[2..]);
    let from = site.ready.account(0);
    let value = format!("{MINTED:#x}");
    let call = json!([{ "from": from, "to": portal, "value": value, "input": input }]);
    site.l1().call("eth_sendTransaction", call).unwrap();
}

/// A follower has the deposit in a safe block, although the sequencer posted nothing.
fn check_deposit(site: &Site, last: u64) {
    let data = folder();
    let rollup = site.out("out").join("rollup.json");
    let mut follower = Node::follow(&rollup, &site.ready, data.path(), &[]);
    let ready = follower.ready();
    let mut client = crate::support::client::Client::connect(ready.node_url()).unwrap();
    let deadline = Instant::now() + LIMIT;
    while quantity(&block(&mut client, json!("safe"))["number"]) < last {
        assert!(Instant::now() < deadline, "block {last} is not safe");
        follower.run_for(Duration::from_millis(200));
    }
    let balance = client.call("eth_getBalance", json!([POOR, "safe"])).unwrap();
    assert_eq!(quantity(&balance), MINTED);
    follower.stop();
}

#[test]
fn a_batch_is_shown_by_the_transaction_that_posted_it() {
    let data = folder();
    let mut fast = seam();
    fast.env("SEAM_L1_BLOCK_TIME", "1");
    let mut node = Node::start_with(fast, data.path());
    let ready = node.ready();
    let transfer = json!([{ "from": ready.account(0), "to": POOR, "value": "0x1" }]);
    let sent = ready.client("l2").call("eth_sendTransaction", transfer).unwrap();
    let rollup: Value =
        serde_json::from_slice(&std::fs::read(data.path().join("rollup/rollup.json")).unwrap())
            .unwrap();
    // BatchPosted
    let topic = "0x0904573e2966b7c9799669f7412b7a94d914b6ddc0c7a76d90b2f8ef857f18ed";
    let inbox = &rollup["contracts"]["BatchInbox"];
    let filter = json!([{ "address": inbox, "topics": [topic], "fromBlock": "0x0" }]);
    let decode = |transaction: &str, more: &[&str]| {
        let mut command = seam();
        command.args(["batch", "decode", transaction, "--l1-rpc", ready.url("l1")]).args(more);
        command
    };
    let deadline = Instant::now() + LIMIT;
    let (mut seen, mut found) = (0, false);
    while !found {
        assert!(Instant::now() < deadline, "the transaction is in no batch");
        node.run_for(Duration::from_millis(200));
        let logs = ready.client("l1").call("eth_getLogs", filter.clone()).unwrap();
        for log in logs.as_array().unwrap().iter().skip(seen) {
            let posted = log["transactionHash"].as_str().unwrap();
            let shown: Value = serde_json::from_str(&succeed(decode(posted, &["--json"]))).unwrap();
            let blocks = shown["blocks"].as_array().unwrap();
            let mut sent_in =
                blocks.iter().flat_map(|block| block["transactions"].as_array().unwrap());
            found |= sent_in.any(|transaction| transaction["hash"] == sent);
            assert!(succeed(decode(posted, &[])).contains("bytes posted"));
            seen += 1;
        }
    }
    let text = refused(decode(&format!("0x{:064x}", 1), &[]));
    assert!(text.contains("has no transaction") && text.contains("--l1-rpc"), "{text}");
    let from = ready.account(2);
    let plain = json!([{ "from": from, "to": POOR, "value": "0x1" }]);
    let plain = ready.client("l1").call("eth_sendTransaction", plain).unwrap();
    while ready.client("l1").call("eth_getTransactionReceipt", json!([plain])).unwrap().is_null() {
        node.run_for(Duration::from_millis(100));
    }
    let text = refused(decode(plain.as_str().unwrap(), &[]));
    assert!(text.contains("posted no batch"), "{text}");
    node.stop();
}
