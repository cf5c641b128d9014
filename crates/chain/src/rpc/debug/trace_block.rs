//! `debug_traceBlockByNumber(block, options?)`, `debug_traceBlockByHash(hash, options?)` and
//! `debug_traceBlock(rlp, options?)`: what every transaction of a block did.

use super::{
    options::Options,
    replay::{Replay, TraceJson},
};
use crate::rpc::{
    context::{Context, block_of},
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag},
};
use alloy_primitives::{B256, Bytes, TxHash};
use seam_primitives::Block;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Traced {
    tx_hash: TxHash,
    result: TraceJson,
}

/// `debug_traceBlockByNumber`.
pub(crate) fn by_number(context: &Context, args: &Args) -> Answer {
    let tag: BlockTag = args.required(0)?;
    let options = Options::of(args, 1)?;
    if tag == BlockTag::Pending {
        return Err(Failure::server("tracing on top of pending is not supported"));
    }
    let name = match tag {
        BlockTag::Number(number) => format!("#{number}"),
        tag => format!("{tag:?}").to_lowercase(),
    };
    of_chain(context, BlockId::Tag(tag), &name, &options)
}

/// `debug_traceBlockByHash`.
pub(crate) fn by_hash(context: &Context, args: &Args) -> Answer {
    let hash: B256 = args.required(0)?;
    let options = Options::of(args, 1)?;
    of_chain(context, BlockId::Hash(hash), &hash.to_string(), &options)
}

/// `debug_traceBlock`: the RLP of a block, which need not be of the chain; its parent must be.
pub(crate) fn brought(context: &Context, args: &Args) -> Answer {
    let bytes: Bytes = args.required(0)?;
    let options = Options::of(args, 1)?;
    let block = alloy_rlp::decode_exact::<Block>(&bytes);
    let block =
        block.map_err(|error| Failure::server(format!("could not decode block: {error}")))?;
    traced(context, &Replay::brought(&context.chain.head(), block)?, &options)
}

fn of_chain(context: &Context, id: BlockId, name: &str, options: &Options) -> Answer {
    let head = context.chain.head();
    let missing = || Failure::server(format!("block {name} not found"));
    let stored = block_of(&head, id)?.ok_or_else(missing)?;
    traced(context, &Replay::of(&head, stored)?, options)
}

fn traced(context: &Context, replay: &Replay, options: &Options) -> Answer {
    let traces = replay.trace_all(context, options)?;
    let hashes = replay.transactions.iter().map(|tx| tx.inner().hash());
    let all = hashes.zip(traces);
    let all = all.map(|(tx_hash, trace)| Traced { tx_hash, result: TraceJson(trace) });
    json(&all.collect::<Vec<_>>())
}
