//! The bytes of values: RLP, but where a number alone is the value.

use crate::error::StorageError;
use alloy_consensus::Eip658Value;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, Log, U256, logs_bloom};
use alloy_rlp::{Decodable, RlpDecodable, RlpEncodable};
use seam_primitives::{Block, DepositReceipt, Header, Receipt, Transaction};
use seam_stf::Account;

pub(crate) fn decode<T: Decodable>(bytes: &[u8], what: &str) -> Result<T, StorageError> {
    alloy_rlp::decode_exact(bytes)
        .map_err(|error| StorageError::corrupt(format!("{what}: {error}")))
}

pub(crate) fn number(bytes: &[u8], what: &str) -> Result<u64, StorageError> {
    let bytes = bytes.try_into().map_err(|_| StorageError::corrupt(what))?;
    Ok(u64::from_be_bytes(bytes))
}

#[derive(RlpEncodable, RlpDecodable)]
struct StoredAccount {
    nonce: u64,
    balance: U256,
    /// Empty without code.
    code_hash: Bytes,
}

pub(crate) fn encode_account(account: &Account) -> Vec<u8> {
    let Account { nonce, balance, code_hash } = *account;
    let code_hash = match code_hash == KECCAK256_EMPTY {
        true => Bytes::new(),
        false => Bytes::copy_from_slice(code_hash.as_slice()),
    };
    alloy_rlp::encode(StoredAccount { nonce, balance, code_hash })
}

pub(crate) fn decode_account(bytes: &[u8]) -> Result<Account, StorageError> {
    let StoredAccount { nonce, balance, code_hash } = decode(bytes, "account")?;
    let code_hash = match code_hash.len() {
        0 => KECCAK256_EMPTY,
        32 => B256::from_slice(&code_hash),
        _ => return Err(StorageError::corrupt("account: code hash")),
    };
    Ok(Account { nonce, balance, code_hash })
}

/// What was there before a block; empty bytes if nothing was.
pub(crate) fn decode_past_account(bytes: &[u8]) -> Result<Option<Account>, StorageError> {
    if bytes.is_empty() { Ok(None) } else { decode_account(bytes).map(Some) }
}

/// Big-endian without leading zeros; zero is empty.
pub(crate) fn encode_value(value: U256) -> Vec<u8> {
    value.to_be_bytes_trimmed_vec()
}

pub(crate) fn decode_value(bytes: &[u8]) -> Result<U256, StorageError> {
    U256::try_from_be_slice(bytes).ok_or_else(|| StorageError::corrupt("slot"))
}

pub(crate) fn encode_header(hash: B256, header: &Header) -> Vec<u8> {
    let mut bytes = hash.to_vec();
    alloy_rlp::Encodable::encode(header, &mut bytes);
    bytes
}

pub(crate) fn decode_header(bytes: &[u8]) -> Result<(B256, Header), StorageError> {
    let (hash, header) =
        bytes.split_at_checked(32).ok_or_else(|| StorageError::corrupt("header"))?;
    Ok((B256::from_slice(hash), decode(header, "header")?))
}

/// A block without its header, with the senders that its signatures give.
#[derive(Debug, RlpEncodable, RlpDecodable)]
#[rlp(trailing(canonical))]
pub(crate) struct Body {
    pub(crate) senders: Vec<Address>,
    pub(crate) transactions: Vec<Transaction>,
    pub(crate) ommers: Vec<Header>,
    pub(crate) withdrawals: Option<Vec<Withdrawal>>,
}

#[derive(RlpEncodable)]
struct BodyRef<'a> {
    senders: &'a Vec<Address>,
    transactions: &'a Vec<Transaction>,
    ommers: &'a Vec<Header>,
}

/// The same bytes as [`Body`], without copying the block.
pub(crate) fn encode_body(senders: &Vec<Address>, block: &Block) -> Vec<u8> {
    let Block { transactions, ommers, withdrawals, .. } = block;
    let Some(withdrawals) = withdrawals else {
        return alloy_rlp::encode(BodyRef { senders, transactions, ommers });
    };
    let body = (senders, transactions, ommers, withdrawals);
    let mut bytes = Vec::new();
    encode_list(&mut bytes, &[&body.0, &body.1, &body.2, &body.3]);
    bytes
}

fn encode_list(out: &mut Vec<u8>, fields: &[&dyn alloy_rlp::Encodable]) {
    let payload_length = fields.iter().map(|field| field.length()).sum();
    alloy_rlp::Header { list: true, payload_length }.encode(out);
    fields.iter().for_each(|field| field.encode(out));
}

/// A receipt without its bloom filter, which follows from its logs.
#[derive(RlpEncodable, RlpDecodable)]
struct StoredReceipt {
    ty: u8,
    /// 0 or 1, or 32 bytes of state root before Byzantium.
    status: Eip658Value,
    cumulative_gas_used: u64,
    logs: Vec<Log>,
    /// Nonce and version of a deposit, or nothing.
    deposit: Vec<u64>,
}

pub(crate) fn encode_receipts(receipts: &[Receipt]) -> Vec<u8> {
    let stored = receipts.iter().map(|receipt| StoredReceipt {
        ty: receipt.ty,
        status: receipt.status,
        cumulative_gas_used: receipt.cumulative_gas_used,
        logs: receipt.logs.clone(),
        deposit: receipt.deposit.iter().flat_map(|it| [it.nonce, it.version]).collect(),
    });
    alloy_rlp::encode(stored.collect::<Vec<_>>())
}

pub(crate) fn decode_receipts(bytes: &[u8]) -> Result<Vec<Receipt>, StorageError> {
    let stored: Vec<StoredReceipt> = decode(bytes, "receipts")?;
    let receipt = |stored: StoredReceipt| {
        let StoredReceipt { ty, status, cumulative_gas_used, logs, deposit } = stored;
        let deposit = match deposit[..] {
            [] => None,
            [nonce, version] => Some(DepositReceipt { nonce, version }),
            _ => return Err(StorageError::corrupt("receipts: deposit")),
        };
        let bloom = logs_bloom(&logs);
        Ok(Receipt { ty, status, cumulative_gas_used, logs, bloom, deposit })
    };
    stored.into_iter().map(receipt).collect()
}

/// An account that a block changed: itself, some of its slots, or both.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub(crate) struct Changed {
    pub(crate) address: Address,
    /// Whether the account itself did.
    pub(crate) account: bool,
    /// Every slot whose value did, also those that went with the account.
    pub(crate) slots: Vec<U256>,
}

#[cfg(test)]
mod tests;
