//! What is encoded is decoded; what cannot be is refused.

use super::arbitrary::{blocks, transaction};
use alloy_consensus::{Sealed, Signed, TxEip4844, TxLegacy};
use alloy_eips::Encodable2718;
use alloy_primitives::{Signature, U256};
use op_alloy_consensus::TxDeposit;
use proptest::prelude::*;
use seam_primitives::Transaction;
use seam_rollup::batch::{EncodeError, encode};
use seam_stf::batch::{BatchBlock, MAX_BATCH_BYTES, OriginStep, decode};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn every_block_survives(blocks in blocks()) {
        let data = encode(&blocks).unwrap();
        prop_assert_eq!(decode(&data), Ok(blocks.clone()));
        // The same blocks give the same bytes, whatever the order of a hash map.
        prop_assert_eq!(encode(&blocks).unwrap(), data);
    }

    #[test]
    fn transactions_have_the_same_bytes_and_hash(transaction in transaction()) {
        let decoded = decode(&encode(&[block(vec![transaction.clone()])]).unwrap()).unwrap();
        let again = &decoded[0].transactions[0];
        prop_assert_eq!(again.encoded_2718(), transaction.encoded_2718());
        prop_assert_eq!(again.hash(), transaction.hash());
    }
}

fn block(transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { step: OriginStep::Same, transactions }
}

fn legacy(input: Vec<u8>, s: U256) -> Transaction {
    let tx = TxLegacy { input: input.into(), ..TxLegacy::default() };
    Transaction::Legacy(Signed::new_unhashed(tx, Signature::new(U256::ONE, s, false)))
}

#[test]
fn no_blocks_and_empty_blocks_are_batches() {
    for blocks in [vec![], vec![block(vec![])], vec![block(vec![]); 1000]] {
        let data = encode(&blocks).unwrap();
        assert!(data.len() < 100, "{}", data.len());
        assert_eq!(decode(&data), Ok(blocks.clone()));
    }
}

#[test]
fn deposits_and_blob_transactions_are_refused() {
    let deposit = Transaction::Deposit(Sealed::new(TxDeposit::default()));
    let blob = Signed::new_unhashed(TxEip4844::default(), Signature::test_signature());
    for (transaction, expected) in [(deposit, 126), (Transaction::Eip4844(blob), 3)] {
        let hash = transaction.hash();
        let error = encode(&[block(vec![transaction])]).unwrap_err();
        assert_eq!(error, EncodeError::Type { hash, transaction_type: expected });
    }
}

#[test]
fn a_signature_that_no_chain_accepts_is_refused() {
    let transaction = legacy(vec![], U256::ONE << 255);
    let hash = transaction.hash();
    assert_eq!(encode(&[block(vec![transaction])]), Err(EncodeError::Signature(hash)));
}

#[test]
fn calldata_end_at_the_limit() {
    let fits = [block(vec![legacy(vec![0; MAX_BATCH_BYTES], U256::ONE)])];
    let data = encode(&fits).unwrap();
    assert!(data.len() < 1000, "{}", data.len());
    assert_eq!(decode(&data).unwrap(), fits);
    let over = [block(vec![legacy(vec![0; MAX_BATCH_BYTES + 1], U256::ONE)])];
    let (found, limit) = (MAX_BATCH_BYTES + 1, MAX_BATCH_BYTES);
    let what = "bytes of calldata and lists";
    assert_eq!(encode(&over), Err(EncodeError::TooMany { what, found, limit }));
}
