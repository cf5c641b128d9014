//! What is in the rollup's blocks.

use crate::http::{Connection, quantity};
use alloy_primitives::{Bytes, U64};
use alloy_rlp::Decodable;
use anyhow::{Context, Result, ensure};
use seam_primitives::{L1Attributes, Transaction};
use seam_stf::batch::{BatchBlock, OriginStep};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A block of the rollup.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) number: u64,
    /// Of all its transactions.
    pub(super) gas: u64,
    /// Most gas that it may use.
    pub(super) gas_limit: u64,
    /// Bytes of a batch that the OP Stack takes its transactions for (its Fjord estimate), in 16ths.
    pub(super) estimate: u64,
    /// As a batch gives it.
    pub(super) given: BatchBlock,
}

impl Block {
    /// How many of its transactions somebody sent.
    pub(super) fn transactions(&self) -> usize {
        self.given.transactions.len()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    status: U64,
    /// The estimate of its bytes, times 16.
    l1_gas_used: Option<U64>,
}

/// Blocks 1 to `last`; every transaction of theirs must have succeeded.
pub(super) fn read(node: SocketAddr, last: u64) -> Result<Vec<Block>> {
    let mut connection = Connection::open(node)?;
    let mut blocks = Vec::new();
    let mut origin = 0;
    for number in 1..=last {
        let at = json!([format!("{number:#x}")]);
        let raw: Bytes = serde_json::from_value(connection.call("debug_getRawBlock", &at)?)?;
        let block = seam_primitives::Block::decode(&mut raw.as_ref())?;
        let receipts = connection.call("eth_getBlockReceipts", &at)?;
        let receipts: Vec<Receipt> = serde_json::from_value(receipts)?;
        let failed = receipts.iter().filter(|receipt| receipt.status != U64::from(1)).count();
        ensure!(failed == 0, "{failed} transactions of block {number} have failed");
        let estimate = receipts.iter().filter_map(|receipt| receipt.l1_gas_used);
        let estimate = estimate.map(|gas| gas.to::<u64>()).sum();
        let told = block.transactions.first().and_then(L1Attributes::of_transaction);
        let told = told.with_context(|| format!("block {number} tells nothing of L1"))?;
        let step = if told.number == origin { OriginStep::Same } else { OriginStep::Next };
        origin = told.number;
        let sent = |transaction: &Transaction| transaction.as_deposit().is_none();
        let transactions = block.transactions.into_iter().filter(sent).collect();
        blocks.push(Block {
            number,
            gas: block.header.gas_used,
            gas_limit: block.header.gas_limit,
            estimate,
            given: BatchBlock { step, transactions },
        });
    }
    Ok(blocks)
}

/// The hash of a node's block.
pub(super) fn hash(node: SocketAddr, number: u64) -> Result<Value> {
    let block = Connection::open(node)?
        .call("eth_getBlockByNumber", &json!([format!("{number:#x}"), false]))?;
    ensure!(quantity(&block["number"])? == number, "block {number} is not there");
    Ok(block["hash"].clone())
}
