//! `eth_getUncleByBlock…AndIndex`: an ommer without its transactions, or null.

use crate::rpc::{
    context::{Context, block_of},
    method::{Answer, json},
    params::{Args, BlockId, Quantity},
    types::BlockJson,
};

/// `eth_getUncleByBlockHashAndIndex`.
pub(crate) fn by_hash(context: &Context, args: &Args) -> Answer {
    run(context, BlockId::Hash(args.required(0)?), args.required(1)?)
}

/// `eth_getUncleByBlockNumberAndIndex`.
pub(crate) fn by_number(context: &Context, args: &Args) -> Answer {
    run(context, BlockId::Tag(args.required(0)?), args.required(1)?)
}

fn run(context: &Context, id: BlockId, Quantity(index): Quantity) -> Answer {
    let stored = block_of(&context.chain.head(), id)?;
    let ommers = stored.map(|stored| stored.block.ommers).unwrap_or_default();
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    json(&ommers.into_iter().nth(index).map(BlockJson::ommer))
}
