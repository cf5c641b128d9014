//! JSON-RPC of the simulated L1, over one view of its chain.

use super::{Faults, Lie, SimulatedAccess, SimulatedBlock, World};
use alloy_consensus::{ReceiptEnvelope, Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{B256, Bloom, Bytes, Log, U64, U256};
use alloy_rpc_types_eth::{Header as RpcHeader, Log as RpcLog};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

type Answer = Result<Value, String>;

pub(super) fn answer(
    world: &mut World,
    chain: &[B256],
    method: &str,
    params: &Value,
    faults: &Faults,
) -> Answer {
    match method {
        "eth_chainId" => Ok(json!(U64::from(SimulatedAccess::chain_id(faults)))),
        "eth_getBlockByNumber" => {
            let number = number(world, chain, &params[0])?;
            let hash = chain.get(usize::try_from(number).unwrap());
            Ok(hash.map_or(Value::Null, |hash| block(world, world.block(hash).unwrap(), faults)))
        }
        "eth_getBlockByHash" => Ok(known(world, chain, &params[0])
            .map_or(Value::Null, |found| block(world, found, faults))),
        "eth_getBlockReceipts" if !faults.no_block_receipts => {
            Ok(receipts(world, chain, &params[0], faults))
        }
        "eth_getTransactionCount" => {
            let number = number(world, chain, &params[1])?;
            let chain = chain.get(..=usize::try_from(number).unwrap());
            let chain = chain.ok_or("header not found")?;
            Ok(json!(U64::from(world.nonce(chain, parse(&params[0])))))
        }
        "eth_getBalance" => Ok(json!(U256::from(world.balance))),
        "eth_feeHistory" => Ok(json!({
            "oldestBlock": "0x0",
            "baseFeePerGas": [U256::from(world.base_fee), U256::from(world.base_fee)],
            "baseFeePerBlobGas": [U256::from(world.blob_base_fee), U256::from(world.blob_base_fee)],
            "gasUsedRatio": [0.5],
            "reward": [[U256::from(world.tip)]],
        })),
        "eth_sendRawTransaction" => {
            let raw: Bytes = parse(&params[0]);
            let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
            world.submit(chain, transaction).map(|hash| json!(hash))
        }
        "eth_getTransactionReceipt" => Ok(receipt(world, chain, parse(&params[0]), faults)),
        method => Err(format!("the method {method} does not exist")),
    }
}

fn parse<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn number(world: &World, chain: &[B256], tag: &Value) -> Result<u64, String> {
    let head = chain.len() as u64 - 1;
    match tag.as_str().unwrap() {
        "latest" | "pending" => Ok(head),
        "finalized" => Ok(head.saturating_sub(world.finality)),
        "safe" => Ok(head.saturating_sub(world.finality / 2)),
        _ => Ok(parse::<U64>(tag).to()),
    }
}

/// The block of a hash, if this view of the chain has it.
fn known<'a>(world: &'a World, chain: &[B256], hash: &Value) -> Option<&'a SimulatedBlock> {
    let hash: B256 = parse(hash);
    chain.contains(&hash).then(|| &**world.block(&hash).unwrap())
}

fn block(world: &World, block: &SimulatedBlock, faults: &Faults) -> Value {
    let mut header = block.header.clone();
    if faults.wrong_headers {
        header.logs_bloom = Bloom::ZERO;
    }
    let header = RpcHeader { hash: block.hash, inner: header, total_difficulty: None, size: None };
    let mut value = serde_json::to_value(header).unwrap();
    value["transactions"] = block.receipts.iter().map(|(hash, _)| json!(hash)).collect();
    if world.later_fork {
        value["fieldOfLater"] = json!("0x1");
    }
    value
}

/// All of a block, as the endpoint would have them.
fn told(world: &World, block: &SimulatedBlock, faults: &Faults) -> Option<Vec<Value>> {
    let of = |block: &SimulatedBlock| -> Vec<Value> {
        let receipts = block.receipts.iter().enumerate();
        receipts.map(|(index, (hash, receipt))| one(block, index, *hash, receipt)).collect()
    };
    let mut all = of(block);
    match faults.lie {
        None => {}
        Some(Lie::Nothing) => return None,
        Some(Lie::ReceiptOmitted) => drop(all.pop()),
        Some(Lie::Reordered) if !all.is_empty() => all.rotate_left(1),
        Some(Lie::Reordered) => {}
        Some(Lie::OfParent) => {
            all = world.block(&block.header.parent_hash).map_or(vec![], |b| of(b))
        }
        Some(lie) => {
            if let Some(logs) = all.last_mut().and_then(|last| last["logs"].as_array_mut()) {
                let last = logs.last().cloned();
                match lie {
                    Lie::LogOmitted => drop(logs.pop()),
                    _ => logs.extend(last),
                }
            }
        }
    }
    Some(all)
}

fn receipts(world: &World, chain: &[B256], hash: &Value, faults: &Faults) -> Value {
    json!(known(world, chain, hash).and_then(|block| told(world, block, faults)))
}

fn receipt(world: &World, chain: &[B256], wanted: B256, faults: &Faults) -> Value {
    for block in chain.iter().map(|hash| world.block(hash).unwrap()) {
        if let Some(index) = block.receipts.iter().position(|(hash, _)| *hash == wanted) {
            let told = told(world, block, faults).unwrap_or_default();
            return told.get(index).cloned().unwrap_or_default();
        }
    }
    Value::Null
}

fn one(block: &SimulatedBlock, index: usize, hash: B256, receipt: &ReceiptEnvelope) -> Value {
    let price = block.transactions.get(index).map_or(0, |(_, tx)| tx.max_fee_per_gas());
    let log = |log: &Log| RpcLog {
        inner: log.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_hash: Some(hash),
        transaction_index: Some(index as u64),
        ..RpcLog::default()
    };
    let logs: Vec<RpcLog> = receipt.logs().iter().map(log).collect();
    json!({
        "transactionHash": hash, "type": U64::from(receipt.tx_type() as u8),
        "status": U64::from(receipt.status()),
        "cumulativeGasUsed": U64::from(receipt.cumulative_gas_used()),
        "logsBloom": receipt.logs_bloom(), "logs": logs,
        "blockNumber": U64::from(block.header.number), "blockHash": block.hash,
        "transactionIndex": U64::from(index), "contractAddress": null,
        "gasUsed": "0x5208", "effectiveGasPrice": U256::from(price), "fieldOfLater": {},
    })
}
