//! The books that `seam up` keeps: with traffic, through kills and a reorganisation of the L1.

use crate::{
    process::{call, quantity},
    stdout,
    support::{
        folder,
        node::{Node, Ready},
        random::Random,
        times,
    },
};
use seam_economy::contracts::{Addresses, WRAPPED_PREDEPLOY};
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, time::Duration};

/// Seconds of traffic before anything goes wrong.
const TRAFFIC_SECONDS: (usize, usize) = (120, 600);
const KILLS: usize = 20;
/// Blocks of the L1 that are replaced.
const DEPTH: u64 = 20;
/// Columns of an export that tell where a line is in the books, not what it says.
const PLACES: [&str; 2] = ["id", "entry"];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn head(ready: &Ready, chain: &str) -> u64 {
    quantity(&call(ready.url(chain), "eth_blockNumber", json!([])))
}

/// That every balance on both chains is explained to the wei; how many there are.
fn adds_up(books: &str) -> u64 {
    let check = parsed(&stdout(&["earn", "check", "--db", books, "--json"]));
    assert_eq!(check["adds_up"], true, "{check}");
    let chains = check["chains"].as_array().unwrap();
    assert_eq!(chains.len(), 2);
    let vaults = |chain: &Value| chain["vaults"].as_array().unwrap().len();
    assert_eq!(chains.iter().map(vaults).sum::<usize>(), 4);
    chains.iter().map(|chain| chain["balances"].as_u64().unwrap()).sum()
}

/// That no wei is without a named cause.
fn nothing_is_unexplained(books: &str) {
    let report = parsed(&stdout(&["earn", "report", "--by", "source", "--db", books, "--json"]));
    let rows = report["rows"].as_array().unwrap();
    let unexplained: Vec<_> = rows.iter().filter(|row| row["group"] == "unexplained").collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

/// The lines, without their places in the books.
fn lines(books: &str) -> Vec<Vec<String>> {
    let exported = stdout(&["earn", "export", "--format", "json", "--db", books]);
    let line = |text: &str| -> Vec<String> {
        let line = parsed(text);
        let said = line.as_object().unwrap().iter();
        let said = said.filter(|(name, _)| !PLACES.contains(&name.as_str()));
        said.map(|(name, value)| format!("{name}={value}")).collect()
    };
    let mut lines: Vec<_> = exported.lines().map(line).collect();
    lines.sort();
    lines
}

/// Other books of the same accounts up to the same blocks, made now by JSON-RPC alone.
fn booked_anew(books: &str, ready: &Ready, folder: &Path) -> String {
    let anew = folder.join("anew.db").display().to_string();
    let accounts = parsed(&stdout(&["earn", "accounts", "--db", books, "--json"]));
    let mut reached = BTreeSet::new();
    for entry in accounts.as_array().unwrap() {
        assert_eq!(entry["behind"], false);
        let account = &entry["account"];
        let text = |key: &str| account[key].as_str().unwrap();
        let chain = account["chain"].as_u64().unwrap();
        let url = ready.url(if chain == 900 { "l1" } else { "l2" });
        assert_eq!(account["from_block"], 0);
        stdout(&[
            "earn",
            "track",
            "--no-sync",
            "--rpc",
            url,
            "--account",
            text("address"),
            "--label",
            text("label"),
            "--role",
            text("role"),
            "--db",
            &anew,
        ]);
        reached.insert((chain, entry["booked"].as_u64().unwrap()));
    }
    assert_eq!(reached.len(), 2, "each chain is booked to one block: {reached:?}");
    for (chain, block) in reached {
        let (chain, block) = (chain.to_string(), block.to_string());
        stdout(&["earn", "sync", "--chain", &chain, "--until", &block, "--db", &anew]);
    }
    anew
}

/// Dollars of a whole ether in this test.
const ETHER: f64 = 3_000.0;

/// The price of traffic's token by its pair, which has one of wrapped ether on the other side.
fn the_pair_prices_its_token(ready: &Ready, folder: &Path) {
    let Addresses { token, pair, .. } = Addresses::new(Some(WRAPPED_PREDEPLOY), None);
    let (token, pair) = (token.to_string(), pair.to_string());
    let ether = folder.join("ether.csv");
    let days = "2020-01-01,0x4200000000000000000000000000000000000006,3000,18\n";
    std::fs::write(&ether, format!("time,token,price,unit\n{days}")).unwrap();
    let ether = ether.display().to_string();
    let ask = ["earn", "prices", "--rpc", ready.url("l2"), "--token", &token, "--pair", &pair];
    // Of today alone, whenever that began.
    let today = ["--since", "0h", "--window", "60"];
    let more = [&today[..], &["--prices", &ether, "--max-price-age", "1000000"]].concat();
    let lines = stdout(&[&ask[..], &more].concat());
    let line: Vec<&str> = lines.lines().nth(1).unwrap().split(',').collect();
    assert_eq!((line[1], line[3]), (token.as_str(), "18"));
    let origin = format!("pair {pair} over 60 s with {ether} after block ");
    assert!(line[4].starts_with(&origin), "{}", line[4]);
    // Traders move the price little within a minute.
    let reserves = json!([{ "to": pair, "data": "0x0902f1ac" }, "latest"]);
    let reserves = call(ready.url("l2"), "eth_call", reserves);
    let reserves = reserves.as_str().unwrap();
    let word = |at: usize| u128::from_str_radix(&reserves[34 + 64 * at..66 + 64 * at], 16).unwrap();
    let (zero, one) = (word(0) as f64, word(1) as f64);
    let first = Addresses::new(Some(WRAPPED_PREDEPLOY), None).token_is_first();
    let spot = ETHER * if first { one / zero } else { zero / one };
    let mean: f64 = line[2].parse().unwrap();
    assert!((0.5..2.0).contains(&(mean / spot)), "{mean} and {spot}");
}

#[test]
fn every_wei_is_explained_through_kills_and_a_reorganisation() {
    let mut random = Random::seeded();
    let data = folder();
    let mut node = Node::start_busy(data.path());
    let mut ready = node.ready();
    node.run_for(Duration::from_secs(times(TRAFFIC_SECONDS.0, TRAFFIC_SECONDS.1) as u64));
    let balances = adds_up(ready.books());
    nothing_is_unexplained(ready.books());
    let other = folder();
    the_pair_prices_its_token(&ready, other.path());
    assert!(balances > 40, "traders, providers, vaults and the batcher: {balances} balances");
    for _ in 0..KILLS {
        node.run_for(Duration::from_millis(random.within(0..2_500)));
        node.kill();
        node = Node::start_busy(data.path());
        ready = node.ready();
    }
    let before = head(&ready, "l1");
    assert!(before > DEPTH);
    let token = ready.admin_token();
    call(ready.url("l1"), "seam_reorg", json!([DEPTH, token]));
    while head(&ready, "l1") < before + 3 {
        node.run_for(Duration::from_millis(500));
    }
    let after = adds_up(ready.books());
    assert!(after >= balances);
    nothing_is_unexplained(ready.books());
    let log = node.stop();
    assert!(!log.contains("not booked any more"), "{log}");

    // The same chains, and nobody writes to the books.
    let mut node = Node::start(data.path());
    let quiet = node.ready();
    let books = ready.books();
    let anew = booked_anew(books, &quiet, other.path());
    let (kept, expected) = (lines(books), lines(&anew));
    assert!(kept.len() > 500, "{}", kept.len());
    for (kept, expected) in kept.iter().zip(&expected) {
        assert_eq!(kept, expected);
    }
    assert_eq!(kept.len(), expected.len());
    node.stop();
}
