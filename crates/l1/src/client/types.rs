//! What an L1 answers, as values.

use alloy_primitives::{Address, B256, Log, U64, U256};
use alloy_rpc_types_eth::{FeeHistory, Log as RpcLog};
use serde::Deserialize;

/// The least priority fee that is suggested, in wei: what geth's mempool asks for by default
/// (`--miner.gasprice`).
const MIN_PRIORITY_FEE: u128 = 1_000_000;

/// What gas costs now, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Base fee of the next block, per gas.
    pub base_fee: u128,
    /// What others pay beyond it: the median of blocks' medians, per gas.
    pub priority_fee: u128,
    /// Base fee of the next block, per blob gas; 0 where there are no blobs.
    pub blob_base_fee: u128,
}

impl Fees {
    /// `maxFeePerGas` that stays valid while the base fee rises for six full blocks.
    pub const fn max_fee(&self) -> u128 {
        self.base_fee.saturating_mul(2).saturating_add(self.priority_fee)
    }

    /// From `eth_feeHistory` with one percentile; `None` if it has no base fee.
    pub(super) fn from_history(history: &FeeHistory) -> Option<Self> {
        let first = |row: &Vec<u128>| row.first().copied();
        let rewards = history.reward.iter().flatten().filter_map(first);
        // A block without transactions has a reward of zero, which says nothing.
        let mut rewards: Vec<u128> = rewards.filter(|reward| *reward > 0).collect();
        rewards.sort_unstable();
        let median = rewards.get(rewards.len() / 2).copied().unwrap_or_default();
        Some(Self {
            base_fee: history.base_fee_per_gas.last().copied()?,
            priority_fee: median.max(MIN_PRIORITY_FEE),
            blob_base_fee: history.base_fee_per_blob_gas.last().copied().unwrap_or_default(),
        })
    }
}

/// Which logs are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogQuery {
    /// Of the blocks from the first to the last, both included.
    Range(u64, u64),
    /// Of the block of this hash: refused by a node that does not have it.
    Block(B256),
}

/// What became of a transaction. Read by name and leniently: a type of transaction that came later
/// is no reason to fail (rule D12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction.
    pub transaction: B256,
    /// Its type byte.
    pub kind: u8,
    /// Whether it succeeded; if not, it paid and changed nothing else.
    pub success: bool,
    /// Number of its block.
    pub block_number: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Its place in the block.
    pub index: u64,
    /// The contract that it made.
    pub contract: Option<Address>,
    /// Gas that it used.
    pub gas_used: u64,
    /// Wei for each.
    pub gas_price: u128,
    /// Blob gas that it used.
    pub blob_gas_used: u64,
    /// Wei for each.
    pub blob_gas_price: u128,
    /// Its logs, with their index in the block.
    pub logs: Vec<(u64, Log)>,
}

impl Receipt {
    /// Wei paid for gas and blob gas.
    pub fn cost(&self) -> U256 {
        let part = |gas: u64, price: u128| U256::from(gas) * U256::from(price);
        part(self.gas_used, self.gas_price) + part(self.blob_gas_used, self.blob_gas_price)
    }
}

impl<'de> Deserialize<'de> for Receipt {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = Fields::deserialize(from)?;
        let log = |log: RpcLog| (log.log_index.unwrap_or_default(), log.inner);
        let price = |price: Option<U256>| price.unwrap_or_default().saturating_to();
        Ok(Self {
            transaction: read.transaction_hash,
            kind: read.kind.unwrap_or_default().saturating_to(),
            success: read.status.is_none_or(|status| !status.is_zero()),
            block_number: read.block_number.to(),
            block_hash: read.block_hash,
            index: read.transaction_index.to(),
            contract: read.contract_address,
            gas_used: read.gas_used.to(),
            gas_price: price(read.effective_gas_price),
            blob_gas_used: read.blob_gas_used.unwrap_or_default().to(),
            blob_gas_price: price(read.blob_gas_price),
            logs: read.logs.into_iter().map(log).collect(),
        })
    }
}

/// The fields as execution-apis names them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    transaction_hash: B256,
    #[serde(rename = "type")]
    kind: Option<U64>,
    /// Before Byzantium there was a state root instead.
    status: Option<U64>,
    block_number: U64,
    block_hash: B256,
    transaction_index: U64,
    contract_address: Option<Address>,
    gas_used: U64,
    effective_gas_price: Option<U256>,
    blob_gas_used: Option<U64>,
    blob_gas_price: Option<U256>,
    logs: Vec<RpcLog>,
}

/// The filter of `eth_getLogs`.
pub(super) fn filter(query: LogQuery, addresses: &[Address]) -> serde_json::Value {
    match query {
        LogQuery::Range(first, last) => serde_json::json!({
            "fromBlock": U64::from(first), "toBlock": U64::from(last), "address": addresses,
        }),
        LogQuery::Block(hash) => serde_json::json!({ "blockHash": hash, "address": addresses }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_come_from_blocks_that_somebody_paid_in() {
        let history = FeeHistory {
            base_fee_per_gas: vec![5, 6, 7],
            base_fee_per_blob_gas: vec![1, 1, 2],
            reward: Some(vec![vec![0], vec![3_000_000], vec![0], vec![2_000_000], vec![9_000_000]]),
            ..FeeHistory::default()
        };
        let fees = Fees::from_history(&history).unwrap();
        assert_eq!(fees, Fees { base_fee: 7, priority_fee: 3_000_000, blob_base_fee: 2 });
        assert_eq!(fees.max_fee(), 3_000_014);
        let quiet = FeeHistory { base_fee_per_gas: vec![5], ..FeeHistory::default() };
        assert_eq!(Fees::from_history(&quiet).unwrap().priority_fee, MIN_PRIORITY_FEE);
        assert_eq!(Fees::from_history(&FeeHistory::default()), None);
    }

    #[test]
    fn a_receipt_of_a_type_that_came_later_is_read() {
        let receipt: Receipt = serde_json::from_value(serde_json::json!({
            "transactionHash": B256::repeat_byte(1), "type": "0x77", "status": "0x0",
            "blockNumber": "0x10", "blockHash": B256::repeat_byte(2), "transactionIndex": "0x3",
            "contractAddress": null, "gasUsed": "0x5208", "effectiveGasPrice": "0x2",
            "blobGasUsed": "0x20000", "blobGasPrice": "0x3", "logs": [], "fieldOfLater": {},
        }))
        .unwrap();
        assert_eq!((receipt.kind, receipt.success, receipt.block_number), (0x77, false, 16));
        assert_eq!(receipt.cost(), U256::from(21_000 * 2 + 131_072 * 3));
    }
}
