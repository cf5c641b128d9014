//! Followers of a `seam up` in processes of their own, killed at random: from L1 alone, and with the blocks
//! that the sequencer signs.

use crate::support::{
    LIMIT,
    client::{Client, quantity},
    folder,
    node::{Node, Ready},
    random::Random,
    seam, times,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Kills of each follower.
const KILLS: (usize, usize) = (5, 50);

pub(crate) fn block(client: &mut Client, which: Value) -> Value {
    client.call("eth_getBlockByNumber", json!([which, false])).unwrap()
}

/// Waits until the follower's block of this name is at least `number`; that block's number, which the
/// sequencer has too.
fn agreed(node: &mut Node, follower: &Ready, up: &Ready, name: &str, number: u64) -> u64 {
    let mut theirs = Client::connect(follower.node_url()).unwrap();
    let deadline = Instant::now() + LIMIT;
    loop {
        let found = block(&mut theirs, json!(name));
        let at = quantity(&found["number"]);
        if at >= number {
            let ours = block(&mut up.client("l2"), found["number"].clone());
            assert_eq!(found["hash"], ours["hash"], "block {at}");
            return at;
        }
        assert!(Instant::now() < deadline, "{name} block {at}, waiting for {number}");
        node.run_for(Duration::from_millis(200));
    }
}

/// One of the unlocked accounts sends another some wei.
fn send(up: &Ready) {
    let transaction = json!([{ "from": up.account(0), "to": up.account(1), "value": "0x1" }]);
    up.client("l2").call("eth_sendTransaction", transaction).unwrap();
}

#[test]
fn killed_followers_resume_and_agree_with_the_sequencer() {
    let mut random = Random::seeded();
    let folders = [folder(), folder(), folder()];
    let data = folders[0].path();
    let mut fast = seam();
    fast.env("SEAM_L1_BLOCK_TIME", "1");
    let mut sequencer = Node::start_with(fast, data);
    let up = sequencer.ready();
    let stream = up.url("l2").replace("http", "ws");
    let rollup = data.join("rollup/rollup.json");
    let mut safe = 0;
    for _ in 0..times(KILLS.0, KILLS.1) {
        send(&up);
        let mut alone = Node::follow(&rollup, &up, folders[1].path(), &[]);
        let more = ["--sequencer", &stream];
        let mut listening = Node::follow(&rollup, &up, folders[2].path(), &more);
        let [first, second] = [alone.ready(), listening.ready()];
        safe = agreed(&mut alone, &first, &up, "safe", safe + 1);
        // The other one has blocks that are not on L1 yet.
        let head = quantity(&block(&mut up.client("l2"), json!("latest"))["number"]);
        agreed(&mut listening, &second, &up, "latest", head + 1);
        let wait = Duration::from_millis(random.within(0..1_500));
        alone.run_for(wait);
        alone.kill();
        listening.kill();
    }
    let status = sequencer.stop();
    assert!(!status.contains("DIFFERS"), "{status}");
    assert!(safe > 0);
}

#[test]
fn the_follower_of_seam_up_agrees_and_rests_once_the_chain_is_changed_by_hand() {
    let data = folder();
    let mut fast = seam();
    fast.env("SEAM_L1_BLOCK_TIME", "1");
    let mut node = Node::start_with(fast, data.path());
    let ready = node.ready();
    let mut l2 = ready.client("l2");
    let deadline = Instant::now() + LIMIT;
    while quantity(&block(&mut l2, json!("safe"))["number"]) < 5 {
        assert!(Instant::now() < deadline, "nothing is safe");
        node.run_for(Duration::from_millis(200));
    }
    l2.call("anvil_setBalance", json!([ready.account(3), "0x1"])).unwrap();
    let head = quantity(&block(&mut l2, json!("latest"))["number"]);
    while quantity(&block(&mut l2, json!("latest"))["number"]) < head + 3 {
        node.run_for(Duration::from_millis(100));
    }
    let log = node.stop();
    assert!(log.contains("the L2 was changed by hand"), "{log}");
    let mut node = Node::start(data.path());
    node.ready();
    let log = node.stop();
    assert!(log.contains("the L2 was changed by hand"), "{log}");
}

#[test]
fn a_follower_needs_no_key_and_a_sequencer_follows_nobody() {
    let refused = |args: &[&str]| {
        let mut command = seam();
        command.args(["node", "--rollup", "rollup.json", "--l1-rpc", "http://127.0.0.1:1"]);
        let output = command.args(args).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let text = refused(&["--role", "follower", "--batcher-key", "batcher"]);
    assert!(text.contains("a follower has no key"), "{text}");
    let text = refused(&["--role", "sequencer", "--sequencer", "ws://127.0.0.1:1"]);
    assert!(text.contains("a sequencer follows nobody"), "{text}");
}
