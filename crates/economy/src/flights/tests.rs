use super::*;
use crate::action::{Action, Form, Layer};
use proptest::prelude::*;

const ALICE: Who = Who::Actor(0);

fn flight(who: Who, nonces: u64, mark: u8) -> Flight {
    let action = Action::Undelegate;
    let planned =
        Planned { id: u64::from(mark), who, layer: Layer::Chain, action, form: Form::Fees };
    Flight {
        planned,
        nonces,
        hashes: vec![B256::repeat_byte(mark)],
        raw: Bytes::new(),
        gas_limit: 21_000,
        price: Price::default(),
        sent: Duration::from_secs(1),
        sends: 1,
        passed: 0,
    }
}

#[test]
fn nonces_follow_on_one_another_and_a_delegation_takes_two() {
    let mut flights = Flights::default();
    flights.observe(ALICE, 5);
    for (nonce, nonces) in [(5, 1), (6, 2), (8, 1)] {
        assert_eq!(flights.nonce(ALICE), nonce);
        flights.launch(nonce, flight(ALICE, nonces, 1));
    }
    assert_eq!((flights.nonce(ALICE), flights.count()), (9, 3));
    flights.landed(ALICE, 5).unwrap();
    flights.landed(ALICE, 6).unwrap();
    assert_eq!((flights.nonce(ALICE), flights.count()), (9, 1));
}

#[test]
fn a_nonce_that_was_refused_is_taken_next() {
    let mut flights = Flights::default();
    (0..3).for_each(|nonce| flights.launch(nonce, flight(ALICE, 1, 1)));
    flights.remove(ALICE, 1).unwrap();
    assert_eq!(flights.nonce(ALICE), 1);
}

#[test]
fn after_a_reorg_the_nonces_of_before_are_taken_again() {
    let mut flights = Flights::default();
    (0..3).for_each(|nonce| flights.launch(nonce, flight(ALICE, 1, 1)));
    (0..3).for_each(|nonce| assert!(flights.landed(ALICE, nonce).is_some()));
    assert_eq!(flights.nonce(ALICE), 3);
    flights.observe(ALICE, 1);
    assert_eq!(flights.nonce(ALICE), 1);
    // The node has them in its mempool again and says so.
    flights.taken_below(ALICE, 3);
    assert_eq!(flights.nonce(ALICE), 3);
}

#[test]
fn one_that_another_took_the_nonce_of_is_lost_after_some_looks() {
    let mut flights = Flights::default();
    flights.launch(4, flight(ALICE, 1, 9));
    for _ in 0..LOOKS_UNTIL_LOST {
        assert_eq!(flights.lost(), []);
        flights.observe(ALICE, 5);
    }
    assert_eq!(flights.lost()[0].planned.id, 9);
    assert_eq!((flights.count(), flights.nonce(ALICE)), (0, 5));
}

#[test]
fn a_hole_below_what_is_on_its_way_is_found_once_it_is_overdue() {
    let mut flights = Flights::default();
    flights.taken_below(ALICE, 7);
    flights.launch(7, flight(ALICE, 1, 1));
    flights.observe(ALICE, 5);
    let soon = Duration::from_secs(2);
    assert_eq!(flights.gaps(soon), []);
    let late = soon + RESEND_AFTER;
    flights.launch(9, Flight { sent: late, ..flight(ALICE, 1, 1) });
    assert_eq!(flights.gaps(late), [(ALICE, 5), (ALICE, 6), (ALICE, 8)]);
    assert_eq!(flights.nonce(ALICE), 5);
    for nonce in [5, 6, 8] {
        flights.launch(nonce, Flight { sent: late, ..flight(ALICE, 1, 2) });
    }
    assert_eq!(flights.gaps(late), []);
    assert_eq!(flights.nonce(ALICE), 10);
}

#[test]
fn a_hole_after_a_reorg_is_found_at_once_and_only_so_much_of_it_is_filled() {
    let mut flights = Flights::default();
    flights.observe(ALICE, 100);
    flights.launch(100, flight(ALICE, 1, 1));
    let now = Duration::from_secs(16);
    assert_eq!(flights.gaps(Duration::from_secs(2)), []);
    flights.observe(ALICE, 97);
    assert_eq!(flights.gaps(now), [(ALICE, 97), (ALICE, 98), (ALICE, 99)]);
    flights.observe(ALICE, 0);
    assert_eq!(flights.gaps(now).len(), MAX_FILLED);
}

#[test]
fn after_the_node_was_away_all_are_sent_again_lowest_first() {
    let mut flights = Flights::default();
    for nonce in [2, 0, 1] {
        flights.launch(nonce, flight(ALICE, 1, 1));
    }
    let now = Duration::from_secs(15);
    assert_eq!(flights.overdue(now), []);
    flights.all_overdue();
    assert_eq!(flights.overdue(now), [(ALICE, 0), (ALICE, 1), (ALICE, 2)]);
}

#[test]
fn a_higher_price_is_enough_for_any_mempool_and_not_below_todays() {
    let (old, now) =
        (Price { max_fee: 800, priority_fee: 0 }, Price { max_fee: 10, priority_fee: 7 });
    assert_eq!(now.above(old), Price { max_fee: 901, priority_fee: 7 });
}

/// What may happen to one account.
#[derive(Debug, Clone)]
enum Event {
    Send { nonces: u64 },
    Land(u8),
    Refuse(u8),
    Observe(u64),
    Taken(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1_u64..3).prop_map(|nonces| Event::Send { nonces }),
        any::<u8>().prop_map(Event::Land),
        any::<u8>().prop_map(Event::Refuse),
        (0_u64..20).prop_map(Event::Observe),
        (0_u64..20).prop_map(Event::Taken),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::traffic::cases()))]

    #[test]
    fn no_nonce_is_ever_given_twice(events in prop::collection::vec(event(), 1..80)) {
        let mut flights = Flights::default();
        let mut on_way: BTreeMap<u64, u64> = BTreeMap::new();
        for event in events {
            let pick = |at: u8, all: &BTreeMap<u64, u64>| {
                all.keys().nth(usize::from(at) % all.len().max(1)).copied()
            };
            match event {
                Event::Send { nonces } => {
                    let nonce = flights.nonce(ALICE);
                    for (taken, count) in &on_way {
                        prop_assert!(nonce < *taken || nonce >= taken + count, "{nonce} is taken");
                    }
                    flights.launch(nonce, flight(ALICE, nonces, 1));
                    on_way.insert(nonce, nonces);
                }
                Event::Land(at) => if let Some(nonce) = pick(at, &on_way) {
                    prop_assert!(flights.landed(ALICE, nonce).is_some());
                    on_way.remove(&nonce);
                },
                Event::Refuse(at) => if let Some(nonce) = pick(at, &on_way) {
                    prop_assert!(flights.remove(ALICE, nonce).is_some());
                    on_way.remove(&nonce);
                },
                Event::Observe(next) => flights.observe(ALICE, next),
                Event::Taken(floor) => flights.taken_below(ALICE, floor),
            }
            prop_assert_eq!(flights.count(), on_way.len());
        }
    }
}
