use super::*;
use alloy_consensus::{Sealable as _, SignableTransaction as _, TxEip1559};
use alloy_primitives::{B256, Signature, address};
use op_alloy_consensus::TxDeposit;
use op_revm::{L1BlockInfo, OpSpecId, estimate_tx_compressed_size};
use proptest::prelude::*;
use seam_fixtures::op_block::OpBlock;
use seam_stf::{StateReader as _, WitnessState};

fn attributes() -> L1Attributes {
    L1Attributes {
        base_fee: 31_000_000_000,
        blob_base_fee: 7_000_000_007,
        base_fee_scalar: 0x0102_0304,
        blob_base_fee_scalar: 0x0506_0708,
        operator_fee_scalar: 0x1122_3344,
        operator_fee_constant: 0x5566_7788_99aa_bbcc,
        ..L1Attributes::default()
    }
}

/// What op-revm charges by.
fn op_revm_info(attributes: &L1Attributes) -> L1BlockInfo {
    L1BlockInfo {
        l1_base_fee: U256::from(attributes.base_fee),
        l1_blob_base_fee: Some(U256::from(attributes.blob_base_fee)),
        l1_base_fee_scalar: U256::from(attributes.base_fee_scalar),
        l1_blob_base_fee_scalar: Some(U256::from(attributes.blob_base_fee_scalar)),
        operator_fee_scalar: Some(U256::from(attributes.operator_fee_scalar)),
        operator_fee_constant: Some(U256::from(attributes.operator_fee_constant)),
        ..L1BlockInfo::default()
    }
}

/// Bytes with repetitions near and far, which is what compression is about.
fn data() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        (any::<u8>(), 0..600_usize).prop_map(|(byte, times)| vec![byte; times]),
        prop::collection::vec(0..3_u8, 0..80),
    ];
    let pieces = prop::collection::vec(piece, 1..8);
    (pieces, prop::collection::vec(0..8_usize, 0..16)).prop_map(|(pieces, order)| {
        let again = order.iter().filter_map(|index| pieces.get(*index));
        pieces.iter().chain(again).flatten().copied().collect()
    })
}

#[test]
fn known_sizes() {
    // From op-revm's and solady's tests.
    assert_eq!(compressed_size(&[]), 0);
    assert_eq!(compressed_size(&[0; 1000]), 21);
    assert_eq!(compressed_size(&[0xfa, 0xca, 0xde]), 4);
}

proptest! {
    #[test]
    fn sizes_and_fees_are_those_of_op_revm(data in data(), gas in 0..60_000_000_u64) {
        prop_assert_eq!(size_in_millionths(&data), estimate_tx_compressed_size(&data));
        // The first byte of a deposit would make it free.
        let data = [&[2], &data[..]].concat();
        let mut info = op_revm_info(&attributes());
        let charged = info.calculate_tx_l1_cost(&data, OpSpecId::ISTHMUS);
        prop_assert_eq!(data_fee(&attributes(), &data), charged);
        let charged = info.operator_fee_charge(&data, U256::from(gas), OpSpecId::ISTHMUS);
        prop_assert_eq!(operator_fee(&attributes(), gas), charged);
    }
}

#[test]
fn a_deposit_pays_nothing_and_the_operator_is_named_since_isthmus() {
    let fees = BlockFees { attributes: attributes(), isthmus: true };
    let deposit = TxDeposit { source_hash: B256::repeat_byte(1), ..TxDeposit::default() };
    let free = fees.of_transaction(&Transaction::Deposit(deposit.seal_slow()));
    assert_eq!((free.l1_fee, free.l1_gas_used), (U256::ZERO, U256::ZERO));
    assert_eq!(free.l1_gas_price, U256::from(attributes().base_fee));
    let tx = TxEip1559::default().into_signed(Signature::test_signature());
    let paid = fees.of_transaction(&Transaction::Eip1559(tx));
    assert_eq!(paid.l1_gas_used, U256::from(1_600));
    assert!(!paid.l1_fee.is_zero());
    assert_eq!(paid.operator_fee_scalar, Some(U256::from(0x1122_3344)));
    let before = BlockFees { isthmus: false, ..fees };
    let deposit = Transaction::Deposit(TxDeposit::default().seal_slow());
    assert_eq!(before.of_transaction(&deposit).operator_fee_constant, None);
}

/// A real block of OP Sepolia, executed, and what the vault of data fees gained by it.
fn executed(number: u64) -> (ChainRules, Block, U256) {
    let vault = address!("420000000000000000000000000000000000001A");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/op-stack");
    let path = format!("{folder}/op-sepolia-{number}.json.xz");
    let OpBlock { input, expected_hash } =
        OpBlock::from_json(&seam_fixtures::read_text(path.as_ref()).unwrap()).unwrap();
    let mut before = WitnessState::new(&input.parent, input.witness.clone()).unwrap();
    let rules = input.rules.clone();
    let executed = input.execute().unwrap();
    assert_eq!(executed.hash, expected_hash);
    let growth = match executed.changes.accounts.get(&vault) {
        None => U256::ZERO,
        Some(change) => {
            let before = before.account(vault).unwrap().unwrap_or_default().balance;
            change.account.unwrap().balance - before
        }
    };
    (rules, executed.block, growth)
}

/// What the transactions of real blocks pay for their data is what reached the vault, by the state
/// transition that gives the hashes that these blocks have.
#[test]
fn the_fees_of_real_blocks_are_what_the_vault_received() {
    for number in [26_207_961, 26_207_963, 26_208_384, 26_211_680] {
        let (rules, block, growth) = executed(number);
        let fees = BlockFees::of(&rules, &block).unwrap();
        let paid = block.transactions.iter().map(|tx| fees.of_transaction(tx).l1_fee);
        let total: U256 = paid.sum();
        assert_eq!(total, growth, "block {number}");
        assert!(!growth.is_zero(), "block {number} has nothing to compare");
    }
}
