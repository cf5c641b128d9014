//! Traffic on a real chain over HTTP: the embedded L1, as `seam up` runs it, with a block as soon as there is a
//! transaction, and a time for the traffic that passes when it waits. Deposits need a rollup: `bin/seam/tests`.
#![allow(clippy::unwrap_used)]

mod interrupted;
mod node;
mod refused;

use crate::node::{Node, settings, traffic};
use seam_economy::{Settings, Traffic, action::Kind};

#[test]
fn people_do_what_there_is_to_do_and_nothing_is_lost() {
    let node = Node::start();
    let report = traffic(&node, Settings { count: Some(150), ..settings(7) }).unwrap();
    let (people, preparations) = (report.total(false), report.total(true));
    assert!(people.sent >= 150, "{report}");
    assert_eq!(people.succeeded + people.reverted, people.sent, "{report:?}");
    assert_eq!((preparations.succeeded, report.in_flight), (preparations.sent, 0), "{report:?}");
    for kind in [Kind::Send, Kind::Transfer, Kind::Buy, Kind::Sell, Kind::Wrap, Kind::Fail] {
        let counts = report.actions.get(&kind).copied().unwrap_or_default();
        let as_meant = if kind == Kind::Fail { counts.reverted } else { counts.succeeded };
        assert!(as_meant > 0, "{kind:?}: {report:?}");
    }
    assert_eq!(report.actions[&Kind::Deploy].sent, 5);
    assert_eq!(report.actions[&Kind::Fail].succeeded, 0);
}

#[test]
fn whoever_comes_later_finds_the_contracts_and_the_same_seed_finds_its_accounts() {
    let node = Node::start();
    let few = |seed| Settings { count: Some(5), ..settings(seed) };
    let first = traffic(&node, few(1)).unwrap();
    let other = traffic(&node, few(2)).unwrap();
    let again = traffic(&node, few(1)).unwrap();
    assert!(first.actions.contains_key(&Kind::Deploy));
    assert!(!other.actions.contains_key(&Kind::Deploy), "{other:?}");
    assert!(other.actions.contains_key(&Kind::Fund), "{other:?}");
    assert_eq!(again.total(true).sent, 0, "{again:?}");
}

#[test]
fn every_type_of_transaction_and_a_delegation_are_taken() {
    let node = Node::start();
    // Enough that each of the rare ones comes up, with nearly no waiting between them.
    let report = traffic(&node, Settings { count: Some(600), ..settings(3) }).unwrap();
    for kind in [Kind::Create, Kind::Delegate, Kind::AddLiquidity, Kind::RemoveLiquidity] {
        let counts = report.actions.get(&kind).copied().unwrap_or_default();
        assert!(counts.succeeded > 0, "{kind:?}: {report:?}");
    }
    let types = node.transaction_types();
    assert_eq!(types.into_iter().collect::<Vec<_>>(), [0, 1, 2, 4]);
}

#[test]
fn traffic_beside_other_work_begins_when_it_is_told_where_and_ends_when_it_is_told_to() {
    let node = Node::start();
    let _in_runtime = node.runtime.enter();
    let beside = Traffic::start(settings(4)).unwrap();
    assert_eq!(beside.report().total(true).sent, 0);
    beside.at(node.sites());
    node.wait_for_blocks(60);
    let report = node.runtime.block_on(beside.stop()).unwrap();
    assert!(report.total(true).succeeded > 0, "{report:?}");
    assert_eq!(report.in_flight, 0, "{report:?}");
    let never = Traffic::start(settings(4)).unwrap();
    assert_eq!(node.runtime.block_on(never.stop()).unwrap().actions.len(), 0);
}
