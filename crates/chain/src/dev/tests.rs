use super::*;

#[test]
fn the_next_timestamp_is_the_one_asked_for_and_later_ones_are_not_before_it() {
    let dev = Dev::default();
    assert_eq!(dev.timestamp(100, 102), 102);
    dev.set_earliest(500);
    assert_eq!(dev.timestamp(100, 102), 500);
    assert_eq!(dev.timestamp(500, 502), 502);
    dev.set_exact(300);
    assert_eq!(dev.timestamp(100, 102), 300);
    assert_eq!(dev.timestamp(300, 302), 500);
    dev.forget_times();
    assert_eq!(dev.timestamp(100, 102), 102);
}

#[test]
fn going_back_uses_a_snapshot_up_with_all_that_were_taken_after_it() {
    let dev = Dev::default();
    let at = |number| Snapshot { number, hash: B256::ZERO, finality: Finality::default() };
    let ids: Vec<u64> = (1..=3).map(|number| dev.keep(at(number))).collect();
    assert_eq!(ids, [1, 2, 3]);
    dev.drop_from(2);
    assert_eq!(
        ids.iter().map(|id| dev.snapshot(*id)).collect::<Vec<_>>(),
        [Some(at(1)), None, None]
    );
    assert_eq!(dev.keep(at(4)), 4, "an id is never given twice");
}

#[test]
fn whoever_is_impersonated_may_send_until_that_ends() {
    let dev = Dev::default();
    let [alice, bob] = [1, 2].map(Address::repeat_byte);
    dev.impersonate(alice);
    assert!(dev.is_impersonated(alice) && !dev.is_impersonated(bob));
    assert!(dev.stop_impersonating(alice) && !dev.stop_impersonating(alice));
    assert!(!dev.is_impersonated(alice));
    dev.impersonate_all(true);
    assert!(dev.is_impersonated(bob));
}
