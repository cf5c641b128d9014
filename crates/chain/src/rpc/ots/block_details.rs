//! `ots_getBlockDetails(block)` and `ots_getBlockDetailsByHash(hash)`: a block without its transactions, with what it
//! made and what its senders paid; null if there is none.

use super::{AnyBlock, block};
use crate::rpc::{
    context::Context,
    error::{Failure, INTERNAL_ERROR},
    method::{Answer, json},
    params::{Args, BlockId},
    types::{BlockJson, BlockTransactions, receipts_of},
};
use alloy_primitives::{B256, U256};
use seam_stf::block::issuance;
use seam_storage::StoredBlock;
use serde::Serialize;
use serde_json::{Value, json as value};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    block: Value,
    issuance: IssuanceJson,
    total_fees: U256,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct IssuanceJson {
    block_reward: U256,
    uncle_reward: U256,
    issuance: U256,
}

/// `ots_getBlockDetails`.
pub(crate) fn by_number(context: &Context, args: &Args) -> Answer {
    run(context, args.required(0)?)
}

/// `ots_getBlockDetailsByHash`.
pub(crate) fn by_hash(context: &Context, args: &Args) -> Answer {
    let hash: B256 = args.required(0)?;
    run(context, AnyBlock(BlockId::Hash(hash)))
}

fn run(context: &Context, id: AnyBlock) -> Answer {
    let head = context.chain.head();
    let Some(stored) = block(&head, id)? else { return json(&None::<()>) };
    let rules = context.chain.rules();
    let receipts = head.reader.receipts(stored.block.header.number)?.unwrap_or_default();
    let receipts = receipts_of(rules, &stored, &receipts, None);
    let total_fees = receipts.iter().fold(U256::ZERO, |sum, one| sum.saturating_add(one.fee()));
    let made = issuance(rules, &stored.block);
    json(&Details {
        block: slim(&stored)?,
        issuance: IssuanceJson {
            block_reward: made.miner,
            uncle_reward: made.ommers,
            issuance: made.miner.saturating_add(made.ommers),
        },
        total_fees,
    })
}

/// The block without its transactions and its bloom filter.
fn slim(stored: &StoredBlock) -> Result<Value, Failure> {
    let count = stored.block.transactions.len();
    let block = BlockJson::new(stored, BlockTransactions::Hashes(Vec::new()));
    let mut block = to_value(&block)?;
    if let Some(members) = block.as_object_mut() {
        members.remove("transactions");
        members.insert("logsBloom".to_owned(), Value::Null);
        members.insert("transactionCount".to_owned(), value!(count));
    }
    Ok(block)
}

/// As a value that can be changed.
pub(super) fn to_value<T: Serialize>(what: &T) -> Result<Value, Failure> {
    serde_json::to_value(what).map_err(|error| Failure::new(INTERNAL_ERROR, error.to_string()))
}
