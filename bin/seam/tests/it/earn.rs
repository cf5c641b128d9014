//! `seam earn` on the chains of `seam up`.

use crate::{
    process::{Process, call},
    refusal, seam, stdout, support,
};
use serde_json::{Value, json};
use std::fs;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Sends from an unlocked account and waits for the receipt.
fn send(url: &str, transaction: Value) -> Value {
    let hash = call(url, "eth_sendTransaction", json!([transaction]));
    loop {
        let receipt = call(url, "eth_getTransactionReceipt", json!([hash]));
        if !receipt.is_null() {
            return receipt;
        }
    }
}

/// A rollup with a payment and a failed transaction, followed from its first block on.
struct Site {
    up: Process,
    _data: tempfile::TempDir,
    books: tempfile::TempDir,
    l2: String,
    accounts: [String; 2],
    payment: Value,
}

impl Site {
    fn new() -> Self {
        let data = support::folder();
        let directory = data.path().to_str().unwrap();
        let mut up = Process::start(&[
            "up",
            "--json",
            "--l1-port",
            "0",
            "--l2-port",
            "0",
            "--no-traffic",
            "--no-earnings",
            "--no-web",
            "--data-dir",
            directory,
        ]);
        let ready = up.ready();
        let l2 = ready["l2"]["http"].as_str().unwrap().to_owned();
        let account =
            |place: usize| ready["accounts"][place]["address"].as_str().unwrap().to_owned();
        let accounts = [account(0), account(1)];
        let payment = json!({ "from": accounts[0], "to": accounts[1], "value": "0x3039" });
        let payment = send(&l2, payment);
        // Its code fails at once, so that it pays for all its gas and makes nothing.
        let failing = json!({ "from": accounts[0], "data": "0xfe", "gas": "0x186a0" });
        assert_eq!(send(&l2, failing)["status"], "0x0");
        Self { up, _data: data, books: support::folder(), l2, accounts, payment }
    }

    fn db(&self) -> String {
        self.books.path().join("earn.db").display().to_string()
    }

    fn track(&self) {
        let [one, other] = &self.accounts;
        let args = ["earn", "track", "--rpc", &self.l2, "--account", one, "--account", other];
        let tracked = stdout(&[&args[..], &["--vaults", "--db", &self.db(), "--json"]].concat());
        assert_eq!(parsed(&tracked)["chain"], 901);
    }

    fn earn(&self, args: &[&str]) -> String {
        stdout(&[&["earn"], args, &["--db", &self.db()]].concat())
    }
}

#[test]
fn every_wei_of_a_running_rollup_is_explained() {
    let site = Site::new();
    site.track();
    let check = parsed(&site.earn(&["check", "--json"]));
    assert_eq!(check["adds_up"], true);
    assert_eq!(check["chains"][0]["vaults"].as_array().unwrap().len(), 4);
    let report = parsed(&site.earn(&["report", "--by", "source", "--json"]));
    let of = |source: &str| {
        let rows = report["rows"].as_array().unwrap().iter();
        rows.filter(|row| row["group"] == source).count()
    };
    assert_eq!((of("execution-gas"), of("l1-fee"), of("unexplained")), (1, 1, 0));
    let hash = site.payment["transactionHash"].as_str().unwrap();
    let words = site.earn(&["explain", hash]);
    assert!(words.contains("12345 wei"), "{words}");
    assert!(words.contains("gas_used"), "{words}");
    let lines = site.earn(&["export"]).lines().count();
    let profit = parsed(&site.earn(&["profit", "--json"]));
    assert_eq!(profit["transactions"], 2);
    let backup = site.books.path().join("copy.db").display().to_string();
    site.earn(&["backup", &backup]);
    let copied = stdout(&["earn", "export", "--db", &backup]);
    assert_eq!(copied.lines().count(), lines);
    // What happens after that is booked by the next run, and nothing twice.
    let [one, other] = &site.accounts;
    send(&site.l2, json!({ "from": other, "to": one, "value": "0x1" }));
    site.earn(&["sync"]);
    assert_eq!(parsed(&site.earn(&["check", "--json"]))["adds_up"], true);
    assert!(site.earn(&["export"]).lines().count() > lines);
    let (code, _, log) = site.up.stop("INT");
    assert_eq!(code, Some(0), "{log}");
}

