//! `ots_hasCode(address, block?)`: whether there is a contract.

use super::AnyBlock;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::KECCAK256_EMPTY;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let address = args.required(0)?;
    let AnyBlock(id) = args.optional(1)?.unwrap_or_default();
    json(&(context.account(address, id)?.code_hash != KECCAK256_EMPTY))
}
