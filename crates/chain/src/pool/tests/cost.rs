//! With 20,000 transactions no call looks at more than a few.

use super::{super::*, build::*};

const SENDERS: u64 = 5_000;

/// 5,000 senders with four each; every second sender pays less than the base fee.
fn full_pool() -> Pool {
    let mut pool = pool();
    for nonce in 0..4 {
        for seed in 0..SENDERS {
            let price = if seed % 2 == 0 { 5 } else { 20 + u128::from(seed * 7 % 1_000) };
            pool.insert(tx(seed, nonce, price).done(), rich(), &market()).unwrap();
        }
    }
    assert_eq!(pool.status().pending, 20_000);
    pool
}

#[test]
fn a_full_pool_costs_no_more_than_an_empty_one() {
    let mut pool = full_pool();
    assert!(pool.visited() <= 3 * 20_000, "{} for 20,000 newcomers", pool.visited());
    for seed in 0..1_000 {
        let before = pool.visited();
        let newcomer = tx(SENDERS + seed, 0, 2_000).done();
        assert_eq!(pool.insert(newcomer, rich(), &market()).unwrap().evicted.len(), 1);
        let refused = tx(2 * SENDERS + seed, 0, 4).done();
        assert!(pool.insert(refused, rich(), &market()).is_err());
        let gapped = tx(2 * SENDERS + seed, 9, 9_000).done();
        assert_eq!(pool.insert(gapped, rich(), &market()), Err(PoolError::Full));
        assert!(pool.visited() - before <= 8, "{}", pool.visited() - before);
    }
    super::check(&pool);
}

#[test]
fn a_block_looks_at_each_sender_once() {
    let mut pool = full_pool();
    let mut selection = Selection::new(market());
    assert!(pool.next_best(&mut selection).is_some());
    assert!(selection.visited() <= SENDERS + 1, "{}", selection.visited());
    for seed in 0..9_000 {
        let before = selection.visited();
        let arrival = seed % 3 == 0;
        if arrival {
            let newcomer = tx(SENDERS + seed, 0, 2_000).done();
            pool.insert(newcomer, rich(), &market()).unwrap();
        }
        assert!(pool.next_best(&mut selection).is_some());
        // The newcomer, the sender whose furthest went for it, and what is taken.
        let most = if arrival { 4 } else { 2 };
        assert!(selection.visited() - before <= most, "{}", selection.visited() - before);
    }
}

#[test]
fn a_long_queue_of_one_sender_is_not_walked() {
    let mut pool = pool();
    for nonce in 0..1_000 {
        pool.insert(tx(0, nonce, 20).done(), rich(), &market()).unwrap();
    }
    assert!(pool.visited() <= 3 * 1_000);
    let block: Vec<_> = (0..500).map(|nonce| tx(0, nonce, 20).done()).collect();
    let before = pool.visited();
    pool.mark_in_flight(1, &block);
    pool.abandon(1, &market());
    pool.mark_in_flight(1, &block);
    let mined = block.iter().map(|tx| (tx.sender(), tx.nonce(), tx.hash()));
    pool.on_block(1, mined, [(sender(0), 500, U256::from(ETHER))], &market());
    assert!(pool.visited() - before <= 5 * 500, "{}", pool.visited() - before);
    assert_eq!(pool.status().pending, 500);
}
