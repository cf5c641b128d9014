//! A full pool: who goes, who is refused.

use super::{super::*, build::*};

fn words(result: Result<Inserted, PoolError>) -> String {
    result.unwrap_err().to_string()
}

fn hash(seed: u64, nonce: u64, price: u128) -> TxHash {
    tx(seed, nonce, price).done().hash()
}

#[test]
fn the_cheapest_goes_for_a_better_one() {
    let mut pool = room_for(3);
    for seed in 0..3 {
        insert(&mut pool, tx(seed, 0, 30 - u128::from(seed)).done()).unwrap();
    }
    let refused = "transaction underpriced: the txpool is full and asks for a gas price above 28, \
                   offered 28";
    assert_eq!(words(insert(&mut pool, tx(3, 0, 28).done())), refused);
    let inserted = insert(&mut pool, tx(3, 0, 29).done()).unwrap();
    assert_eq!(inserted.evicted, [hash(2, 0, 28)]);
    assert_eq!(pool.accounts().collect::<Vec<_>>(), [sender(0), sender(1), sender(3)]);
    // A replacement needs no place.
    insert(&mut pool, tx(3, 0, 40).done()).unwrap();
}

#[test]
fn the_base_fee_decides_which_is_cheapest() {
    // At base fee 10 the first pays 15, the second 12; at base fee 20 they pay 25 and 100.
    for (base_fee, gone) in [(10, 1), (95, 0)] {
        let mut pool = room_for(2);
        let market = Market { base_fee, ..market() };
        let fees = [tx(0, 0, 0).fees(96, 5).done(), tx(1, 0, 0).fees(100, 2).done()];
        for tx in &fees {
            pool.insert(tx.clone(), rich(), &market).unwrap();
        }
        let newcomer = tx(2, 0, 500).done();
        let inserted = pool.insert(newcomer, rich(), &market).unwrap();
        assert_eq!(inserted.evicted, [fees[gone].hash()], "base fee {base_fee}");
    }
}

#[test]
fn the_furthest_of_the_cheapest_sender_goes() {
    let mut pool = room_for(4);
    insert(&mut pool, tx(0, 0, 11).done()).unwrap();
    insert(&mut pool, tx(0, 1, 900).done()).unwrap();
    insert(&mut pool, tx(0, 2, 800).done()).unwrap();
    insert(&mut pool, tx(1, 0, 50).done()).unwrap();
    let inserted = insert(&mut pool, tx(2, 0, 60).done()).unwrap();
    assert_eq!(inserted.evicted, [hash(0, 2, 800)]);
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1], vec![]));
}

#[test]
fn what_comes_after_a_cheap_one_is_cheap() {
    let mut pool = room_for(2);
    insert(&mut pool, tx(0, 0, 11).done()).unwrap();
    insert(&mut pool, tx(1, 0, 50).done()).unwrap();
    let refused = "transaction underpriced: the txpool is full and asks for a gas price above 11, \
                   offered 11";
    assert_eq!(words(insert(&mut pool, tx(0, 1, 1_000).done())), refused);
}

#[test]
fn of_equals_the_sender_with_most_loses() {
    let mut pool = room_for(4);
    insert(&mut pool, tx(0, 0, 20).done()).unwrap();
    insert(&mut pool, tx(1, 0, 20).done()).unwrap();
    insert(&mut pool, tx(1, 1, 20).done()).unwrap();
    insert(&mut pool, tx(2, 0, 20).done()).unwrap();
    let inserted = insert(&mut pool, tx(3, 0, 21).done()).unwrap();
    assert_eq!(inserted.evicted, [hash(1, 1, 20)]);
}

#[test]
fn queued_ones_go_first() {
    let mut pool = room_for(2);
    insert(&mut pool, tx(0, 0, 11).done()).unwrap();
    insert(&mut pool, tx(1, 5, 900).done()).unwrap();
    let inserted = insert(&mut pool, tx(2, 0, 1).done()).unwrap();
    assert_eq!(inserted.evicted, [hash(1, 5, 900)]);
}

