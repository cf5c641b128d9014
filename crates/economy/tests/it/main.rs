//! Traffic on a real chain over HTTP: the embedded L1, as `seam up` runs it, with a block as soon as there is a
//! transaction, and a time for the traffic that passes when it waits. Deposits need a rollup: `bin/seam/tests`.
#![allow(clippy::unwrap_used)]

mod interrupted;
mod node;
mod refused;

use crate::node::{Node, settings, traffic};
use seam_economy::{Report, Settings, Traffic, action::Kind};

/// Seeds that are tried at most.
const ROUNDS: u64 = 10;

/// Traffic of one seed after another until all of these went as they are meant to. What comes up is drawn, and those
/// who wait for a block are passed over, so no count of transactions is sure to be enough.
fn traffic_until(node: &Node, kinds: &[Kind], count: u64) -> Vec<Report> {
    let mut missing = kinds.to_vec();
    let mut reports = Vec::new();
    for seed in 1..=ROUNDS {
        let report = traffic(node, Settings { count: Some(count), ..settings(seed) }).unwrap();
        missing.retain(|kind| {
            let counts = report.actions.get(kind).copied().unwrap_or_default();
            0 == if *kind == Kind::Fail { counts.reverted } else { counts.succeeded }
        });
        reports.push(report);
        if missing.is_empty() {
            return reports;
        }
    }
    panic!("{missing:?} never came up: {reports:?}")
}

#[test]
fn people_do_what_there_is_to_do_and_nothing_is_lost() {
    let node = Node::start();
    let kinds = [Kind::Send, Kind::Transfer, Kind::Buy, Kind::Sell, Kind::Wrap, Kind::Fail];
    let reports = traffic_until(&node, &kinds, 150);
    for report in &reports {
        let (people, preparations) = (report.total(false), report.total(true));
        assert!(people.sent >= 150, "{report}");
        assert_eq!(people.succeeded + people.reverted, people.sent, "{report:?}");
        let ended = (preparations.succeeded, report.in_flight);
        assert_eq!(ended, (preparations.sent, 0), "{report:?}");
        let failures = report.actions.get(&Kind::Fail).copied().unwrap_or_default();
        assert_eq!(failures.succeeded, 0, "{report:?}");
    }
    assert_eq!(reports[0].actions[&Kind::Deploy].sent, 5);
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
    let kinds = [Kind::Create, Kind::Delegate, Kind::AddLiquidity, Kind::RemoveLiquidity];
    traffic_until(&node, &kinds, 300);
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
