//! Nodes that stop, forget and go back while there is traffic.

use crate::node::{Node, settings, simulated, traffic};
use seam_economy::{Report, Settings, TrafficError};
use serde_json::json;
use tokio::{sync::oneshot, task::JoinHandle};

/// Traffic beside the test, until it is told to stop.
struct Beside {
    task: JoinHandle<Result<Report, TrafficError>>,
    stop: oneshot::Sender<()>,
}

impl Beside {
    fn start(node: &Node, settings: Settings) -> Self {
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = node.runtime.spawn(simulated(settings, node.sites(), shutdown));
        Self { task, stop }
    }

    fn stop(self, node: &Node) -> Report {
        self.stop.send(()).unwrap();
        node.runtime.block_on(self.task).unwrap().unwrap()
    }
}

/// No account waits for a nonce that nobody has.
fn nothing_is_stuck(node: &Node) {
    let pool = node.tell("txpool_status", json!([]));
    assert_eq!((&pool["pending"], &pool["queued"]), (&json!("0x0"), &json!("0x0")));
}

#[test]
fn a_node_that_stops_and_starts_again_has_traffic_again() {
    let mut node = Node::start();
    let beside = Beside::start(&node, settings(11));
    for _ in 0..3 {
        node.wait_for_blocks(60);
        node.stop();
        node.go_on();
        node.wait_for_blocks(30);
    }
    let report = beside.stop(&node);
    assert!(report.interruptions > 0, "{report:?}");
    assert_eq!(report.in_flight, 0, "{report:?}");
    nothing_is_stuck(&node);
}

#[test]
fn a_chain_that_goes_back_has_traffic_again_and_its_contracts_too() {
    let node = Node::start();
    let genesis = node.tell("evm_snapshot", json!([]));
    let beside = Beside::start(&node, settings(12));
    node.wait_for_blocks(80);
    let running = node.tell("evm_snapshot", json!([]));
    node.wait_for_blocks(40);
    for snapshot in [running, genesis] {
        assert_eq!(node.tell("evm_revert", json!([snapshot])), true);
        node.wait_for_blocks(80);
    }
    let report = beside.stop(&node);
    assert!(report.actions[&seam_economy::action::Kind::Deploy].succeeded >= 10, "{report:?}");
    // What waits in the mempool for nonces of before holds nobody up: the same accounts go on.
    let again = traffic(&node, Settings { count: Some(60), ..settings(12) }).unwrap();
    let people = again.total(false);
    assert!(people.sent >= 60 && people.succeeded > 0, "{again:?}");
}
