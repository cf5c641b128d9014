//! Block 1 on the rollup genesis, executed by the state transition: the L1 attributes transaction,
//! then a transfer that pays every fee there is.

use crate::fees::{OPERATOR_FEE_CONSTANT, OPERATOR_FEE_SCALAR, attributes as l1_attributes};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, Signature, TxKind, U256};
use k256::ecdsa::SigningKey;
use op_revm::{L1BlockInfo, OpSpecId};
use seam_genesis::{ChainGenesis, RollupConfig, addresses as at, config, rollup_genesis_json};
use seam_primitives::{
    BlockAttributes, L1Attributes, Recovered, Transaction, transaction::recover,
};
use seam_stf::{ExecutedBlock, StateReader, build_block, header::base_fee};
use seam_storage::MemoryStore;

const TO: Address = Address::repeat_byte(0x99);
const TIP: u64 = 3;

pub(crate) fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

pub(crate) fn sender() -> Address {
    Address::from_public_key(key().verifying_key())
}

/// The example's rollup, with ether for [`sender`].
fn genesis() -> ChainGenesis {
    let rich = "0x2000000000000000000000000000000000000001";
    let toml = config::EXAMPLE.replace(rich, &sender().to_string());
    let config = RollupConfig::from_toml(&toml).unwrap();
    ChainGenesis::from_genesis(&rollup_genesis_json(&config).unwrap()).unwrap()
}

fn l1_attributes_transaction() -> Recovered<Transaction> {
    let attributes = L1Attributes::decode(&l1_attributes()).unwrap();
    assert_eq!(attributes.calldata(), l1_attributes());
    let deposit = attributes.deposit();
    let named = deposit.as_deposit().unwrap();
    assert_eq!((named.from, named.to), (at::DEPOSITOR, TxKind::Call(at::L1_BLOCK)));
    recover(deposit).unwrap()
}

fn transfer(chain_id: u64) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id,
        gas_limit: 50_000,
        max_fee_per_gas: 10_000_000_000,
        max_priority_fee_per_gas: u128::from(TIP),
        to: TxKind::Call(TO),
        value: U256::from(12_345),
        ..TxEip1559::default()
    };
    let (signature, parity) =
        key().sign_prehash_recoverable(tx.signature_hash().as_slice()).unwrap();
    let signature = Signature::from_signature_and_parity(signature, parity.is_y_odd());
    recover(Transaction::Eip1559(tx.into_signed(signature))).unwrap()
}

fn block_one(chain: &ChainGenesis, store: &mut MemoryStore) -> ExecutedBlock {
    let parent = store.head().clone();
    let attributes = BlockAttributes {
        timestamp: parent.timestamp + 1,
        beneficiary: at::SEQUENCER_FEE_VAULT,
        gas_limit: parent.gas_limit,
        extra_data: parent.extra_data.clone(),
        ..BlockAttributes::default()
    };
    let transactions = vec![l1_attributes_transaction(), transfer(chain.rules.chain_id)];
    build_block(&chain.rules, &parent, &attributes, transactions, store).unwrap()
}

#[test]
fn every_wei_of_block_one_is_explained() {
    let chain = genesis();
    let mut store = MemoryStore::new(chain.sealed.clone(), &chain.state);
    let before = store.account(sender()).unwrap().unwrap().balance;
    let executed = block_one(&chain, &mut store);
    let status: Vec<bool> =
        executed.receipts.iter().map(|receipt| receipt.status.coerce_status()).collect();
    assert_eq!(status, [true, true]);
    store.commit(&executed).unwrap();

    // What op-revm reads from the state that the attributes transaction left, and charges by it.
    let mut info = L1BlockInfo::default();
    let slot = |store: &mut MemoryStore, slot| store.storage(at::L1_BLOCK, slot).unwrap();
    info.l1_base_fee = slot(&mut store, op_revm::constants::L1_BASE_FEE_SLOT);
    info.l1_blob_base_fee =
        Some(slot(&mut store, op_revm::constants::ECOTONE_L1_BLOB_BASE_FEE_SLOT));
    info.l1_base_fee_scalar = U256::from(crate::fees::BASE_FEE_SCALAR);
    info.l1_blob_base_fee_scalar = Some(U256::from(crate::fees::BLOB_BASE_FEE_SCALAR));
    let bytes = transfer(chain.rules.chain_id).inner().encoded_2718();
    let l1_fee = info.calculate_tx_l1_cost(&bytes, OpSpecId::ISTHMUS);
    let gas = U256::from(21_000);
    let operator_fee = gas * U256::from(OPERATOR_FEE_SCALAR) / U256::from(1_000_000)
        + U256::from(OPERATOR_FEE_CONSTANT);
    let base = U256::from(executed.block.header.base_fee_per_gas.unwrap());
    assert!(!l1_fee.is_zero() && !operator_fee.is_zero() && !base.is_zero());

    let mut balance =
        |address| store.account(address).unwrap().map_or(U256::ZERO, |account| account.balance);
    assert_eq!(balance(at::BASE_FEE_VAULT), base * gas);
    assert_eq!(balance(at::SEQUENCER_FEE_VAULT), U256::from(TIP) * gas);
    assert_eq!(balance(at::L1_FEE_VAULT), l1_fee);
    assert_eq!(balance(at::OPERATOR_FEE_VAULT), operator_fee);
    assert_eq!(balance(TO), U256::from(12_345));
    let fees = (base + U256::from(TIP)) * gas + l1_fee + operator_fee;
    assert_eq!(before - balance(sender()), fees + U256::from(12_345));
}

#[test]
fn the_headers_of_genesis_and_block_one_are_those_of_isthmus() {
    let chain = genesis();
    let mut store = MemoryStore::new(chain.sealed.clone(), &chain.state);
    let executed = block_one(&chain, &mut store);
    let empty_requests = alloy_eips::eip7685::EMPTY_REQUESTS_HASH;
    for header in [&chain.sealed.header, &executed.block.header] {
        assert_eq!(header.extra_data.len(), 9);
        assert_eq!(header.requests_hash, Some(empty_requests));
        assert_eq!((header.blob_gas_used, header.excess_blob_gas), (Some(0), Some(0)));
        assert_eq!(header.parent_beacon_block_root, Some(B256::ZERO));
        let root = header.withdrawals_root.unwrap();
        assert_ne!(root, alloy_trie::EMPTY_ROOT_HASH, "the message passer is a proxy");
    }
    let parent = &chain.sealed.header;
    let fee = base_fee(&chain.rules, parent, parent.timestamp + 1);
    assert_eq!(executed.block.header.base_fee_per_gas, fee);
    let deposit = executed.receipts[0].deposit.unwrap();
    assert_eq!((deposit.nonce, deposit.version), (0, 1));
}
