//! What the L1 attributes transaction stores is what op-revm charges, and what wallets are told.

use crate::chain::{Chain, RICH, reverts};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::sol;
use op_revm::{
    L1BlockInfo, OpSpecId, constants as op, estimate_tx_compressed_size,
    revm::{
        database::InMemoryDB,
        state::{AccountInfo, Bytecode},
    },
};
use seam_genesis::addresses as at;

sol! {
    interface L1Block {
        function DEPOSITOR_ACCOUNT() external pure returns (address);
        function number() external view returns (uint64);
        function timestamp() external view returns (uint64);
        function basefee() external view returns (uint256);
        function blobBaseFee() external view returns (uint256);
        function hash() external view returns (bytes32);
        function sequenceNumber() external view returns (uint64);
        function batcherHash() external view returns (bytes32);
        function baseFeeScalar() external view returns (uint32);
        function blobBaseFeeScalar() external view returns (uint32);
        function operatorFeeScalar() external view returns (uint32);
        function operatorFeeConstant() external view returns (uint64);
        function gasPayingToken() external view returns (address, uint8);
        function gasPayingTokenSymbol() external view returns (string);
        function isCustomGasToken() external view returns (bool);
    }
    interface Oracle {
        function isEcotone() external view returns (bool);
        function isFjord() external view returns (bool);
        function isIsthmus() external view returns (bool);
        function l1BaseFee() external view returns (uint256);
        function baseFeeScalar() external view returns (uint32);
        function getL1Fee(bytes data) external view returns (uint256);
        function getOperatorFee(uint256 gasUsed) external view returns (uint256);
    }
}

pub(crate) const BASE_FEE_SCALAR: u32 = 0x0102_0304;
pub(crate) const BLOB_BASE_FEE_SCALAR: u32 = 0x0506_0708;
const SEQUENCE_NUMBER: u64 = 3;
const TIMESTAMP: u64 = 1_700_000_001;
const NUMBER: u64 = 0x1234_5678;
const BASE_FEE: u64 = 31_000_000_000;
const BLOB_BASE_FEE: u64 = 7_000_000_007;
pub(crate) const OPERATOR_FEE_SCALAR: u32 = 0x1122_3344;
pub(crate) const OPERATOR_FEE_CONSTANT: u64 = 0x5566_7788_99aa_bbcc;

/// Calldata of `setL1BlockValuesIsthmus`: selector and packed fields, 176 bytes
/// (OP Stack specification, Isthmus, "L1 Attributes").
pub(crate) fn attributes() -> Bytes {
    let (hash, batcher) = (B256::repeat_byte(0xaa), B256::repeat_byte(0xbb));
    let parts: [&[u8]; 12] = [
        &keccak256("setL1BlockValuesIsthmus()")[..4],
        &BASE_FEE_SCALAR.to_be_bytes(),
        &BLOB_BASE_FEE_SCALAR.to_be_bytes(),
        &SEQUENCE_NUMBER.to_be_bytes(),
        &TIMESTAMP.to_be_bytes(),
        &NUMBER.to_be_bytes(),
        &U256::from(BASE_FEE).to_be_bytes::<32>(),
        &U256::from(BLOB_BASE_FEE).to_be_bytes::<32>(),
        hash.as_slice(),
        batcher.as_slice(),
        &OPERATOR_FEE_SCALAR.to_be_bytes(),
        &OPERATOR_FEE_CONSTANT.to_be_bytes(),
    ];
    parts.concat().into()
}

/// A chain whose block 1 has begun.
fn in_block_1() -> Chain {
    let mut chain = Chain::example();
    assert_eq!(attributes().len(), 176);
    chain.raw(at::DEPOSITOR, at::L1_BLOCK, 0, attributes()).unwrap();
    chain
}

