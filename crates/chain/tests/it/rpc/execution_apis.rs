//! The requests and responses of ethereum/execution-apis; and what its pending transactions become.

use super::{
    client::{call, get, post},
    node::serving,
};
use crate::support::{options, wait_for};
use seam_chain::{
    Running, Settings, SteppedClock,
    engine::{EmbeddedL1, Recipe, Unproduced, slots_of, start},
    pool::PoolLimits,
    rpc::RpcSettings,
};
use seam_fixtures::{chain, read, read_text};
use seam_genesis::{ChainGenesis, ForkEnv};
use serde_json::{Map, Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Runtime;

/// Files that do not pass, with the reason. None so far.
const EXCEPTIONS: &[(&str, &str)] = &[];

/// The methods of the suite and how many files each has: 232, of which none may be forgotten.
const SUITE: &[(&str, usize)] = &[
    ("debug_getRawBlock", 3),
    ("debug_getRawHeader", 3),
    ("debug_getRawReceipts", 3),
    ("debug_getRawTransaction", 2),
    ("debug_traceBlockByHash", 3),
    ("debug_traceBlockByNumber", 7),
    ("debug_traceTransaction", 3),
    ("eth_baseFee", 1),
    ("eth_blobBaseFee", 1),
    ("eth_blockNumber", 1),
    ("eth_call", 6),
    ("eth_capabilities", 1),
    ("eth_chainId", 1),
    ("eth_config", 1),
    ("eth_createAccessList", 4),
    ("eth_estimateGas", 6),
    ("eth_feeHistory", 1),
    ("eth_getBalance", 4),
    ("eth_getBlockByHash", 3),
    ("eth_getBlockByNumber", 10),
    ("eth_getBlockReceipts", 8),
    ("eth_getBlockTransactionCountByHash", 2),
    ("eth_getBlockTransactionCountByNumber", 2),
    ("eth_getCode", 4),
    ("eth_getLogs", 9),
    ("eth_getProof", 4),
    ("eth_getStorageAt", 5),
    ("eth_getStorageValues", 5),
    ("eth_getTransactionByBlockHashAndIndex", 1),
    ("eth_getTransactionByBlockNumberAndIndex", 1),
    ("eth_getTransactionByHash", 9),
    ("eth_getTransactionCount", 4),
    ("eth_getTransactionReceipt", 9),
    ("eth_sendRawTransaction", 5),
    ("eth_simulateV1", 91),
    ("eth_syncing", 1),
    ("net_version", 1),
    ("testing_buildBlockV1", 4),
    ("txpool_content", 1),
    ("txpool_contentFrom", 1),
    ("txpool_status", 1),
];

/// Fields that the suite's schema lets an answer have or not: where nothing is deleted there is no strategy for it.
const OPTIONAL: &[&str] = &["deleteStrategy"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/execution-apis")
}

/// The time of the suite's last block, in seconds.
const HEAD_TIME: u64 = 540;

/// The suite's chain, with whatever blocks it has.
fn chain_in(
    directory: &Path,
    clock: Arc<SteppedClock>,
    recipe: impl Fn(&ChainGenesis) -> Arc<dyn Recipe>,
) -> Running {
    let text = |name| read_text(&folder().join(name)).unwrap();
    let fork_env = ForkEnv::from_json(&text("forkenv.json")).unwrap();
    let genesis = ChainGenesis::from_json(&text("genesis.json"), Some(&fork_env)).unwrap();
    let recipe = recipe(&genesis);
    start(Settings {
        name: "suite",
        rules: genesis.rules,
        genesis: genesis.sealed.header,
        state: genesis.state,
        directory: directory.to_owned(),
        store: options(),
        pool: PoolLimits::default(),
        clock,
        recipe,
    })
    .unwrap()
}

/// All 54 blocks of it, and none is made.
pub(crate) fn whole_chain(directory: &Path) -> Running {
    let clock = SteppedClock::starting_at(Duration::from_secs(HEAD_TIME));
    let running = chain_in(directory, clock, |_| Arc::new(Unproduced::default()));
    let blocks = chain::decode(&read(&folder().join("chain.rlp")).unwrap()).unwrap();
    running.chain.import(blocks).unwrap();
    running
}

/// A request, what the suite answers, and whether only its shape counts.
pub(crate) struct Exchange {
    pub(crate) file: String,
    pub(crate) request: String,
    pub(crate) expected: Value,
    shape_only: bool,
}

/// All exchanges, by file name.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join("tests"))
        .unwrap()
        .flat_map(|method| std::fs::read_dir(method.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files.iter().flat_map(|file| exchanges_of(file)).collect()
}

fn exchanges_of(path: &Path) -> Vec<Exchange> {
    let text = read_text(path).unwrap();
    let file = path.strip_prefix(folder().join("tests")).unwrap().display().to_string();
    let shape_only = text.contains("speconly:");
    let requests = text.lines().filter_map(|line| line.strip_prefix(">> "));
    let responses = text.lines().filter_map(|line| line.strip_prefix("<< "));
    requests
        .zip(responses)
        .map(|(request, response)| Exchange {
            file: file.clone(),
            request: request.to_owned(),
            expected: serde_json::from_str(response).unwrap(),
            shape_only,
        })
        .collect()
}

/// Why the answer is not what the suite expects.
fn difference(exchange: &Exchange, found: &Value) -> Option<String> {
    let expected = &exchange.expected;
    if let Some(error) = expected.get("error") {
        // The suite compares the codes of errors; ours have the same words too.
        return (error != &found["error"]).then(|| format!("{error} is {}", found["error"]));
    }
    match exchange.shape_only {
        true => shape(expected, found, "response"),
        false => (expected != found).then(|| format!("{expected}\nis\n{found}")),
    }
}

/// The first place where two values differ in their fields or in the kind of what is there.
fn shape(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        // Keys that are addresses or nonces: what is there differs, its form does not.
        (Value::Object(expected), Value::Object(found)) if is_map(expected) && is_map(found) => {
            expected.values().zip(found.values()).find_map(|(a, b)| shape(a, b, at))
        }
        // Transactions of different types have different fields.
        (Value::Object(expected), Value::Object(found))
            if expected.get("type") != found.get("type") =>
        {
            None
        }
        (Value::Object(expected), Value::Object(found)) => {
            let names = |object: &Map<String, Value>| -> Vec<String> {
                object.keys().filter(|key| !OPTIONAL.contains(&key.as_str())).cloned().collect()
            };
            if names(expected) != names(found) {
                return Some(format!("{at}: {:?} is {:?}", names(expected), names(found)));
            }
            let mut both = expected.iter().filter(|(name, _)| found.contains_key(*name));
            both.find_map(|(name, value)| shape(value, &found[name], name))
        }
        (Value::Array(expected), Value::Array(found)) => {
            expected.iter().zip(found).find_map(|(expected, found)| shape(expected, found, at))
        }
        (expected, found) => {
            let same = std::mem::discriminant(expected) == std::mem::discriminant(found);
            (!same).then(|| format!("{at}: {expected} is {found}"))
        }
    }
}

fn is_map(object: &Map<String, Value>) -> bool {
    object.keys().all(|key| key.starts_with(|first: char| first.is_ascii_digit()))
}

/// What the suite's chain needs beside its blocks: the forks that only moved the difficulty bomb.
fn settings() -> RpcSettings {
    RpcSettings { testing: true, bomb_forks: vec![21, 30, 33], ..RpcSettings::default() }
}

#[test]
fn no_file_of_the_suite_is_forgotten() {
    assert_eq!(SUITE.iter().map(|(_, files)| files).sum::<usize>(), 232);
    let read = |path: &Path| std::fs::read_dir(path).into_iter().flatten();
    for (method, files) in SUITE {
        let found = read(&folder().join("tests").join(method)).count();
        assert_eq!(found, *files, "{method}");
    }
    for entry in read(&folder().join("tests")) {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(SUITE.iter().any(|(method, _)| name == *method), "{name} is in no list");
    }
    for (file, _) in EXCEPTIONS {
        assert!(folder().join("tests").join(file).is_file(), "{file} is not there");
    }
}

#[test]
fn every_file_of_the_methods_there_are_passes() {
    let directory = tempfile::tempdir().unwrap();
    let running = whole_chain(directory.path());
    let runtime = Runtime::new().unwrap();
    let server = serving(&runtime, &running.chain, settings());
    let exchanges = exchanges();
    let mut failed = Vec::new();
    for exchange in &exchanges {
        let reply = post(server.local_addr, &exchange.request);
        let problem = difference(exchange, &reply.json());
        let excepted = EXCEPTIONS.iter().any(|(file, _)| exchange.file == *file);
        assert!(!excepted || problem.is_some(), "{} passes by now", exchange.file);
        if let Some(problem) = problem.filter(|_| !excepted) {
            failed.push(format!("{}: {problem}", exchange.file));
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n\n"));
    assert!(exchanges.len() > 100, "the files are not there");
}

/// Sends every transaction of the suite.
fn send_all(server: SocketAddr) {
    for exchange in exchanges().iter().filter(|exchange| exchange.file.contains("sendRaw")) {
        assert_eq!(post(server, &exchange.request).json(), exchange.expected);
    }
}

/// A blob transaction with its sidecar goes through the mempool into a block, and the blob is there
/// for those who ask as they would ask a beacon node.
#[test]
fn a_blob_is_taken_mined_and_served() {
    let directory = tempfile::tempdir().unwrap();
    // Only what comes after the merge is ever made here.
    whole_chain(directory.path()).stop().unwrap();
    let clock = SteppedClock::starting_at(Duration::from_secs(HEAD_TIME));
    let recipe = |genesis: &ChainGenesis| -> Arc<dyn Recipe> {
        Arc::new(EmbeddedL1::new(2, 64, slots_of(&genesis.sealed.header)))
    };
    let running = chain_in(directory.path(), clock.clone(), recipe);
    let runtime = Runtime::new().unwrap();
    let held = serving(&runtime, &running.chain, RpcSettings::default());
    let server = held.local_addr;
    send_all(server);
    let hash = "0x05d85f6a761cac82cfdf06dd168952838ac452b10641aabccdfdad46e03d2f0b";
    assert_eq!(call(server, "txpool_status", json!([]))["queued"], "0x0");
    clock.advance(Duration::from_secs(2));
    wait_for(&running.chain, 55);
    let receipt = call(server, "eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["blobGasUsed"], "0x20000", "{receipt}");
    assert_eq!(receipt["blockNumber"], "0x37");
    blobs_are_served(server, &running);
}

fn blobs_are_served(server: SocketAddr, running: &Running) {
    let blobs = get(server, "/eth/v1/beacon/blobs/head").json();
    let data = blobs["data"].as_array().unwrap();
    assert_eq!(data.len(), 1);
    assert_eq!(data[0].as_str().unwrap().len(), 2 + 2 * 131_072);
    let hash = "0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014";
    let by_hash = get(server, &format!("/eth/v1/beacon/blobs/head?versioned_hashes={hash}"));
    assert_eq!(by_hash.json(), blobs);
    let other = format!("/eth/v1/beacon/blobs/head?versioned_hashes=0x{}", "01".repeat(32));
    assert_eq!(get(server, &other).json()["data"], json!([]));
    let sidecars = get(server, "/eth/v1/beacon/blob_sidecars/head?indices=0").json();
    let sidecar = &sidecars["data"][0];
    assert_eq!((&sidecar["index"], &sidecar["blob"]), (&json!("0"), &data[0]));
    let message = &sidecar["signed_block_header"]["message"];
    assert_eq!(message["body_root"], json!(running.chain.head().hash()));
    // The same block by slot and by root.
    let header = get(server, "/eth/v1/beacon/headers/head").json();
    let (slot, root) =
        (message["slot"].as_str().unwrap(), header["data"]["root"].as_str().unwrap());
    for id in [slot, root] {
        assert_eq!(get(server, &format!("/eth/v1/beacon/blobs/{id}")).json(), blobs, "{id}");
    }
    assert_eq!(get(server, "/eth/v1/beacon/blobs/genesis").json()["data"], json!([]));
    let max = get(server, "/eth/v1/config/spec").json();
    assert_eq!(max["data"]["MAX_BLOBS_PER_BLOCK"], "21");
}
