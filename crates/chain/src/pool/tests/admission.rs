//! Each refusal that needs neither the pool nor the state, by the words that clients parse.

use super::{super::*, build::*};
use alloy_consensus::Sealable;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::B256;
use op_alloy_consensus::TxDeposit;
use seam_primitives::{Fork, Recovered, Transaction};
use std::sync::Arc;

fn message(tx: PoolTransaction, market: &Market) -> String {
    message_under(PoolLimits::default(), tx, market)
}

fn message_under(limits: PoolLimits, tx: PoolTransaction, market: &Market) -> String {
    let mut pool = Pool::new(limits);
    match pool.insert(tx, rich(), market) {
        Ok(_) => "taken".into(),
        Err(error) => {
            assert_eq!(pool.status(), PoolStatus::default());
            error.to_string()
        }
    }
}

#[test]
fn every_type_is_taken_from_its_fork_on() {
    let build = tx(0, 0, 20).gas(100_000);
    let types = [
        (build.legacy(Some(CHAIN_ID)), Fork::SpuriousDragon, 0),
        (build.access(), Fork::Berlin, 1),
        (build.done(), Fork::London, 2),
        (build.set_code(1), Fork::Prague, 4),
    ];
    for (tx, since, ty) in types {
        for fork in Fork::ALL.iter().filter(|fork| **fork >= Fork::SpuriousDragon) {
            let expected = if *fork >= since {
                "taken".into()
            } else {
                format!(
                    "transaction type not supported: type {ty} rejected, the chain is at {fork:?}"
                )
            };
            assert_eq!(message(tx.clone(), &at_fork(*fork)), expected);
        }
    }
}

#[test]
fn a_chain_without_blobs_takes_none() {
    let refused = "transaction type not supported: type 3 rejected, the chain is at Osaka";
    assert_eq!(message(tx(0, 0, 20).blobs(1, 1), &at_fork(Fork::Osaka)), refused);
    assert_eq!(message(tx(0, 0, 20).blobs(1, 1), &market()), "taken");
}

#[test]
fn deposits_are_refused() {
    let deposit = Transaction::Deposit(TxDeposit::default().seal_slow());
    let deposit = PoolTransaction::new(Recovered::new_unchecked(deposit, sender(0)), None);
    let refused = "transaction type not supported: deposits come from L1 only";
    assert_eq!(message(deposit, &market()), refused);
}

#[test]
fn the_chain_id_must_be_right_or_absent() {
    let build = tx(0, 0, 20);
    let refused = "invalid chain id for signer: have 901 want 900";
    assert_eq!(message(build.legacy(Some(901)), &market()), refused);
    assert_eq!(message(Build { chain_id: 901, ..build.clone() }.done(), &market()), refused);
    assert_eq!(message(build.legacy(None), &at_fork(Fork::Frontier)), "taken");
    let refused = "invalid chain id for signer: have 900 want 900";
    assert_eq!(message(build.legacy(Some(CHAIN_ID)), &at_fork(Fork::Homestead)), refused);
}

#[test]
fn large_data_is_refused() {
    let build = tx(0, 0, 20).gas(16_000_000);
    let empty = build.clone().data(vec![1; 100_000]).done();
    let overhead = empty.encoded_bytes() - 100_000;
    let fits = build.clone().data(vec![1; (128 << 10) - overhead]).done();
    assert_eq!(fits.bytes(), 128 << 10);
    assert_eq!(message(fits, &market()), "taken");
    let large = build.data(vec![1; (128 << 10) - overhead + 1]).done();
    let refused = "oversized data: transaction size 131073, limit 131072";
    assert_eq!(message(large, &market()), refused);
}

#[test]
fn blobs_do_not_count_as_data() {
    let blob = tx(0, 0, 20).blobs(6, 1);
    assert!(blob.bytes() > 6 * 131_072 && blob.encoded_bytes() < 1_000);
    assert_eq!(message(blob, &market()), "taken");
}

