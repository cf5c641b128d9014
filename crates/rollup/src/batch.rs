//! Batches: blocks into the bytes that are posted (`docs/spec/batch.md`). Reading them is the state
//! transition's: [`seam_stf::batch`].
//!
//! A batch has many encodings and one meaning. What is decided here is only how small it gets:
//! which bytes of calldata are constants, arguments, accounts or hashes, and what is worth a place
//! in a dictionary. No rule of the rollup depends on it.

mod columns;
mod dictionaries;
mod estimator;
mod fields;
mod format;
mod forms;
mod source;

pub use estimator::{Estimator, MARGIN_BYTES, MARGIN_PERCENT};
pub use format::Columns;
pub use source::EncodeError;

use columns::varint;
use forms::{Costs, Forms};
use seam_stf::batch::{BatchBlock, MAX_BATCH_BYTES, MAX_BLOCKS, MAX_TRANSACTIONS, VERSION};
use source::Source;
use std::io::Write as _;

/// The compressor's window, as a power of two: the largest that the format allows, 4 MiB.
const WINDOW_BITS: i32 = 22;
/// What the compressor hands on at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// The compressor's quality for what is posted: its highest.
const BEST: i32 = 11;

/// What is posted for these blocks: the smallest of a few encodings. Takes seconds for a full batch.
///
/// # Errors
/// If a transaction cannot be in a batch, or the blocks are more than one holds.
pub fn encode(blocks: &[BatchBlock]) -> Result<Vec<u8>, EncodeError> {
    let sources = sources(blocks)?;
    let mut best: Option<Vec<u8>> = None;
    for costs in Costs::WORTH_TRYING {
        let bytes = encode_with(blocks, &sources, &costs, BEST)?;
        if best.as_ref().is_none_or(|best| bytes.len() < best.len()) {
            best = Some(bytes);
        }
    }
    Ok(best.unwrap_or_default())
}

/// The same, not as small, in about a tenth of the time.
fn encode_quickly(blocks: &[BatchBlock]) -> Result<Vec<u8>, EncodeError> {
    encode_with(blocks, &sources(blocks)?, &Costs::WORTH_TRYING[0], 5)
}

/// The columns of these blocks, with their names: what is compressed.
///
/// # Errors
/// As those of [`encode`].
pub fn columns(blocks: &[BatchBlock]) -> Result<Vec<(&'static str, Vec<u8>)>, EncodeError> {
    let sources = sources(blocks)?;
    let forms = Forms::find(&sources, &Costs::WORTH_TRYING[0]);
    Ok(columns::named(columns::write(blocks, &sources, &forms)))
}

fn sources(blocks: &[BatchBlock]) -> Result<Vec<Source<'_>>, EncodeError> {
    EncodeError::at_most("blocks", blocks.len(), MAX_BLOCKS)?;
    let transactions = blocks.iter().flat_map(|block| &block.transactions);
    let sources = transactions.map(Source::new).collect::<Result<Vec<_>, _>>()?;
    EncodeError::at_most("transactions", sources.len(), MAX_TRANSACTIONS)?;
    let bytes = sources.iter().map(|source| source.calldata.len() + source.lists.len()).sum();
    EncodeError::at_most("bytes of calldata and lists", bytes, MAX_BATCH_BYTES)?;
    Ok(sources)
}

fn encode_with(
    blocks: &[BatchBlock],
    sources: &[Source<'_>],
    costs: &Costs,
    quality: i32,
) -> Result<Vec<u8>, EncodeError> {
    let forms = Forms::find(sources, costs);
    let (columns, last) = columns::join(&columns::write(blocks, sources, &forms));
    EncodeError::at_most("bytes of columns", columns.len(), MAX_BATCH_BYTES)?;
    let compressed = compress(&columns, last, quality);
    let mut data = vec![u8::try_from(VERSION).unwrap_or(u8::MAX)];
    for size in [sources.len(), columns.len(), compressed.len()] {
        varint(&mut data, size as u64);
    }
    sources.iter().for_each(|source| data.extend_from_slice(&source.signature));
    data.extend_from_slice(&compressed);
    Ok(data)
}

/// One brotli stream, in which blocks of the encoder's end at `cut`: it does not see by itself that what
/// follows is of another kind.
fn compress(bytes: &[u8], cut: usize, quality: i32) -> Vec<u8> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: WINDOW_BITS,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut writer = brotli::CompressorWriter::with_params(Vec::new(), BUFFER_BYTES, &parameters);
    let (first, last) = bytes.split_at(cut);
    let written =
        writer.write_all(first).and_then(|()| writer.flush()).and_then(|()| writer.write_all(last));
    debug_assert!(written.is_ok(), "growing a vector cannot fail");
    writer.into_inner()
}
