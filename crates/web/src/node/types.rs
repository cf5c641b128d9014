//! What nodes answer, as far as pages show it. Fields that some chains lack are optional.

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use serde::Deserialize;
use serde_json::{Value, json};

/// Which block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// The newest.
    Latest,
    /// The newest that cannot be lost but by a reorg of L1.
    Safe,
    /// The newest that cannot be lost.
    Finalized,
    /// The one with this number.
    Number(u64),
    /// The one with this hash.
    Hash(B256),
}

/// A block.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // as the execution API names them
pub struct Block {
    pub number: U64,
    pub hash: B256,
    pub parent_hash: B256,
    pub state_root: B256,
    pub timestamp: U64,
    pub gas_used: U64,
    pub gas_limit: U64,
    pub base_fee_per_gas: Option<U256>,
    pub size: Option<U64>,
    pub miner: Address,
    pub blob_gas_used: Option<U64>,
    pub transactions: Vec<B256>,
}

/// A transaction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // as the execution API names them
pub struct Transaction {
    pub hash: B256,
    pub from: Address,
    pub to: Option<Address>,
    pub value: U256,
    pub nonce: U64,
    pub input: Bytes,
    #[serde(rename = "type")]
    pub kind: Option<U64>,
    pub gas: U64,
    pub block_number: Option<U64>,
    pub transaction_index: Option<U64>,
    pub blob_versioned_hashes: Option<Vec<B256>>,
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // as the execution API names them
pub struct Receipt {
    pub status: Option<U64>,
    pub block_number: U64,
    pub gas_used: U64,
    pub effective_gas_price: Option<U256>,
    pub contract_address: Option<Address>,
    pub l1_fee: Option<U256>,
    pub operator_fee_scalar: Option<U256>,
    pub operator_fee_constant: Option<U256>,
    pub blob_gas_used: Option<U256>,
    pub blob_gas_price: Option<U256>,
    pub logs: Vec<Log>,
}

/// What a contract said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // as the execution API names them
pub struct Log {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
    pub log_index: Option<U64>,
    pub block_number: Option<U64>,
    pub block_hash: Option<B256>,
    pub transaction_hash: Option<B256>,
}

/// A call with the calls that it made, as `callTracer` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)] // as the tracer names them
pub struct Call {
    #[serde(rename = "type")]
    pub kind: String,
    pub from: Address,
    pub to: Option<Address>,
    pub value: Option<U256>,
    pub gas_used: U64,
    pub input: Bytes,
    pub output: Option<Bytes>,
    pub error: Option<String>,
    pub revert_reason: Option<String>,
    #[serde(default)]
    pub calls: Vec<Call>,
}

impl Tag {
    /// How a node is asked for it.
    pub(crate) fn question(self) -> (&'static str, Value) {
        match self {
            Self::Hash(hash) => ("eth_getBlockByHash", json!([hash, false])),
            Self::Latest => ("eth_getBlockByNumber", json!(["latest", false])),
            Self::Safe => ("eth_getBlockByNumber", json!(["safe", false])),
            Self::Finalized => ("eth_getBlockByNumber", json!(["finalized", false])),
            Self::Number(number) => ("eth_getBlockByNumber", json!([U64::from(number), false])),
        }
    }
}

impl Receipt {
    /// Whether it did what it was to do; before Byzantium nobody knows, and it counts as done.
    pub fn succeeded(&self) -> bool {
        self.status.is_none_or(|status| !status.is_zero())
    }

    /// All that its sender paid beside the value, in wei: execution, blobs, L1's part and the operator's. A deposit
    /// pays nothing here.
    pub fn paid(&self, deposit: bool) -> U256 {
        if deposit {
            return U256::ZERO;
        }
        let gas = U256::from(self.gas_used);
        let of = |value: Option<U256>| value.unwrap_or_default();
        let execution = gas.saturating_mul(of(self.effective_gas_price));
        let blobs = of(self.blob_gas_used).saturating_mul(of(self.blob_gas_price));
        [execution, blobs, of(self.l1_fee), self.operator_fee()]
            .into_iter()
            .fold(U256::ZERO, U256::saturating_add)
    }

    /// The operator's fee, in wei (Isthmus: gas times scalar by a million, and the constant).
    pub fn operator_fee(&self) -> U256 {
        let of = |value: Option<U256>| value.unwrap_or_default();
        let by_gas = U256::from(self.gas_used).saturating_mul(of(self.operator_fee_scalar));
        let by_gas = by_gas / U256::from(1_000_000_u64);
        by_gas.saturating_add(of(self.operator_fee_constant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(json: Value) -> Receipt {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_rollups_transaction_pays_four_fees_and_a_deposit_none() {
        let receipt = receipt(json!({
            "status": "0x1", "blockNumber": "0x1", "gasUsed": "0x5208", "effectiveGasPrice": "0x3",
            "l1Fee": "0x7", "operatorFeeScalar": "0x1e8480", "operatorFeeConstant": "0xb", "logs": [],
        }));
        // 21,000 * 3 + 7 + 21,000 * 2,000,000 / 1,000,000 + 11
        assert_eq!(receipt.paid(false), U256::from(63_000 + 7 + 42_000 + 11));
        assert_eq!(receipt.paid(true), U256::ZERO);
        assert!(receipt.succeeded());
    }

    #[test]
    fn blobs_are_paid_beside_execution_on_l1() {
        let receipt = receipt(json!({
            "status": "0x0", "blockNumber": "0x1", "gasUsed": "0x2", "effectiveGasPrice": "0x3",
            "blobGasUsed": "0x20000", "blobGasPrice": "0x5", "logs": [],
        }));
        assert_eq!(receipt.paid(false), U256::from(6 + 131_072 * 5));
        assert!(!receipt.succeeded());
    }
}
