use super::*;
use alloy_primitives::U64;
use proptest::prelude::*;
use serde_json::{json, value::to_raw_value};

const SECOND: Duration = Duration::from_secs(1);

fn failover(count: usize) -> Failover {
    let limits = L1Limits { back_off: SECOND, max_back_off: 60 * SECOND, ..L1Limits::default() };
    Failover::new(count, limits, Some(1))
}

fn newest() -> [Call; 1] {
    [Call { method: "", params: json!([]), expects: Expects::Newest }]
}

fn block(number: u64) -> [Call; 1] {
    [Call { method: "", params: json!([]), expects: Expects::Block(number) }]
}

fn answer(number: Option<u64>) -> [Answer; 1] {
    let block = number.map(|number| json!({ "number": U64::from(number) }));
    [Ok(to_raw_value(&block).unwrap())]
}

#[test]
fn the_first_is_asked_for_its_chain_and_then_used() {
    let mut state = failover(2);
    assert_eq!(state.choose(SECOND), Choice::Identify(0));
    assert_eq!(state.identified(0, 1, SECOND), Ok(()));
    assert_eq!(state.choose(SECOND), Choice::Ask(0));
}

#[test]
fn after_a_failure_the_next_is_used_and_later_the_first_again_which_is_identified_anew() {
    let mut state = failover(2);
    state.identified(0, 1, SECOND).unwrap();
    state.identified(1, 1, SECOND).unwrap();
    state.failed(0, SECOND, &Fault::Timeout);
    assert_eq!(state.choose(SECOND), Choice::Ask(1));
    assert_eq!(state.choose(2 * SECOND), Choice::Identify(0));
    state.failed(0, 2 * SECOND, &Fault::Timeout);
    assert_eq!(state.choose(3 * SECOND), Choice::Ask(1));
    state.failed(1, 3 * SECOND, &Fault::Timeout);
    assert_eq!(state.choose(3 * SECOND), Choice::Wait(4 * SECOND));
}

#[test]
fn endpoints_of_another_chain_are_not_used_and_if_all_are_that_is_said() {
    let mut state = failover(2);
    assert_eq!(state.identified(0, 5, SECOND), Err(1));
    assert_eq!(state.fault(0), Fault::OtherChain { expected: 1, found: 5 });
    assert_eq!(state.choose(SECOND), Choice::Identify(1));
    assert_eq!(state.identified(1, 6, SECOND), Err(1));
    assert_eq!(state.choose(SECOND), Choice::OtherChain(0, 5));
    assert_eq!(state.choose(2 * SECOND), Choice::Identify(0));
}

#[test]
fn without_a_wanted_chain_the_first_to_answer_decides() {
    let mut state = Failover::new(2, L1Limits::default(), None);
    state.identified(1, 7, SECOND).unwrap();
    assert_eq!(state.chain_id(), Some(7));
    assert_eq!(state.identified(0, 8, SECOND), Err(7));
}

#[test]
fn an_endpoint_is_behind_if_another_has_shown_more() {
    let mut state = failover(2);
    state.accepted(&newest(), &answer(Some(100)), Freshness::Current);
    for (head, expected) in [(97, Freshness::Current), (96, Freshness::Behind)] {
        assert_eq!(state.judge(&newest(), &answer(Some(head))), expected);
    }
    assert_eq!(state.judge(&block(100), &answer(None)), Freshness::Behind);
    assert_eq!(state.judge(&block(101), &answer(None)), Freshness::Current);
    // A chain that went back is believed once nobody knows better.
    state.accepted(&newest(), &answer(Some(10)), Freshness::Behind);
    assert_eq!(state.judge(&newest(), &answer(Some(11))), Freshness::Current);
}

proptest! {
    /// Whatever fails and whenever: a rest never exceeds the longest, doubles until then, and the
    /// choice is the first endpoint that does not rest.
    #[test]
    fn the_choice_is_always_the_first_that_does_not_rest(
        count in 1usize..5,
        events in proptest::collection::vec((0usize..5, any::<bool>(), 0u64..100), 0..200),
    ) {
        let mut state = failover(count);
        let mut now = Duration::ZERO;
        let mut failures = vec![0u32; count];
        let mut until = vec![Duration::ZERO; count];
        for (place, ok, pause) in events {
            let place = place % count;
            now += Duration::from_secs(pause);
            if ok {
                state.answered(place);
                (failures[place], until[place]) = (0, Duration::ZERO);
            } else {
                state.failed(place, now, &Fault::Timeout);
                let rest = Duration::from_secs(2u64.saturating_pow(failures[place]).min(60));
                (failures[place], until[place]) = (failures[place] + 1, now + rest);
            }
            let expected = match until.iter().position(|until| *until <= now) {
                Some(place) => Choice::Identify(place),
                None => Choice::Wait(*until.iter().min().unwrap()),
            };
            prop_assert_eq!(state.choose(now), expected);
        }
    }
}
