//! The order of a block.

use super::{super::*, build::*};

fn next(pool: &Pool, selection: &mut Selection) -> Option<(u64, u64)> {
    let tx = pool.next_best(selection)?;
    let seed = (0..100).find(|seed| sender(*seed) == tx.sender()).unwrap();
    Some((seed, tx.nonce()))
}

fn all(pool: &Pool, market: Market) -> Vec<(u64, u64)> {
    let mut selection = Selection::new(market);
    std::iter::from_fn(|| next(pool, &mut selection)).collect()
}

#[test]
fn tips_then_arrivals_and_nonces_in_order() {
    let mut pool = pool();
    for build in [tx(0, 0, 20), tx(0, 1, 90), tx(1, 0, 40), tx(2, 0, 40), tx(1, 1, 15)] {
        insert(&mut pool, build.done()).unwrap();
    }
    assert_eq!(all(&pool, market()), [(1, 0), (2, 0), (0, 0), (0, 1), (1, 1)]);
}

#[test]
fn tips_are_those_at_the_base_fee() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 0).fees(100, 3).done()).unwrap();
    insert(&mut pool, tx(1, 0, 0).fees(30, 15).done()).unwrap();
    insert(&mut pool, tx(2, 0, 0).fees(12, 12).done()).unwrap();
    let at = |base_fee| all(&pool, Market { base_fee, ..market() });
    assert_eq!(at(10), [(1, 0), (0, 0), (2, 0)]);
    assert_eq!(at(28), [(0, 0), (1, 0)]);
    assert_eq!(at(31), [(0, 0)]);
    assert_eq!(at(101), []);
}

#[test]
fn blobs_and_gas_must_fit_the_block() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 20).blobs(1, 5)).unwrap();
    insert(&mut pool, tx(0, 1, 20).done()).unwrap();
    insert(&mut pool, tx(1, 0, 15).gas(50_000).done()).unwrap();
    assert_eq!(all(&pool, Market { blob_base_fee: 5, ..market() }).len(), 3);
    assert_eq!(all(&pool, Market { blob_base_fee: 6, ..market() }), [(1, 0)]);
    assert_eq!(all(&pool, Market { gas_limit: 30_000, ..market() }), [(0, 0), (0, 1)]);
}

#[test]
fn a_refused_sender_waits_for_the_next_block() {
    let mut pool = pool();
    for build in [tx(0, 0, 40), tx(0, 1, 40), tx(1, 0, 30), tx(1, 1, 20)] {
        insert(&mut pool, build.done()).unwrap();
    }
    let mut selection = Selection::new(market());
    assert_eq!(next(&pool, &mut selection), Some((0, 0)));
    selection.refuse(sender(0));
    insert(&mut pool, tx(0, 0, 90).done()).unwrap();
    assert_eq!(next(&pool, &mut selection), Some((1, 0)));
    assert_eq!(next(&pool, &mut selection), Some((1, 1)));
    assert_eq!(next(&pool, &mut selection), None);
    assert_eq!(all(&pool, market()).len(), 4);
}

#[test]
fn what_changes_during_the_block_counts() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 40).done()).unwrap();
    insert(&mut pool, tx(0, 2, 40).done()).unwrap();
    insert(&mut pool, tx(1, 0, 20).done()).unwrap();
    let mut selection = Selection::new(market());
    assert_eq!(next(&pool, &mut selection), Some((0, 0)));
    // An arrival, a replacement of one that is next, and a gap that closes.
    insert(&mut pool, tx(2, 0, 30).done()).unwrap();
    insert(&mut pool, tx(1, 0, 35).done()).unwrap();
    insert(&mut pool, tx(0, 1, 33).done()).unwrap();
    assert_eq!(next(&pool, &mut selection), Some((1, 0)));
    assert_eq!(next(&pool, &mut selection), Some((0, 1)));
    // A replacement of one that is taken is not offered again, nor is one that has gone.
    insert(&mut pool, tx(0, 1, 99).done()).unwrap();
    pool.remove(&tx(2, 0, 30).done().hash(), Reason::Requested).unwrap();
    assert_eq!(next(&pool, &mut selection), Some((0, 2)));
    assert_eq!(next(&pool, &mut selection), None);
    insert(&mut pool, tx(0, 3, 20).done()).unwrap();
    assert_eq!(next(&pool, &mut selection), Some((0, 3)));
    assert_eq!(next(&pool, &mut selection), None);
}

#[test]
fn a_replacement_that_changes_no_index_counts_too() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 20).done()).unwrap();
    insert(&mut pool, tx(0, 1, 40).done()).unwrap();
    let mut selection = Selection::new(market());
    assert_eq!(next(&pool, &mut selection), Some((0, 0)));
    // Same size, and neither is the cheapest of its sender.
    insert(&mut pool, tx(0, 1, 60).done()).unwrap();
    let tx = pool.next_best(&mut selection).unwrap();
    assert_eq!((tx.nonce(), tx.max_fee()), (1, 60));
    assert_eq!(next(&pool, &mut selection), None);
}

#[test]
fn an_announcement_during_the_block_changes_nothing() {
    let mut pool = pool();
    for nonce in 0..3 {
        insert(&mut pool, tx(0, nonce, 20).done()).unwrap();
    }
    let first = tx(0, 0, 20).done();
    pool.mark_in_flight(1, [&first]);
    let mut selection = Selection::new(market());
    assert_eq!(next(&pool, &mut selection), Some((0, 1)));
    let after = [(sender(0), 1, U256::from(ETHER))];
    pool.on_block(1, [(sender(0), 0, first.hash())], after, &market());
    assert_eq!(next(&pool, &mut selection), Some((0, 2)));
    assert_eq!(next(&pool, &mut selection), None);
}
