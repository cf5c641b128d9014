//! `eth_getTransactionReceipt(hash)`: null as long as the transaction is in no block.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
    types::receipts_of,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let head = context.chain.head();
    let found = context.recent.of_transaction(&head, args.required(0)?)?;
    let Some((block, index)) = found else { return json(&None::<()>) };
    let rules = context.chain.rules();
    let found = receipts_of(rules, &block.stored, &block.receipts, Some(index));
    json(&found.into_iter().next())
}
