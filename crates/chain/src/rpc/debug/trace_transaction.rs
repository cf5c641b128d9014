//! `debug_traceTransaction(hash, options?)`: what a transaction of the chain did.

use super::{
    options::Options,
    replay::{Replay, TraceJson},
};
use crate::rpc::{
    context::Context,
    error::Failure,
    eth::get_transaction::find,
    method::{Answer, json},
    params::Args,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let hash = args.required(0)?;
    let options = Options::of(args, 1)?;
    let head = context.chain.head();
    let found = find(&head, hash)?;
    let (stored, index) = found.ok_or_else(|| Failure::server("transaction not found"))?;
    let trace = Replay::of(&head, stored)?.trace(context, index, &options)?;
    json(&TraceJson(trace))
}