/// Creation code of a feed with Chainlink's interface that always says the same number, with eight places, of the
/// time of the block.
fn feed_saying(answer: u64) -> String {
    let is_decimals = "5f3560e01c63313ce56714602c57";
    let round = format!("60015f5264{answer:010x}6020524260405242606052600160805260a05ff3");
    let code = format!("{is_decimals}{round}5b60085f5260205ff3");
    let length = code.len() / 2;
    format!("0x60{length:02x}8060095f395ff3{code}")
}

#[test]
fn a_feed_makes_a_price_file_and_reports_are_in_dollars_with_its_origin() {
    let site = Site::new();
    site.track();
    // 3,120.55 dollars.
    let made = json!({ "from": site.accounts[1], "data": feed_saying(312_055_000_000) });
    let feed = send(&site.l2, made)["contractAddress"].as_str().unwrap().to_owned();
    let file = site.books.path().join("prices.csv").display().to_string();
    let ask = ["earn", "prices", "--rpc", &site.l2, "--token", "ether", "--feed"];
    stdout(&[&ask[..], &[&feed, "--out", &file]].concat());
    let report = ["report", "--by", "role", "--in", "usd", "--prices", &file, "--json"];
    let report = parsed(&site.earn(&report));
    assert_eq!(report["gaps"], json!([]));
    let origin = report["prices"][0]["first"]["origin"].as_str().unwrap().to_lowercase();
    assert!(origin.starts_with(&format!("feed {feed} after block ")), "{origin}");
    assert!(origin.ends_with(" of chain 901"), "{origin}");
    let user = report["rows"].as_array().unwrap().iter().find(|row| row["group"] == "user");
    let (costs, dollars) = (&user.unwrap()["costs"], &user.unwrap()["dollars"]["costs"]);
    let wei: f64 = costs.as_str().unwrap().parse().unwrap();
    let shown: f64 = dollars.as_str().unwrap().parse().unwrap();
    assert!((wei / 1e18 * 3120.55 - shown).abs() <= 0.005, "{costs} wei are {dollars} dollars");
    // Nothing is overwritten, and what is no feed is said to be none.
    let error = refusal(&[&ask[..], &[&feed, "--out", &file]].concat());
    assert!(error.contains("prices.csv"), "{error}");
    let error = refusal(&[&ask[..], &[&site.accounts[0]]].concat());
    assert!(error.contains("does not answer decimals()"), "{error}");
    let pair = ["earn", "prices", "--rpc", &site.l2, "--token", &feed, "--pair", &feed];
    let error = refusal(&[&pair[..], &["--window", "59"]].concat());
    assert!(error.contains("a window is of 60 seconds at least"), "{error}");
    site.up.stop("INT");
}

#[test]
fn what_cannot_be_done_is_said_with_a_way_out() {
    let folder = support::folder();
    let db = folder.path().join("earn.db").display().to_string();
    let account = "0x00000000000000000000000000000000000000aa";
    let error = refusal(&["earn", "report", "--db", &db]);
    assert!(error.contains("there are no books at"), "{error}");
    assert!(!folder.path().join("earn.db").exists());
    let track = ["earn", "track", "--account", account, "--db", &db, "--rpc"];
    let error = refusal(&[&track[..], &["http://127.0.0.1:1"]].concat());
    assert!(error.contains("127.0.0.1:1"), "{error}");
    let error = refusal(&["earn", "report", "--in", "usd", "--db", &db]);
    assert!(error.contains("give a file with --prices"), "{error}");
    let prices = folder.path().join("prices.csv").display().to_string();
    fs::write(&prices, "time,token,price,unit\n2026-01-01,ether,1e3,18\n").unwrap();
    let usd = ["earn", "report", "--in", "usd", "--prices", &prices, "--db", &db];
    let error = refusal(&usd);
    assert!(error.contains("line 2: 1e3 is no price"), "{error}");
    let wrong = seam(&["earn", "explain", "soon", "--db", &db]);
    let error = String::from_utf8(wrong.stderr).unwrap();
    assert!(error.contains("neither a transaction's hash nor a line's number"), "{error}");
}
