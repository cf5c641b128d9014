//! A chain goes on from its last block.

use crate::support::{balance, producing, transfer, wait_for};
use alloy_primitives::{Address, U256};

#[test]
fn a_stopped_chain_goes_on_with_nothing_lost() {
    let directory = tempfile::tempdir().unwrap();
    let to = Address::repeat_byte(7);
    let (mut sent, mut head, mut hash) = (0u64, 0, None);
    for round in 0..6 {
        let running = producing(directory.path());
        let chain = running.chain.clone();
        assert_eq!(chain.head().number(), head, "round {round}");
        assert!(hash.is_none_or(|hash| hash == chain.head().hash()));
        for nonce in sent..sent + 20 {
            chain.submit(transfer(0, nonce, to, 1)).unwrap();
        }
        sent += 20;
        wait_for(&chain, head + 15);
        // Time passes as fast as blocks are made, so some may be without any of them.
        while balance(&chain, to) < U256::from(sent) {
            let next = chain.head().number() + 1;
            wait_for(&chain, next);
        }
        running.stop().unwrap();
        assert_eq!(balance(&chain, to), U256::from(sent));
        chain.head().reader.check().unwrap();
        (head, hash) = (chain.head().number(), Some(chain.head().hash()));
    }
}
