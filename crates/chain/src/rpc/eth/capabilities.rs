//! `eth_capabilities()`: what the node can be asked about, and how far back.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, quantity},
};
use alloy_primitives::{B256, U256};
use seam_storage::History;
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Capabilities {
    head: HeadJson,
    state: Resource,
    tx: Resource,
    logs: Resource,
    receipts: Resource,
    blocks: Resource,
    stateproofs: Resource,
}

#[derive(Debug, Serialize)]
struct HeadJson {
    number: U256,
    hash: B256,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    disabled: bool,
    oldest_block: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_strategy: Option<Window>,
}

/// What is older than so many blocks goes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    #[serde(rename = "type")]
    kind: &'static str,
    retention_blocks: U256,
}

/// Blocks, receipts and logs are kept for ever; states as far back as the store's history goes.
pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    let window = match context.chain.history() {
        History::Archive => None,
        History::Blocks(blocks) => {
            Some(Window { kind: "window", retention_blocks: quantity(blocks) })
        }
    };
    let kept = Resource { disabled: false, oldest_block: U256::ZERO, delete_strategy: None };
    let oldest_block = quantity(head.reader.oldest_state()?);
    let state = Resource { oldest_block, delete_strategy: window, ..kept };
    json(&Capabilities {
        head: HeadJson { number: quantity(head.number()), hash: head.hash() },
        state,
        tx: kept,
        logs: kept,
        receipts: kept,
        blocks: kept,
        stateproofs: state,
    })
}
