//! `eth_chainId`, `eth_blockNumber`, `eth_syncing`: where the node is.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, quantity},
};

/// `eth_chainId`: that of EIP-155.
pub(crate) fn chain_id(context: &Context, _: &Args) -> Answer {
    json(&quantity(context.chain.rules().chain_id))
}

/// `eth_blockNumber`: of the newest block.
pub(crate) fn block_number(context: &Context, _: &Args) -> Answer {
    json(&quantity(context.chain.head().number()))
}

/// `eth_syncing`: never; blocks are made here.
pub(crate) fn syncing(_: &Context, _: &Args) -> Answer {
    json(&false)
}
