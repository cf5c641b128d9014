//! The golden vectors in testdata/batch-vectors.json: for whoever writes another decoder, and
//! against a change that nobody meant. `SEAM_WRITE_VECTORS=1` writes them anew.

use alloy_consensus::{Signed, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    Decodable2718, Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, hex, keccak256};
use seam_primitives::Transaction;
use seam_rollup::batch::{columns, encode};
use seam_stf::batch::{BatchBlock, OriginStep, decode, well_known};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::PathBuf};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    name: String,
    blocks: Vec<Block>,
    /// Columns that are not empty, before compression.
    columns: BTreeMap<String, Bytes>,
    posted: Bytes,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    /// Whether it is on the next L1 block.
    next: bool,
    /// EIP-2718.
    transactions: Vec<Bytes>,
}

impl Vector {
    fn new(name: &str, blocks: &[BatchBlock]) -> Self {
        let encoded = |block: &BatchBlock| Block {
            next: block.step == OriginStep::Next,
            transactions: block.transactions.iter().map(|tx| tx.encoded_2718().into()).collect(),
        };
        let columns = columns(blocks).unwrap().into_iter().filter(|(_, bytes)| !bytes.is_empty());
        Self {
            name: name.to_owned(),
            blocks: blocks.iter().map(encoded).collect(),
            columns: columns.map(|(name, bytes)| (name.to_owned(), bytes.into())).collect(),
            posted: encode(blocks).unwrap().into(),
        }
    }

