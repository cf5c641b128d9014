//! `seam batch decode`: what was posted to L1, for people.

use super::fetch;
use crate::{args::DecodeBatch, table};
use alloy_consensus::Transaction as _;
use alloy_eips::{Encodable2718, Typed2718 as _, eip4844::Blob};
use alloy_primitives::{B256, hex};
use anyhow::{Context, Result};
use seam_fixtures::read;
use seam_primitives::Transaction;
use seam_stf::batch::{
    self, BatchBlock, OriginStep, blobs,
    columns::{Columns, Reader},
    frame::{Frame, SIGNATURE_BYTES},
};
use serde_json::{Value, json};
use std::io::Write;

/// Bytes of a blob.
const BLOB: usize = 131_072;

/// Shows what is in the data of a batch.
pub(super) fn run(command: &DecodeBatch, out: &mut impl Write) -> Result<()> {
    let source = command.source.as_path();
    let data = match transaction(command) {
        Some(hash) => fetch::run(command, hash)?,
        None => posted(read(source)?),
    };
    let name = || format!("{} is not the data of a batch", source.display());
    let blocks = batch::decode(&data).with_context(name)?;
    let sizes = column_sizes(&data).with_context(name)?;
    if command.json {
        let blocks: Vec<_> = blocks.iter().map(block_json).collect();
        let columns: serde_json::Map<_, _> =
            sizes.into_iter().map(|(name, size)| (name.to_owned(), size.into())).collect();
        let line = json!({ "bytes": data.len(), "blocks": blocks, "columns": columns });
        return Ok(writeln!(out, "{line}")?);
    }
    show_transactions(&blocks, out)?;
    writeln!(out)?;
    show_sizes(&blocks, &data, &sizes, out)
}

/// The transaction that is meant, if no file of that name is there.
fn transaction(command: &DecodeBatch) -> Option<B256> {
    let text = command.source.to_str().filter(|_| !command.source.exists())?;
    text.starts_with("0x").then(|| text.parse().ok()).flatten()
}

/// The data in a file: as they are, in hex, or in blobs.
fn posted(bytes: Vec<u8>) -> Vec<u8> {
    let bytes = from_hex(&bytes).unwrap_or(bytes);
    let (blobs, rest) = bytes.as_chunks::<BLOB>();
    if rest.is_empty() {
        let blobs: Vec<&Blob> = blobs.iter().map(Into::into).collect();
        if let Ok(data) = blobs::unpack(&blobs) {
            return data;
        }
    }
    bytes
}

/// Hexadecimal digits, with or without 0x, on any number of lines.
fn from_hex(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let words = text.split_whitespace().map(|word| word.strip_prefix("0x").unwrap_or(word));
    hex::decode(words.collect::<String>()).ok()
}

/// The columns and their sizes before compression.
fn column_sizes(data: &[u8]) -> Result<Vec<(&'static str, usize)>, batch::BatchError> {
    let bytes = Frame::parse(data)?.columns()?;
    let columns = Columns::split(&bytes)?;
    let sizes = columns.all().map(Reader::len);
    Ok(Columns::NAMES.into_iter().zip(sizes).collect())
}

const fn step(block: &BatchBlock) -> &'static str {
    match block.step {
        OriginStep::Same => "same",
        OriginStep::Next => "next",
    }
}

fn to(transaction: &Transaction) -> String {
    transaction.to().map_or_else(|| "creates".to_owned(), |to| to.to_string())
}

fn block_json(block: &BatchBlock) -> Value {
    let transaction = |transaction: &Transaction| {
        json!({
            "hash": transaction.hash(),
            "type": transaction.ty(),
            "to": transaction.to(),
            "nonce": transaction.nonce(),
            "bytes": transaction.encode_2718_len(),
        })
    };
    let transactions: Vec<_> = block.transactions.iter().map(transaction).collect();
    json!({ "origin": step(block), "transactions": transactions })
}

/// Blocks are counted from 0: where they begin is in the batch's header, not in its data.
fn show_transactions(blocks: &[BatchBlock], out: &mut impl Write) -> Result<()> {
    let mut rows = Vec::new();
    for (number, block) in blocks.iter().enumerate() {
        if block.transactions.is_empty() {
            let empty = || "-".to_owned();
            rows.push([
                number.to_string(),
                step(block).to_owned(),
                empty(),
                empty(),
                empty(),
                empty(),
                empty(),
            ]);
        }
        for transaction in &block.transactions {
            rows.push([
                number.to_string(),
                step(block).to_owned(),
                transaction.hash().to_string(),
                transaction.ty().to_string(),
                to(transaction),
                transaction.nonce().to_string(),
                transaction.encode_2718_len().to_string(),
            ]);
        }
    }
    let headings = ["block", "origin", "transaction", "type", "to", "nonce", "bytes"];
    Ok(table::write_left(out, headings, &rows)?)
}

fn show_sizes(
    blocks: &[BatchBlock],
    data: &[u8],
    sizes: &[(&str, usize)],
    out: &mut impl Write,
) -> Result<()> {
    let transactions: Vec<_> = blocks.iter().flat_map(|block| &block.transactions).collect();
    let plain: usize = transactions.iter().map(|transaction| transaction.encode_2718_len()).sum();
    let columns: usize = sizes.iter().map(|(_, size)| size).sum();
    let rows: Vec<_> = sizes
        .iter()
        .filter(|(_, size)| *size != 0)
        .map(|(name, size)| [(*name).to_owned(), size.to_string()])
        .collect();
    table::write_left(out, ["column", "bytes"], &rows)?;
    writeln!(out)?;
    writeln!(
        out,
        "{} blocks, {} transactions of {plain} bytes: {columns} bytes of columns and {} of signatures, \
         {} bytes posted",
        blocks.len(),
        transactions.len(),
        transactions.len() * SIGNATURE_BYTES,
        data.len()
    )?;
    Ok(())
}
