//! A block.

use super::TransactionJson;
use crate::rpc::params::quantity;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, TxHash, U256};
use alloy_rlp::Encodable;
use seam_primitives::{Block, Header};
use seam_storage::StoredBlock;
use serde::Serialize;

/// The fields of a header, as `eth_subscribe("newHeads")` tells them. `hash` and `nonce` are null
/// in the pending block.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeaderJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    base_fee_per_gas: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used: Option<U256>,
    difficulty: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    excess_blob_gas: Option<U256>,
    extra_data: Bytes,
    gas_limit: U256,
    gas_used: U256,
    hash: Option<B256>,
    logs_bloom: Bloom,
    miner: Address,
    mix_hash: B256,
    nonce: Option<B64>,
    number: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_beacon_block_root: Option<B256>,
    parent_hash: B256,
    receipts_root: B256,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_hash: Option<B256>,
    #[serde(rename = "sha3Uncles")]
    ommers_hash: B256,
    state_root: B256,
    timestamp: U256,
    transactions_root: B256,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals_root: Option<B256>,
}

impl HeaderJson {
    /// Of a block with this hash; `None` for the pending one.
    pub(crate) fn new(header: &Header, hash: Option<B256>) -> Self {
        Self {
            base_fee_per_gas: header.base_fee_per_gas.map(quantity),
            blob_gas_used: header.blob_gas_used.map(quantity),
            difficulty: header.difficulty,
            excess_blob_gas: header.excess_blob_gas.map(quantity),
            extra_data: header.extra_data.clone(),
            gas_limit: quantity(header.gas_limit),
            gas_used: quantity(header.gas_used),
            hash,
            logs_bloom: header.logs_bloom,
            miner: header.beneficiary,
            mix_hash: header.mix_hash,
            nonce: hash.map(|_| header.nonce),
            number: quantity(header.number),
            parent_beacon_block_root: header.parent_beacon_block_root,
            parent_hash: header.parent_hash,
            receipts_root: header.receipts_root,
            requests_hash: header.requests_hash,
            ommers_hash: header.ommers_hash,
            state_root: header.state_root,
            timestamp: quantity(header.timestamp),
            transactions_root: header.transactions_root,
            withdrawals_root: header.withdrawals_root,
        }
    }
}

/// A block's transactions, in full or by hash.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum BlockTransactions {
    Full(Vec<TransactionJson>),
    Hashes(Vec<TxHash>),
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct WithdrawalJson {
    index: U256,
    validator_index: U256,
    address: Address,
    amount: U256,
}

impl From<&Withdrawal> for WithdrawalJson {
    fn from(withdrawal: &Withdrawal) -> Self {
        Self {
            index: quantity(withdrawal.index),
            validator_index: quantity(withdrawal.validator_index),
            address: withdrawal.address,
            amount: quantity(withdrawal.amount),
        }
    }
}

/// A block, or an ommer, which has no transactions.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BlockJson {
    #[serde(flatten)]
    header: HeaderJson,
    size: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactions: Option<BlockTransactions>,
    uncles: Vec<B256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals: Option<Vec<WithdrawalJson>>,
}

impl BlockJson {
    /// A block of the chain, with its transactions in this form.
    pub(crate) fn new(stored: &StoredBlock, transactions: BlockTransactions) -> Self {
        let mut json = Self::of(&stored.block, Some(stored.hash));
        json.transactions = Some(transactions);
        json
    }

    /// The block that is being built, as far as its header is known.
    pub(crate) fn pending(header: Header) -> Self {
        let withdrawals = header.withdrawals_root.map(|_| Vec::new());
        let block = Block { header, transactions: Vec::new(), ommers: Vec::new(), withdrawals };
        let mut json = Self::of(&block, None);
        json.transactions = Some(BlockTransactions::Hashes(Vec::new()));
        json
    }

    /// An ommer.
    pub(crate) fn ommer(header: Header) -> Self {
        let hash = header.hash_slow();
        let block =
            Block { header, transactions: Vec::new(), ommers: Vec::new(), withdrawals: None };
        Self::of(&block, Some(hash))
    }

    fn of(block: &Block, hash: Option<B256>) -> Self {
        let withdrawals = block.withdrawals.as_ref();
        Self {
            header: HeaderJson::new(&block.header, hash),
            size: quantity(block.length()),
            transactions: None,
            uncles: block.ommers.iter().map(Header::hash_slow).collect(),
            withdrawals: withdrawals.map(|all| all.iter().map(WithdrawalJson::from).collect()),
        }
    }
}
