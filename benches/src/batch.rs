//! Batches that OP Mainnet posted: as it posted them, as the same bytes under a better compressor,
//! and in our format.

use crate::{clock::timed, machine};
use anyhow::{Result, ensure};
use clap::Args;
use seam_fixtures::{op_span_batch::SpanBatch, read, read_text};
use seam_rollup::batch::{columns, encode};
use seam_stf::batch::{BatchBlock, decode};
use std::{collections::HashMap, path::PathBuf, time::Duration};

/// OP Mainnet.
const CHAIN_ID: u64 = 10;
/// Bytes of a signature.
const SIGNATURE: usize = 64;
/// Bytes from which on a repetition is worth more than naming it.
const REPEATED: usize = 8;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Where the recordings are
    #[arg(long, default_value = "testdata/op-stack")]
    pub recordings: PathBuf,
    /// How often each batch is decoded
    #[arg(long, default_value_t = 10)]
    pub rounds: u32,
    /// Sizes by column too, each compressed alone
    #[arg(long)]
    pub columns: bool,
    /// Date for the report (YYYY-MM-DD); today by default
    #[arg(long)]
    pub date: Option<String>,
}

/// A batch in all forms.
struct Measured {
    posted: usize,
    brotli: usize,
    ours: usize,
    floor: usize,
    transactions: usize,
    /// Bytes of the span batch, which are about those of the transactions.
    plain: usize,
    encode: Duration,
    decode: Duration,
}

/// Runs both and prints the report.
///
/// # Errors
/// If a recording cannot be read, or does not come back from our format as it was.
pub fn run(options: &Options) -> Result<()> {
    let bytes = read(&options.recordings.join("op-mainnet-batcher-tx.bin"))?;
    let small = SpanBatch::from_batcher_transaction(&bytes, CHAIN_ID)?;
    let text = read_text(&options.recordings.join("op-mainnet-span-batch-1766tx.hex.xz"))?;
    let large = SpanBatch::from_hex(&text, CHAIN_ID)?;
    println!("{}\n", machine::describe(options.date.as_deref())?);
    let measured = [measure(&small, options)?, measure(&large, options)?];
    sizes(&measured);
    speeds(&measured);
    if options.columns {
        by_column(&small)?;
        by_column(&large)?;
    }
    Ok(())
}

fn measure(batch: &SpanBatch, options: &Options) -> Result<Measured> {
    let (mut encode_time, mut decode_time) = (Duration::ZERO, Duration::ZERO);
    let data = timed(&mut encode_time, || encode(&batch.blocks))?;
    for _ in 0..options.rounds {
        let blocks = timed(&mut decode_time, || decode(&data))?;
        ensure!(blocks == batch.blocks, "a batch came back as another");
    }
    Ok(Measured {
        posted: batch.posted,
        brotli: brotli_11(&batch.payload).len(),
        ours: data.len(),
        floor: floor(&batch.blocks),
        transactions: batch.blocks.iter().map(|block| block.transactions.len()).sum(),
        plain: batch.payload.len(),
        encode: encode_time,
        decode: decode_time / options.rounds.max(1),
    })
}

fn brotli_11(bytes: &[u8]) -> Vec<u8> {
    let mut parameters = brotli::enc::BrotliEncoderParams::default();
    (parameters.quality, parameters.lgwin) = (11, 22);
    parameters.size_hint = bytes.len();
    let mut output = Vec::new();
    // Neither reading a slice nor growing a vector can fail.
    let _ = brotli::BrotliCompress(&mut &*bytes, &mut output, &parameters);
    output
}

/// Signatures, and what of calldata never came up before and is not zero. Nothing is counted for
/// fields, nor for saying what repeats, so no format reaches it.
fn floor(blocks: &[BatchBlock]) -> usize {
    use alloy_consensus::Transaction as _;
    let mut calldata = Vec::new();
    let mut signatures = 0;
    for transaction in blocks.iter().flat_map(|block| &block.transactions) {
        signatures += SIGNATURE;
        calldata.extend_from_slice(transaction.input());
    }
    signatures + never_repeated(&calldata)
}

/// Bytes that are not zero and in no repetition of [`REPEATED`] bytes, taken greedily.
fn never_repeated(bytes: &[u8]) -> usize {
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    let (mut at, mut known, mut literal) = (0, 0, 0);
    while at < bytes.len() {
        while known < at && known + REPEATED <= bytes.len() {
            seen.insert(&bytes[known..known + REPEATED], known);
            known += 1;
        }
        let ahead = bytes.get(at..at + REPEATED).and_then(|next| seen.get(next));
        match ahead {
            Some(before) => {
                let pairs = bytes[*before..].iter().zip(&bytes[at..]);
                at += pairs.take_while(|(a, b)| a == b).count();
            }
            None => {
                literal += usize::from(bytes[at] != 0);
                at += 1;
            }
        }
    }
    literal
}

fn sizes(measured: &[Measured]) {
    println!("| batch | form | bytes | a transaction | of what was posted | of brotli 11 |");
    println!("|---|---|---:|---:|---:|---:|");
    for batch in measured {
        let name = format!("{} transactions", batch.transactions);
        let row = |form: &str, bytes: usize| {
            let ratio = |of: usize| bytes as f64 / of as f64;
            println!(
                "| {name} | {form} | {bytes} | {:.1} | {:.4} | {:.4} |",
                ratio(batch.transactions),
                ratio(batch.posted),
                ratio(batch.brotli)
            );
        };
        row("as posted: span batch, zlib", batch.posted);
        row("span batch, brotli 11", batch.brotli);
        row("Seam", batch.ours);
        row("floor", batch.floor);
    }
}

fn speeds(measured: &[Measured]) {
    println!("\n| batch | encode, MB/s | encode, tx/s | decode, MB/s | decode, tx/s |");
    println!("|---|---:|---:|---:|---:|");
    for batch in measured {
        let (encode, decode) = (batch.encode.as_secs_f64(), batch.decode.as_secs_f64());
        let (megabytes, transactions) = (batch.plain as f64 / 1e6, batch.transactions as f64);
        println!(
            "| {} transactions | {:.2} | {:.0} | {:.0} | {:.0} |",
            batch.transactions,
            megabytes / encode,
            transactions / encode,
            megabytes / decode,
            transactions / decode
        );
    }
}

fn by_column(batch: &SpanBatch) -> Result<()> {
    println!("\n| column | bytes | brotli 11, alone |");
    println!("|---|---:|---:|");
    for (name, bytes) in columns(&batch.blocks)? {
        println!("| {name} | {} | {} |", bytes.len(), brotli_11(&bytes).len());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_counts_what_is_new() {
        assert_eq!(never_repeated(b"abcdefgh"), 8);
        assert_eq!(never_repeated(b"abcdefghabcdefgh!"), 9);
        assert_eq!(never_repeated(&[0; 40]), 0);
    }
}
