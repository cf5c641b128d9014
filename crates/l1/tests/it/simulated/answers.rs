//! JSON-RPC of the simulated L1, over one view of its chain.

use super::{Faults, SimulatedAccess, SimulatedBlock, World};
use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
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
            Ok(hash.map_or(Value::Null, |hash| block(world.block(hash).unwrap())))
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
            "gasUsedRatio": [0.5],
            "reward": [[U256::from(world.tip)]],
        })),
        "eth_sendRawTransaction" => {
            let raw: Bytes = parse(&params[0]);
            let transaction = TxEnvelope::decode_2718(&mut raw.as_ref()).unwrap();
            world.submit(chain, transaction).map(|hash| json!(hash))
        }
        "eth_getTransactionReceipt" => Ok(receipt(world, chain, parse(&params[0]))),
        "eth_getLogs" => logs(world, chain, &params[0], faults),
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

fn block(block: &SimulatedBlock) -> Value {
    let header = RpcHeader {
        hash: block.hash,
        inner: block.header.clone(),
        total_difficulty: None,
        size: None,
    };
    let mut value = serde_json::to_value(header).unwrap();
    value["transactions"] = json!([]);
    value["fieldOfLater"] = json!("0x1");
    value
}

fn receipt(world: &World, chain: &[B256], wanted: B256) -> Value {
    for block in chain.iter().map(|hash| world.block(hash).unwrap()) {
        let found = block.transactions.iter().position(|(_, tx)| *tx.tx_hash() == wanted);
        if let Some(index) = found {
            return json!({
                "transactionHash": wanted, "type": "0x2", "status": "0x1",
                "blockNumber": U64::from(block.header.number), "blockHash": block.hash,
                "transactionIndex": U64::from(index), "contractAddress": null,
                "gasUsed": "0x5208", "logs": [],
                "effectiveGasPrice": U256::from(block.transactions[index].1.max_fee_per_gas()),
            });
        }
    }
    Value::Null
}

fn logs(world: &World, chain: &[B256], filter: &Value, faults: &Faults) -> Answer {
    let addresses: Vec<Address> = parse(&filter["address"]);
    let blocks: Vec<B256> = match filter.get("blockHash") {
        Some(hash) => {
            let hash: B256 = parse(hash);
            let is_known = chain.contains(&hash);
            vec![is_known.then_some(hash).ok_or("unknown block")?]
        }
        None => {
            let first = number(world, chain, &filter["fromBlock"])?;
            let last = number(world, chain, &filter["toBlock"])?;
            if faults.max_log_range.is_some_and(|most| last - first + 1 > most) {
                return Err("block range is too large".to_owned());
            }
            let last = usize::try_from(last + 1).unwrap().min(chain.len());
            chain.get(usize::try_from(first).unwrap()..last).unwrap_or_default().to_vec()
        }
    };
    let mut found = Vec::new();
    for block in blocks.iter().map(|hash| world.block(hash).unwrap()) {
        let wanted = |(_, log): &(usize, &_)| addresses.contains(&address(log));
        for (index, log) in block.logs.iter().enumerate().filter(wanted) {
            found.push(RpcLog {
                inner: log.clone(),
                block_hash: Some(block.hash),
                block_number: Some(block.header.number),
                log_index: Some(index as u64),
                transaction_hash: Some(B256::ZERO),
                transaction_index: Some(0),
                ..RpcLog::default()
            });
        }
    }
    Ok(serde_json::to_value(found).unwrap())
}

const fn address(log: &alloy_primitives::Log) -> Address {
    log.address
}
