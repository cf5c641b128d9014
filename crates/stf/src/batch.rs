//! The data of a batch: the transactions of many blocks, by columns, and how they lie in blobs
//! (`docs/spec/batch.md`).
//!
//! Decoding is total and bounded: whatever the bytes are, it ends with blocks or with the reason why
//! they are none, and the only limits are counts of bytes and items (rule D14). Structure is judged
//! here, once for the whole batch; whether a block is valid is judged block by block (rule D1).
//!
//! | module | what |
//! |---|---|
//! | [`frame`] | what was posted: version, sizes, signatures, the compressed columns |
//! | [`blobs`] | how that lies in blobs |
//! | [`columns`] | the columns and how numbers stand in them |
//! | [`shape`] | the form that several calls share |
//! | [`recent`], [`well_known`] | values named by how recent, or how well known, they are |
//!
//! The encoder is in `seam-rollup`: a batch has many encodings and one meaning.

pub mod blobs;
pub mod columns;
pub mod frame;
pub mod recent;
pub mod shape;
pub mod well_known;

mod arguments;
mod compressed;
mod dictionaries;
mod fields;
mod lists;
mod transactions;

use alloc::vec::Vec;
use columns::Columns;
use frame::Frame;
use seam_primitives::Transaction;

/// The version of the encoding, in a batch's header and in the first byte of its data.
pub const VERSION: u16 = 1;
/// Most bytes of the columns of a batch, and of all calldata and lists in it: 8 MiB. Six blobs hold
/// 762 KiB, so real batches stay far below; it bounds what a decoder of hostile ones does.
pub const MAX_BATCH_BYTES: usize = 8 << 20;
/// Most blocks of a batch. Blocks beyond those in the data are default blocks (rule D5).
pub const MAX_BLOCKS: usize = 1 << 16;
/// Most transactions of a batch.
pub const MAX_TRANSACTIONS: usize = 1 << 16;
/// Most entries of a dictionary of a batch.
pub const MAX_ENTRIES: usize = 1 << 16;
/// Largest window of the compressor, as a power of two (`WBITS` in RFC 7932): 4 MiB.
pub const MAX_WINDOW_BITS: u8 = 22;

/// A block as a batch gives it. All else follows from its parent and L1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchBlock {
    /// Where it stands on L1.
    pub step: OriginStep,
    /// Its transactions after the deposits.
    pub transactions: Vec<Transaction>,
}

/// Where a block stands on L1, beside its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginStep {
    /// On the same L1 block.
    Same,
    /// On the next one.
    Next,
}

/// Why bytes are not the data of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Another first byte than [`VERSION`].
    #[error("version {0}, not 1")]
    Version(u8),
    /// Bytes end before what they must hold.
    #[error("{0} ends too early")]
    Short(&'static str),
    /// Bytes are left.
    #[error("{0} goes on after its end")]
    Trailing(&'static str),
    /// More than a limit of the format.
    #[error("{what}: {found}, more than {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many are declared.
        found: u64,
        /// How many may be.
        limit: u64,
    },
    /// A value that the format does not have, or writes in another way.
    #[error("{0} has a value that the format does not have")]
    Value(&'static str),
    /// Not one brotli stream of the declared size.
    #[error("the columns are not one brotli stream of the declared size")]
    Compressed,
    /// A blob's word whose two highest bits are not zero (rule P1).
    #[error("word {0} of the blobs has one of its two highest bits")]
    BlobWord(usize),
}

impl BatchError {
    /// `found` if it is at most `limit`.
    const fn at_most(what: &'static str, found: u64, limit: usize) -> Result<usize, Self> {
        // A limit is far below 2^32, so nothing is lost where `usize` has 32 bits.
        #[allow(clippy::cast_possible_truncation)]
        match found <= limit as u64 {
            true => Ok(found as usize),
            false => Err(Self::TooMany { what, found, limit: limit as u64 }),
        }
    }
}

/// The blocks of a batch. `data` is what was posted as calldata, or what [`blobs::unpack`] finds in
/// its blobs.
///
/// # Errors
/// Why it holds no blocks. Such a batch gives default blocks only.
pub fn decode(data: &[u8]) -> Result<Vec<BatchBlock>, BatchError> {
    let frame = Frame::parse(data)?;
    let bytes = frame.columns()?;
    let mut columns = Columns::split(&bytes)?;
    let counts = block_counts(&mut columns)?;
    let total = counts.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(*count));
    if total != frame.signatures.len() as u64 {
        return Err(BatchError::Value("blocks"));
    }
    let transactions = transactions::decode(&mut columns, frame.signatures)?;
    columns.finish()?;
    let mut rest = transactions.into_iter();
    let block = |(step, count): (OriginStep, u64)| {
        // `count` is at most their number.
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        BatchBlock { step, transactions: rest.by_ref().take(count).collect() }
    };
    Ok(counts.into_iter().map(block).collect())
}

/// The transactions of each block, and its step: twice the count, and one more for the next origin.
fn block_counts(columns: &mut Columns<'_>) -> Result<Vec<(OriginStep, u64)>, BatchError> {
    let mut counts = Vec::new();
    while !columns.blocks.is_empty() {
        if counts.len() >= MAX_BLOCKS {
            let found = (MAX_BLOCKS as u64).saturating_add(1);
            return Err(BatchError::TooMany { what: "blocks", found, limit: MAX_BLOCKS as u64 });
        }
        let word = columns.blocks.varint()?;
        let step = if word & 1 == 1 { OriginStep::Next } else { OriginStep::Same };
        counts.push((step, word >> 1));
    }
    Ok(counts)
}

#[cfg(test)]
mod tests;
