//! The two batches that OP Mainnet posted, in our format.

use alloy_eips::Encodable2718;
use seam_fixtures::{
    op_span_batch::SpanBatch,
    {read, read_text},
};
use seam_rollup::batch::{columns, encode};
use seam_stf::batch::{BatchBlock, blobs, decode};
use std::path::PathBuf;

const OP_MAINNET: u64 = 10;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/op-stack").join(name)
}

/// 209 transactions in 27 blocks; mostly proofs and signatures in calldata.
pub(crate) fn small() -> SpanBatch {
    let bytes = read(&path("op-mainnet-batcher-tx.bin")).unwrap();
    SpanBatch::from_batcher_transaction(&bytes, OP_MAINNET).unwrap()
}

/// 1,766 transactions in 143 blocks.
pub(crate) fn large() -> SpanBatch {
    let text = read_text(&path("op-mainnet-span-batch-1766tx.hex.xz")).unwrap();
    SpanBatch::from_hex(&text, OP_MAINNET).unwrap()
}

/// What brotli at its highest quality makes of bytes.
fn brotli_11(bytes: &[u8]) -> usize {
    let mut parameters = brotli::enc::BrotliEncoderParams::default();
    (parameters.quality, parameters.lgwin) = (11, 22);
    parameters.size_hint = bytes.len();
    let mut output = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut output, &parameters).unwrap();
    output.len()
}

/// EIP-2718 bytes of all transactions.
fn transactions(blocks: &[BatchBlock]) -> Vec<Vec<u8>> {
    let all = blocks.iter().flat_map(|block| &block.transactions);
    all.map(Encodable2718::encoded_2718).collect()
}

/// Encodes, decodes, compares byte for byte; gives our size and that of brotli 11.
fn sizes(recorded: &SpanBatch) -> (usize, usize) {
    let data = encode(&recorded.blocks).unwrap();
    let decoded = decode(&data).unwrap();
    assert_eq!(decoded, recorded.blocks);
    assert_eq!(transactions(&decoded), transactions(&recorded.blocks));
    let blobs = blobs::pack(&data);
    assert_eq!(blobs::unpack(&blobs.iter().collect::<Vec<_>>()).unwrap(), data);
    if std::env::var_os("SEAM_COLUMNS").is_some() {
        for (name, bytes) in columns(&recorded.blocks).unwrap() {
            println!("{name:14} {:7} {:7}", bytes.len(), brotli_11(&bytes));
        }
    }
    let brotli = brotli_11(&recorded.payload);
    println!("ours {}, brotli 11 {brotli}: {}", data.len(), data.len() as f64 / brotli as f64);
    (data.len(), brotli)
}

#[test]
fn the_recordings_are_what_was_posted() {
    let (small, large) = (small(), large());
    assert_eq!((small.posted, large.posted), (119_799, 615_361));
    assert_eq!((small.blocks.len(), large.blocks.len()), (27, 143));
    assert_eq!(transactions(&small.blocks).len(), 209);
    assert_eq!(transactions(&large.blocks).len(), 1766);
}

#[test]
fn the_small_batch_is_smaller_than_under_brotli() {
    let (ours, brotli) = sizes(&small());
    assert!(ours * 100 <= brotli * 97, "{ours} of {brotli}");
}

#[test]
fn the_large_batch_is_smaller_than_under_brotli() {
    let (ours, brotli) = sizes(&large());
    assert!(ours * 100 <= brotli * 96, "{ours} of {brotli}");
}
