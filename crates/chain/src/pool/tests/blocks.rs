//! In flight, announced, abandoned, reorganised.

use super::{super::*, build::*};

fn mined(tx: &PoolTransaction) -> (Address, u64, TxHash) {
    (tx.sender(), tx.nonce(), tx.hash())
}

/// Four of account 0, one of account 1; `[0][0..2]` and `[1][0]` in flight in block 1.
fn with_block_one() -> (Pool, Vec<PoolTransaction>) {
    let mut pool = pool();
    for nonce in 0..4 {
        insert(&mut pool, tx(0, nonce, 20).done()).unwrap();
    }
    insert(&mut pool, tx(1, 0, 20).done()).unwrap();
    let block = vec![tx(0, 0, 20).done(), tx(0, 1, 20).done(), tx(1, 0, 20).done()];
    assert!(pool.mark_in_flight(1, &block).is_empty());
    super::check(&pool);
    (pool, block)
}

fn offered(pool: &Pool) -> Vec<(Address, u64)> {
    let mut selection = Selection::new(market());
    let next = || pool.next_best(&mut selection);
    std::iter::from_fn(next).map(|tx| (tx.sender(), tx.nonce())).collect()
}

#[test]
fn in_flight_ones_are_found_and_counted_but_not_offered() {
    let (mut pool, block) = with_block_one();
    assert_eq!(offered(&pool), [(sender(0), 2), (sender(0), 3)]);
    assert_eq!(pool.get(&block[0].hash()).unwrap().hash(), block[0].hash());
    assert_eq!(pool.pending_nonce(sender(1), 0), 1);
    assert_eq!((pool.status().pending, pool.status().in_flight), (2, 3));
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1, 2, 3], vec![]));
    assert_eq!(pool.pending_hashes().len(), 5);
    // Nor can they be replaced, sent again or removed.
    assert_eq!(insert(&mut pool, tx(0, 0, 20).done()), Err(PoolError::AlreadyKnown));
    let error = insert(&mut pool, tx(0, 1, 90).done()).unwrap_err();
    assert_eq!(error.to_string(), "nonce too low: next nonce 2, tx nonce 1");
    assert!(pool.remove(&block[0].hash(), Reason::Requested).is_none());
}

#[test]
fn in_flight_costs_count_until_announced() {
    let mut pool = pool();
    let balance = U256::from(1_000_000);
    let poor = Sender { balance, ..rich() };
    let first = tx(0, 0, 40).done();
    pool.insert(first.clone(), poor, &market()).unwrap();
    pool.mark_in_flight(1, [&first]);
    assert!(pool.insert(tx(0, 1, 20).done(), poor, &market()).is_err());
    let after = [(sender(0), 1, U256::from(500_000))];
    pool.on_block(1, [mined(&first)], after, &market());
    let later = Sender { nonce: 1, balance: U256::from(500_000), has_code: false };
    pool.insert(tx(0, 1, 20).done(), later, &market()).unwrap();
}

#[test]
fn an_announced_block_takes_its_transactions() {
    let (mut pool, block) = with_block_one();
    let ether = U256::from(ETHER);
    let senders = [(sender(0), 2, ether), (sender(1), 1, ether), (sender(7), 3, ether)];
    let dropped = pool.on_block(1, block.iter().map(mined), senders, &market());
    super::check(&pool);
    let hashes: Vec<_> = dropped.iter().map(|gone| gone.transaction.hash()).collect();
    assert_eq!(hashes, block.iter().map(PoolTransaction::hash).collect::<Vec<_>>());
    assert!(dropped.iter().all(|gone| gone.reason == Reason::Mined));
    assert_eq!(nonces_of(&pool, 0), (vec![2, 3], vec![]));
    assert_eq!(pool.accounts().collect::<Vec<_>>(), [sender(0)]);
    assert_eq!(pool.status().in_flight, 0);
}

#[test]
fn mined_nonces_do_without_the_accounts() {
    let (mut pool, block) = with_block_one();
    pool.on_block(1, block.iter().map(mined), [], &market());
    assert_eq!(nonces_of(&pool, 0), (vec![2, 3], vec![]));
    super::check(&pool);
}

#[test]
fn a_block_of_someone_else_uses_nonces() {
    let (mut pool, _) = with_block_one();
    pool.abandon(1, &market());
    let other = tx(0, 0, 77).done();
    let senders = [(sender(0), 1, U256::from(ETHER))];
    let dropped = pool.on_block(1, [mined(&other)], senders, &market());
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].reason, Reason::NonceUsed);
    assert_eq!(nonces_of(&pool, 0), (vec![1, 2, 3], vec![]));
}

#[test]
fn what_was_not_in_the_block_after_all_waits_again() {
    let (mut pool, block) = with_block_one();
    let dropped = pool.on_block(1, [mined(&block[2])], [], &market());
    assert_eq!(dropped.len(), 1);
    assert_eq!(offered(&pool).len(), 4);
    super::check(&pool);
}

