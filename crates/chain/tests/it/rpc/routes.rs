//! What is served beside JSON-RPC.

use super::{
    client::{call, get},
    node::Node,
};
use prometheus_client::registry::Registry;
use seam_chain::rpc::{RpcSettings, serve_metrics};
use serde_json::json;

#[test]
fn health_and_readiness_follow_the_chain() {
    let node = Node::start();
    let health = get(node.address, "/health");
    assert_eq!(health.json(), json!({ "status": "running", "block": 0 }));
    assert_eq!(get(node.address, "/ready").status, 200);
}

#[test]
fn a_stopped_chain_is_neither_healthy_nor_ready() {
    let mut node = Node::start();
    node.stop_chain();
    for path in ["/health", "/ready"] {
        let reply = get(node.address, path);
        assert_eq!(reply.status, 503, "{reply:?}");
        assert_eq!(reply.json()["status"], "stopped");
    }
}

#[test]
fn the_beacon_api_knows_its_blocks_and_says_what_is_wrong() {
    let node = Node::start();
    node.make_block();
    let get = |path: &str| get(node.address, &format!("/eth/v1/{path}"));
    assert_eq!(get("beacon/genesis").json()["data"]["genesis_time"], "1700000000");
    assert!(get("node/version").json()["data"]["version"].as_str().unwrap().starts_with("seam/v"));
    assert_eq!(get("config/spec").json()["data"]["DEPOSIT_CHAIN_ID"], "900");
    let header = get("beacon/headers/head").json();
    assert_eq!(header["data"]["header"]["message"]["slot"], "2");
    assert_eq!(get("beacon/headers/2").json(), header);
    assert_eq!(get("beacon/blobs/head").json()["data"], json!([]));
    for (path, status) in [
        ("beacon/headers/1", 404),
        ("beacon/headers/99999999999999999999", 400),
        ("beacon/blobs/newest", 400),
        ("beacon/blobs/head?versioned_hashes=0x12", 400),
        ("beacon/blob_sidecars/head?indices=x", 400),
        ("beacon/blobs", 404),
        ("beacon/states/head", 404),
    ] {
        let reply = get(path);
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        assert_eq!(reply.json()["code"], status, "{path}");
    }
}

#[test]
fn calls_are_counted_for_prometheus() {
    let settings = RpcSettings::default();
    let mut registry = Registry::default();
    settings.metrics.register(&mut registry);
    let node = Node::with(settings);
    call(node.address, "eth_chainId", json!([]));
    super::client::fail(node.address, "eth_getBalance", json!([]));
    let listener = node.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let metrics = listener.local_addr().unwrap();
    node.runtime.spawn(serve_metrics(listener, registry));
    let page = get(metrics, "/metrics");
    assert_eq!(page.status, 200);
    for line in [
        "rpc_calls_total{method=\"eth_chainId\"} 1",
        "rpc_errors_total{method=\"eth_getBalance\",code=\"-32602\"} 1",
        "rpc_seconds_count{method=\"eth_chainId\"} 1",
    ] {
        assert!(page.body.contains(line), "{line} is not in\n{}", page.body);
    }
    assert_eq!(get(metrics, "/").status, 404);
}