/// What op-revm reads from that state.
fn op_revm_info(chain: &Chain) -> L1BlockInfo {
    let mut database = InMemoryDB::default();
    for (address, account) in &chain.state {
        let info = AccountInfo::from_bytecode(Bytecode::new_legacy(account.code.clone()));
        database.insert_account_info(*address, info);
        for (slot, value) in &account.storage {
            database.insert_account_storage(*address, *slot, *value).unwrap();
        }
    }
    L1BlockInfo::try_fetch(&mut database, U256::from(1), OpSpecId::ISTHMUS).unwrap()
}

#[test]
fn fork_flags_are_set_and_stay() {
    let mut chain = Chain::example();
    assert!(chain.view(at::GAS_PRICE_ORACLE, Oracle::isEcotoneCall {}));
    assert!(chain.view(at::GAS_PRICE_ORACLE, Oracle::isFjordCall {}));
    assert!(chain.view(at::GAS_PRICE_ORACLE, Oracle::isIsthmusCall {}));
    let again = Bytes::copy_from_slice(&keccak256("setIsthmus()")[..4]);
    let refused = chain.raw(at::DEPOSITOR, at::GAS_PRICE_ORACLE, 0, again);
    assert!(reverts(&refused));
}

#[test]
fn l1_block_is_empty_at_genesis_and_pays_in_ether() {
    let mut chain = Chain::example();
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::DEPOSITOR_ACCOUNTCall {}), at::DEPOSITOR);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::numberCall {}), 0);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::basefeeCall {}), U256::ZERO);
    let token = chain.view(at::L1_BLOCK, L1Block::gasPayingTokenCall {});
    assert_eq!((token._0, token._1), (Address::repeat_byte(0xee), 18));
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::gasPayingTokenSymbolCall {}), "ETH");
    assert!(!chain.view(at::L1_BLOCK, L1Block::isCustomGasTokenCall {}));
}

#[test]
fn only_the_depositor_may_set_attributes() {
    let mut chain = Chain::example();
    let refused = chain.raw(RICH, at::L1_BLOCK, 0, attributes());
    assert!(reverts(&refused));
}

#[test]
fn l1_block_tells_what_block_1_set() {
    let mut chain = in_block_1();
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::numberCall {}), NUMBER);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::timestampCall {}), TIMESTAMP);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::basefeeCall {}), U256::from(BASE_FEE));
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::blobBaseFeeCall {}), U256::from(BLOB_BASE_FEE));
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::hashCall {}), B256::repeat_byte(0xaa));
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::batcherHashCall {}), B256::repeat_byte(0xbb));
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::sequenceNumberCall {}), SEQUENCE_NUMBER);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::baseFeeScalarCall {}), BASE_FEE_SCALAR);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::blobBaseFeeScalarCall {}), BLOB_BASE_FEE_SCALAR);
    assert_eq!(chain.view(at::L1_BLOCK, L1Block::operatorFeeScalarCall {}), OPERATOR_FEE_SCALAR);
    assert_eq!(
        chain.view(at::L1_BLOCK, L1Block::operatorFeeConstantCall {}),
        OPERATOR_FEE_CONSTANT
    );
}

