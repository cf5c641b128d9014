use super::*;
use alloy_primitives::{KECCAK256_EMPTY, keccak256};
use seam_primitives::{Activation, BlockAttributes, ChainRules, Fork};
use seam_stf::{AccountChange, build_block, seal_genesis, trie::verify_proof};
use std::sync::Arc;

const MINER: Address = Address::repeat_byte(0xaa);
const OTHER: Address = Address::repeat_byte(0xbb);

fn rules() -> ChainRules {
    ChainRules::ethereum(1, |fork| match fork {
        Fork::Dao => Activation::Never,
        fork if fork <= Fork::Byzantium => Activation::GENESIS,
        _ => Activation::Never,
    })
}

fn store() -> MemoryStore {
    let account = Account { nonce: 1, balance: U256::from(9), code_hash: KECCAK256_EMPTY };
    let storage = [(U256::from(1), U256::from(11)), (U256::from(2), U256::from(22))].into();
    let change = AccountChange { account: Some(account), storage_wiped: false, storage };
    let state = StateChanges { accounts: [(OTHER, change)].into(), ..StateChanges::default() };
    let header = Header { gas_limit: 1_000_000, ..Header::default() };
    MemoryStore::new(seal_genesis(&rules(), header, &state).unwrap(), &state)
}

/// The next block, mined by `beneficiary`.
fn next(store: &mut MemoryStore, beneficiary: Address) -> ExecutedBlock {
    let parent = store.head().clone();
    let attributes = attributes(&parent, beneficiary);
    build_block(&rules(), &parent, &attributes, vec![], store).unwrap()
}

fn attributes(parent: &Header, beneficiary: Address) -> BlockAttributes {
    let (timestamp, gas_limit) = (parent.timestamp + 1, parent.gas_limit);
    BlockAttributes { timestamp, gas_limit, beneficiary, ..BlockAttributes::default() }
}

#[test]
fn of_two_blocks_built_on_the_head_either_may_be_committed() {
    for pick in [0, 1] {
        let mut store = store();
        let built = [next(&mut store, MINER), next(&mut store, OTHER)];
        store.commit(&built[pick]).unwrap();
        assert_eq!(store.head().hash_slow(), built[pick].hash);
        let after = next(&mut store, MINER);
        store.commit(&after).unwrap();
        let mut fresh = self::store();
        let first = next(&mut fresh, [MINER, OTHER][pick]);
        fresh.commit(&first).unwrap();
        assert_eq!(next(&mut fresh, MINER).hash, after.hash);
    }
}

#[test]
fn a_block_on_another_parent_is_refused() {
    let mut store = store();
    let first = next(&mut store, MINER);
    store.commit(&first).unwrap();
    let error = store.commit(&first).unwrap_err();
    assert!(matches!(error, StateError::HashMismatch { .. }), "{error}");
    assert_eq!(store.head().hash_slow(), first.hash);
}

#[test]
fn changes_that_do_not_lead_to_the_root_are_refused_and_nothing_stays() {
    let mut store = store();
    let honest = next(&mut store, MINER);
    let mut forged = honest.clone();
    Arc::make_mut(&mut forged.changes)
        .accounts
        .get_mut(&MINER)
        .unwrap()
        .account
        .as_mut()
        .unwrap()
        .nonce = 5;
    let mut lacking = honest.clone();
    Arc::make_mut(&mut lacking.changes).accounts.clear();
    // While the trie is where the builder of the honest block left it, and after.
    for wrong in [&forged, &lacking, &forged] {
        let error = store.commit(wrong).unwrap_err();
        assert!(matches!(error, StateError::HashMismatch { .. }), "{error}");
        next(&mut store, OTHER);
    }
    assert_eq!(store.account(MINER).unwrap(), None);
    store.commit(&honest).unwrap();
    assert_eq!(store.account(MINER).unwrap().unwrap().nonce, 0);
}

#[test]
fn what_was_written_is_read_and_proven() {
    let mut store = store();
    assert_eq!(store.storage(OTHER, U256::from(2)).unwrap(), U256::from(22));
    assert_eq!(store.storage(OTHER, U256::from(3)).unwrap(), U256::ZERO);
    assert_eq!(store.storage(MINER, U256::from(2)).unwrap(), U256::ZERO);
    assert!(matches!(store.code([7; 32].into()), Err(StateError::MissingCode(_))));
    assert!(matches!(store.block_hash(5), Err(StateError::MissingHeader(5))));
    let root = store.head().state_root;
    let mut trie = StateTrie::from_root(root);
    let slots = [U256::from(2), U256::from(3)];
    let proof = trie.prove(&store.preimages(), OTHER, &slots).unwrap();
    assert!(verify_proof(root, keccak256(OTHER), &proof.account).unwrap().is_some());
    let slot = |at: usize| {
        let key = keccak256(B256::from(slots[at]));
        verify_proof(proof.storage_root, key, &proof.storage[at]).unwrap()
    };
    assert_eq!((slot(0), slot(1)), (Some(Bytes::from_static(&[22])), None));
}

#[test]
fn an_account_that_is_gone_takes_its_storage_along() {
    let mut store = store();
    let gone = AccountChange { account: None, storage_wiped: true, storage: BTreeMap::new() };
    let back = AccountChange {
        account: Some(Account::default()),
        storage_wiped: true,
        storage: [(U256::from(2), U256::from(5))].into(),
    };
    for (change, slots) in [(gone, [0, 0]), (back, [0, 5])] {
        store.apply(&StateChanges { accounts: [(OTHER, change)].into(), ..Default::default() });
        let read = [1, 2].map(|slot| store.storage(OTHER, U256::from(slot)).unwrap());
        assert_eq!(read, slots.map(U256::from));
    }
}