#[test]
fn large_init_code_is_refused_since_shanghai() {
    let create = |size| tx(0, 0, 20).gas(16_000_000).create().data(vec![1; size]).done();
    assert_eq!(message(create(49_152), &market()), "taken");
    assert_eq!(message(create(49_153), &at_fork(Fork::Paris)), "taken");
    let refused = "max initcode size exceeded: code size 49153, limit 49152";
    assert_eq!(message(create(49_153), &market()), refused);
}

#[test]
fn gas_is_capped_by_osaka_and_by_the_block() {
    let gas = |gas| tx(0, 0, 20).gas(gas).done();
    assert_eq!(message(gas(16_777_216), &market()), "taken");
    let refused = "transaction gas limit too high (cap: 16777216, tx: 16777217)";
    assert_eq!(message(gas(16_777_217), &market()), refused);
    assert_eq!(message(gas(16_777_217), &at_fork(Fork::Prague)), "taken");
    assert_eq!(message(gas(30_000_001), &at_fork(Fork::Prague)), "exceeds block gas limit");
}

#[test]
fn intrinsic_gas_is_asked_for() {
    let access = AccessList(vec![AccessListItem {
        address: sender(9),
        storage_keys: vec![B256::ZERO, B256::repeat_byte(1)],
    }]);
    let build = tx(0, 0, 20);
    let listed = Build { access, ..build.clone() };
    // 21,000; data 4 and 16; init code 32,000 and 2 per word; list 2,400 and 1,900; 25,000.
    let cases: [(&dyn Fn(u64) -> PoolTransaction, u64); 5] = [
        (&|gas| build.clone().gas(gas).done(), 21_000),
        (&|gas| listed.clone().gas(gas).done(), 21_000 + 2_400 + 2 * 1_900),
        (&|gas| build.clone().create().data(vec![0; 33]).gas(gas).done(), 53_000 + 33 * 4 + 4),
        (&|gas| build.clone().gas(gas).set_code(2), 21_000 + 50_000),
        (&|gas| build.clone().gas(gas).blobs(1, 1), 21_000),
    ];
    for (make, needed) in cases {
        assert_eq!(message(make(needed), &market()), "taken");
        let refused = format!("intrinsic gas too low: gas {}, minimum needed {needed}", needed - 1);
        assert_eq!(message(make(needed - 1), &market()), refused);
    }
}

#[test]
fn gas_of_data_follows_the_forks() {
    let data = |gas| tx(0, 0, 20).data(vec![0, 1, 2]).gas(gas).legacy(None);
    let needed = |fork| match fork {
        fork if fork >= Fork::Prague => 21_000 + 9 * 10,
        fork if fork >= Fork::Istanbul => 21_000 + 4 + 32,
        _ => 21_000 + 4 + 2 * 68,
    };
    for fork in Fork::ALL {
        let (market, needed) = (at_fork(*fork), needed(*fork));
        assert_eq!(message(data(needed), &market), "taken");
        let words = match *fork >= Fork::Prague {
            true => "insufficient gas for floor data gas cost",
            false => "intrinsic gas too low",
        };
        let refused = format!("{words}: gas {}, minimum needed {needed}", needed - 1);
        assert_eq!(message(data(needed - 1), &market), refused);
    }
    let create = |gas| tx(0, 0, 20).create().data(vec![0; 32]).gas(gas).legacy(None);
    for (fork, needed) in
        [(Fork::Frontier, 21_128), (Fork::Homestead, 53_128), (Fork::Shanghai, 53_130)]
    {
        assert_eq!(message(create(needed), &at_fork(fork)), "taken");
        assert_ne!(message(create(needed - 1), &at_fork(fork)), "taken");
    }
}