#[test]
fn gaps_push_nobody_out() {
    let mut pool = room_for(3);
    insert(&mut pool, tx(0, 0, 11).done()).unwrap();
    insert(&mut pool, tx(1, 0, 11).done()).unwrap();
    insert(&mut pool, tx(2, 7, 50).done()).unwrap();
    // Against an executable one: never. Against a queued one: by price.
    for nonce in 1..100 {
        assert_eq!(words(insert(&mut pool, tx(3, nonce, 50).done())), "txpool is full");
    }
    assert_eq!(insert(&mut pool, tx(3, 9, 51).done()).unwrap().evicted, [hash(2, 7, 50)]);
    for nonce in 10..100 {
        assert_eq!(words(insert(&mut pool, tx(3, nonce, 900).done())), "txpool is full");
    }
    assert_eq!(pool.status().pending, 2);
}

#[test]
fn many_small_ones_go_for_a_large_one_or_none_does() {
    let one = tx(0, 0, 20).done().bytes();
    let limits = PoolLimits { max_bytes: 10 * one, ..PoolLimits::default() };
    let mut pool = Pool::new(limits);
    for seed in 0..10 {
        insert(&mut pool, tx(seed, 0, 20 + u128::from(seed)).done()).unwrap();
    }
    let large = |price| tx(10, 0, price).gas(100_000).data(vec![0; 4 * one - 10]).done();
    // The fifth that would have to go pays 24: the four before it stay as well.
    let refused = "transaction underpriced: the txpool is full and asks for a gas price above 24, \
                   offered 24";
    assert_eq!(words(insert(&mut pool, large(24))), refused);
    assert_eq!(pool.status().pending, 10);
    assert_eq!(insert(&mut pool, large(25)).unwrap().evicted.len(), 5);
    assert!(pool.status().bytes <= limits.max_bytes);
    let huge = tx(11, 0, 900).gas(1_000_000).data(vec![0; limits.max_bytes]).done();
    assert_eq!(words(insert(&mut pool, huge)), "txpool is full");
    assert_eq!(pool.status().pending, 6);
}

#[test]
fn blobs_push_out_blobs_alone() {
    let blob = tx(0, 0, 0).blobs(1, 1).blob_bytes();
    let limits = PoolLimits { max_blob_bytes: 2 * blob, ..PoolLimits::default() };
    let mut pool = Pool::new(limits);
    insert(&mut pool, tx(0, 0, 10).done()).unwrap();
    insert(&mut pool, tx(1, 0, 20).blobs(1, 1)).unwrap();
    insert(&mut pool, tx(2, 0, 30).blobs(1, 1)).unwrap();
    let refused = "transaction underpriced: the txpool is full and asks for a gas price above 20, \
                   offered 20";
    assert_eq!(words(insert(&mut pool, tx(3, 0, 20).blobs(1, 1))), refused);
    let inserted = insert(&mut pool, tx(3, 0, 25).blobs(1, 1)).unwrap();
    assert_eq!(inserted.evicted, [tx(1, 0, 20).blobs(1, 1).hash()]);
    assert_eq!(words(insert(&mut pool, tx(4, 0, 99).blobs(3, 1))), "txpool is full");
    // One that brings more blobs than the one it replaces has to find room too.
    assert_eq!(insert(&mut pool, tx(2, 0, 60).blobs(2, 2)).unwrap().evicted.len(), 1);
    assert_eq!(pool.status().blob_bytes, tx(0, 0, 0).blobs(2, 1).blob_bytes());
}

#[test]
fn a_pool_for_nothing_takes_nothing() {
    let mut pool = room_for(0);
    assert_eq!(words(insert(&mut pool, tx(0, 0, 20).done())), "txpool is full");
    assert_eq!(pool.accounts().count(), 0);
}
