//! What a batch says of itself on L1, and the words that the inbox keeps of it: the same bytes as
//! `BatchInbox` hashes (`contracts/src/interfaces/IBatchInbox.sol`; protocol rules 5.2).

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};

/// What the first accumulator's first word names.
pub const INBOX_TAG: &str = "seam/inbox/1";

/// A batch's header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchHeader {
    /// Rules of encoding and derivation.
    pub version: u16,
    /// The block after the last batch's last one.
    pub first_block: u64,
    /// At least `first_block`.
    pub last_block: u64,
    /// The anchor: the newest L1 block that blocks of the batch may stand on.
    pub l1_number: u64,
    /// Its hash.
    pub l1_hash: B256,
    /// The accumulator of the batch before.
    pub prev_accumulator: B256,
}

/// Where a batch's data are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BatchKind {
    /// In the calldata of its transaction.
    Calldata,
    /// In the blobs of its transaction.
    Blobs,
}

impl BatchKind {
    /// As the inbox writes it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Calldata => 0,
            Self::Blobs => 1,
        }
    }

    /// The kind that the inbox writes so.
    pub const fn of(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Calldata),
            1 => Some(Self::Blobs),
            _ => None,
        }
    }
}

impl BatchHeader {
    /// `keccak256(abi.encode(header))`.
    pub fn hash(&self) -> B256 {
        hash_words([
            U256::from(self.version),
            U256::from(self.first_block),
            U256::from(self.last_block),
            U256::from(self.l1_number),
            self.l1_hash.into(),
            self.prev_accumulator.into(),
        ])
    }

    /// The accumulator of the batch with this header and these data. It does not depend on the L1
    /// block that the batch is in, so a batch that is posted again after a reorg has the same.
    pub fn accumulator(&self, kind: BatchKind, data_hash: B256) -> B256 {
        hash_words([
            self.prev_accumulator.into(),
            self.hash().into(),
            U256::from(kind.number()),
            data_hash.into(),
        ])
    }
}

/// The accumulator of an inbox without a batch.
pub fn first_accumulator(l1_chain_id: u64, inbox: Address, l2_chain_id: u64) -> B256 {
    // `abi.encode("seam/inbox/1", …)`: the string comes last, and its place before it is 4 words on.
    let mut tag = [0_u8; 32];
    tag.iter_mut().zip(INBOX_TAG.bytes()).for_each(|(to, from)| *to = from);
    hash_words([
        U256::from(128),
        U256::from(l1_chain_id),
        inbox.into_word().into(),
        U256::from(l2_chain_id),
        U256::from(INBOX_TAG.len()),
        U256::from_be_bytes(tag),
    ])
}

/// The hash of a batch's blobs: of their versioned hashes one after the other.
pub fn blobs_data_hash(versioned_hashes: &[B256]) -> B256 {
    let bytes: Vec<u8> = versioned_hashes.iter().flat_map(|hash| hash.0).collect();
    keccak256(bytes)
}

fn hash_words<const N: usize>(words: [U256; N]) -> B256 {
    let bytes: Vec<u8> = words.into_iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    keccak256(bytes)
}

#[cfg(test)]
mod tests;
