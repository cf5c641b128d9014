//! One sender: nonces, funds, replacement, its own limits.

use super::{super::*, build::*};

fn words(result: Result<Inserted, PoolError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_gap_is_waited_for() {
    let mut pool = pool();
    assert!(insert(&mut pool, tx(0, 0, 20).done()).unwrap().ready);
    for nonce in [2, 3, 5] {
        assert!(!insert(&mut pool, tx(0, nonce, 20).done()).unwrap().ready);
    }
    assert_eq!(nonces_of(&pool, 0), (vec![0], vec![2, 3, 5]));
    assert_eq!(pool.pending_nonce(sender(0), 0), 1);
    assert!(insert(&mut pool, tx(0, 1, 20).done()).unwrap().ready);
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1, 2, 3], vec![5]));
    assert_eq!(pool.pending_nonce(sender(0), 0), 4);
    assert_eq!(pool.pending_nonce(sender(0), 9), 9);
    assert_eq!(pool.pending_nonce(sender(1), 7), 7);
    assert_eq!((pool.status().pending, pool.status().queued), (4, 1));
}

#[test]
fn a_used_nonce_is_refused() {
    let mut pool = pool();
    let five = Sender { nonce: 5, ..rich() };
    let error = pool.insert(tx(0, 3, 20).done(), five, &market()).unwrap_err();
    assert_eq!(error.to_string(), "nonce too low: next nonce 5, tx nonce 3");
}

#[test]
fn the_same_is_known() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 20).done()).unwrap();
    assert_eq!(words(insert(&mut pool, tx(0, 0, 20).done())), "already known");
}

#[test]
fn the_balance_covers_the_cost() {
    let mut pool = pool();
    let poor = Sender { balance: U256::from(21_000 * 20), ..rich() };
    let error = pool.insert(tx(0, 0, 20).value(1).done(), poor, &market()).unwrap_err();
    let expected = "insufficient funds for gas * price + value: balance 420000, tx cost 420001, \
                    overshot 1";
    assert_eq!(error.to_string(), expected);
    assert!(pool.insert(tx(0, 0, 20).done(), poor, &market()).unwrap().ready);
    assert_eq!(nonces_of(&pool, 0), (vec![0], vec![]));
    let absurd = Build { value: U256::MAX, ..tx(1, 0, 20) }.done();
    let richest = Sender { balance: U256::MAX, ..rich() };
    assert!(pool.insert(absurd, richest, &market()).is_err());
}

#[test]
fn the_balance_covers_all_executable_ones() {
    let mut pool = pool();
    let poor = Sender { balance: U256::from(1_000_000), ..rich() };
    let mut insert = |build: Build| pool.insert(build.done(), poor, &market());
    insert(tx(0, 0, 20)).unwrap();
    insert(tx(0, 1, 20)).unwrap();
    let expected = "insufficient funds for gas * price + value: balance 1000000, queued cost \
                    840000, tx cost 420000, overshot 260000";
    assert_eq!(words(insert(tx(0, 2, 20))), expected);
    assert_eq!(words(insert(tx(0, 5, 20))), expected);
    insert(tx(0, 1, 22)).unwrap();
    let expected = "insufficient funds for gas * price + value: balance 1000000, queued cost \
                    462000, tx cost 630000, overshot 92000";
    assert_eq!(words(insert(tx(0, 0, 30))), expected);
}

#[test]
fn unaffordable_ones_wait_in_the_queue() {
    let mut pool = pool();
    let poor = Sender { balance: U256::from(1_000_000), ..rich() };
    for nonce in [1, 2, 3] {
        assert!(!pool.insert(tx(0, nonce, 20).done(), poor, &market()).unwrap().ready);
    }
    assert!(pool.insert(tx(0, 0, 20).done(), poor, &market()).unwrap().ready);
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1], vec![2, 3]));
    // With more money they move on, with less they move back; none is lost.
    assert!(pool.reset_account(sender(0), 0, U256::from(1_300_000)).is_empty());
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1, 2], vec![3]));
    assert!(pool.reset_account(sender(0), 0, U256::ZERO).is_empty());
    assert_eq!(nonces_of(&pool, 0), (vec![], vec![0, 1, 2, 3]));
    super::check(&pool);
}

#[test]
fn the_data_fee_counts() {
    let mut pool = pool();
    let balance = U256::from(420_010);
    let exact = Sender { balance, ..rich() };
    let fee = |fee| Build { data_fee: U256::from(fee), ..tx(0, 0, 20) }.done();
    let error = pool.insert(fee(11), exact, &market()).unwrap_err();
    let cost = U256::from(420_011);
    assert_eq!(error, PoolError::InsufficientFunds { balance, cost });
    pool.insert(fee(10), exact, &market()).unwrap();
}

#[test]
fn a_replacement_raises_every_fee() {
    let mut pool = pool();
    let first = tx(0, 0, 0).fees(1_000, 100).done();
    insert(&mut pool, first.clone()).unwrap();
    let low = "replacement transaction underpriced: gas fee cap 1099, minimum needed 1100";
    assert_eq!(words(insert(&mut pool, tx(0, 0, 0).fees(1_099, 200).done())), low);
    let low = "replacement transaction underpriced: gas tip cap 109, minimum needed 110";
    assert_eq!(words(insert(&mut pool, tx(0, 0, 0).fees(2_000, 109).done())), low);
    let second = tx(0, 0, 0).fees(1_100, 110).done();
    let inserted = insert(&mut pool, second.clone()).unwrap();
    assert_eq!(inserted.replaced, Some(first.hash()));
    assert!(inserted.ready && inserted.evicted.is_empty());
    assert_eq!(hashes_of(&pool, 0).0, [second.hash()]);
    assert!(pool.get(&first.hash()).is_none() && pool.get(&second.hash()).is_some());
}

