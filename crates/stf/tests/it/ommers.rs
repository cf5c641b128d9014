//! Rewards of proof-of-work blocks and their ommers (Yellow Paper, section 11.3).

use crate::support::{account, attributes, ethereum, store};
use alloy_primitives::{Address, U256};
use seam_primitives::{BlockAttributes, ChainRules, Fork, Header};
use seam_stf::{BlockError, ExecutedBlock, StateReader, build_block};
use seam_storage::MemoryStore;

const MINER: Address = Address::repeat_byte(0xbe);
const UNCLE: Address = Address::repeat_byte(0x0c);
const ETHER: u128 = 1_000_000_000_000_000_000;

/// A chain of `length` empty blocks and their headers, genesis first.
fn chain(rules: &ChainRules, length: usize) -> (MemoryStore, Vec<Header>) {
    let mut store = store(rules, [(Address::ZERO, account(1, &[], &[]))]);
    let mut headers = vec![store.head().clone()];
    for _ in 0..length {
        let executed = next(rules, &mut store, vec![]).unwrap();
        headers.push(executed.block.header.clone());
        store.commit(&executed).unwrap();
    }
    (store, headers)
}

fn next(
    rules: &ChainRules,
    store: &mut MemoryStore,
    ommers: Vec<Header>,
) -> Result<ExecutedBlock, BlockError> {
    let parent = store.head().clone();
    let attributes = BlockAttributes { ommers, ..attributes(&parent) };
    build_block(rules, &parent, &attributes, vec![], store)
}

/// A sibling of `header`.
fn sibling(header: &Header, salt: u8) -> Header {
    Header { beneficiary: UNCLE, extra_data: vec![salt].into(), ..header.clone() }
}

/// What the next block with `ommers` gives to its miner and to the ommers' miner, in wei.
fn paid(fork: Fork, pick: impl Fn(&[Header]) -> Vec<Header>) -> (u128, u128) {
    let rules = ethereum(fork);
    let (mut store, headers) = chain(&rules, 8);
    let mut balance =
        |address| store.account(address).unwrap().map_or(U256::ZERO, |account| account.balance);
    let before = balance(MINER);
    assert_eq!(balance(UNCLE), U256::ZERO);
    let executed = next(&rules, &mut store, pick(&headers)).unwrap();
    store.commit(&executed).unwrap();
    let mut balance =
        |address| store.account(address).unwrap().map_or(U256::ZERO, |account| account.balance);
    ((balance(MINER) - before).to(), balance(UNCLE).to())
}

#[test]
fn rewards_fall_with_byzantium_and_constantinople_and_end_with_the_merge() {
    let none = |_: &[Header]| vec![];
    assert_eq!(paid(Fork::Homestead, none), (5 * ETHER, 0));
    assert_eq!(paid(Fork::Byzantium, none), (3 * ETHER, 0));
    assert_eq!(paid(Fork::Constantinople, none), (2 * ETHER, 0));
    assert_eq!(paid(Fork::Paris, none), (0, 0));
}

#[test]
fn an_ommer_pays_a_32nd_to_the_miner_and_by_its_age_to_its_own() {
    // The next block is 9; an ommer at 8 is one generation back: 7/8 of the reward.
    let one = |headers: &[Header]| vec![sibling(&headers[8], 1)];
    assert_eq!(paid(Fork::Homestead, one), (5 * ETHER + 5 * ETHER / 32, 5 * ETHER * 7 / 8));
    let two = |headers: &[Header]| vec![sibling(&headers[8], 1), sibling(&headers[3], 2)];
    assert_eq!(
        paid(Fork::Byzantium, two),
        (3 * ETHER + 2 * (3 * ETHER / 32), 3 * ETHER * 7 / 8 + 3 * ETHER * 2 / 8)
    );
}

#[test]
fn every_rule_about_ommers_is_enforced() {
    let rules = ethereum(Fork::Homestead);
    let (mut store, headers) = chain(&rules, 8);
    let mut refuse = |ommers: Vec<Header>| match next(&rules, &mut store, ommers).unwrap_err() {
        BlockError::Ommer { reason, .. } => reason,
        other => panic!("{other}"),
    };
    let ommer = |number: usize| sibling(&headers[number], 1);
    assert_eq!(refuse(vec![ommer(8), ommer(7), ommer(6)]), "more than two ommers");
    assert_eq!(refuse(vec![ommer(8), ommer(8)]), "named twice");
    let age = "not one to six generations older than the block";
    assert_eq!(refuse(vec![ommer(2)]), age);
    assert_eq!(refuse(vec![Header { number: 9, ..ommer(8) }]), age);
    assert_eq!(refuse(vec![Header { number: u64::MAX, ..ommer(8) }]), age);
    assert_eq!(refuse(vec![headers[7].clone()]), "is an ancestor");
    let stranger = Header { parent_hash: [9; 32].into(), ..ommer(7) };
    assert_eq!(refuse(vec![stranger]), "its parent is not an ancestor");
}

#[test]
fn since_the_merge_there_are_none() {
    let rules = ethereum(Fork::Paris);
    let (mut store, headers) = chain(&rules, 8);
    let error = next(&rules, &mut store, vec![sibling(&headers[8], 1)]).unwrap_err();
    assert_eq!(error.to_string(), "header: the number of ommers must be zero since the merge");
}
