//! Blocks are made on time, with what waits.

use crate::support::{
    GENESIS_TIME, balance, call_counter, check_beacon_roots, hash, late, person, producing,
    producing_with, steps, transfer, wait_for,
};
use alloy_primitives::{Address, U256};
use seam_storage::LogKey;
use std::time::Duration;

#[test]
fn blocks_come_at_their_times_and_everything_about_them_is_right() {
    let directory = tempfile::tempdir().unwrap();
    let running = producing(directory.path());
    wait_for(&running.chain, 200);
    let chain = running.chain.clone();
    running.stop().unwrap();
    let head = chain.head();
    for number in 1..=head.number() {
        let (_, header) = head.reader.header(number).unwrap().unwrap();
        assert_eq!(header.timestamp, GENESIS_TIME + 2 * number);
        assert_eq!(header.gas_limit, 60_000_000);
    }
    check_beacon_roots(&chain);
    let checked = head.reader.check().unwrap();
    assert_eq!(checked.blocks, head.number() + 1);
}

#[test]
fn a_transaction_is_in_the_next_block_once_and_leaves_the_mempool() {
    let directory = tempfile::tempdir().unwrap();
    let clock = steps();
    let running = producing_with(directory.path(), clock.clone());
    let chain = &running.chain;
    let sent = [
        transfer(0, 0, Address::repeat_byte(1), 5),
        transfer(0, 1, Address::repeat_byte(1), 6),
        transfer(1, 1, Address::repeat_byte(1), 1), // its nonce 0 is missing
        call_counter(2, 0),
    ];
    let hashes: Vec<_> = sent.iter().map(|pooled| chain.submit(pooled.clone()).unwrap()).collect();
    assert_eq!(hashes, sent.iter().map(hash).collect::<Vec<_>>());
    clock.advance(Duration::from_secs(2));
    wait_for(chain, 1);
    let head = chain.head();
    for (hash, mined) in hashes.iter().zip([true, true, false, true]) {
        let place = head.reader.transaction(*hash).unwrap();
        assert_eq!(place.map(|place| place.number), mined.then_some(1), "{hash}");
        assert_eq!(chain.pool().get(hash).is_some(), !mined);
    }
    assert_eq!(balance(chain, Address::repeat_byte(1)), U256::from(11));
    let logs = head.reader.blocks_with_logs(
        &[LogKey::Address(crate::support::COUNTER)],
        0,
        head.number(),
        10,
    );
    assert_eq!(logs.unwrap().into_iter().collect::<Vec<_>>(), [1]);
    // What was missing comes, and both are mined.
    chain.submit(transfer(1, 0, Address::repeat_byte(1), 1)).unwrap();
    clock.advance(Duration::from_secs(2));
    wait_for(chain, 2);
    assert_eq!(chain.pool().status().waiting(), 0);
    assert_eq!(balance(chain, Address::repeat_byte(1)), U256::from(13));
}

#[test]
fn whoever_is_late_takes_what_waits_all_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let running = late(directory.path());
    let chain = &running.chain;
    wait_for(chain, 10);
    let sent: Vec<_> = (0..3).map(|nonce| transfer(0, nonce, Address::repeat_byte(1), 5)).collect();
    let sent: Vec<_> = sent.into_iter().map(|pooled| chain.submit(pooled).unwrap()).collect();
    // Those that were being made when it came, and the next.
    wait_for(chain, chain.head().number() + 10);
    let head = chain.head();
    for hash in sent {
        assert!(head.reader.transaction(hash).unwrap().is_some(), "{hash} at {}", head.number());
    }
}

#[test]
fn a_full_block_is_sealed_on_time_and_the_rest_waits() {
    let directory = tempfile::tempdir().unwrap();
    let clock = steps();
    let running = producing_with(directory.path(), clock.clone());
    let chain = &running.chain;
    // 60,000,000 gas hold 2,857 transfers.
    for nonce in 0..400 {
        for from in 0..10 {
            chain.submit(transfer(from, nonce, Address::repeat_byte(9), 1)).unwrap();
        }
    }
    clock.advance(Duration::from_secs(1));
    clock.advance(Duration::from_secs(1));
    wait_for(chain, 1);
    let first = chain.head().reader.block(1).unwrap().unwrap();
    assert_eq!(first.block.header.timestamp, GENESIS_TIME + 2);
    let mined = first.block.transactions.len();
    assert!(mined <= 2_857);
    assert_eq!(chain.pool().status().waiting(), 4_000 - mined);
    let mut number = 1;
    while chain.pool().status().waiting() > 0 {
        clock.advance(Duration::from_secs(2));
        number += 1;
        wait_for(chain, number);
    }
    assert_eq!(balance(chain, Address::repeat_byte(9)), U256::from(4_000));
    chain.head().reader.check().unwrap();
    let nonce = chain.pool().pending_nonce(person(0).address(), 400);
    assert_eq!(nonce, 400);
}
