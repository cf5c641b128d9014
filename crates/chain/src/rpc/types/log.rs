//! A log.

use crate::rpc::params::quantity;
use alloy_primitives::{Address, B256, Bytes, Log, TxHash, U256};
use seam_primitives::{Block, Receipt};
use serde::Serialize;

/// A log with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogJson {
    pub(crate) address: Address,
    pub(crate) topics: Vec<B256>,
    pub(crate) data: Bytes,
    pub(crate) block_number: U256,
    pub(crate) transaction_hash: TxHash,
    pub(crate) transaction_index: U256,
    pub(crate) block_hash: B256,
    pub(crate) block_timestamp: U256,
    pub(crate) log_index: U256,
    /// Whether its block left the chain.
    pub(crate) removed: bool,
}

/// The logs of a block that `wanted` says yes to, each with its transaction's index.
pub(crate) fn logs_of<'a>(
    block: &'a Block,
    hash: B256,
    receipts: &'a [Receipt],
    wanted: impl Fn(&Log) -> bool + 'a,
) -> impl Iterator<Item = (usize, LogJson)> + 'a {
    let all = receipts.iter().zip(&block.transactions).enumerate();
    let all = all.flat_map(|(index, (receipt, transaction))| {
        receipt.logs.iter().map(move |log| (index, transaction, log))
    });
    let chosen = all.enumerate().filter(move |(_, (_, _, log))| wanted(log));
    chosen.map(move |(log_index, (index, transaction, log))| {
        (index, log_json(block, hash, (log_index, log), (index, transaction.hash())))
    })
}

/// The logs of one of a block's receipts: that of transaction `index`; `first_log` is the number of
/// logs before it in the block.
pub(crate) fn logs_of_receipt(
    block: &Block,
    hash: B256,
    receipt: &Receipt,
    (index, first_log): (usize, usize),
) -> Vec<LogJson> {
    let Some(transaction) = block.transactions.get(index) else { return Vec::new() };
    let place = (index, transaction.hash());
    let logs = (first_log..).zip(&receipt.logs);
    logs.map(|log| log_json(block, hash, log, place)).collect()
}

fn log_json(
    block: &Block,
    hash: B256,
    (log_index, log): (usize, &Log),
    (index, transaction_hash): (usize, TxHash),
) -> LogJson {
    LogJson {
        address: log.address,
        topics: log.data.topics().to_vec(),
        data: log.data.data.clone(),
        block_number: quantity(block.header.number),
        transaction_hash,
        transaction_index: quantity(index),
        block_hash: hash,
        block_timestamp: quantity(block.header.timestamp),
        log_index: quantity(log_index),
        removed: false,
    }
}
