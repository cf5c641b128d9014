//! `eth_getTransactionByHash(hash)`: of the chain or the mempool;
//! `eth_getTransactionByBlock…AndIndex(block, index)`. Null if there is none.

use crate::rpc::{
    context::{Context, block_of},
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, Quantity},
    types::TransactionJson,
};
use crate::{chain::Head, pool::PoolTransaction};
use alloy_primitives::TxHash;
use seam_storage::StoredBlock;

/// `eth_getTransactionByHash`.
pub(crate) fn by_hash(context: &Context, args: &Args) -> Answer {
    let hash = args.required(0)?;
    // The mempool first: what leaves it before it is asked is in a block by then.
    let waiting = context.chain.pool().get(&hash);
    let head = context.chain.head();
    match context.recent.of_transaction(&head, hash)? {
        Some((block, index)) => json(&in_block(&head, &block.stored, index)?),
        None => json(&waiting.as_ref().map(pending)),
    }
}

/// `eth_getTransactionByBlockHashAndIndex`.
pub(crate) fn by_block_hash(context: &Context, args: &Args) -> Answer {
    by_index(context, BlockId::Hash(args.required(0)?), args.required(1)?)
}

/// `eth_getTransactionByBlockNumberAndIndex`.
pub(crate) fn by_block_number(context: &Context, args: &Args) -> Answer {
    by_index(context, BlockId::Tag(args.required(0)?), args.required(1)?)
}

fn by_index(context: &Context, id: BlockId, Quantity(index): Quantity) -> Answer {
    let head = context.chain.head();
    let Some(stored) = block_of(&head, id)? else { return json(&None::<()>) };
    json(&in_block(&head, &stored, usize::try_from(index).unwrap_or(usize::MAX))?)
}

/// A transaction of the chain: its block, and its index there.
pub(crate) fn find(head: &Head, hash: TxHash) -> Result<Option<(StoredBlock, usize)>, Failure> {
    let Some(place) = head.reader.transaction(hash)? else { return Ok(None) };
    let stored = head.reader.block(place.number)?;
    Ok(stored.map(|stored| (stored, usize::try_from(place.index).unwrap_or(usize::MAX))))
}

fn in_block(
    head: &Head,
    stored: &StoredBlock,
    index: usize,
) -> Result<Option<TransactionJson>, Failure> {
    let is_deposit = |index: usize| {
        let transaction = stored.block.transactions.get(index);
        transaction.is_some_and(|transaction| transaction.as_deposit().is_some())
    };
    let deposit = if is_deposit(index) {
        let receipts = head.reader.receipts(stored.block.header.number)?.unwrap_or_default();
        receipts.get(index).and_then(|receipt| receipt.deposit)
    } else {
        None
    };
    Ok(TransactionJson::in_block(stored, index, deposit))
}

/// A transaction of the mempool.
pub(crate) fn pending(waiting: &PoolTransaction) -> TransactionJson {
    TransactionJson::new(waiting.transaction().inner(), waiting.sender(), None, None)
}
