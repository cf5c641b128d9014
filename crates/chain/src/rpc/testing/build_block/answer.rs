//! A built block as `engine_getPayload` gives it.

use crate::{blobs::Sidecar, rpc::params::quantity};
use alloy_eips::{Encodable2718 as _, eip4895::Withdrawal, eip7685::Requests};
use alloy_primitives::{Address, B256, Bloom, Bytes, U256};
use seam_stf::ExecutedBlock;
use serde::Serialize;

/// The answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Built {
    execution_payload: Payload,
    block_value: U256,
    blobs_bundle: Bundle,
    execution_requests: Vec<Bytes>,
    should_override_builder: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    parent_hash: B256,
    fee_recipient: Address,
    state_root: B256,
    receipts_root: B256,
    logs_bloom: Bloom,
    prev_randao: B256,
    block_number: U256,
    gas_limit: U256,
    gas_used: U256,
    timestamp: U256,
    extra_data: Bytes,
    base_fee_per_gas: U256,
    block_hash: B256,
    transactions: Vec<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals: Option<Vec<Withdrawal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blob_gas_used: Option<U256>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excess_blob_gas: Option<U256>,
}

#[derive(Debug, Default, Serialize)]
struct Bundle {
    commitments: Vec<Bytes>,
    proofs: Vec<Bytes>,
    blobs: Vec<Bytes>,
}

impl Built {
    pub(super) fn new(
        executed: &ExecutedBlock,
        requests: Requests,
        sidecars: Vec<Sidecar>,
        block_value: U256,
    ) -> Self {
        let mut blobs_bundle = Bundle::default();
        for sidecar in sidecars {
            let bytes = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
            blobs_bundle.commitments.extend(sidecar.commitments.iter().map(|c| bytes(&c.0)));
            blobs_bundle.proofs.extend(sidecar.cell_proofs.iter().map(|proof| bytes(&proof.0)));
            blobs_bundle.blobs.extend(sidecar.blobs.iter().map(|blob| bytes(&blob.0)));
        }
        Self {
            execution_payload: payload(executed),
            block_value,
            blobs_bundle,
            execution_requests: requests.into_iter().collect(),
            should_override_builder: false,
        }
    }
}

fn payload(executed: &ExecutedBlock) -> Payload {
    let header = &executed.block.header;
    let transactions = executed.block.transactions.iter();
    Payload {
        parent_hash: header.parent_hash,
        fee_recipient: header.beneficiary,
        state_root: header.state_root,
        receipts_root: header.receipts_root,
        logs_bloom: header.logs_bloom,
        prev_randao: header.mix_hash,
        block_number: quantity(header.number),
        gas_limit: quantity(header.gas_limit),
        gas_used: quantity(header.gas_used),
        timestamp: quantity(header.timestamp),
        extra_data: header.extra_data.clone(),
        base_fee_per_gas: quantity(header.base_fee_per_gas.unwrap_or_default()),
        block_hash: executed.hash,
        transactions: transactions.map(|transaction| transaction.encoded_2718().into()).collect(),
        withdrawals: executed.block.withdrawals.clone(),
        blob_gas_used: header.blob_gas_used.map(quantity),
        excess_blob_gas: header.excess_blob_gas.map(quantity),
    }
}
