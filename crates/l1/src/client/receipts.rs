//! The receipts of a block, whole and as its header commits to them (rules D12, D13).
//!
//! A receipt of any type is `type ‖ rlp([status or state root, cumulative gas, bloom, logs])`, one of
//! type 0 without the byte in front (EIP-2718). From all of a block the root is built anew, so an
//! endpoint that leaves out, reorders or invents a log is found out.

mod service;

use crate::access::Fault;
use alloy_consensus::{Header, Sealed, proofs::ordered_trie_root_with_encoder};
use alloy_primitives::{Address, B256, Bloom, Bytes, Log, U64};
use alloy_rlp::{BufMut, Encodable};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What a block's header commits to of one of its transactions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Fields")]
pub struct BlockReceipt {
    /// The transaction's type byte.
    pub kind: u8,
    /// How it ended.
    pub outcome: Outcome,
    /// Gas of the block's transactions up to and with this one.
    pub cumulative_gas: u64,
    /// The bloom filter of its logs.
    pub bloom: Bloom,
    /// Its logs, in order.
    pub logs: Vec<Log>,
}

/// How a transaction ended, as its receipt says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Whether it succeeded (EIP-658, since Byzantium).
    Status(bool),
    /// The state root after it, before Byzantium.
    Root(B256),
}

impl BlockReceipt {
    /// Its bytes in the trie of receipts.
    pub fn encode(&self, out: &mut dyn BufMut) {
        if self.kind != 0 {
            out.put_u8(self.kind);
        }
        let outcome: &dyn Encodable = match &self.outcome {
            Outcome::Status(status) => status,
            Outcome::Root(root) => root,
        };
        let fields: [&dyn Encodable; 4] = [outcome, &self.cumulative_gas, &self.bloom, &self.logs];
        let payload_length = fields.iter().map(|field| field.length()).sum();
        alloy_rlp::Header { list: true, payload_length }.encode(out);
        fields.iter().for_each(|field| field.encode(out));
    }
}

/// The root that the header of a block with these receipts has.
pub fn receipts_root(receipts: &[BlockReceipt]) -> B256 {
    ordered_trie_root_with_encoder(receipts, |receipt, out| receipt.encode(out))
}

/// The logs of a block's receipts, each with its index in the block, in order.
pub fn logs_of(receipts: Vec<BlockReceipt>) -> impl Iterator<Item = (u64, Log)> {
    (0..).zip(receipts.into_iter().flat_map(|receipt| receipt.logs))
}

/// That these are all receipts of the block.
fn check(header: &Sealed<Header>, receipts: &[BlockReceipt]) -> Result<(), Fault> {
    if receipts_root(receipts) == header.receipts_root {
        return Ok(());
    }
    let (number, hash) = (header.number, header.hash());
    Err(Fault::Wrong(format!("the receipts of block {number} ({hash}) do not match its header")))
}

/// The answer to `eth_getBlockReceipts`, if these are all receipts of the block.
fn read(header: &Sealed<Header>, answer: &RawValue) -> Result<Vec<BlockReceipt>, Fault> {
    let receipts: Option<Vec<BlockReceipt>> = serde_json::from_str(answer.get())
        .map_err(|error| Fault::Unreadable(format!("receipts: {error}")))?;
    let receipts = receipts.ok_or_else(|| lacks(header))?;
    check(header, &receipts)?;
    Ok(receipts)
}

fn lacks(header: &Sealed<Header>) -> Fault {
    Fault::Missing(format!("the receipts of block {} ({})", header.number, header.hash()))
}

/// The fields as execution-apis names them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    #[serde(rename = "type")]
    kind: Option<U64>,
    status: Option<U64>,
    root: Option<B256>,
    cumulative_gas_used: U64,
    logs_bloom: Bloom,
    logs: Vec<LogFields>,
}

/// Of a log what the receipt commits to.
#[derive(Deserialize)]
struct LogFields {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl TryFrom<Fields> for BlockReceipt {
    type Error = &'static str;

    fn try_from(read: Fields) -> Result<Self, Self::Error> {
        let outcome = match (read.status.map(|status| status.to::<u64>()), read.root) {
            (Some(0), _) => Outcome::Status(false),
            (Some(1), _) => Outcome::Status(true),
            (None, Some(root)) => Outcome::Root(root),
            _ => return Err("a receipt has neither a status of 0 or 1 nor a root"),
        };
        let kind = read.kind.unwrap_or_default();
        Ok(Self {
            kind: kind.try_into().map_err(|_| "a receipt's type is more than a byte")?,
            outcome,
            cumulative_gas: read.cumulative_gas_used.to(),
            bloom: read.logs_bloom,
            logs: read.logs.into_iter().map(log).collect::<Result<_, _>>()?,
        })
    }
}

fn log(LogFields { address, topics, data }: LogFields) -> Result<Log, &'static str> {
    Log::new(address, topics, data).ok_or("a log has more than four topics")
}

#[cfg(test)]
mod tests;
