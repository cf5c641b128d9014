//! `eth_getTransactionReceipt(hash)`: null as long as the transaction is in no block.

use super::get_transaction::find;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
    types::receipts_of,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let head = context.chain.head();
    let Some((stored, index)) = find(&head, args.required(0)?)? else { return json(&None::<()>) };
    let receipts = head.reader.receipts(stored.block.header.number)?.unwrap_or_default();
    let found = receipts_of(context.chain.rules(), &stored, &receipts, Some(index));
    json(&found.into_iter().next())
}
