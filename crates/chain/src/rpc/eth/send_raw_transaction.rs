//! `eth_sendRawTransaction(bytes)`: into the mempool; the hash, or why not. A blob transaction comes
//! with its sidecar.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::Bytes;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    json(&context.chain.submit_raw(&args.required::<Bytes>(0)?)?)
}
