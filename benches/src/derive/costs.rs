//! Batches on L1: which blocks they hold, and what they used.

use super::{blocks::Block, ground::Ground};
use crate::http::{Connection, quantity};
use alloy_primitives::{B256, Bytes, Log};
use anyhow::{Context, Result};
use seam_rollup::batch::encode;
use seam_stf::derive::inbox;
use serde::Deserialize;
use serde_json::json;

/// A batch that is on L1, with the transaction that brought it.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Its blocks, encoded as the batcher does it; what fills up a blob is not counted.
    pub(super) bytes: usize,
    /// Execution gas.
    pub(super) gas: u64,
    pub(super) blob_gas: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    topics: Vec<B256>,
    data: Bytes,
    address: alloy_primitives::Address,
    transaction_hash: B256,
}

/// The batches whose blocks are all among these.
pub(super) fn read(ground: &Ground, blocks: &[Block]) -> Result<Vec<Batch>> {
    let mut connection = Connection::open(ground.l1())?;
    let filter = json!([{
        "address": ground.inbox()?, "fromBlock": "0x0", "toBlock": "latest",
        "topics": [inbox::BATCH_POSTED],
    }]);
    let found: Vec<Found> = serde_json::from_value(connection.call("eth_getLogs", &filter)?)?;
    let mut batches = Vec::new();
    for found in found {
        let log = Log::new(found.address, found.topics, found.data).context("five topics")?;
        let posted = inbox::read(&log).context("an event that is no batch")?;
        let (first, last) = (posted.header.first_block, posted.header.last_block);
        let within = blocks.iter().filter(|block| (first..=last).contains(&block.number));
        let given: Vec<_> = within.map(|block| block.given.clone()).collect();
        if given.len() as u64 != last + 1 - first {
            continue;
        }
        let hash = json!([found.transaction_hash]);
        let receipt = connection.call("eth_getTransactionReceipt", &hash)?;
        let blob_gas = receipt.get("blobGasUsed").map_or(Ok(0), quantity)?;
        let gas = quantity(&receipt["gasUsed"])?;
        batches.push(Batch { first, last, bytes: encode(&given)?.len(), gas, blob_gas });
    }
    Ok(batches)
}
