//! `eth_getBlockTransactionCountBy…` and `eth_getUncleCountBy…`: null if there is no such block.

use crate::rpc::{
    context::{Context, block_of},
    method::{Answer, json},
    params::{Args, BlockId, BlockTag, quantity},
};
use seam_primitives::Block;

/// `eth_getBlockTransactionCountByHash`.
pub(crate) fn transactions_by_hash(context: &Context, args: &Args) -> Answer {
    count(context, BlockId::Hash(args.required(0)?), |block| block.transactions.len())
}

/// `eth_getBlockTransactionCountByNumber`. The pending block has those that are executable.
pub(crate) fn transactions_by_number(context: &Context, args: &Args) -> Answer {
    let tag: BlockTag = args.required(0)?;
    if tag == BlockTag::Pending {
        return json(&quantity(context.chain.pool().status().pending));
    }
    count(context, BlockId::Tag(tag), |block| block.transactions.len())
}

/// `eth_getUncleCountByBlockHash`.
pub(crate) fn uncles_by_hash(context: &Context, args: &Args) -> Answer {
    count(context, BlockId::Hash(args.required(0)?), |block| block.ommers.len())
}

/// `eth_getUncleCountByBlockNumber`.
pub(crate) fn uncles_by_number(context: &Context, args: &Args) -> Answer {
    count(context, BlockId::Tag(args.required(0)?), |block| block.ommers.len())
}

fn count(context: &Context, id: BlockId, of: fn(&Block) -> usize) -> Answer {
    let stored = block_of(&context.chain.head(), id)?;
    json(&stored.map(|stored| quantity(of(&stored.block))))
}
