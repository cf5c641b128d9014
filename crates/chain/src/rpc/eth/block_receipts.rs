//! `eth_getBlockReceipts(block)`: all receipts of a block; null if there is no such block.

use crate::rpc::{
    context::{Context, block_of},
    method::{Answer, json},
    params::Args,
    types::receipts_of,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let head = context.chain.head();
    let Some(stored) = block_of(&head, args.required(0)?)? else { return json(&None::<()>) };
    let receipts = head.reader.receipts(stored.block.header.number)?.unwrap_or_default();
    json(&receipts_of(context.chain.rules(), &stored, &receipts, None))
}
