//! The two chains of a development network, each with a block on its genesis.

use crate::block_one::{key, sender};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Signature, TxKind, U256, keccak256};
use seam_genesis::{
    ChainGenesis, RollupConfig, addresses as at,
    config::{EXAMPLE, Roles},
    dev::{self, BlockTimes},
};
use seam_primitives::{
    BlockAttributes, Fork, L1Attributes, OpFork, Recovered, Transaction, l1_attributes,
    transaction::recover,
};
use seam_stf::{ExecutedBlock, StateReader, build_block};
use seam_storage::MemoryStore;

const TIME: u64 = 1_763_700_000;
const TO: Address = Address::repeat_byte(0x77);
const TIMES: BlockTimes = BlockTimes { l1: 2, l2: 1 };

fn roles() -> Roles {
    RollupConfig::from_toml(EXAMPLE).unwrap().roles
}

fn l1() -> ChainGenesis {
    ChainGenesis::from_genesis(&dev::l1_genesis(TIME, &[sender()]).unwrap()).unwrap()
}

fn l2() -> ChainGenesis {
    let config = dev::rollup_config(TIME, l1().sealed.header.hash_slow(), TIMES, roles());
    ChainGenesis::from_genesis(&dev::l2_genesis(&config, &[sender()]).unwrap()).unwrap()
}

fn transfer(chain_id: u64) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id,
        gas_limit: 21_000,
        max_fee_per_gas: 10_000_000_000,
        to: TxKind::Call(TO),
        value: U256::from(5),
        ..TxEip1559::default()
    };
    let (signature, parity) =
        key().sign_prehash_recoverable(tx.signature_hash().as_slice()).unwrap();
    let signature = Signature::from_signature_and_parity(signature, parity.is_y_odd());
    recover(Transaction::Eip1559(tx.into_signed(signature))).unwrap()
}

fn block_one(chain: &ChainGenesis, first: Option<Transaction>) -> (MemoryStore, ExecutedBlock) {
    let mut store = MemoryStore::new(chain.sealed.clone(), &chain.state);
    let parent = store.head().clone();
    let attributes = BlockAttributes {
        timestamp: parent.timestamp + 1,
        gas_limit: parent.gas_limit,
        extra_data: parent.extra_data.clone(),
        parent_beacon_block_root: B256::repeat_byte(0xbe),
        ..BlockAttributes::default()
    };
    let first = first.map(|first| recover(first).unwrap());
    let transactions = first.into_iter().chain([transfer(chain.rules.chain_id)]).collect();
    let executed =
        build_block(&chain.rules, &parent, &attributes, transactions, &mut store).unwrap();
    assert!(executed.receipts.iter().all(|receipt| receipt.status.coerce_status()));
    store.commit(&executed).unwrap();
    (store, executed)
}

#[test]
fn the_l1_has_the_rules_of_osaka_with_bpo2_from_genesis() {
    let chain = l1();
    let rules = &chain.rules;
    assert_eq!((rules.chain_id, rules.fork_at(0, TIME)), (900, Fork::Osaka));
    let blobs = rules.blobs_at(TIME).unwrap();
    assert_eq!((blobs.target, blobs.max, blobs.max_per_transaction), (14, 21, 6));
    assert_eq!((blobs.update_fraction, blobs.reserve_price), (11_684_671, true));
    let header = &chain.sealed.header;
    assert_eq!((header.gas_limit, header.base_fee_per_gas), (60_000_000, Some(1_000_000_000)));
    assert_eq!((header.blob_gas_used, header.excess_blob_gas), (Some(0), Some(0)));
}

#[test]
fn the_l1_executes_a_block_and_its_system_contracts_note_it() {
    let chain = l1();
    let genesis = chain.sealed.header.hash_slow();
    let (mut store, executed) = block_one(&chain, None);
    assert_eq!(store.account(TO).unwrap().unwrap().balance, U256::from(5));
    assert_eq!(dev::BALANCE, U256::from(10_000) * U256::from(10u64.pow(18)));
    let spent = U256::from(5)
        + U256::from(21_000) * U256::from(executed.block.header.base_fee_per_gas.unwrap());
    assert_eq!(store.account(sender()).unwrap().unwrap().balance, dev::BALANCE - spent);
    // EIP-2935: the parent's hash at its number.
    assert_eq!(
        store.storage(at::HISTORY_STORAGE, U256::ZERO).unwrap(),
        U256::from_be_bytes(genesis.0)
    );
    // EIP-4788: the root, 8191 slots behind its timestamp.
    let slot = U256::from((TIME + 1) % 8_191 + 8_191);
    let root = store.storage(at::BEACON_ROOTS, slot).unwrap();
    assert_eq!(root, U256::from_be_bytes([0xbe; 32]));
}

#[test]
fn the_l1_has_multicall3_and_the_deployment_proxy_with_the_code_of_the_rollup() {
    let (l1, l2) = (l1(), l2());
    for address in [at::MULTICALL3, at::CREATE2_PROXY, at::BEACON_ROOTS, at::HISTORY_STORAGE] {
        let hash = |chain: &ChainGenesis| chain.state.accounts[&address].account.unwrap().code_hash;
        assert_eq!(hash(&l1), hash(&l2), "{address}");
        assert_ne!(hash(&l1), keccak256([]), "{address}");
    }
}

#[test]
fn the_rollup_executes_a_block_that_begins_with_l1_attributes() {
    assert_eq!((l1_attributes::DEPOSITOR, l1_attributes::L1_BLOCK), (at::DEPOSITOR, at::L1_BLOCK));
    let chain = l2();
    assert_eq!(
        (chain.rules.chain_id, chain.rules.op_fork_at(0, TIME)),
        (901, Some(OpFork::Isthmus))
    );
    let attributes = L1Attributes {
        timestamp: TIME,
        base_fee: 1_000_000_000,
        blob_base_fee: 1,
        hash: l1().sealed.header.hash_slow(),
        base_fee_scalar: 1_368,
        ..L1Attributes::default()
    };
    let (mut store, _) = block_one(&chain, Some(attributes.deposit()));
    assert_eq!(store.account(TO).unwrap().unwrap().balance, U256::from(5));
    // Slot 2 of the OP Stack's L1Block: the hash of the L1 block.
    let hash = store.storage(at::L1_BLOCK, U256::from(2)).unwrap();
    assert_eq!(hash, U256::from_be_bytes(attributes.hash.0));
}

#[test]
fn any_block_times_that_go_together_are_taken_and_leave_the_genesis_as_it_is() {
    let genesis = l2().sealed.header.hash_slow();
    for times in [(1, 1), (12, 2), (60, 1), (86_400, 86_400)] {
        let times = BlockTimes { l1: times.0, l2: times.1 };
        let config = dev::rollup_config(TIME, l1().sealed.header.hash_slow(), times, roles());
        let other = dev::l2_genesis(&config, &[sender()]).unwrap();
        let other = ChainGenesis::from_genesis(&other).unwrap();
        assert_eq!(other.sealed.header.hash_slow(), genesis);
    }
    let slower = BlockTimes { l1: 1, l2: 2 };
    let config = dev::rollup_config(TIME, B256::repeat_byte(1), slower, roles());
    let error = dev::l2_genesis(&config, &[]).unwrap_err().to_string();
    assert!(error.contains("longer than the L1's 1 s"), "{error}");
}
