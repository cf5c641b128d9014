//! `eth_getCode(address, block?)`: of an account with a delegation (EIP-7702), the designator.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, BlockId},
};
use alloy_primitives::{Bytes, KECCAK256_EMPTY};
use seam_stf::StateReader as _;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let (address, block) = (args.required(0)?, args.optional::<BlockId>(1)?.unwrap_or_default());
    let mut view = context.view(block)?;
    let code_hash = view.account(address)?.unwrap_or_default().code_hash;
    let code = match code_hash {
        KECCAK256_EMPTY => Bytes::new(),
        code_hash => view.code(code_hash)?,
    };
    json(&code)
}
