//! The receipts of a block, as `eth_getBlockReceipts` or `eth_getTransactionReceipt` tells them.

use super::{
    block::{Expected, ReadBlock},
    unreadable, wrong,
};
use crate::source::{BlockFacts, Layer2, LogFacts, OP_DEPOSIT, TxFacts};
use alloy_consensus::proofs::ordered_trie_root_with_encoder;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use alloy_rlp::{BufMut, Encodable};
use seam_l1::{BlockReceipt, Fault, client::Outcome};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::fmt::Display;

/// A receipt: what its block commits to, and what it says beyond that.
#[derive(Debug, Clone)]
pub struct ReadReceipt {
    committed: BlockReceipt,
    fields: Fields,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    transaction_hash: B256,
    transaction_index: U64,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    contract_address: Option<Address>,
    gas_used: U64,
    #[serde(default)]
    effective_gas_price: Option<U256>,
    #[serde(default)]
    blob_gas_used: Option<U64>,
    #[serde(default)]
    blob_gas_price: Option<U256>,
    #[serde(default)]
    l1_fee: Option<U256>,
    #[serde(default)]
    operator_fee_scalar: Option<U256>,
    #[serde(default)]
    operator_fee_constant: Option<U256>,
    #[serde(default)]
    gas_used_for_l1: Option<U64>,
    #[serde(default)]
    deposit_nonce: Option<U64>,
    #[serde(default)]
    deposit_receipt_version: Option<U64>,
}

/// The receipts in an answer; `None` if the node does not have the block.
///
/// # Errors
/// [`Fault::Unreadable`].
pub fn read_receipts(answer: &RawValue) -> Result<Option<Vec<ReadReceipt>>, Fault> {
    let all: Option<Vec<Box<RawValue>>> =
        serde_json::from_str(answer.get()).map_err(|error| unreadable("receipts", error))?;
    let Some(all) = all else { return Ok(None) };
    let read = |text: &RawValue| {
        let committed =
            serde_json::from_str(text.get()).map_err(|error| unreadable("receipt", error))?;
        let fields =
            serde_json::from_str(text.get()).map_err(|error| unreadable("receipt", error))?;
        Ok(ReadReceipt { committed, fields })
    };
    all.iter().map(|text| read(text)).collect::<Result<Vec<_>, Fault>>().map(Some)
}

/// The facts of a block with those of its receipts, which are all of them, and the right ones.
///
/// # Errors
/// [`Fault::Wrong`], with the block and the field.
pub fn with_receipts(block: &ReadBlock, receipts: &[ReadReceipt]) -> Result<BlockFacts, Fault> {
    let mut facts = block.facts.clone();
    let number = facts.number;
    check_root(block, receipts)?;
    if receipts.len() != facts.transactions.len() {
        let (found, expected) = (receipts.len(), facts.transactions.len());
        return Err(wrong(number, "number of receipts", found, expected));
    }
    let (mut gas_before, mut first_log) = (0, 0);
    let both = facts.transactions.iter_mut().zip(receipts).zip(&block.expected);
    for (index, ((tx, receipt), expected)) in (0..).zip(both) {
        let cumulative = receipt.committed.cumulative_gas;
        let checked = Checked { number, index, tx, receipt, expected };
        checked.follows(cumulative.saturating_sub(gas_before))?;
        gas_before = cumulative;
        take(tx, receipt, &mut first_log);
    }
    Ok(facts)
}

/// Types whose receipts are encoded as here. Of others the root cannot be told.
const fn is_known(kind: u8) -> bool {
    matches!(kind, 0..=4 | OP_DEPOSIT | 0x64..=0x6a | 0x78)
}

fn check_root(block: &ReadBlock, receipts: &[ReadReceipt]) -> Result<(), Fault> {
    if !receipts.iter().all(|receipt| is_known(receipt.committed.kind)) {
        return Ok(());
    }
    let root = ordered_trie_root_with_encoder(receipts, |receipt, out| receipt.encode(out));
    let stated = block.header.receipts_root;
    match root == stated {
        true => Ok(()),
        false => Err(Fault::Wrong(format!(
            "block {}: receiptsRoot is {stated}, but {root} follows from the receipts that were \
             given: logs, status or gas of one were altered or left out",
            block.facts.number
        ))),
    }
}

