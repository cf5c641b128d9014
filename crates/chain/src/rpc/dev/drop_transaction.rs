//! `anvil_dropTransaction(hash)`: takes a transaction out of the mempool; its hash, or `null` if it
//! does not wait there. `anvil_dropAllTransactions()`: `null`.

use crate::{
    pool::Reason,
    rpc::{
        context::Context,
        method::{Answer, json},
        params::Args,
    },
};
use alloy_primitives::B256;

pub(crate) fn one(context: &Context, args: &Args) -> Answer {
    let hash: B256 = args.required(0)?;
    let dropped = context.chain.pool().remove(&hash, Reason::Requested);
    context.chain.0.count_pool();
    json(&dropped.map(|dropped| dropped.transaction.hash()))
}

pub(crate) fn all(context: &Context, _: &Args) -> Answer {
    let mut pool = context.chain.pool();
    let waiting: Vec<B256> = pool
        .content()
        .into_values()
        .flat_map(|content| content.pending.into_iter().chain(content.queued))
        .map(|transaction| transaction.hash())
        .collect();
    for hash in waiting {
        pool.remove(&hash, Reason::Requested);
    }
    drop(pool);
    context.chain.0.count_pool();
    json(&())
}
