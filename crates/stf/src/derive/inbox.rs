//! `BatchPosted` of the inbox: which batches there are, in which order
//! (`contracts/src/interfaces/IBatchInbox.sol`).

use super::word_as_u64;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Log, b256};
use seam_primitives::{BatchHeader, BatchKind};

/// `keccak256("BatchPosted(uint64,address,uint8,(uint16,uint64,uint64,uint64,bytes32,bytes32),bytes32,bytes32,bytes32[])")`.
pub const BATCH_POSTED: B256 =
    b256!("0x0904573e2966b7c9799669f7412b7a94d914b6ddc0c7a76d90b2f8ef857f18ed");

/// Words of the event's data before its list of versioned hashes.
const HEAD_WORDS: u64 = 10;

/// A batch that the inbox took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedBatch {
    /// Its place, from 1.
    pub index: u64,
    /// Who posted it.
    pub poster: Address,
    /// Where its data are.
    pub kind: BatchKind,
    /// What it says of itself; the inbox has checked it.
    pub header: BatchHeader,
    /// The inbox's accumulator after it.
    pub accumulator: B256,
    /// The hash of its calldata, or of its versioned hashes one after the other.
    pub data_hash: B256,
    /// Its blobs in their order; none for calldata.
    pub versioned_hashes: Vec<B256>,
}

/// The batch that an event of the inbox stands for. None if it is another event, or not encoded as the
/// contract does it.
pub fn read(log: &Log) -> Option<PostedBatch> {
    let [signature, index, poster] = log.topics() else { return None };
    if *signature != BATCH_POSTED {
        return None;
    }
    let mut words = Words(&log.data.data);
    let kind = BatchKind::of(u8::try_from(words.number()?).ok()?)?;
    let header = BatchHeader {
        version: u16::try_from(words.number()?).ok()?,
        first_block: words.number()?,
        last_block: words.number()?,
        l1_number: words.number()?,
        l1_hash: words.word()?,
        prev_accumulator: words.word()?,
    };
    let (accumulator, data_hash) = (words.word()?, words.word()?);
    if words.number()? != HEAD_WORDS.checked_mul(32)? {
        return None;
    }
    let count = words.number()?;
    let versioned_hashes = (0..count).map(|_| words.word()).collect::<Option<_>>()?;
    let (index, poster) = (word_as_u64(&index.0)?, Address::from_word(*poster));
    Some(PostedBatch { index, poster, kind, header, accumulator, data_hash, versioned_hashes })
}

/// ABI words, one after the other.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn word(&mut self) -> Option<B256> {
        let (word, rest) = self.0.split_first_chunk::<32>()?;
        self.0 = rest;
        Some(word.into())
    }

    fn number(&mut self) -> Option<u64> {
        word_as_u64(&self.word()?.0)
    }
}
