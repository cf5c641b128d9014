//! Failover.

use crate::simulated::{CHAIN_ID, Faults, SimulatedAccess, SimulatedL1};
use alloy_eips::BlockNumberOrTag::Latest;
use alloy_primitives::Address;
use proptest::prelude::*;
use seam_l1::{
    Fault, L1Access, L1Client, L1Error, L1Limits, Severity,
    timer::{SimulatedTimer, Timer},
};
use std::{sync::Arc, time::Duration};

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn client(
    endpoints: &[&Arc<SimulatedAccess>],
    chain_id: Option<u64>,
) -> (L1Client, Arc<SimulatedTimer>) {
    client_with(endpoints, chain_id, L1Limits::default())
}

fn client_with(
    endpoints: &[&Arc<SimulatedAccess>],
    chain_id: Option<u64>,
    limits: L1Limits,
) -> (L1Client, Arc<SimulatedTimer>) {
    let timer = Arc::new(SimulatedTimer::default());
    let endpoints = endpoints
        .iter()
        .map(|endpoint| Arc::<SimulatedAccess>::clone(endpoint) as Arc<dyn L1Access>);
    (L1Client::over(endpoints.collect(), chain_id, limits, timer.clone()).unwrap(), timer)
}

fn two() -> (Arc<SimulatedL1>, Arc<SimulatedAccess>, Arc<SimulatedAccess>) {
    let l1 = SimulatedL1::new();
    l1.mine_empty(20);
    let (a, b) = (SimulatedAccess::new("a", &l1), SimulatedAccess::new("b", &l1));
    (l1, a, b)
}

#[test]
fn the_second_serves_while_the_first_fails_and_then_the_first_again() {
    let (_, a, b) = two();
    let (client, timer) = client(&[&a, &b], Some(CHAIN_ID));
    for fault in
        [Fault::Timeout, Fault::Status(503), Fault::Status(429), Fault::Unreadable(String::new())]
    {
        a.set(Faults { fail: 1, fault: Some(fault), ..Faults::default() });
        b.set(Faults::default());
        assert_eq!(block_on(client.block(Latest)).unwrap().unwrap().number, 20);
        assert_eq!(block_on(client.chain_id()).unwrap(), CHAIN_ID);
        // The second is asked for its chain first.
        assert_eq!((a.requests(), b.requests() >= 2), (1, true));
        timer.pass(Duration::from_secs(60));
        let before = b.requests();
        block_on(client.chain_id()).unwrap();
        assert_eq!(b.requests(), before);
    }
}

#[test]
fn a_single_endpoint_is_waited_for_and_the_wait_ends() {
    let (_, a, _) = two();
    let (client, timer) = client(&[&a], Some(CHAIN_ID));
    a.set(Faults { fail: 3, ..Faults::default() });
    assert_eq!(block_on(client.chain_id()).unwrap(), CHAIN_ID);
    assert!(timer.now() >= Duration::from_millis(500 + 1_000 + 2_000));
    a.set(Faults { fail: 100, ..Faults::default() });
    let error = block_on(client.chain_id()).unwrap_err();
    assert_eq!(error.severity(), Severity::Retry);
    assert_eq!(a.requests(), 4);
    assert!(error.to_string().contains("a (broken), a (broken)"), "{error}");
}

#[test]
fn nobody_waits_longer_than_the_patience_and_each_hears_why() {
    let (_, a, _) = two();
    let patience = Duration::from_millis(600);
    let limits = L1Limits { attempts: 1, patience, ..L1Limits::default() };
    let (client, timer) = client_with(&[&a], Some(CHAIN_ID), limits);
    a.set(Faults { fail: 2, ..Faults::default() });
    block_on(client.chain_id()).unwrap_err();
    // The first rest is shorter than that and waited for, the second is longer.
    block_on(client.chain_id()).unwrap_err();
    let now = timer.now();
    assert_eq!((a.requests(), now), (2, Duration::from_millis(500)));
    for _ in 0..3 {
        let error = block_on(client.chain_id()).unwrap_err();
        assert_eq!(error.severity(), Severity::Retry);
        assert!(error.to_string().contains("a (broken, and is not asked again yet)"), "{error}");
    }
    assert_eq!((a.requests(), timer.now()), (2, now));
    timer.pass(Duration::from_millis(400));
    assert_eq!(block_on(client.chain_id()).unwrap(), CHAIN_ID);
}

