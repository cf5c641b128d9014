//! Transactions that a block cannot take: each reason by its type, and the block is as before.

use crate::support::{
    CHAIN_ID, account, address, attributes, ethereum, key, sign, store, system_contracts,
};
use alloy_consensus::{Sealable, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy};
use alloy_primitives::{Address, B256, TxKind, U256, b256};
use op_alloy_consensus::TxDeposit;
use seam_primitives::{ChainRules, Fork, Recovered, Transaction, transaction::recover};
use seam_stf::{BlockBuilder, BlockError, TransactionError, build_block};
use seam_storage::MemoryStore;

const TO: TxKind = TxKind::Call(Address::repeat_byte(0x77));
const FEE: u128 = 2_000_000_000;

fn chain(rules: &ChainRules) -> MemoryStore {
    let rich = (address(&key(0)), account(1 << 80, &[], &[]));
    let poor = (address(&key(1)), account(1_000, &[], &[]));
    store(rules, [rich, poor].into_iter().chain(system_contracts()))
}

fn transfer(nonce: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: FEE,
        max_priority_fee_per_gas: 1,
        to: TO,
        value: U256::from(5),
        ..TxEip1559::default()
    }
}

fn signed(tx: TxEip1559, index: u8) -> Recovered<Transaction> {
    recover(Transaction::Eip1559(sign(tx, &key(index)))).unwrap()
}

fn legacy(tx: TxLegacy) -> Recovered<Transaction> {
    let tx = TxLegacy { gas_limit: 21_000, gas_price: FEE, to: TO, ..tx };
    recover(Transaction::Legacy(sign(tx, &key(0)))).unwrap()
}

fn blob(count: usize) -> Recovered<Transaction> {
    let hash = b256!("0x0100000000000000000000000000000000000000000000000000000000000001");
    let tx = TxEip4844 {
        chain_id: CHAIN_ID,
        gas_limit: 21_000,
        max_fee_per_gas: FEE,
        max_fee_per_blob_gas: FEE,
        to: Address::repeat_byte(0x77),
        blob_versioned_hashes: vec![hash; count],
        ..TxEip4844::default()
    };
    recover(Transaction::Eip4844(sign(tx, &key(0)))).unwrap()
}

fn deposit() -> Recovered<Transaction> {
    let deposit = TxDeposit { source_hash: B256::repeat_byte(1), to: TO, ..TxDeposit::default() };
    recover(Transaction::Deposit(deposit.seal_slow())).unwrap()
}

/// What a node's builder meets: everything that Osaka refuses.
fn refused_at_osaka() -> Vec<(Recovered<Transaction>, &'static str)> {
    let wrong_chain = TxEip1559 { chain_id: 1, ..transfer(1) };
    let too_much_gas = TxEip1559 { gas_limit: 40_000_000, ..transfer(1) };
    let above_cap = TxEip1559 { gas_limit: (1 << 24) + 1, ..transfer(1) };
    let too_little_gas = TxEip1559 { gas_limit: 20_999, ..transfer(1) };
    let below_base_fee = TxEip1559 { max_fee_per_gas: 3, ..transfer(1) };
    vec![
        (signed(transfer(0), 0), "nonce"),
        (signed(transfer(7), 0), "nonce"),
        (signed(transfer(0), 1), "lack of funds"),
        (signed(wrong_chain, 0), "signed for chain 1"),
        (signed(too_much_gas, 0), "above the 29979000 left"),
        (signed(above_cap, 0), "gas limit"),
        (signed(too_little_gas, 0), "call gas cost (21000) exceeds"),
        (signed(below_base_fee, 0), "basefee"),
        (blob(0), "blob"),
        (blob(7), "blob"),
        (blob(10), "10 blobs do not fit"),
        (deposit(), "type 126 is not accepted at Osaka"),
    ]
}

#[test]
fn every_reason_is_named_and_the_block_goes_on() {
    let rules = ethereum(Fork::Osaka);
    let mut disturbed = chain(&rules);
    let parent = disturbed.head().clone();
    let mut builder =
        BlockBuilder::new(&rules, &parent, attributes(&parent), &mut disturbed).unwrap();
    builder.push(signed(transfer(0), 0)).unwrap();
    for (tx, named) in refused_at_osaka() {
        let hash = tx.inner().hash();
        match builder.push(tx) {
            Err(BlockError::Transaction { index: 1, hash: of, reason }) if of == hash => {
                let reason = reason.to_string();
                assert!(reason.contains(named), "{named}: {reason}");
            }
            other => panic!("{named}: {other:?}"),
        }
    }
    builder.push(signed(transfer(1), 0)).unwrap();
    let disturbed = builder.finish().unwrap();

    let mut undisturbed = chain(&rules);
    let transactions = vec![signed(transfer(0), 0), signed(transfer(1), 0)];
    let undisturbed =
        build_block(&rules, &parent, &attributes(&parent), transactions, &mut undisturbed).unwrap();
    assert_eq!(disturbed, undisturbed);
}

/// The newest fork that refuses the transaction and the one that accepts it.
fn boundary(before: Fork, after: Fork, tx: impl Fn() -> Recovered<Transaction>) {
    let push = |fork| {
        let rules = ethereum(fork);
        let mut store = chain(&rules);
        let parent = store.head().clone();
        let mut builder =
            BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
        builder.push(tx()).map(|receipt| receipt.cumulative_gas_used)
    };
    let Err(BlockError::Transaction { reason, .. }) = push(before) else { panic!("{before:?}") };
    assert!(
        matches!(
            reason,
            TransactionError::TypeNotAccepted { .. } | TransactionError::WrongChain(_)
        ),
        "{reason}"
    );
    push(after).unwrap();
}

#[test]
fn every_type_is_refused_one_fork_before_it_came() {
    let chain_id = Some(CHAIN_ID);
    boundary(Fork::TangerineWhistle, Fork::SpuriousDragon, || {
        legacy(TxLegacy { chain_id, ..TxLegacy::default() })
    });
    boundary(Fork::Istanbul, Fork::Berlin, || {
        let tx = TxEip2930 {
            chain_id: CHAIN_ID,
            gas_price: FEE,
            gas_limit: 21_000,
            to: TO,
            ..TxEip2930::default()
        };
        recover(Transaction::Eip2930(sign(tx, &key(0)))).unwrap()
    });
    boundary(Fork::Berlin, Fork::London, || signed(transfer(0), 0));
    boundary(Fork::Shanghai, Fork::Cancun, || blob(1));
    boundary(Fork::Cancun, Fork::Prague, || {
        let tx = TxEip7702 {
            chain_id: CHAIN_ID,
            gas_limit: 100_000,
            max_fee_per_gas: FEE,
            to: Address::repeat_byte(0x77),
            authorization_list: vec![
                alloy_eips::eip7702::Authorization {
                    chain_id: U256::ZERO,
                    address: Address::ZERO,
                    nonce: 0,
                }
                .into_signed(alloy_primitives::Signature::test_signature()),
            ],
            ..TxEip7702::default()
        };
        recover(Transaction::Eip7702(sign(tx, &key(0)))).unwrap()
    });
}

#[test]
fn a_chain_without_the_request_contracts_cannot_make_a_block_since_prague() {
    let rules = ethereum(Fork::Prague);
    let mut store = store(&rules, [(address(&key(0)), account(1, &[], &[]))]);
    let parent = store.head().clone();
    let error = build_block(&rules, &parent, &attributes(&parent), vec![], &mut store).unwrap_err();
    assert_eq!(
        error.to_string(),
        "system contract EIP-7002 withdrawal requests: no code at its address"
    );
}
