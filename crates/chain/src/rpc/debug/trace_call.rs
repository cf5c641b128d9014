//! `debug_traceCall(transaction, block?, options?)`: what a call would do after a block, or inside it before the
//! transaction at `txIndex`.

use super::{
    options::CallOptions,
    replay::{Replay, TraceJson, within},
};
use crate::rpc::{
    context::{Context, block_of, not_found},
    error::Failure,
    eth::call::{Request, call_of, change_header, overrides_of},
    method::{Answer, json},
    params::{Args, BlockId, BlockTag},
};
use seam_primitives::Header;
use seam_stf::{
    call::Call,
    trace::{Place, Trace, trace_call},
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let Request(request) = args.required(0)?;
    let id: BlockId = args.optional(1)?.unwrap_or_default();
    let options: CallOptions = args.optional(2)?.unwrap_or_default();
    if id == BlockId::Tag(BlockTag::Pending) {
        return Err(Failure::server("tracing on top of pending is not supported"));
    }
    let mut call = call_of(request, context.chain.rules().chain_id)?;
    let most = context.settings.call_gas;
    call.gas = Some(call.gas.unwrap_or(most).min(most));
    call.overrides = overrides_of(options.state.clone())?;
    let trace = match options.index {
        None => after(context, id, &call, options)?,
        Some(index) => inside(context, id, index, &call, options)?,
    };
    json(&TraceJson(trace))
}

/// After a block.
fn after(
    context: &Context,
    id: BlockId,
    call: &Call,
    options: CallOptions,
) -> Result<Trace, Failure> {
    let view = context.view(id)?;
    let header = changed(view.header(), &options)?;
    let (rules, original) = (context.chain.rules(), view.header().clone());
    let place = Place { rules, header: &original, hash: view.sealed_hash()? };
    let CallOptions { options, .. } = options;
    within(context, options.timeout, |limits| {
        trace_call(place, &header, None, call, &options.tracer, view.clone(), limits)
    })
}

/// Inside a block, after this many of its transactions.
fn inside(
    context: &Context,
    id: BlockId,
    index: u64,
    call: &Call,
    options: CallOptions,
) -> Result<Trace, Failure> {
    let head = context.chain.head();
    let stored = block_of(&head, id)?.ok_or_else(|| not_found(id))?;
    let replay = Replay::of(&head, stored)?;
    let before = usize::try_from(index).ok().and_then(|index| replay.transactions.get(..index));
    let before = before.ok_or_else(|| {
        Failure::server(format!("transaction index {index} out of range for block {}", replay.hash))
    })?;
    let header = changed(&replay.block.header, &options)?;
    let CallOptions { options, .. } = options;
    within(context, options.timeout, |limits| {
        let (place, state) = (replay.place(context.chain.rules()), replay.parent.clone());
        trace_call(place, &header, Some(before), call, &options.tracer, state, limits)
    })
}

fn changed(header: &Header, options: &CallOptions) -> Result<Header, Failure> {
    let mut header = header.clone();
    if let Some(overrides) = options.block.clone() {
        change_header(&mut header, overrides)?;
    }
    Ok(header)
}
