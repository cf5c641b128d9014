//! `ots_getBlockTransactions(block, page, pageSize)`: transactions of a block with their receipts, both shortened. Page
//! 0 has the last of them; null if there is no such block.

use super::{AnyBlock, block, block_details::to_value};
use crate::rpc::{
    context::Context,
    error::Failure,
    eth::get_block::deposit_receipts,
    method::{Answer, json},
    params::{Args, Number},
    types::{BlockJson, BlockTransactions, TransactionJson, receipts_of},
};
use serde::Serialize;
use serde_json::{Value, json as value};
use std::ops::Range;

/// `0x` and a function's selector.
const SELECTOR_DIGITS: usize = 2 + 2 * 4;

#[derive(Debug, Serialize)]
struct Page {
    fullblock: Value,
    receipts: Vec<Value>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let id: AnyBlock = args.required(0)?;
    let (Number(page), Number(size)) = (args.required(1)?, args.required(2)?);
    let head = context.chain.head();
    let Some(stored) = block(&head, id)? else { return json(&None::<()>) };
    let count = stored.block.transactions.len();
    let range = page_of(count, page, size);
    let deposits = deposit_receipts(&head.reader, &stored)?;
    let one = |index: usize| {
        let deposit = deposits.get(index).and_then(|receipt| receipt.deposit);
        TransactionJson::in_block(&stored, index, deposit)
    };
    let transactions = range.clone().filter_map(one).collect();
    let fullblock = BlockJson::new(&stored, BlockTransactions::Full(transactions));
    let receipts = head.reader.receipts(stored.block.header.number)?.unwrap_or_default();
    let receipts = receipts_of(context.chain.rules(), &stored, &receipts, None);
    let receipts = receipts.iter().skip(range.start).take(range.len()).map(short_receipt);
    json(&Page {
        fullblock: short_block(&fullblock, count)?,
        receipts: receipts.collect::<Result<_, _>>()?,
    })
}

/// The transactions on a page, counted from the end.
fn page_of(count: usize, page: u64, size: u64) -> Range<usize> {
    let skipped = usize::try_from(page.saturating_mul(size)).unwrap_or(usize::MAX);
    let end = count.saturating_sub(skipped);
    end.saturating_sub(usize::try_from(size).unwrap_or(usize::MAX))..end
}

fn short_block(block: &BlockJson, count: usize) -> Result<Value, Failure> {
    let mut block = to_value(block)?;
    let transactions = block["transactions"].as_array_mut();
    for transaction in transactions.into_iter().flatten() {
        if let Some(Value::String(input)) = transaction.get_mut("input") {
            input.truncate(SELECTOR_DIGITS);
        }
    }
    block["logsBloom"] = Value::Null;
    block["transactionCount"] = value!(count);
    Ok(block)
}

fn short_receipt<T: Serialize>(receipt: &T) -> Result<Value, Failure> {
    let mut receipt = to_value(receipt)?;
    receipt["logs"] = Value::Null;
    receipt["logsBloom"] = Value::Null;
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_the_end() {
        assert_eq!(page_of(10, 0, 4), 6..10);
        assert_eq!(page_of(10, 2, 4), 0..2);
        assert_eq!(page_of(10, 3, 4), 0..0);
        assert_eq!(page_of(10, u64::MAX, u64::MAX), 0..0);
        assert_eq!(page_of(0, 0, 4), 0..0);
        assert_eq!(page_of(10, 0, 0), 10..10);
    }
}
