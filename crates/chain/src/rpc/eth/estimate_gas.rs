//! `eth_estimateGas(transaction, block?, state?, header?)`: a gas limit with which it succeeds.

use super::call::{Request, in_environment};
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, quantity},
};
use seam_stf::call::estimate_gas;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let request: Request = args.required(0)?;
    let (header, view, call) = in_environment(context, args, request)?;
    let rules = context.chain.rules();
    let gas = estimate_gas(rules, &header, &call, view, context.settings.call_gas)?;
    json(&quantity(gas))
}