#[test]
fn fees_must_make_sense() {
    let refused = "max priority fee per gas higher than max fee per gas: \
                   maxPriorityFeePerGas: 21, maxFeePerGas: 20";
    assert_eq!(message(tx(0, 0, 0).fees(20, 21).done(), &market()), refused);
    assert_eq!(message(tx(0, u64::MAX, 20).done(), &market()), "nonce has max value");
    assert_eq!(message(tx(0, 0, 0).done(), &market()), "taken");
    let limits = PoolLimits { min_tip: 5, ..PoolLimits::default() };
    let refused = "transaction underpriced: gas tip cap 4, minimum needed 5";
    assert_eq!(message_under(limits, tx(0, 0, 0).fees(20, 4).done(), &market()), refused);
    assert_eq!(message_under(limits, tx(0, 0, 0).fees(20, 5).done(), &market()), "taken");
    let refused = "transaction underpriced: blob fee cap 0, minimum needed 1";
    assert_eq!(message(tx(0, 0, 20).blobs(1, 0), &market()), refused);
}

#[test]
fn blobs_must_be_there_and_match() {
    let build = tx(0, 0, 20);
    assert_eq!(message(build.blobs(0, 1), &market()), "blobless blob transaction");
    let refused = "blob transaction has too many blobs: have 7, permitted 6";
    assert_eq!(message(build.blobs(7, 1), &market()), refused);
    let hashes: Vec<_> = sidecar(1).versioned_hashes().collect();
    let missing = build.blobs_with(hashes.clone(), 1, None);
    assert_eq!(message(missing, &market()), "missing sidecar in blob transaction");
    let two = build.blobs_with(hashes.clone(), 1, Some(sidecar(2)));
    let refused = "invalid number of 2 blobs and 2 commitments compared to 1 blob hashes";
    assert_eq!(message(two, &market()), refused);
    let other = build.blobs_with(vec![B256::ZERO], 1, Some(sidecar(1)));
    let refused =
        format!("blob 0: computed hash {} mismatches transaction one {}", hashes[0], B256::ZERO);
    assert_eq!(message(other, &market()), refused);
    let plain = PoolTransaction::new(build.done().transaction().clone(), Some(sidecar(1)));
    assert_eq!(message(plain, &market()), "unexpected sidecar: the transaction has no blobs");
}

#[test]
fn a_set_code_transaction_sets_code() {
    let refused = "EIP-7702 transaction with empty auth list";
    assert_eq!(message(tx(0, 0, 20).set_code(0), &market()), refused);
}

#[test]
fn contracts_do_not_send() {
    let mut pool = pool();
    let contract = Sender { has_code: true, ..rich() };
    let error = pool.insert(tx(0, 0, 20).done(), contract, &market()).unwrap_err();
    assert_eq!(error.to_string(), format!("sender not an eoa: address {}", sender(0)));
}

#[test]
fn a_transaction_knows_its_prices_and_cost() {
    let blob = tx(0, 3, 0).fees(100, 7).value(5).blobs(2, 9);
    assert_eq!((blob.gas_price_at(10), blob.gas_price_at(95)), (17, 100));
    assert_eq!((blob.tip_at(10), blob.tip_at(95), blob.tip_at(101)), (Some(7), Some(5), None));
    assert_eq!(blob.cost(), U256::from(21_000 * 100 + 2 * 131_072 * 9 + 5));
    assert_eq!((blob.nonce(), blob.sender(), blob.max_blob_fee()), (3, sender(0), Some(9)));
    assert_eq!(blob.blob_bytes(), 2 * (131_072 + 48 + 128 * 48));
    let fee = Build { data_fee: U256::from(11), ..tx(0, 0, 1) }.done();
    assert_eq!(fee.cost(), U256::from(21_011));
    let absurd = Build { value: U256::MAX, ..tx(0, 0, 1) }.done();
    assert_eq!(absurd.cost(), U256::MAX);
    assert!(Arc::ptr_eq(blob.sidecar().unwrap(), &sidecar(2)));
}