#[test]
fn an_abandoned_block_and_those_after_it_wait_again() {
    let (mut pool, block) = with_block_one();
    let second = tx(0, 2, 20).done();
    pool.mark_in_flight(2, [&second]);
    pool.abandon(2, &market());
    assert_eq!(offered(&pool), [(sender(0), 2), (sender(0), 3)]);
    pool.mark_in_flight(2, [&second]);
    assert!(pool.abandon(1, &market()).is_empty());
    super::check(&pool);
    assert_eq!(offered(&pool).len(), 5);
    assert_eq!(pool.status().in_flight, 0);
    pool.mark_in_flight(1, &block);
    assert_eq!(offered(&pool).len(), 2);
}

#[test]
fn what_is_put_back_into_a_full_pool_costs_the_worst() {
    let mut pool = room_for(2);
    let first = tx(0, 0, 20).done();
    insert(&mut pool, first.clone()).unwrap();
    pool.mark_in_flight(1, [&first]);
    insert(&mut pool, tx(1, 0, 30).done()).unwrap();
    insert(&mut pool, tx(2, 0, 15).done()).unwrap();
    let dropped = pool.abandon(1, &market());
    super::check(&pool);
    assert_eq!(dropped.len(), 1);
    assert_eq!(dropped[0].reason, Reason::Evicted);
    assert_eq!(dropped[0].transaction.hash(), tx(2, 0, 15).done().hash());
}

#[test]
fn a_replacement_that_came_too_late_goes() {
    let mut pool = pool();
    let first = tx(0, 0, 20).done();
    insert(&mut pool, first.clone()).unwrap();
    insert(&mut pool, tx(0, 1, 20).done()).unwrap();
    let late = tx(0, 0, 40).done();
    insert(&mut pool, late.clone()).unwrap();
    let dropped = pool.mark_in_flight(1, [&first]);
    super::check(&pool);
    assert_eq!(dropped.len(), 1);
    assert_eq!(
        (dropped[0].transaction.hash(), dropped[0].reason),
        (late.hash(), Reason::NonceUsed)
    );
    assert_eq!(offered(&pool), [(sender(0), 1)]);
    assert!(pool.get(&first.hash()).is_some() && pool.get(&late.hash()).is_none());
}

#[test]
fn a_sealed_one_that_was_lost_meanwhile_is_known_again() {
    let mut pool = pool();
    let first = tx(0, 0, 20).done();
    insert(&mut pool, first.clone()).unwrap();
    insert(&mut pool, tx(0, 1, 20).done()).unwrap();
    pool.remove(&first.hash(), Reason::Requested).unwrap();
    assert!(pool.mark_in_flight(1, [&first]).is_empty());
    super::check(&pool);
    assert_eq!(nonces_of(&pool, 0), (vec![0, 1], vec![]));
    // Of an unknown sender, or out of turn: left out.
    pool.mark_in_flight(1, [&tx(5, 0, 20).done(), &tx(0, 3, 20).done()]);
    super::check(&pool);
    assert_eq!(pool.status().in_flight, 1);
}

#[test]
fn a_new_state_is_a_new_generation() {
    let (mut pool, block) = with_block_one();
    assert_eq!(pool.generation(), 0);
    pool.abandon(1, &market());
    pool.on_block(1, block.iter().map(mined), [], &market());
    pool.reset_account(sender(0), 2, U256::ZERO);
    assert_eq!(pool.generation(), 3);
}

#[test]
fn a_reorg_goes_back_and_forth() {
    let (mut pool, block) = with_block_one();
    let ether = U256::from(ETHER);
    pool.on_block(1, block.iter().map(mined), [(sender(0), 2, ether)], &market());
    let second = tx(0, 2, 20).done();
    pool.mark_in_flight(2, [&second]);
    // Block 1 is gone; of its transactions the new branch has that of account 1.
    pool.reset_account(sender(0), 0, ether);
    super::check(&pool);
    assert_eq!((pool.status().in_flight, pool.status().queued), (0, 2));
    let account = |of| Sender { nonce: u64::from(of == sender(1)), ..rich() };
    let results = pool.reinsert(block.iter().rev().cloned(), account, &market());
    super::check(&pool);
    let taken: Vec<_> = results.iter().filter(|(_, result)| result.is_ok()).collect();
    assert_eq!(taken.len(), 2);
    let low = PoolError::NonceTooLow { next: 1, nonce: 0 };
    assert!(results.contains(&(block[2].hash(), Err(low))));
    assert_eq!(offered(&pool).len(), 4);
}

#[test]
fn blobs_come_back_with_their_sidecar_only() {
    let mut pool = pool();
    let blob = tx(0, 0, 20).blobs(1, 1);
    let bare = PoolTransaction::new(blob.transaction().clone(), None);
    let results = pool.reinsert([bare], |_| rich(), &market());
    assert_eq!(results, [(blob.hash(), Err(PoolError::MissingSidecar))]);
    assert!(pool.reinsert([blob], |_| rich(), &market())[0].1.is_ok());
}
