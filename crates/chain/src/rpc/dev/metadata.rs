//! `anvil_metadata()`: what deployment tools ask to tell one run of a development chain from another.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
    web3::client,
};
use alloy_primitives::B256;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    client_version: String,
    chain_id: u64,
    /// The hash of the genesis block: that of a chain made anew differs.
    instance_id: B256,
    latest_block_number: u64,
    latest_block_hash: B256,
}

pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    json(&Metadata {
        client_version: client(),
        chain_id: context.chain.rules().chain_id,
        instance_id: head.reader.header(0)?.map(|(hash, _)| hash).unwrap_or_default(),
        latest_block_number: head.number(),
        latest_block_hash: head.hash(),
    })
}
