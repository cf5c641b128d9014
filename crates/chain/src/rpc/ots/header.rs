//! `ots_getHeaderByNumber(block)`: a header; null if there is none.

use super::{AnyBlock, block};
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
    types::HeaderJson,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let id: AnyBlock = args.required(0)?;
    let stored = block(&context.chain.head(), id)?;
    json(&stored.map(|stored| HeaderJson::new(&stored.block.header, Some(stored.hash))))
}
