//! What is asked for, as it comes.

use super::overrides_of;
use crate::rpc::{error::Failure, eth::call::call_of};
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::TxKind;
use alloy_rpc_types_eth::{BlockOverrides, TransactionRequest, state::StateOverride};
use seam_stf::call::simulate::{BlockRequest, Simulation};
use serde::Deserialize;

/// The parameter of `eth_simulateV1`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SimulationJson {
    pub(super) block_state_calls: Vec<BlockJson>,
    trace_transfers: bool,
    validation: bool,
    pub(super) return_full_transactions: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct BlockJson {
    block_overrides: Option<OverridesJson>,
    state_overrides: Option<StateOverride>,
    calls: Option<Vec<TransactionRequest>>,
}

#[derive(Debug, Default, Deserialize)]
struct OverridesJson {
    #[serde(flatten)]
    header: BlockOverrides,
    withdrawals: Option<Vec<Withdrawal>>,
}

impl SimulationJson {
    pub(super) fn read(self, chain_id: u64) -> Result<Simulation, Failure> {
        let blocks = self.block_state_calls.into_iter().map(|block| block.read(chain_id));
        Ok(Simulation {
            blocks: blocks.collect::<Result<_, _>>()?,
            validation: self.validation,
            trace_transfers: self.trace_transfers,
        })
    }
}

impl BlockJson {
    fn read(self, chain_id: u64) -> Result<BlockRequest, Failure> {
        let OverridesJson { header, withdrawals } = self.block_overrides.unwrap_or_default();
        let too_large = |what| Failure::params(format!("{what} is too large"));
        let base_fee = header.base_fee.map(u64::try_from).transpose();
        let blob_base_fee = header.blob_base_fee.map(u128::try_from).transpose();
        let calls = self.calls.unwrap_or_default().into_iter().map(|mut call| {
            call.to = Some(call.to.unwrap_or(TxKind::Create));
            call_of(call, chain_id)
        });
        Ok(BlockRequest {
            // One beyond all numbers is beyond the limit, which is what is said then.
            number: header.number.map(|number| number.saturating_to()),
            timestamp: header.time,
            gas_limit: header.gas_limit,
            beneficiary: header.coinbase,
            mix_hash: header.random,
            difficulty: header.difficulty,
            base_fee: base_fee.map_err(|_| too_large("baseFeePerGas"))?,
            blob_base_fee: blob_base_fee.map_err(|_| too_large("blobBaseFee"))?,
            parent_beacon_block_root: header.beacon_root,
            withdrawals: withdrawals.unwrap_or_default(),
            overrides: overrides_of(self.state_overrides.unwrap_or_default())?,
            calls: calls.collect::<Result<_, _>>()?,
        })
    }
}
