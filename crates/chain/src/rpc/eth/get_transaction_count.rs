//! `eth_getTransactionCount(address, block?)`: the account's next nonce; at the pending block, the
//! first one that no executable transaction of the mempool uses.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag, quantity},
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let (address, block) = (args.required(0)?, args.optional::<BlockId>(1)?.unwrap_or_default());
    let nonce = context.account(address, block)?.nonce;
    let nonce = match block {
        BlockId::Tag(BlockTag::Pending) => context.chain.pool().pending_nonce(address, nonce),
        _ => nonce,
    };
    json(&quantity(nonce))
}
