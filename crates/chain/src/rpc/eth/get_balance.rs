//! `eth_getBalance(address, block?)`: in wei.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, BlockId},
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let (address, block) = (args.required(0)?, args.optional::<BlockId>(1)?.unwrap_or_default());
    json(&context.account(address, block)?.balance)
}
