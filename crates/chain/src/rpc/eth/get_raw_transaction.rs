//! `eth_getRawTransactionByHash(hash)`: the EIP-2718 bytes, of the chain or the mempool, without
//! blobs; null if there is none.

use super::get_transaction::find;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::Bytes;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let hash = args.required(0)?;
    let waiting = context.chain.pool().get(&hash);
    let head = context.chain.head();
    let transaction = match find(&head, hash)? {
        Some((stored, index)) => stored.block.transactions.into_iter().nth(index),
        None => waiting.map(|waiting| waiting.transaction().inner().clone()),
    };
    json(&transaction.map(|transaction| Bytes::from(transaction.encoded_2718())))
}