#[test]
fn an_endpoint_of_another_chain_is_passed_over_and_if_all_are_that_is_the_error() {
    let (_, a, b) = two();
    let (client, _) = client(&[&a, &b], Some(CHAIN_ID));
    a.set(Faults { chain_id: Some(1), ..Faults::default() });
    assert_eq!(block_on(client.chain_id()).unwrap(), CHAIN_ID);
    b.set(Faults { chain_id: Some(5), fail: 1, ..Faults::default() });
    let error = block_on(async {
        let _ = client.chain_id().await;
        client.chain_id().await.unwrap_err()
    });
    assert!(matches!(error, L1Error::OtherChain { expected: CHAIN_ID, .. }), "{error}");
    assert_eq!(error.severity(), Severity::Halt);
}

#[test]
fn an_endpoint_that_is_behind_is_passed_over_until_it_has_caught_up() {
    let (l1, a, b) = two();
    let (client, timer) = client(&[&a, &b], None);
    assert_eq!(block_on(client.block(Latest)).unwrap().unwrap().number, 20);
    a.set(Faults { lag: 5, ..Faults::default() });
    assert_eq!(block_on(client.block(Latest)).unwrap().unwrap().number, 20);
    timer.pass(Duration::from_secs(60));
    assert_eq!(block_on(client.block(18)).unwrap().unwrap().number, 18);
    assert_eq!(block_on(client.block(21)).unwrap(), None);
    a.set(Faults::default());
    timer.pass(Duration::from_secs(60));
    l1.mine();
    assert_eq!(block_on(client.block(Latest)).unwrap().unwrap().number, 21);
}

#[test]
fn a_chain_that_went_back_everywhere_is_believed() {
    let (l1, a, b) = two();
    let (client, _) = client(&[&a, &b], None);
    block_on(client.block(Latest)).unwrap();
    l1.unwind(15, crate::simulated::Forgotten::Yes);
    for _ in 0..3 {
        assert_eq!(block_on(client.block(Latest)).unwrap().unwrap().number, 5);
    }
    assert_eq!(block_on(client.block(9)).unwrap(), None);
}

#[test]
fn what_a_node_refuses_goes_to_the_caller_at_once() {
    let (_, a, b) = two();
    let (client, _) = client(&[&a, &b], None);
    let error = block_on(client.code(Address::ZERO, 1u64)).unwrap_err();
    assert!(matches!(error, L1Error::Refused { code: -32_000, .. }), "{error}");
    assert_eq!(b.requests(), 0);
}

#[test]
fn a_list_longer_than_a_batch_comes_whole_and_in_order() {
    let (l1, a, _) = two();
    l1.mine_empty(230);
    let (client, _) = client(&[&a], None);
    let blocks = block_on(client.blocks((0..=250).map(Into::into))).unwrap();
    let numbers: Vec<u64> = blocks.into_iter().map(|block| block.unwrap().number).collect();
    assert_eq!(numbers, (0..=250).collect::<Vec<u64>>());
    // Once for its chain.
    assert_eq!(a.requests(), 1 + 3);
}

proptest! {
    /// As long as one endpoint works, every question is answered, and right.
    #[test]
    fn one_that_works_is_enough(
        rounds in proptest::collection::vec(
            (0usize..3, 0u32..5, 0usize..8, any::<bool>(), 0u64..20), 1..30,
        ),
    ) {
        let l1 = SimulatedL1::new();
        l1.mine_empty(20);
        let endpoints = ["a", "b", "c"].map(|name| SimulatedAccess::new(name, &l1));
        let (client, timer) = client(&[&endpoints[0], &endpoints[1], &endpoints[2]], Some(CHAIN_ID));
        for (good, fail, lag, other, pause) in rounds {
            for (place, endpoint) in endpoints.iter().enumerate() {
                let chain_id = other.then_some(7);
                let bad = Faults { fail, lag, chain_id, ..Faults::default() };
                endpoint.set(if place == good { Faults::default() } else { bad });
            }
            timer.pass(Duration::from_secs(pause));
            l1.mine();
            // The one that works may rest from when it did not: it is asked again.
            let mut head = block_on(client.block(Latest));
            for _ in 0..8 {
                if head.is_ok() { break }
                timer.pass(Duration::from_secs(60));
                head = block_on(client.block(Latest));
            }
            let (head, newest) = (head.unwrap().unwrap().number, l1.head().header.number);
            prop_assert!(head <= newest && head + 8 > newest, "{head} of {newest}");
        }
    }
}
