//! `ots_traceTransaction(hash)`, `ots_getInternalOperations(hash)`, `ots_getTransactionError(hash)`: what a transaction
//! called, moved and returned. Null if there is no such transaction.

use crate::{
    chain::Head,
    rpc::{
        context::Context,
        debug::{options::Options, replay::Replay},
        error::{Failure, INTERNAL_ERROR},
        eth::get_transaction::find,
        method::{Answer, json},
        params::Args,
    },
};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_stf::trace::{CallConfig, CallFrame, GethTrace, Trace, Tracer};
use serde::Serialize;

/// A call, in the order in which they were made.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(rename = "type")]
    ty: String,
    depth: usize,
    from: Address,
    to: Option<Address>,
    value: Option<U256>,
    input: Bytes,
    output: Bytes,
}

/// Wei that moved inside a transaction, or a contract that came or went.
#[derive(Debug, Serialize)]
struct Operation {
    #[serde(rename = "type")]
    ty: u8,
    from: Address,
    to: Option<Address>,
    value: U256,
}

/// `ots_traceTransaction`.
pub(crate) fn trace(context: &Context, args: &Args) -> Answer {
    let Some(frame) = of_transaction(context, args.required(0)?)? else { return json(&None::<()>) };
    let mut entries = Vec::new();
    visit(&frame, 0, &mut |frame, depth| {
        entries.push(Entry {
            ty: frame.typ.clone(),
            depth,
            from: frame.from,
            to: frame.to,
            value: frame.value.filter(|_| frame.typ != "DELEGATECALL"),
            input: frame.input.clone(),
            output: frame.output.clone().unwrap_or_default(),
        });
        true
    });
    json(&entries)
}

/// `ots_getInternalOperations`: those that were not undone.
pub(crate) fn internal_operations(context: &Context, args: &Args) -> Answer {
    let Some(frame) = of_transaction(context, args.required(0)?)? else { return json(&None::<()>) };
    let mut operations = Vec::new();
    visit(&frame, 0, &mut |frame, depth| {
        let value = frame.value.unwrap_or_default();
        let ty = match frame.typ.as_str() {
            "CALL" if !value.is_zero() => Some(0),
            "SELFDESTRUCT" => Some(1),
            "CREATE" => Some(2),
            "CREATE2" => Some(3),
            _ => None,
        };
        let held = frame.error.is_none();
        if let Some(ty) = ty.filter(|_| held && depth > 0) {
            operations.push(Operation { ty, from: frame.from, to: frame.to, value });
        }
        held
    });
    json(&operations)
}

/// `ots_getTransactionError`: what a revert returned; `0x` if it succeeded.
pub(crate) fn error(context: &Context, args: &Args) -> Answer {
    let Some(frame) = of_transaction(context, args.required(0)?)? else { return json(&None::<()>) };
    let failed = frame.error.is_some();
    json(&frame.output.filter(|_| failed).unwrap_or_default())
}

/// The calls of a transaction of the chain.
fn of_transaction(context: &Context, hash: B256) -> Result<Option<CallFrame>, Failure> {
    let head = context.chain.head();
    let Some((stored, index)) = find(&head, hash)? else { return Ok(None) };
    let replay = Replay::of(&head, stored)?;
    frame_of(replay.trace(context, index, &calls(context))?).map(Some)
}

/// The calls of every transaction of a block of the chain.
pub(super) fn of_block(
    context: &Context,
    head: &Head,
    number: u64,
) -> Result<Vec<(B256, CallFrame)>, Failure> {
    let Some(stored) = head.reader.block(number)? else { return Ok(Vec::new()) };
    let replay = Replay::of(head, stored)?;
    let frames = replay.trace_all(context, &calls(context))?.into_iter().map(frame_of);
    let hashes = replay.transactions.iter().map(|tx| tx.inner().hash());
    hashes.zip(frames).map(|(hash, frame)| Ok((hash, frame?))).collect()
}

fn calls(context: &Context) -> Options {
    let tracer = Tracer::Calls(CallConfig::default());
    Options { tracer, timeout: context.settings.request_time }
}

fn frame_of(trace: Trace) -> Result<CallFrame, Failure> {
    match trace {
        Trace::Frame(GethTrace::CallTracer(frame)) => Ok(frame),
        _ => Err(Failure::new(INTERNAL_ERROR, "not a trace of calls")),
    }
}

/// Looks at a call and, where that says yes, at those inside, in the order in which they were made.
pub(super) fn visit(
    frame: &CallFrame,
    depth: usize,
    look: &mut impl FnMut(&CallFrame, usize) -> bool,
) {
    if look(frame, depth) {
        frame.calls.iter().for_each(|inside| visit(inside, depth + 1, look));
    }
}
