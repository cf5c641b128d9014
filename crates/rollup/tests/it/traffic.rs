//! Transactions of every kind that a rollup's users send.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::{
    Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use seam_genesis::dev::L2_CHAIN_ID;

const GAS: u64 = 200_000;
const MAX_FEE: u128 = 10_000_000_000;

/// Stores its calldata's first word in slot 0 and logs it; reverts if that is odd.
/// `PUSH0 CALLDATALOAD DUP1 PUSH1 1 AND PUSH1 0x10 JUMPI PUSH0 SSTORE PUSH0 PUSH0 LOG0 STOP JUMPDEST PUSH0 PUSH0 REVERT`
const RUNTIME: [u8; 20] = hex!("5f3580600116601057" "5f555f5fa000" "00" "5b5f5ffd");

/// Which kind transaction `at` is of.
const fn kind(at: u64) -> u64 {
    at % 6
}

/// How many of its sender's nonces a transaction uses.
pub(crate) const fn nonces(at: u64) -> u64 {
    if kind(at) == 5 { 2 } else { 1 }
}

/// The first contract that was made: all call it.
fn contract() -> Address {
    crate::site::key(2).address().create(0)
}

/// Transaction `at` of all, by this user.
pub(crate) fn transaction(signer: &PrivateKeySigner, nonce: u64, at: u64) -> Bytes {
    let word = |odd: u64| Bytes::from(U256::from(at * 2 + odd).to_be_bytes::<32>());
    let call = |input| TxEip1559 {
        chain_id: L2_CHAIN_ID,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: MAX_FEE,
        max_priority_fee_per_gas: u128::from(at % 3),
        to: contract().into(),
        input,
        ..TxEip1559::default()
    };
    match kind(at) {
        0 => signed(signer, TxEip1559 { to: TxKind::Create, ..call(creation()) }),
        1 => signed(signer, call(word(0))),
        2 => signed(signer, call(word(1))),
        3 => signed(
            signer,
            TxLegacy {
                chain_id: (!at.is_multiple_of(2)).then_some(L2_CHAIN_ID),
                nonce,
                gas_price: MAX_FEE,
                gas_limit: 21_000,
                to: Address::repeat_byte(9).into(),
                value: U256::from(at),
                ..TxLegacy::default()
            },
        ),
        4 => signed(
            signer,
            TxEip2930 {
                chain_id: L2_CHAIN_ID,
                nonce,
                gas_price: MAX_FEE,
                gas_limit: GAS,
                to: contract().into(),
                access_list: AccessList(vec![AccessListItem {
                    address: contract(),
                    storage_keys: vec![B256::ZERO],
                }]),
                input: word(0),
                ..TxEip2930::default()
            },
        ),
        _ => delegation(signer, nonce, word(0)),
    }
}

/// The sender's account gets the contract's code, and is called.
fn delegation(signer: &PrivateKeySigner, nonce: u64, input: Bytes) -> Bytes {
    let chain_id = U256::from(L2_CHAIN_ID);
    let authorization = Authorization { chain_id, address: contract(), nonce: nonce + 1 };
    let signature = signer.sign_hash_sync(&authorization.signature_hash()).unwrap();
    signed(
        signer,
        TxEip7702 {
            chain_id: L2_CHAIN_ID,
            nonce,
            gas_limit: GAS,
            max_fee_per_gas: MAX_FEE,
            to: signer.address(),
            authorization_list: vec![authorization.into_signed(signature)],
            input,
            ..TxEip7702::default()
        },
    )
}

/// Code that gives [`RUNTIME`]: `PUSH1 20 PUSH1 11 PUSH0 CODECOPY PUSH1 20 PUSH0 RETURN`.
fn creation() -> Bytes {
    [&hex!("601460" "0b" "5f39" "6014" "5ff3")[..], &[0; 1], &RUNTIME].concat().into()
}

fn signed<T>(signer: &PrivateKeySigner, transaction: T) -> Bytes
where
    T: SignableTransaction<alloy_primitives::Signature>,
    TxEnvelope: From<alloy_consensus::Signed<T>>,
{
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into()
}
