//! The tables and their keys. `docs/storage.md` has the byte layout of keys and values; change both
//! together, and the [format version](FORMAT) with them.

use alloy_primitives::{Address, B256, U256, keccak256};
use seam_stf::trie::Nibbles;

/// Version of the byte layout. Data of another version is refused, never guessed at.
pub const FORMAT: u32 = 1;

/// A table of the database: keys and values are bytes, keys are in lexical order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    /// What the database as a whole is at: [`meta`].
    Meta,
    /// Number: hash and RLP of the header.
    Headers,
    /// Block hash: number.
    Numbers,
    /// Number: senders, transactions, ommers, withdrawals.
    Bodies,
    /// Number: receipts.
    Receipts,
    /// Number: the block's blob sidecars.
    Blobs,
    /// Transaction hash: number and index.
    Transactions,
    /// What a log can be found by, then the number.
    Logs,
    /// Address: account of the head's state.
    Accounts,
    /// Address and slot: value in the head's state.
    Slots,
    /// Code hash: code.
    Codes,
    /// Address and number: the account before that block.
    AccountHistory,
    /// Address, slot and number: the value before that block.
    SlotHistory,
    /// Number: the accounts and slots whose values that block changed.
    Changes,
    /// Path in a trie: the node there.
    Nodes,
}

impl Table {
    /// All, in the order in which a commit writes them.
    pub(crate) const ALL: [Self; 15] = [
        Self::Meta,
        Self::Headers,
        Self::Numbers,
        Self::Bodies,
        Self::Receipts,
        Self::Blobs,
        Self::Transactions,
        Self::Logs,
        Self::Accounts,
        Self::Slots,
        Self::Codes,
        Self::AccountHistory,
        Self::SlotHistory,
        Self::Changes,
        Self::Nodes,
    ];

    /// Its name in the database.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Headers => "headers",
            Self::Numbers => "numbers",
            Self::Bodies => "bodies",
            Self::Receipts => "receipts",
            Self::Blobs => "blobs",
            Self::Transactions => "transactions",
            Self::Logs => "logs",
            Self::Accounts => "accounts",
            Self::Slots => "slots",
            Self::Codes => "codes",
            Self::AccountHistory => "account-history",
            Self::SlotHistory => "slot-history",
            Self::Changes => "changes",
            Self::Nodes => "nodes",
        }
    }
}

/// Keys of [`Table::Meta`].
pub(crate) mod meta {
    /// [`FORMAT`](super::FORMAT), 4 bytes.
    pub(crate) const FORMAT: &[u8] = b"format";
    /// Hash of the genesis block.
    pub(crate) const GENESIS: &[u8] = b"genesis";
    /// Number of the newest block.
    pub(crate) const HEAD: &[u8] = b"head";
    /// Number of the block whose state the nodes are of.
    pub(crate) const TRIE: &[u8] = b"trie";
    /// Number of the oldest block whose state can be read.
    pub(crate) const HISTORY: &[u8] = b"history";
    /// Number of the oldest block that is kept beside the genesis block, if those between are not.
    pub(crate) const FIRST: &[u8] = b"first";
    /// Numbers of the safe and the finalized block.
    pub(crate) const FINALITY: &[u8] = b"finality";
}

/// What a log can be found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogKey {
    /// The contract that emitted it.
    Address(Address),
    /// The topic at this position, 0 to 3.
    Topic(u8, B256),
}

impl LogKey {
    /// Kind and fingerprint. Two values may share one: whoever finds a block looks at its receipts.
    pub(crate) fn prefix(&self) -> [u8; 9] {
        let (kind, hash) = match self {
            Self::Address(address) => (0, keccak256(address)),
            Self::Topic(position, topic) => (1 + position, keccak256(topic)),
        };
        let mut key = [kind; 9];
        key[1..].copy_from_slice(&hash[..8]);
        key
    }

    pub(crate) fn at(&self, number: u64) -> Vec<u8> {
        [&self.prefix()[..], &number.to_be_bytes()].concat()
    }
}

pub(crate) fn slot_key(address: Address, slot: U256) -> [u8; 52] {
    let mut key = [0; 52];
    key[..20].copy_from_slice(address.as_slice());
    key[20..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

pub(crate) fn history_key(key: &[u8], number: u64) -> Vec<u8> {
    [key, &number.to_be_bytes()].concat()
}

/// State trie: 0 and the path; storage trie: 1, the account and the path. A path is its length in
/// nibbles and the nibbles, two in a byte: so the nodes near the root lie together.
pub(crate) fn node_key(owner: Option<Address>, path: &Nibbles) -> Vec<u8> {
    let mut key = node_prefix(owner);
    // At most 64 nibbles.
    key.push(u8::try_from(path.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(&path.pack());
    key
}

pub(crate) fn node_prefix(owner: Option<Address>) -> Vec<u8> {
    match owner {
        None => vec![0],
        Some(address) => [&[1], address.as_slice()].concat(),
    }
}

/// The least key above all that begin with `prefix`; `None` if there is none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_above_all_that_begin_with_it() {
        assert_eq!(after_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after_prefix(&[1, 255]), Some(vec![2]));
        assert_eq!(after_prefix(&[255]), None);
        assert_eq!(after_prefix(&[]), None);
    }

    #[test]
    fn nodes_of_one_trie_lie_together_and_by_depth() {
        let path = |nibbles: &[u8]| Nibbles::from_nibbles(nibbles);
        let (a, b) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let keys = [
            node_key(None, &path(&[])),
            node_key(None, &path(&[15])),
            node_key(None, &path(&[1, 2])),
            node_key(Some(a), &path(&[15, 15])),
            node_key(Some(a), &path(&[1, 2, 3])),
            node_key(Some(b), &path(&[])),
        ];
        assert!(keys.is_sorted());
        // An odd number of nibbles and the even one that packs alike differ in their length.
        assert_ne!(node_key(None, &path(&[1])), node_key(None, &path(&[1, 0])));
    }
}