impl ReadReceipt {
    /// As in the trie. Since Canyon a deposit's has its nonce and a version beside the common fields.
    fn encode(&self, out: &mut dyn BufMut) {
        let nonce = self.fields.deposit_nonce.map(|nonce| nonce.to::<u64>());
        let version = self.fields.deposit_receipt_version.map(|version| version.to::<u64>());
        let (OP_DEPOSIT, Some(nonce), Some(version)) = (self.committed.kind, nonce, version) else {
            return self.committed.encode(out);
        };
        let BlockReceipt { outcome, cumulative_gas, bloom, logs, .. } = &self.committed;
        let outcome: &dyn Encodable = match outcome {
            Outcome::Status(status) => status,
            Outcome::Root(root) => root,
        };
        let fields: [&dyn Encodable; 6] = [outcome, cumulative_gas, bloom, logs, &nonce, &version];
        out.put_u8(OP_DEPOSIT);
        let payload_length = fields.iter().map(|field| field.length()).sum();
        alloy_rlp::Header { list: true, payload_length }.encode(out);
        fields.iter().for_each(|field| field.encode(out));
    }
}

/// A receipt beside its transaction.
struct Checked<'a> {
    number: u64,
    index: u64,
    tx: &'a TxFacts,
    receipt: &'a ReadReceipt,
    expected: &'a Expected,
}

impl Checked<'_> {
    /// What the receipt says follows from the transaction and from the gas of the block.
    fn follows(&self, gas_used: u64) -> Result<(), Fault> {
        let Self { tx, expected, .. } = *self;
        let fields = &self.receipt.fields;
        self.same("transactionHash", fields.transaction_hash, tx.hash)?;
        self.same("transactionIndex", fields.transaction_index.to::<u64>(), self.index)?;
        self.same("type", self.receipt.committed.kind, tx.kind)?;
        self.same("gasUsed", fields.gas_used.to::<u64>(), gas_used)?;
        self.same("from", fields.from, tx.from)?;
        self.same("to", fields.to.unwrap_or_default(), tx.to.unwrap_or_default())?;
        // Arbitrum takes no tip, whatever was signed.
        let price = expected.gas_price.filter(|_| fields.gas_used_for_l1.is_none());
        if let (Some(price), Some(said)) = (price, fields.effective_gas_price) {
            self.same("effectiveGasPrice", said, price)?;
        }
        let blob_gas = fields.blob_gas_used.unwrap_or_default().to::<u64>();
        // After Jovian the field has another meaning, which costs nothing.
        if let Some(expected) = expected.blob_gas.filter(|_| fields.l1_fee.is_none()) {
            self.same("blobGasUsed", blob_gas, expected)?;
        }
        match (expected.contract, fields.contract_address) {
            (Some(expected), Some(said)) => self.same("contractAddress", said, expected),
            _ => Ok(()),
        }
    }

    fn same<T: PartialEq + Display>(&self, field: &str, said: T, follows: T) -> Result<(), Fault> {
        match said == follows {
            true => Ok(()),
            false => {
                let field = format!("{field} of transaction {} ({})", self.index, self.tx.hash);
                Err(wrong(self.number, &field, said, follows))
            }
        }
    }
}

/// Adds what a receipt says to the facts of its transaction.
fn take(tx: &mut TxFacts, receipt: &ReadReceipt, first_log: &mut u32) {
    let fields = &receipt.fields;
    tx.success = !matches!(receipt.committed.outcome, Outcome::Status(false));
    tx.to = tx.to.or(fields.contract_address);
    tx.gas_used = fields.gas_used.to();
    tx.gas_price = fields.effective_gas_price.unwrap_or_default();
    tx.blob_gas = fields.blob_gas_used.unwrap_or_default().to();
    tx.blob_gas_price = fields.blob_gas_price.unwrap_or_default();
    tx.layer2 = layer2(tx.layer2.take(), fields);
    for log in &receipt.committed.logs {
        let (topics, data) = (log.topics().to_vec(), Bytes::clone(&log.data.data));
        tx.logs.push(LogFacts { index: *first_log, address: log.address, topics, data });
        *first_log = first_log.saturating_add(1);
    }
}

fn layer2(of_transaction: Option<Layer2>, fields: &Fields) -> Option<Layer2> {
    if let Some(gas) = fields.gas_used_for_l1 {
        return Some(Layer2::Arbitrum { gas_used_for_l1: gas.to() });
    }
    let (minted, source) = match of_transaction {
        Some(Layer2::OpStack { mint, source_hash, .. }) => (mint, source_hash),
        other => {
            if fields.l1_fee.is_none() {
                return other;
            }
            (U256::ZERO, None)
        }
    };
    Some(Layer2::OpStack {
        l1_fee: fields.l1_fee.unwrap_or_default(),
        operator_fee_scalar: fields.operator_fee_scalar.unwrap_or_default(),
        operator_fee_constant: fields.operator_fee_constant.unwrap_or_default(),
        mint: minted,
        source_hash: source,
    })
}