#[test]
fn a_free_transaction_is_replaced_for_a_wei() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 0).fees(100, 0).done()).unwrap();
    let low = words(insert(&mut pool, tx(0, 0, 0).fees(200, 0).value(1).done()));
    assert_eq!(low, "replacement transaction underpriced: gas tip cap 0, minimum needed 1");
    insert(&mut pool, tx(0, 0, 0).fees(200, 1).done()).unwrap();
}

#[test]
fn blobs_are_replaced_at_twice_the_fees() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 100).blobs(1, 50)).unwrap();
    let low = "replacement transaction underpriced: gas fee cap 199, minimum needed 200";
    assert_eq!(words(insert(&mut pool, tx(0, 0, 199).blobs(1, 100))), low);
    assert_eq!(words(insert(&mut pool, tx(0, 0, 199).done())), low);
    let low = "replacement transaction underpriced: blob fee cap 99, minimum needed 100";
    assert_eq!(words(insert(&mut pool, tx(0, 0, 200).blobs(1, 99))), low);
    insert(&mut pool, tx(0, 0, 200).blobs(2, 100)).unwrap();
    assert_eq!(pool.status().blob_bytes, tx(0, 0, 0).blobs(2, 1).blob_bytes());
    insert(&mut pool, tx(0, 0, 400).done()).unwrap();
    assert_eq!(pool.status().blob_bytes, 0);
}

#[test]
fn blobs_do_not_wait_behind_a_gap() {
    let mut pool = pool();
    insert(&mut pool, tx(0, 0, 20).blobs(1, 1)).unwrap();
    let gap = "nonce too high: tx nonce 2, gapped nonce 1";
    assert_eq!(words(insert(&mut pool, tx(0, 2, 20).blobs(1, 1))), gap);
}

#[test]
fn a_sender_has_only_so_many() {
    let mut pool = Pool::new(PoolLimits { max_per_account: 3, ..PoolLimits::default() });
    for nonce in 1..4 {
        insert(&mut pool, tx(0, nonce, 20).done()).unwrap();
    }
    let full = "account limit exceeded: pooled 3 txs";
    assert_eq!(words(insert(&mut pool, tx(0, 4, 20).done())), full);
    // The gap can be filled all the same: the furthest goes for it.
    let inserted = insert(&mut pool, tx(0, 0, 20).done()).unwrap();
    assert_eq!((inserted.evicted, inserted.ready), (vec![tx(0, 3, 20).done().hash()], true));
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1, 2], vec![]));
    // An executable one does not go, and a replacement needs no place.
    assert_eq!(words(insert(&mut pool, tx(0, 3, 20).done())), full);
    insert(&mut pool, tx(0, 2, 40).done()).unwrap();
    insert(&mut pool, tx(1, 0, 20).done()).unwrap();
}

#[test]
fn a_sender_has_only_so_many_blob_transactions() {
    let mut pool = Pool::new(PoolLimits { max_blobs_per_account: 2, ..PoolLimits::default() });
    insert(&mut pool, tx(0, 0, 20).blobs(1, 1)).unwrap();
    insert(&mut pool, tx(0, 1, 20).blobs(1, 1)).unwrap();
    let full = "account limit exceeded: pooled 2 txs";
    assert_eq!(words(insert(&mut pool, tx(0, 2, 20).blobs(1, 1))), full);
    insert(&mut pool, tx(0, 2, 20).done()).unwrap();
    insert(&mut pool, tx(0, 1, 40).blobs(1, 2)).unwrap();
}

#[test]
fn what_follows_a_removed_one_is_queued() {
    let mut pool = pool();
    for nonce in 0..4 {
        insert(&mut pool, tx(0, nonce, 20).done()).unwrap();
    }
    let hash = tx(0, 1, 20).done().hash();
    let dropped = pool.remove(&hash, Reason::Invalid).unwrap();
    assert_eq!((dropped.transaction.hash(), dropped.reason), (hash, Reason::Invalid));
    assert_eq!(nonces_of(&pool, 0), (vec![0], vec![2, 3]));
    assert!(pool.remove(&hash, Reason::Invalid).is_none());
    super::check(&pool);
}

#[test]
fn queries_agree() {
    let mut pool = pool();
    insert(&mut pool, tx(1, 0, 20).done()).unwrap();
    insert(&mut pool, tx(0, 0, 20).done()).unwrap();
    insert(&mut pool, tx(0, 2, 20).done()).unwrap();
    assert_eq!(pool.accounts().collect::<Vec<_>>(), [sender(0), sender(1)]);
    let hashes = [tx(0, 0, 20).done().hash(), tx(1, 0, 20).done().hash()];
    assert_eq!(pool.pending_hashes(), hashes);
    let content = pool.content();
    assert_eq!(content.len(), 2);
    assert_eq!(content[&sender(0)].queued[0].nonce(), 2);
    let bytes = 3 * tx(0, 0, 20).done().bytes();
    let expected = PoolStatus { pending: 2, queued: 1, bytes, ..PoolStatus::default() };
    assert!(pool.status().bytes.abs_diff(bytes) <= 3);
    assert_eq!(PoolStatus { bytes, ..pool.status() }, expected);
}
