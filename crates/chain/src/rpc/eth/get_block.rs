//! `eth_getBlockByNumber(block, full)` and `eth_getBlockByHash(hash, full)`: null if there is none.

use crate::rpc::{
    context::{Context, block_of},
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag},
    types::{BlockJson, BlockTransactions, TransactionJson},
};
use alloy_primitives::B256;
use seam_primitives::{Receipt, Transaction};
use seam_storage::{Reader, StoredBlock};

/// `eth_getBlockByNumber`.
pub(crate) fn by_number(context: &Context, args: &Args) -> Answer {
    let tag: BlockTag = args.required(0)?;
    if tag == BlockTag::Pending {
        return json(&BlockJson::pending(context.chain.pending_header(&context.chain.head())?));
    }
    run(context, BlockId::Tag(tag), args.optional(1)?.unwrap_or_default())
}

/// `eth_getBlockByHash`.
pub(crate) fn by_hash(context: &Context, args: &Args) -> Answer {
    let hash: B256 = args.required(0)?;
    run(context, BlockId::Hash(hash), args.optional(1)?.unwrap_or_default())
}

fn run(context: &Context, id: BlockId, full: bool) -> Answer {
    let head = context.chain.head();
    let Some(stored) = block_of(&head, id)? else { return json(&None::<()>) };
    let transactions = if full {
        BlockTransactions::Full(all(&head.reader, &stored)?)
    } else {
        let hashes = stored.block.transactions.iter().map(Transaction::hash);
        BlockTransactions::Hashes(hashes.collect())
    };
    json(&BlockJson::new(&stored, transactions))
}

fn all(reader: &Reader, stored: &StoredBlock) -> Result<Vec<TransactionJson>, Failure> {
    let receipts = deposit_receipts(reader, stored)?;
    let one = |index: usize| {
        let deposit = receipts.get(index).and_then(|receipt| receipt.deposit);
        TransactionJson::in_block(stored, index, deposit)
    };
    Ok((0..stored.block.transactions.len()).filter_map(one).collect())
}

/// The receipts of a block if it has deposits, whose nonces are there; else nothing.
pub(crate) fn deposit_receipts(
    reader: &Reader,
    stored: &StoredBlock,
) -> Result<Vec<Receipt>, Failure> {
    let deposits = stored.block.transactions.iter().any(|tx| tx.as_deposit().is_some());
    if !deposits {
        return Ok(Vec::new());
    }
    Ok(reader.receipts(stored.block.header.number)?.unwrap_or_default())
}
