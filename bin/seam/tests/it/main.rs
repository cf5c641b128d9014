//! The command line as a person types it.
#![allow(clippy::unwrap_used)]

mod batch;
mod clock_back;
mod config;
mod deploy;
mod disk_full;
mod earn;
mod earnings;
mod follower;
mod hostile;
mod key;
mod kill;
mod node;
mod process;
mod snapshot;
mod support;
mod traffic;
mod up;

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn testdata(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata");
    root.join(name).display().to_string()
}

fn seam(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seam")).args(args).output().unwrap()
}

/// What a command that must succeed writes to stdout.
fn stdout(args: &[&str]) -> String {
    let output = seam(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that must fail writes to stderr; nothing goes to stdout.
fn refusal(args: &[&str]) -> String {
    let output = seam(args);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    String::from_utf8(output.stderr).unwrap()
}

/// A file that is gone with the test process's folder.
fn temporary(name: &str, bytes: &[u8]) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

#[test]
fn a_chain_is_executed_to_its_head() {
    let (chain, genesis, forks) = (
        testdata("execution-apis/chain.rlp"),
        testdata("execution-apis/genesis.json"),
        testdata("execution-apis/forkenv.json"),
    );
    let args = ["execute", "chain", &chain, "--genesis", &genesis, "--fork-env", &forks];
    let table = stdout(&args);
    assert_eq!(table.lines().count(), 55);
    assert!(table.lines().last().unwrap().contains("0xd226371d0b1551adb03fb52b71f08e3e"));
    let json = stdout(&[&args[..], &["--json"]].concat());
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    assert_eq!((&last["number"], &last["fork"]), (&54.into(), &"Osaka".into()));
}

#[test]
fn a_block_is_executed_from_its_preimages() {
    let block = testdata("op-stack/op-sepolia-26207963.json.xz");
    let json = stdout(&["execute", "op-block", "--json", &block]);
    let block: serde_json::Value = serde_json::from_str(json.trim()).unwrap();
    assert_eq!(block["gasUsed"], 3_802_313);
}

#[test]
fn the_example_becomes_a_genesis_that_can_be_read_back() {
    let config = temporary("rollup.toml", stdout(&["genesis", "example"]).as_bytes());
    let made = seam(&["genesis", "rollup", &config]);
    let genesis = temporary("genesis.json", &made.stdout);
    let shown = stdout(&["genesis", "show", "--json", &genesis]);
    let shown: serde_json::Value = serde_json::from_str(shown.trim()).unwrap();
    assert_eq!(shown["chainId"], 901);
    let hash = shown["hash"].as_str().unwrap();
    assert!(String::from_utf8(made.stderr).unwrap().contains(hash));
}

#[test]
fn a_mistake_gets_one_message_that_says_what_to_do() {
    assert!(refusal(&["genesis", "show", "nowhere.json"]).starts_with("error: nowhere.json: "));
    let typo = stdout(&["genesis", "example"]).replace("[l2]\nchain_id", "[l2]\nchain_ids");
    let typo = temporary("typo.toml", typo.as_bytes());
    assert!(refusal(&["genesis", "rollup", &typo]).contains("did you mean `l2.chain_id`?"));
    let genesis = testdata("execution-apis/genesis.json");
    let chain = std::fs::read(testdata("execution-apis/chain.rlp")).unwrap();
    let cut = temporary("cut.rlp", &chain[..5_000]);
    let error = refusal(&["execute", "chain", &cut, "--genesis", &genesis]);
    assert!(error.contains("block 1 at byte 1190"), "{error}");
    let other = testdata("op-stack/op-sepolia-26207963.json.xz");
    let error = refusal(&["execute", "chain", &cut, "--genesis", &other]);
    assert!(error.contains("not a genesis.json"), "{error}");
}

#[test]
fn blocks_before_a_refused_one_are_shown() {
    let mut chain = std::fs::read(testdata("execution-apis/chain.rlp")).unwrap();
    // Of block 54 the state root: it lies 87 bytes behind the start of the parent's hash.
    let parent = [0x1c, 0x40, 0xcb, 0x1e, 0xae, 0x4d, 0x15, 0xa8];
    let at = chain.windows(8).rposition(|window| window == parent).unwrap();
    chain[at + 87] ^= 1;
    let chain = temporary("refused.rlp", &chain);
    let genesis = testdata("execution-apis/genesis.json");
    let output = seam(&["execute", "chain", &chain, "--genesis", &genesis]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 1 + 53);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("block 54 is refused: stateRoot is"), "{error}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let block = testdata("op-stack/op-sepolia-26207963.json.xz");
    let mut child = Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["execute", "op-block", &block])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert!(child.wait().unwrap().success(), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
