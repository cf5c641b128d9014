//! A chain in memory, and transactions signed by well-known keys.

use alloy_consensus::{SignableTransaction, Signed};
use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Signature, U256, keccak256};
use k256::ecdsa::SigningKey;
use seam_primitives::{Activation, BlobRules, BlockAttributes, ChainRules, Fork, Header};
use seam_stf::{Account, AccountChange, StateChanges, seal_genesis};
use seam_storage::MemoryStore;
use std::collections::BTreeMap;

pub(crate) const CHAIN_ID: u64 = 900;
pub(crate) const GAS_LIMIT: u64 = 30_000_000;

/// The `index`-th of the test keys.
pub(crate) fn key(index: u8) -> SigningKey {
    SigningKey::from_slice(&[index.wrapping_add(1); 32]).unwrap()
}

pub(crate) fn address(key: &SigningKey) -> Address {
    Address::from_public_key(key.verifying_key())
}

pub(crate) fn sign<T: SignableTransaction<Signature>>(tx: T, key: &SigningKey) -> Signed<T> {
    let (signature, recovery) =
        key.sign_prehash_recoverable(tx.signature_hash().as_slice()).unwrap();
    tx.into_signed(Signature::from_signature_and_parity(signature, recovery.is_y_odd()))
}

/// Ethereum with all forks up to `newest` from genesis.
pub(crate) fn ethereum(newest: Fork) -> ChainRules {
    let mut rules = ChainRules::ethereum(CHAIN_ID, |fork| match fork {
        Fork::Dao => Activation::Never,
        fork if fork <= newest => Activation::GENESIS,
        _ => Activation::Never,
    });
    if newest >= Fork::Cancun {
        rules.blobs = vec![BlobRules {
            from_timestamp: 0,
            target: 6,
            max: 9,
            max_per_transaction: 6,
            update_fraction: 5_007_716,
            reserve_price: newest >= Fork::Osaka,
        }];
    }
    rules
}

/// An account of a genesis.
pub(crate) fn account(
    balance: u128,
    code: &[u8],
    storage: &[(u64, u64)],
) -> (AccountChange, Bytes) {
    let code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(code) };
    let account = Some(Account { nonce: 0, balance: U256::from(balance), code_hash });
    let slots = storage.iter().map(|(slot, value)| (U256::from(*slot), U256::from(*value)));
    let change = AccountChange { account, storage_wiped: false, storage: slots.collect() };
    (change, Bytes::copy_from_slice(code))
}

/// The contracts that the rules call since Cancun and Prague.
pub(crate) fn system_contracts() -> impl Iterator<Item = (Address, (AccountChange, Bytes))> {
    let system = [
        (eip2935::HISTORY_STORAGE_ADDRESS, &eip2935::HISTORY_STORAGE_CODE),
        (eip4788::BEACON_ROOTS_ADDRESS, &eip4788::BEACON_ROOTS_CODE),
        (
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            &eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE,
        ),
        (
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            &eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE,
        ),
    ];
    system.into_iter().map(|(address, code)| (address, account(0, code, &[])))
}

/// A chain of one block with these accounts.
pub(crate) fn store(
    rules: &ChainRules,
    accounts: impl IntoIterator<Item = (Address, (AccountChange, Bytes))>,
) -> MemoryStore {
    let mut state = StateChanges { accounts: BTreeMap::new(), codes: BTreeMap::new() };
    for (address, (change, code)) in accounts {
        state.accounts.insert(address, change);
        if !code.is_empty() {
            state.codes.insert(keccak256(&code), code);
        }
    }
    let header = Header { gas_limit: GAS_LIMIT, timestamp: 1, ..Header::default() };
    MemoryStore::new(seal_genesis(rules, header, &state).unwrap(), &state)
}

/// Attributes of the next block.
pub(crate) fn attributes(parent: &Header) -> BlockAttributes {
    BlockAttributes {
        timestamp: parent.timestamp + 12,
        beneficiary: Address::repeat_byte(0xbe),
        gas_limit: parent.gas_limit,
        mix_hash: B256::repeat_byte(7),
        ..BlockAttributes::default()
    }
}