    fn blocks(&self) -> Vec<BatchBlock> {
        let decoded = |block: &Block| BatchBlock {
            step: if block.next { OriginStep::Next } else { OriginStep::Same },
            transactions: block
                .transactions
                .iter()
                .map(|bytes| Transaction::decode_2718_exact(bytes).unwrap())
                .collect(),
        };
        self.blocks.iter().map(decoded).collect()
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/batch-vectors.json")
}

#[test]
fn the_vectors_are_encoded_and_decoded() {
    if std::env::var_os("SEAM_WRITE_VECTORS").is_some() {
        let vectors: Vec<_> =
            cases().iter().map(|(name, blocks)| Vector::new(name, blocks)).collect();
        fs::write(path(), serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    let vectors: Vec<Vector> = serde_json::from_slice(&fs::read(path()).unwrap()).unwrap();
    let names: Vec<_> = vectors.iter().map(|vector| vector.name.as_str()).collect();
    assert_eq!(names, cases().iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (vector, (name, blocks)) in vectors.iter().zip(cases()) {
        assert_eq!(vector.blocks(), blocks, "{name}");
        assert_eq!(*vector, Vector::new(name, &blocks), "{name}");
        assert_eq!(decode(&vector.posted), Ok(blocks), "{name}");
    }
}

fn cases() -> Vec<(&'static str, Vec<BatchBlock>)> {
    let one = |transactions| vec![block(OriginStep::Next, transactions)];
    vec![
        ("no blocks", vec![]),
        ("one empty block on the next L1 block", one(vec![])),
        ("a transfer of one ether", one(vec![transfer()])),
        ("two senders with three ERC-20 transfers each", erc20()),
        ("every type, with lists, and a creation", one(every_type())),
        ("calls in calls, at offsets of four bytes", one(vec![call(7, multicall())])),
        ("a hash, text, and bytes of no form", one(vec![call(8, odd())])),
        ("calls with numbers of different sizes, in one shape", one(amounts())),
        ("a proof, and hashes", one(vec![call(9, proof())])),
    ]
}

fn block(step: OriginStep, transactions: Vec<Transaction>) -> BatchBlock {
    BatchBlock { step, transactions }
}

/// A signature that looks like one.
fn signature(seed: u64) -> Signature {
    let word = |part: u8| keccak256([&seed.to_be_bytes()[..], &[part]].concat());
    let s = U256::from_be_bytes(word(1).0) >> 1;
    Signature::new(U256::from_be_bytes(word(0).0), s, seed % 2 == 1)
}

fn account(seed: u8) -> Address {
    Address::from_word(keccak256([seed]))
}

fn legacy() -> TxLegacy {
    TxLegacy {
        chain_id: Some(901),
        nonce: 5,
        gas_price: 1_000_000_000,
        gas_limit: 21_000,
        to: TxKind::Call(account(1)),
        value: U256::from(10).pow(U256::from(18)),
        input: Bytes::new(),
    }
}

fn transfer() -> Transaction {
    Transaction::Legacy(Signed::new_unhashed(legacy(), signature(0)))
}

fn dynamic(nonce: u64, to: Address, input: Bytes) -> TxEip1559 {
    TxEip1559 {
        chain_id: 901,
        nonce,
        gas_limit: 60_000,
        max_fee_per_gas: 2_001_000_000,
        max_priority_fee_per_gas: 1_000_000,
        to: TxKind::Call(to),
        input,
        ..TxEip1559::default()
    }
}

fn call(nonce: u64, input: Vec<u8>) -> Transaction {
    let tx = dynamic(nonce, Address::new(well_known::ACCOUNTS[11]), input.into());
    Transaction::Eip1559(Signed::new_unhashed(tx, signature(nonce)))
}

fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}

fn erc20_transfer(to: Address, amount: u64) -> Vec<u8> {
    [&well_known::SELECTORS[0][..], to.into_word().as_slice(), &word(amount)].concat()
}

/// Two accounts that take turns.
fn erc20() -> Vec<BatchBlock> {
    let transaction = |round: u64, sender: u64| {
        let input = erc20_transfer(account(20 + (round % 2) as u8), 1_000_000 * (round + 1));
        let tx = dynamic(100 * sender + round, account(2), input.into());
        Transaction::Eip1559(Signed::new_unhashed(tx, signature(10 * sender + round)))
    };
    let round = |round| vec![transaction(round, 1), transaction(round, 2)];
    vec![
        block(OriginStep::Next, round(0)),
        block(OriginStep::Same, round(1)),
        block(OriginStep::Same, round(2)),
    ]
}

fn every_type() -> Vec<Transaction> {
    let key = |seed: u8| keccak256([seed, seed]);
    let list = AccessList(vec![
        AccessListItem { address: account(3), storage_keys: vec![key(1), B256::ZERO] },
        AccessListItem { address: account(4), storage_keys: vec![] },
    ]);
    let authorization = Authorization { chain_id: U256::from(901), address: account(5), nonce: 3 };
    let (r, s) = (signature(9).r(), signature(9).s());
    let signed = SignedAuthorization::new_unchecked(authorization, 1, r, s);
    let unprotected = TxLegacy { chain_id: None, ..legacy() };
    let creation =
        TxEip1559 { to: TxKind::Create, ..dynamic(1, account(0), hex!("6001600c").into()) };
    let elsewhere = TxEip2930 {
        chain_id: 10,
        nonce: 6,
        gas_price: 7,
        gas_limit: 90_000,
        to: TxKind::Call(account(3)),
        access_list: list.clone(),
        ..TxEip2930::default()
    };
    let set_code = TxEip7702 {
        chain_id: 901,
        nonce: u64::MAX,
        gas_limit: 100_000,
        max_fee_per_gas: 1,
        max_priority_fee_per_gas: 2,
        to: account(4),
        access_list: list,
        authorization_list: vec![signed],
        ..TxEip7702::default()
    };
    vec![
        Transaction::Legacy(Signed::new_unhashed(unprotected, signature(1))),
        transfer(),
        Transaction::Eip2930(Signed::new_unhashed(elsewhere, signature(2))),
        Transaction::Eip1559(Signed::new_unhashed(creation, signature(3))),
        Transaction::Eip7702(Signed::new_unhashed(set_code, signature(4))),
    ]
}

/// `aggregate3` of three transfers: bytes in an array, so words stand at offsets of four bytes.
fn multicall() -> Vec<u8> {
    let inner: Vec<_> = (0..3).map(|n| erc20_transfer(account(30 + n), 70_000)).collect();
    let mut data = well_known::SELECTORS[19].to_vec();
    data.extend([word(32), word(3)].concat());
    (0..3).for_each(|n| data.extend(word(96 + n * 224)));
    for call in inner {
        data.extend([account(2).into_word().0, word(1), word(96), word(68)].concat());
        data.extend(call);
        data.extend([0; 28]);
    }
    data
}

fn odd() -> Vec<u8> {
    let mut text = [0; 32];
    text[..4].copy_from_slice(b"seam");
    [&[0xab, 0xcd, 0xef, 0x01][..], keccak256(b"hash").as_slice(), &text, b"no form"].concat()
}

/// Of 1 to 5 bytes.
fn amounts() -> Vec<Transaction> {
    let amount = |nonce: u64| 7 << (8 * nonce);
    let transfer = |nonce| call(nonce, erc20_transfer(account(2), amount(nonce)));
    (0..5).map(transfer).collect()
}

/// Sixteen words whose first byte is small, as those of a proof are, and four whose first byte is not.
fn proof() -> Vec<u8> {
    let word = |seed: u8| {
        let mut word = keccak256([seed]);
        word[0] = if seed < 16 { word[0] % 0x31 } else { word[0] | 0x80 };
        word.0
    };
    let words: Vec<_> = (0..20).map(word).collect();
    [&well_known::SELECTORS[0][..], words.as_flattened()].concat()
}
