//! Blocks that were simulated, as they go out.

use super::VM_ERROR;
use crate::rpc::{
    error::Failure,
    params::quantity,
    types::{BlockJson, BlockTransactions, LogJson, TransactionJson},
};
use alloy_primitives::{Bytes, Log, TxHash, U256};
use seam_primitives::Transaction;
use seam_stf::call::{
    CallResult,
    simulate::{SimulatedBlock, SimulatedCall},
};
use seam_storage::StoredBlock;
use serde::Serialize;

/// A block, and what its calls did.
#[derive(Debug, Serialize)]
pub(super) struct SimulatedBlockJson {
    #[serde(flatten)]
    block: BlockJson,
    calls: Vec<CallJson>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CallJson {
    return_data: Bytes,
    logs: Vec<LogJson>,
    gas_used: U256,
    max_used_gas: U256,
    status: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

#[derive(Debug, Serialize)]
struct ErrorJson {
    message: String,
    code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Bytes>,
}

impl SimulatedBlockJson {
    pub(super) fn new(simulated: SimulatedBlock, full: bool) -> Self {
        let SimulatedBlock { block, hash, senders, calls } = simulated;
        let stored = StoredBlock { block, hash, senders };
        let transactions = &stored.block.transactions;
        let hashes: Vec<TxHash> = transactions.iter().map(Transaction::hash).collect();
        let calls = calls.into_iter().zip(&hashes).enumerate();
        let calls = calls.map(|(index, (call, hash))| call_json(&stored, index, *hash, call));
        let calls = calls.collect();
        let transactions = if full {
            let one = |index| TransactionJson::in_block(&stored, index, None);
            BlockTransactions::Full((0..hashes.len()).filter_map(one).collect())
        } else {
            BlockTransactions::Hashes(hashes)
        };
        Self { block: BlockJson::new(&stored, transactions), calls }
    }
}

fn call_json(stored: &StoredBlock, index: usize, hash: TxHash, call: SimulatedCall) -> CallJson {
    let header = &stored.block.header;
    let log = |(place, log): (u64, Log)| LogJson {
        address: log.address,
        topics: log.data.topics().to_vec(),
        data: log.data.data,
        block_number: quantity(header.number),
        transaction_hash: hash,
        transaction_index: quantity(index),
        block_hash: stored.hash,
        block_timestamp: quantity(header.timestamp),
        log_index: quantity(place),
        removed: false,
    };
    let (return_data, error) = match call.result {
        CallResult::Success { output } => (output, None),
        CallResult::Revert { output } => {
            let Failure { code, message, data } = Failure::reverted(output);
            (Bytes::new(), Some(ErrorJson { message, code, data }))
        }
        CallResult::Halt { reason } => {
            let error = ErrorJson { message: reason.to_string(), code: VM_ERROR, data: None };
            (Bytes::new(), Some(error))
        }
    };
    CallJson {
        return_data,
        logs: call.logs.into_iter().map(log).collect(),
        gas_used: quantity(call.gas_used),
        max_used_gas: quantity(call.max_gas_used),
        status: quantity(u8::from(error.is_none())),
        error,
    }
}
