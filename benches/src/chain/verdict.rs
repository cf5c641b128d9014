//! Whether every transaction is in the chain and has succeeded. It is asked after time was taken.

use super::batches::Signed;
use crate::http::{self, Connection, quantity};
use alloy_primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{collections::HashSet, net::SocketAddr};

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    transaction_hash: B256,
    status: Value,
    gas_used: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Block {
    gas_used: Value,
    transactions: Vec<B256>,
}

/// How many receipts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipts {
    /// All of them.
    All,
    /// So many, evenly spread, where a node needs minutes for those of a large block. That all
    /// transactions are in blocks, and the gas of those blocks, is checked nevertheless.
    Some(usize),
}

/// The gas that all transactions have used; each must be in a block, with a receipt of success.
pub(super) fn check(node: SocketAddr, signed: &[Signed], receipts: Receipts) -> Result<u64> {
    match receipts {
        Receipts::All => check_all(node, signed),
        Receipts::Some(count) => check_some(node, signed, count),
    }
}

fn check_some(node: SocketAddr, signed: &[Signed], count: usize) -> Result<u64> {
    let mut connection = Connection::open(node)?;
    let mut missing: HashSet<_> = signed.iter().map(|signed| *signed.inner().hash()).collect();
    let head = quantity(&connection.call("eth_blockNumber", &json!([]))?)?;
    let mut gas = 0;
    for number in 1..=head {
        let params = json!([format!("{number:#x}"), false]);
        let block: Block = result(&mut connection, "eth_getBlockByNumber", &params)?;
        gas += quantity(&block.gas_used)?;
        for hash in &block.transactions {
            missing.remove(hash);
        }
    }
    ensure!(missing.is_empty(), "{} transactions are in no block", missing.len());
    for signed in signed.iter().step_by((signed.len() / count.max(1)).max(1)) {
        let hash = signed.inner().hash();
        let receipt: Receipt =
            result(&mut connection, "eth_getTransactionReceipt", &json!([hash]))?;
        ensure!(quantity(&receipt.status)? == 1, "transaction {hash} has failed");
    }
    Ok(gas)
}

fn check_all(node: SocketAddr, signed: &[Signed]) -> Result<u64> {
    let mut connection = Connection::open(node)?;
    let mut missing: HashSet<_> = signed.iter().map(|signed| *signed.inner().hash()).collect();
    let head = quantity(&connection.call("eth_blockNumber", &json!([]))?)?;
    let mut gas = 0;
    for number in 1..=head {
        for receipt in receipts(&mut connection, number)? {
            ensure!(quantity(&receipt.status)? == 1, "a transaction has failed");
            if missing.remove(&receipt.transaction_hash) {
                gas += quantity(&receipt.gas_used)?;
            }
        }
    }
    ensure!(missing.is_empty(), "{} transactions have no receipt", missing.len());
    Ok(gas)
}

/// All receipts of a block: at once, or one by one where that is more than the node answers.
fn receipts(connection: &mut Connection, number: u64) -> Result<Vec<Receipt>> {
    let number = json!(format!("{number:#x}"));
    let all: Result<Vec<Receipt>> = result(connection, "eth_getBlockReceipts", &json!([number]));
    if all.is_ok() {
        return all;
    }
    let block: Block = result(connection, "eth_getBlockByNumber", &json!([number, false]))?;
    let mut receipt = |hash| result(connection, "eth_getTransactionReceipt", &json!([hash]));
    block.transactions.iter().map(|hash| receipt(*hash)).collect()
}

fn result<T: DeserializeOwned>(
    connection: &mut Connection,
    method: &str,
    params: &Value,
) -> Result<T> {
    let request = http::request(&http::call(0, method, params));
    let answer: Answer<T> = serde_json::from_slice(connection.exchange(&request)?)?;
    if let Some(error) = answer.error {
        bail!("{method}: {error}");
    }
    answer.result.with_context(|| format!("{method} has no result"))
}
