//! `seam traffic` on a `seam up`, with deposits, through a kill.

use crate::{
    process::{Process, call},
    refusal,
    support::{LIMIT, folder},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
};

/// Transactions of a traffic that is interrupted.
const COUNT: u64 = 300;

/// Two ports that are free now.
fn ports() -> [String; 2] {
    let listeners = [0; 2].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    listeners.each_ref().map(|one| one.local_addr().unwrap().port().to_string())
}

fn up(data: &Path, [l1, l2]: &[String; 2]) -> Process {
    let data = data.display().to_string();
    let quiet = ["up", "--json", "--no-traffic", "--no-earnings", "--no-web"];
    let args = [&quiet[..], &["--l1-port", l1, "--l2-port", l2, "--data-dir", &data]].concat();
    let mut process = Process::start(&args);
    process.ready();
    process
}

fn traffic([l1, l2]: [&str; 2], count: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["traffic", "--rpc", l2, "--l1-rpc", l1, "--seed", "5", "--accounts", "10"])
        .args(["--rate", "20", "--count", count, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The lines that it writes to stderr.
fn listening(mut child: Child) -> (Child, Receiver<String>) {
    let stderr = child.stderr.take().unwrap();
    let (lines, said) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // All is read, also when nobody wants to know any more: a full pipe would hold it up.
            let _ = lines.send(line);
        }
    });
    (child, said)
}

/// What it said at the end; it must have ended well.
fn report(child: Child) -> Value {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

fn sum(report: &Value, outcome: &str) -> u64 {
    let actions = report["actions"].as_object().unwrap();
    actions.values().map(|counts| counts[outcome].as_u64().unwrap()).sum()
}

#[test]
fn traffic_goes_on_after_the_node_was_killed_and_nothing_is_stuck() {
    let (folder, ports) = (folder(), ports());
    let urls = ports.each_ref().map(|port| format!("http://127.0.0.1:{port}"));
    let (l1, l2) = (urls[0].as_str(), urls[1].as_str());
    let node = up(folder.path(), &ports);
    let child = traffic([l1, l2], &COUNT.to_string());
    let (child, said) = listening(child);
    // It says how it goes while it does: the preparations are over then.
    let line = loop {
        let line = said.recv_timeout(LIMIT).unwrap();
        if line.contains(" transactions in ") {
            break line;
        }
    };
    let sent: u64 = line.split(' ').next().unwrap().parse().unwrap();
    assert!(sent < COUNT, "it is at its end already: {line}");
    // That is a SIGKILL. Whether it is noticed is for the time that the start takes.
    drop(node);
    let node = up(folder.path(), &ports);
    let report = report(child);
    assert_eq!(report["in_flight"], 0, "{report}");
    assert_eq!(
        sum(&report, "succeeded") + sum(&report, "reverted"),
        sum(&report, "sent"),
        "{report}"
    );
    assert!(report["actions"]["deposit"]["succeeded"].as_u64().unwrap() > 0, "{report}");
    for url in [l1, l2] {
        let pool = call(url, "txpool_status", json!([]));
        assert_eq!(pool["queued"], "0x0", "{pool}");
    }
    drop(node);
}

#[test]
fn a_mistake_in_what_is_asked_of_traffic_is_named() {
    let nobody = refusal(&["traffic", "--rpc", "http://127.0.0.1:1", "--count", "1"]);
    assert!(nobody.contains("nothing answers at --rpc"), "{nobody}");
    let accounts = refusal(&["traffic", "--accounts", "3"]);
    assert!(accounts.contains("--accounts takes 8 to 1000"), "{accounts}");
    for ether in ["much", "-1"] {
        let wealth = refusal(&["traffic", &format!("--ether-per-account={ether}")]);
        assert!(wealth.contains("write ether as a number"), "{wealth}");
    }
    let words = refusal(&["traffic", "--mnemonic", "seven words"]);
    assert!(words.contains("--mnemonic takes the words of BIP-39"), "{words}");
}
