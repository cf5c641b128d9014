//! The machine's clock set back and forth, while the node runs and while it does not: the chains
//! neither see it nor wait for it.

use crate::support::{
    LIMIT, check_data,
    client::quantity,
    folder,
    ledger::Ledger,
    load::Chains,
    node::{CHAINS, Node, Ready},
    random::Random,
    seam, skipped,
};
use serde_json::json;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The machine's clock, as libfaketime reads it, and how the node's log then begins.
const TODAY: (&str, &str) = ("@2030-06-15 12:00:00", "2030-06-15T12:");
const DAY_BEFORE: (&str, &str) = ("@2030-06-14 12:00:00", "2030-06-14T12:");
const DAY_AFTER: (&str, &str) = ("@2030-06-16 12:00:00", "2030-06-16T12:");
/// Seconds from block to block, of the L1 and the L2.
const BLOCK_SECONDS: [u64; 2] = [2, 1];
/// Blocks of each that must come after each change of the clock.
const BLOCKS: [u64; 2] = [2, 4];
/// Seconds that a busy machine may keep the L1 from building; far less than the clock is set by.
const BUSY_SECONDS: u64 = 3_600;

#[test]
fn a_machine_clock_that_is_set_stops_and_hurries_no_chain() {
    let Some(library) = libfaketime() else {
        let reason = "needs libfaketime: install the Debian package faketime";
        return skipped("clock_back::a_machine_clock_that_is_set", reason);
    };
    let folder = folder();
    let clock = Clock { library, setting: folder.path().join("clock") };
    let data = folder.path().join("data");
    let mut random = Random::seeded();
    clock.set(TODAY);
    let mut node = Node::start_with(clock.seam(), &data);
    let chains = Chains::prepare(&node.ready());
    assert!(node.stop().contains(TODAY.1), "the clock is not the one that was set");
    for (at_start, while_running) in
        [(TODAY, DAY_BEFORE), (DAY_BEFORE, DAY_AFTER), (DAY_AFTER, DAY_BEFORE)]
    {
        clock.set(at_start);
        let mut node = Node::start_with(clock.seam(), &data);
        let ready = node.ready();
        chains.verify(&ready, Ledger::verify);
        let load = chains.load(&ready, 0, &mut random);
        go_on(&mut node, &ready);
        clock.set(while_running);
        go_on(&mut node, &ready);
        load.node_may_end();
        let log = node.stop();
        load.join();
        assert!(log.contains(at_start.1) && log.contains(while_running.1), "{log}");
    }
    let mut node = Node::start_with(clock.seam(), &data);
    let ready = node.ready();
    chains.verify(&ready, Ledger::verify_all);
    timestamps_are_regular(&ready);
    node.stop();
    check_data(&data);
    eprintln!("{}", chains.summary());
}

/// Blocks come: some of each chain, while the node runs.
fn go_on(node: &mut Node, ready: &Ready) {
    let mut clients = CHAINS.map(|name| ready.client(name));
    let mut heads =
        || clients.each_mut().map(|client| quantity(&client.latest().unwrap()["number"]));
    let ([l1, l2], since) = (heads(), Instant::now());
    let enough = |[l1_now, l2_now]: [u64; 2]| l1_now >= l1 + BLOCKS[0] && l2_now >= l2 + BLOCKS[1];
    while !enough(heads()) {
        assert!(since.elapsed() < LIMIT, "a chain stands still");
        node.run_for(Duration::from_millis(50));
    }
}

/// From block to block passes the time that it should, whatever the machine's clock did. The L1
/// leaves out slots when the machine is too busy; the L2 never does.
fn timestamps_are_regular(ready: &Ready) {
    for (name, seconds) in CHAINS.into_iter().zip(BLOCK_SECONDS) {
        let mut client = ready.client(name);
        let mut time = |number: u64| {
            let block = json!([format!("{number:#x}"), false]);
            quantity(&client.call("eth_getBlockByNumber", block).unwrap()["timestamp"])
        };
        let mut before = time(1);
        for number in 2..=ready.head(name) {
            let passed = time(number) - before;
            let on_time = passed == seconds || name == "l1" && passed % seconds == 0;
            assert!(on_time && passed < BUSY_SECONDS, "{name} block {number}: {passed} s later");
            before += passed;
        }
    }
}

/// A machine whose clock a file sets.
struct Clock {
    library: String,
    setting: PathBuf,
}

impl Clock {
    /// Written elsewhere first: the node reads it whenever it likes.
    fn set(&self, (time, _): (&str, &str)) {
        let new = self.setting.with_extension("new");
        fs::write(&new, format!("{time}\n")).unwrap();
        fs::rename(new, &self.setting).unwrap();
    }

    /// The node's program on that machine. Time that only passes is not what is set.
    fn seam(&self) -> Command {
        let mut seam = seam();
        seam.env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.setting)
            // Seconds until it sees that the file is another one.
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
        seam
    }
}

/// The library for programs with threads, where the command `faketime` has it.
fn libfaketime() -> Option<String> {
    let show = ["-m", "+0 days", "sh", "-c", "echo $LD_PRELOAD"];
    let output = Command::new("faketime").args(show).stdin(Stdio::null()).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    output.status.success().then_some(path)
}
