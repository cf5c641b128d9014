//! State that is changed by hand, and transactions that nobody signed.

use crate::support::{CHAIN_ID, account, attributes, ethereum, store, system_contracts};
use alloy_consensus::{SignableTransaction, TxLegacy};
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, keccak256};
use seam_primitives::{Fork, Recovered, Transaction};
use seam_stf::{
    BlockBuilder, BlockError, StateCommitment,
    call::{AccountOverride, CallError},
};

const CONTRACT: Address = Address::repeat_byte(0xc0);
const NEW: Address = Address::repeat_byte(0xc1);
const CODE: &[u8] = &[0x5f, 0x5f, 0xf3];

fn unsigned(nonce: u64) -> Recovered<Transaction> {
    let transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_price: 10_000_000_000,
        gas_limit: 30_000,
        to: TxKind::Call(NEW),
        value: U256::from(5),
        ..TxLegacy::default()
    };
    let signature = Signature::new(U256::from(1), U256::ZERO, false);
    let transaction = Transaction::Legacy(transaction.into_signed(signature));
    Recovered::new_unchecked(transaction, CONTRACT)
}

#[test]
fn edits_are_in_the_changes_and_in_the_root() {
    let rules = ethereum(Fork::Osaka);
    let there = [(CONTRACT, account(7, CODE, &[(1, 11), (2, 22)]))];
    let mut store = store(&rules, system_contracts().chain(there));
    let parent = store.head().clone();
    let mut builder = BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
    // The reader is told of some changes ahead, as the root thread is.
    builder.prepare().unwrap();
    let code = Bytes::from_static(&[0x00]);
    let slots = [(U256::from(1), U256::ZERO), (U256::from(3), U256::from(33))].into();
    builder.edit(CONTRACT, &AccountOverride { slots, ..AccountOverride::default() }).unwrap();
    let new = AccountOverride {
        balance: Some(U256::from(9)),
        nonce: Some(4),
        code: Some(code.clone()),
        ..AccountOverride::default()
    };
    builder.edit(NEW, &new).unwrap();
    assert_eq!(builder.storage(CONTRACT, U256::from(2)).unwrap(), U256::from(22));
    let block = builder.finish().unwrap();

    let changed = &block.changes.accounts[&CONTRACT];
    let slots = changed.storage.iter().filter(|(slot, _)| **slot != U256::from(2));
    let slots: Vec<_> = slots.map(|(slot, value)| (*slot, *value)).collect();
    assert_eq!(slots, [(U256::from(1), U256::ZERO), (U256::from(3), U256::from(33))]);
    let account = block.changes.accounts[&NEW].account.unwrap();
    assert_eq!((account.balance, account.nonce), (U256::from(9), 4));
    assert_eq!(block.changes.codes.get(&keccak256(&code)), Some(&code));
    let root = store.roots_after(&block.changes, None).unwrap().state;
    assert_eq!(block.block.header.state_root, root);
}

#[test]
fn an_account_without_anything_is_gone_unless_it_has_storage() {
    let rules = ethereum(Fork::Osaka);
    let there = [(NEW, account(7, &[], &[]))];
    let mut store = store(&rules, system_contracts().chain(there));
    let parent = store.head().clone();
    let mut builder = BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
    let poor = AccountOverride { balance: Some(U256::ZERO), ..AccountOverride::default() };
    builder.edit(NEW, &poor).unwrap();
    assert_eq!(builder.account(NEW).unwrap(), None);
    let slots = [(U256::from(1), U256::from(2))].into();
    builder.edit(CONTRACT, &AccountOverride { slots, ..AccountOverride::default() }).unwrap();
    assert!(builder.account(CONTRACT).unwrap().is_some());
    let changes = builder.finish().unwrap().changes;
    assert_eq!(changes.accounts[&NEW].account, None);
    assert_eq!(changes.accounts[&CONTRACT].storage[&U256::from(1)], U256::from(2));
}

#[test]
fn code_that_no_account_can_have_is_refused() {
    let rules = ethereum(Fork::Osaka);
    let mut store = store(&rules, system_contracts());
    let parent = store.head().clone();
    let mut builder = BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
    let code = Some(Bytes::from_static(&[0xef, 0x01, 0x00, 0x01]));
    let change = AccountOverride { code, ..AccountOverride::default() };
    assert_eq!(builder.edit(NEW, &change), Err(CallError::OverrideCode(NEW)));
}

#[test]
fn only_who_did_not_sign_may_send_from_an_account_with_code() {
    let rules = ethereum(Fork::Osaka);
    let there = [(CONTRACT, account(1 << 80, CODE, &[]))];
    let mut store = store(&rules, system_contracts().chain(there));
    let parent = store.head().clone();
    let mut builder = BlockBuilder::new(&rules, &parent, attributes(&parent), &mut store).unwrap();
    let refused = builder.push(unsigned(0)).map(|_| ());
    assert!(matches!(refused, Err(BlockError::Transaction { .. })), "{refused:?}");
    builder.push_unsigned(unsigned(0)).unwrap();
    // The rule holds again for the next.
    let refused = builder.push(unsigned(1)).map(|_| ());
    assert!(matches!(refused, Err(BlockError::Transaction { .. })), "{refused:?}");
    builder.push_unsigned(unsigned(1)).unwrap();
    let block = builder.finish().unwrap();
    assert_eq!(block.receipts.len(), 2);
    assert_eq!(block.changes.accounts[&NEW].account.unwrap().balance, U256::from(10));
}
