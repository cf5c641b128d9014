use super::*;
use alloy_consensus::{Eip658Value, Sealable as _, SignableTransaction as _, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use op_alloy_consensus::TxDeposit;
use seam_primitives::{
    Activation, Block, ChainRules, DepositReceipt, Eip1559Rules, Header, L1Attributes, OpRules,
    Receipt, Transaction,
};
use seam_storage::StoredBlock;
use serde_json::{Value, json};

fn rollup() -> ChainRules {
    let op =
        OpRules::new(Eip1559Rules { denominator: 250, elasticity: 6 }, |_| Activation::GENESIS);
    ChainRules::op_stack(901, op)
}

fn receipt(ty: u8, gas: u64, deposit: Option<DepositReceipt>) -> Receipt {
    let status = Eip658Value::Eip658(true);
    let (logs, bloom) = (Vec::new(), Default::default());
    Receipt { ty, status, cumulative_gas_used: gas, logs, bloom, deposit }
}

/// A rollup's block: L1 attributes, a user's deposit that creates a contract, and a transfer.
fn block() -> (StoredBlock, Vec<Receipt>) {
    let attributes = L1Attributes {
        base_fee: 7,
        base_fee_scalar: 1_000_000,
        operator_fee_constant: 9,
        ..L1Attributes::default()
    };
    let deposit = TxDeposit {
        source_hash: B256::repeat_byte(5),
        from: Address::repeat_byte(1),
        to: TxKind::Create,
        mint: 77,
        gas_limit: 100_000,
        input: Bytes::from_static(b"x"),
        ..TxDeposit::default()
    };
    let transfer = TxEip1559 {
        chain_id: 901,
        max_fee_per_gas: 500,
        max_priority_fee_per_gas: 3,
        to: TxKind::Call(Address::repeat_byte(2)),
        ..TxEip1559::default()
    };
    let transactions = vec![
        attributes.deposit(),
        Transaction::Deposit(deposit.seal_slow()),
        Transaction::Eip1559(transfer.into_signed(Signature::test_signature())),
    ];
    let header = Header { number: 3, base_fee_per_gas: Some(100), ..Header::default() };
    let hash = header.hash_slow();
    let block = Block { header, transactions, ommers: vec![], withdrawals: Some(vec![]) };
    let senders = vec![Address::ZERO, Address::repeat_byte(1), Address::repeat_byte(3)];
    let deposit = |nonce| Some(DepositReceipt { nonce, version: 1 });
    let receipts = vec![
        receipt(126, 50_000, deposit(2)),
        receipt(126, 150_000, deposit(4)),
        receipt(2, 171_000, None),
    ];
    (StoredBlock { block, hash, senders }, receipts)
}

#[test]
fn receipts_of_a_rollup_tell_what_data_and_operator_cost() {
    let (stored, receipts) = block();
    let all = json!(receipts_of(&rollup(), &stored, &receipts, None));
    let deposit = &all[1];
    for (field, value) in [
        ("depositNonce", json!("0x4")),
        ("depositReceiptVersion", json!("0x1")),
        ("l1Fee", json!("0x0")),
        ("effectiveGasPrice", json!("0x0")),
        ("gasUsed", json!("0x186a0")),
        ("contractAddress", json!(Address::repeat_byte(1).create(4))),
        ("type", json!("0x7e")),
    ] {
        assert_eq!(deposit[field], value, "{field}");
    }
    let transfer = &all[2];
    // 100 bytes at least, of 16 gas each, at 7 wei.
    assert_eq!((&transfer["l1Fee"], &transfer["l1GasUsed"]), (&json!("0x2bc0"), &json!("0x640")));
    assert_eq!(
        (&transfer["l1GasPrice"], &transfer["l1BaseFeeScalar"]),
        (&json!("0x7"), &json!("0xf4240"))
    );
    assert_eq!(transfer["operatorFeeConstant"], "0x9");
    assert_eq!(transfer["effectiveGasPrice"], "0x67");
    assert!(transfer.get("depositNonce").is_none() && transfer.get("l1FeeScalar").is_none());
    let only = json!(receipts_of(&rollup(), &stored, &receipts, Some(2)));
    assert_eq!(only, json!([transfer]));
    let l1 = ChainRules::ethereum(900, |_| Activation::GENESIS);
    assert!(json!(receipts_of(&l1, &stored, &receipts, None))[2].get("l1Fee").is_none());
}

#[test]
fn a_deposit_has_its_own_fields_and_no_signature() {
    let (stored, receipts) = block();
    let deposit = json!(TransactionJson::in_block(&stored, 1, receipts[1].deposit));
    for (field, value) in [
        ("sourceHash", json!(B256::repeat_byte(5))),
        ("mint", json!("0x4d")),
        ("isSystemTx", json!(false)),
        ("depositReceiptVersion", json!("0x1")),
        ("nonce", json!("0x4")),
        ("gasPrice", json!("0x0")),
        ("v", json!("0x0")),
        ("to", Value::Null),
    ] {
        assert_eq!(deposit[field], value, "{field}");
    }
    for absent in ["maxFeePerGas", "chainId", "yParity", "accessList"] {
        assert!(deposit.get(absent).is_none(), "{absent}");
    }
    assert!(TransactionJson::in_block(&stored, 3, None).is_none());
}

#[test]
fn a_legacy_signature_says_whether_it_is_for_one_chain() {
    let v = |chain_id| {
        let transaction = TxLegacy { chain_id, ..TxLegacy::default() };
        let signature = Signature::new(U256::from(1), U256::from(2), true);
        let transaction = Transaction::Legacy(transaction.into_signed(signature));
        json!(TransactionJson::new(&transaction, Address::ZERO, None, None))
    };
    assert_eq!((&v(None)["v"], v(None).get("chainId")), (&json!("0x1c"), None));
    assert_eq!((&v(Some(1))["v"], &v(Some(1))["chainId"]), (&json!("0x26"), &json!("0x1")));
    assert!(v(Some(u64::MAX))["v"].is_string());
}