#[test]
fn the_fields_lie_where_op_revm_reads_them() {
    let chain = in_block_1();
    assert_eq!(op::L1_BLOCK_CONTRACT, at::L1_BLOCK);
    let storage = &chain.state[&at::L1_BLOCK].storage;
    assert_eq!(storage[&op::L1_BASE_FEE_SLOT], U256::from(BASE_FEE));
    assert_eq!(storage[&op::ECOTONE_L1_BLOB_BASE_FEE_SLOT], U256::from(BLOB_BASE_FEE));
    let scalars = storage[&op::ECOTONE_L1_FEE_SCALARS_SLOT].to_be_bytes::<32>();
    assert_eq!(scalars[op::BASE_FEE_SCALAR_OFFSET..][..4], BASE_FEE_SCALAR.to_be_bytes());
    assert_eq!(scalars[op::BLOB_BASE_FEE_SCALAR_OFFSET..][..4], BLOB_BASE_FEE_SCALAR.to_be_bytes());
    assert_eq!(op::OPERATOR_FEE_SCALARS_SLOT, U256::from(8));
    let operator = storage[&op::OPERATOR_FEE_SCALARS_SLOT].to_be_bytes::<32>();
    assert_eq!(operator[op::OPERATOR_FEE_SCALAR_OFFSET..][..4], OPERATOR_FEE_SCALAR.to_be_bytes());
    assert_eq!(
        operator[op::OPERATOR_FEE_CONSTANT_OFFSET..][..8],
        OPERATOR_FEE_CONSTANT.to_be_bytes()
    );

    let info = op_revm_info(&chain);
    assert_eq!(info.l1_base_fee, U256::from(BASE_FEE));
    assert_eq!(info.l1_blob_base_fee, Some(U256::from(BLOB_BASE_FEE)));
    assert_eq!(info.l1_base_fee_scalar, U256::from(BASE_FEE_SCALAR));
    assert_eq!(info.l1_blob_base_fee_scalar, Some(U256::from(BLOB_BASE_FEE_SCALAR)));
    assert_eq!(info.operator_fee_scalar, Some(U256::from(OPERATOR_FEE_SCALAR)));
    assert_eq!(info.operator_fee_constant, Some(U256::from(OPERATOR_FEE_CONSTANT)));
}

#[test]
fn fee_vaults_are_where_op_revm_pays() {
    assert_eq!(op::BASE_FEE_RECIPIENT, at::BASE_FEE_VAULT);
    assert_eq!(op::L1_FEE_RECIPIENT, at::L1_FEE_VAULT);
    assert_eq!(op::OPERATOR_FEE_RECIPIENT, at::OPERATOR_FEE_VAULT);
}

/// Bytes that FastLZ hardly shrinks, from a hash chain.
fn noise(length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        bytes.extend(keccak256(&bytes));
    }
    bytes.truncate(length);
    bytes
}

/// The oracle is asked about unsigned transactions and adds 68 bytes for the signature; op-revm is
/// asked about signed ones. So they agree to the wei at the minimum size, and above it the oracle
/// names what op-revm charges for 68 compressed bytes more.
#[test]
fn the_oracle_names_the_data_fee_that_op_revm_charges() {
    let mut chain = in_block_1();
    let info = op_revm_info(&chain);
    let weight = U256::from(BASE_FEE) * U256::from(16 * u64::from(BASE_FEE_SCALAR))
        + U256::from(BLOB_BASE_FEE) * U256::from(BLOB_BASE_FEE_SCALAR);
    let fee = |scaled: u64| U256::from(scaled) * weight / U256::from(10u64.pow(12));
    for length in [1, 40, 300, 500, 4_000] {
        let data = noise(length);
        let scaled = estimate_tx_compressed_size(&data);
        let charged = info.clone().calculate_tx_l1_cost(&data, OpSpecId::ISTHMUS);
        assert_eq!(charged, fee(scaled));
        let named = chain.view(at::GAS_PRICE_ORACLE, Oracle::getL1FeeCall { data: data.into() });
        // Fjord counts 0.8365 for each byte that FastLZ leaves, in millionths.
        let unsigned = if length <= 40 { 0 } else { 68 * 836_500 };
        assert_eq!(named, fee(scaled + unsigned), "{length} bytes");
    }
}

#[test]
fn the_oracle_names_the_operator_fee_that_op_revm_charges() {
    let mut chain = in_block_1();
    let info = op_revm_info(&chain);
    for gas in [0u64, 21_000, 1_234_567, 30_000_000] {
        let charged = info.operator_fee_charge(&[2], U256::from(gas), OpSpecId::ISTHMUS);
        let asked = Oracle::getOperatorFeeCall { gasUsed: U256::from(gas) };
        assert_eq!(chain.view(at::GAS_PRICE_ORACLE, asked), charged, "{gas} gas");
    }
}
