//! Blocks, accounts and books to test with.

pub(crate) mod site;

use alloy_primitives::{Address, B256, I256, U256};
use seam_ledger::{
    BookedBlock, Books, Entry, Place, Source, Token,
    books::{ChainKind, FollowedChain, Role, Tracked},
};
use std::collections::BTreeMap;

/// The chain of most tests.
pub(crate) const CHAIN: u64 = 901;

/// Who is tracked.
pub(crate) const ALICE: Address = Address::repeat_byte(0xa1);
pub(crate) const BOB: Address = Address::repeat_byte(0xb0);

/// Seconds since 1970 of block 0, a little before the end of a day.
pub(crate) const START: u64 = 1_767_225_600 - 30;

/// Seconds between blocks.
pub(crate) const BLOCK_TIME: u64 = 12;

pub(crate) fn chain(id: u64) -> FollowedChain {
    FollowedChain {
        id,
        kind: ChainKind::OpStack,
        url: format!("http://127.0.0.1:1/{id}"),
        genesis: B256::with_last_byte(1),
    }
}

pub(crate) fn account(chain: u64, address: Address, role: Role, from_block: u64) -> Tracked {
    Tracked { chain, address, label: String::new(), role, from_block }
}

/// New books with one chain and two accounts from block 1 on.
pub(crate) async fn begun(url: &str) -> Books {
    let books = Books::open(url).await.unwrap();
    books.follow(&chain(CHAIN)).await.unwrap();
    for (address, role) in [(ALICE, Role::User), (BOB, Role::Batcher)] {
        books.track(&account(CHAIN, address, role, 1)).await.unwrap();
    }
    books
}

pub(crate) fn amount(amount: i64) -> I256 {
    I256::try_from(amount).unwrap()
}

/// The hash of a block of a branch.
pub(crate) fn hash(branch: u8, number: u64) -> B256 {
    let mut hash = B256::with_last_byte(branch + 1);
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}

/// A block of a branch that forks from nothing.
pub(crate) fn block(branch: u8, number: u64, entries: Vec<Entry>) -> BookedBlock {
    BookedBlock {
        number,
        hash: hash(branch, number),
        parent: hash(branch, number.saturating_sub(1)),
        time: START + number * BLOCK_TIME,
        entries,
        seen: Vec::new(),
    }
}

/// An entry of one owner, in ether.
pub(crate) fn ether(owner: Address, source: Source, wei: i64) -> Entry {
    at(Place::default(), owner, source, (Token::Ether, wei))
}

pub(crate) fn at(place: Place, owner: Address, source: Source, what: (Token, i64)) -> Entry {
    let (token, units) = what;
    let why = BTreeMap::from([("amount", units.to_string())]);
    Entry::of("test", place, owner, source, (token, amount(units)), why).unwrap()
}

/// The place of a transaction in its block.
pub(crate) fn transaction(index: u32, hash: B256) -> Place {
    Place { transaction: Some((index, hash)), log: None }
}

pub(crate) fn seen(mut block: BookedBlock, owner: Address, wei: u64) -> BookedBlock {
    block.seen.push((owner, Token::Ether, U256::from(wei)));
    block
}
