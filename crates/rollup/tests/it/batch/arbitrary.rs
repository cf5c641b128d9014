//! Blocks at random, of every type of transaction, with calldata like those of real calls and like
//! nothing at all.

use alloy_consensus::{Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use proptest::{collection::vec, option, prelude::*, sample::select};
use seam_primitives::Transaction;
use seam_stf::batch::{BatchBlock, OriginStep, well_known};

/// Blocks of a batch.
pub(crate) fn blocks() -> impl Strategy<Value = Vec<BatchBlock>> {
    vec(block(), 0..6)
}

fn block() -> impl Strategy<Value = BatchBlock> {
    (any::<bool>(), vec(transaction(), 0..8)).prop_map(|(next, transactions)| BatchBlock {
        step: if next { OriginStep::Next } else { OriginStep::Same },
        transactions,
    })
}

/// A transaction of any type that a batch carries.
pub(crate) fn transaction() -> impl Strategy<Value = Transaction> {
    let fields = (chain_id(), number(), number(), (fee(), fee()), recipient(), value(), input());
    let lists = (access_list(), vec(authorization(), 0..3));
    (0..5_u8, fields, lists, signature()).prop_map(|(kind, fields, lists, signature)| {
        let (chain_id, nonce, gas_limit, (fee, tip), to, value, input) = fields;
        let (access_list, authorization_list) = lists;
        match kind {
            0 | 1 => {
                let chain_id = (kind == 1).then_some(chain_id);
                let gas_price = fee;
                let tx = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
                Transaction::Legacy(Signed::new_unhashed(tx, signature))
            }
            2 => {
                let gas_price = fee;
                let tx = TxEip2930 {
                    chain_id,
                    nonce,
                    gas_price,
                    gas_limit,
                    to,
                    value,
                    access_list,
                    input,
                };
                Transaction::Eip2930(Signed::new_unhashed(tx, signature))
            }
            3 => Transaction::Eip1559(Signed::new_unhashed(
                TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    access_list,
                    input,
                },
                signature,
            )),
            _ => Transaction::Eip7702(Signed::new_unhashed(
                TxEip7702 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee,
                    max_priority_fee_per_gas: tip,
                    to: to.to().copied().unwrap_or_default(),
                    value,
                    access_list,
                    authorization_list,
                    input,
                },
                signature,
            )),
        }
    })
}

fn chain_id() -> impl Strategy<Value = u64> {
    prop_oneof![8 => Just(901_u64), 1 => Just(10_u64), 1 => any::<u64>()]
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..40_u64, 2 => Just(21_000_u64), 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn fee() -> impl Strategy<Value = u128> {
    prop_oneof![4 => 0..5_u128, 3 => select(vec![1_000_000_u128, 1_000_000_000]), 1 => any::<u128>()]
}

fn value() -> impl Strategy<Value = U256> {
    prop_oneof![
        4 => Just(U256::ZERO),
        2 => (1..20_u64).prop_map(|ether| U256::from(ether) * U256::from(10).pow(U256::from(18))),
        1 => any::<[u8; 32]>().prop_map(U256::from_be_bytes),
    ]
}

/// One of few, one of many, or a well-known one.
fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        5 => (0..5_u8).prop_map(Address::repeat_byte),
        2 => any::<[u8; 20]>().prop_map(Address::new),
        2 => select(well_known::ACCOUNTS.to_vec()).prop_map(Address::new),
    ]
}

fn recipient() -> impl Strategy<Value = TxKind> {
    prop_oneof![8 => address().prop_map(TxKind::Call), 1 => Just(TxKind::Create)]
}

/// Calldata: pieces of what calls are made of, at any offset.
fn input() -> impl Strategy<Value = Bytes> {
    vec(piece(), 0..24).prop_map(|pieces| pieces.concat().into())
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let word = |number: U256| number.to_be_bytes::<32>().to_vec();
    prop_oneof![
        3 => select(well_known::SELECTORS[..6].to_vec()).prop_map(|selector| selector.to_vec()),
        4 => (0..70_u64).prop_map(move |words| word(U256::from(32 * words))),
        2 => any::<u64>().prop_map(move |number| word(U256::from(number))),
        2 => (any::<u64>(), 0..64_u32).prop_map(move |(n, shift)| word(U256::from(n >> shift))),
        4 => address().prop_map(|account| account.into_word().to_vec()),
        1 => address().prop_map(|account| account.to_vec()),
        3 => (0..4_u8).prop_map(|byte| vec![0x5e ^ byte; 32]),
        2 => any::<[u8; 32]>().prop_map(|hash| hash.to_vec()),
        1 => vec(any::<u8>(), 0..70),
        1 => (0..70_usize).prop_map(|size| vec![0; size]),
        1 => "[a-z]{1,31}".prop_map(|text| {
            let mut word = text.into_bytes();
            word.resize(32, 0);
            word
        }),
    ]
}

fn access_list() -> impl Strategy<Value = AccessList> {
    let key = prop_oneof![
        (0..4_u8).prop_map(B256::with_last_byte),
        any::<[u8; 32]>().prop_map(B256::new)
    ];
    let item = (address(), vec(key, 0..4))
        .prop_map(|(address, storage_keys)| AccessListItem { address, storage_keys });
    prop_oneof![2 => Just(Vec::new()), 1 => vec(item, 1..4)].prop_map(AccessList)
}

fn authorization() -> impl Strategy<Value = SignedAuthorization> {
    let chain_id = option::of(any::<[u8; 32]>());
    (chain_id, address(), number(), any::<u8>(), any::<[u8; 32]>(), any::<[u8; 32]>()).prop_map(
        |(chain_id, address, nonce, parity, r, s)| {
            let chain_id = chain_id.map_or(U256::ZERO, U256::from_be_bytes);
            let inner = Authorization { chain_id, address, nonce };
            let (r, s) = (U256::from_be_bytes(r), U256::from_be_bytes(s));
            SignedAuthorization::new_unchecked(inner, parity, r, s)
        },
    )
}

fn signature() -> impl Strategy<Value = Signature> {
    (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<bool>()).prop_map(|(r, s, parity)| {
        // Below 2^255, as every `s` that a chain accepts.
        let s = U256::from_be_bytes(s) >> 1;
        Signature::new(U256::from_be_bytes(r), s, parity)
    })
}
