//! `optimism_rollupConfig()`: what the rollup's blocks follow from, in the shape of op-node's
//! `rollup.json`. `docs/node.md` says what Seam's own protocol makes of its fields.

use super::references::BlockName;
use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::{Address, B64, B256};
use seam_stf::derive::{RollupRules, SystemConfig};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Genesis {
    l1: BlockName,
    l2: BlockName,
    l2_time: u64,
    system_config: GenesisSystemConfig,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct GenesisSystemConfig {
    batcher_addr: Address,
    /// Without meaning since Ecotone.
    overhead: B256,
    scalar: B256,
    gas_limit: u64,
    /// Denominator and elasticity, four bytes each.
    eip1559_params: B64,
    operator_fee_params: B256,
}

#[derive(Debug, Serialize)]
struct RollupConfig {
    genesis: Genesis,
    block_time: u64,
    max_sequencer_drift: u64,
    seq_window_size: u64,
    channel_timeout: u64,
    l1_chain_id: u64,
    l2_chain_id: u64,
    regolith_time: u64,
    canyon_time: u64,
    delta_time: u64,
    ecotone_time: u64,
    fjord_time: u64,
    granite_time: u64,
    holocene_time: u64,
    isthmus_time: u64,
    batch_inbox_address: Address,
    deposit_contract_address: Address,
    l1_system_config_address: Address,
    protocol_versions_address: Address,
    chain_op_config: Eip1559Config,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Eip1559Config {
    eip1559_elasticity: u64,
    eip1559_denominator: u64,
    eip1559_denominator_canyon: u64,
}

pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    let chain = &context.chain;
    let missing = || Failure::server("this node does not know what the rollup is derived from");
    let rules = chain.rollup().ok_or_else(missing)?.rules();
    let (hash, genesis) =
        chain.head().reader.header(0)?.ok_or_else(|| Failure::server("header not found"))?;
    let l2 = BlockName { hash, number: 0 };
    json(&RollupConfig::new(rules, chain.rules().chain_id, l2, genesis.timestamp))
}

impl RollupConfig {
    fn new(rules: &RollupRules, l2_chain_id: u64, l2: BlockName, l2_time: u64) -> Self {
        let RollupRules { genesis_l1, contracts, system_config, .. } = rules;
        let l1 = BlockName { hash: genesis_l1.hash, number: genesis_l1.number };
        Self {
            genesis: Genesis { l1, l2, l2_time, system_config: system_config.into() },
            block_time: rules.block_seconds,
            max_sequencer_drift: rules.max_drift,
            // Anyone may post a batch after so many L1 blocks of silence.
            seq_window_size: rules.sequencer_timeout,
            // There are no channels: a batch is one transaction.
            channel_timeout: 0,
            l1_chain_id: rules.l1.chain_id,
            l2_chain_id,
            // All forks hold from genesis on.
            regolith_time: 0,
            canyon_time: 0,
            delta_time: 0,
            ecotone_time: 0,
            fjord_time: 0,
            granite_time: 0,
            holocene_time: 0,
            isthmus_time: 0,
            batch_inbox_address: contracts.batch_inbox,
            deposit_contract_address: contracts.portal,
            l1_system_config_address: contracts.system_config,
            protocol_versions_address: Address::ZERO,
            chain_op_config: Eip1559Config {
                eip1559_elasticity: system_config.eip1559.elasticity,
                eip1559_denominator: system_config.eip1559.denominator,
                eip1559_denominator_canyon: system_config.eip1559.denominator,
            },
        }
    }
}

impl From<&SystemConfig> for GenesisSystemConfig {
    fn from(config: &SystemConfig) -> Self {
        // Version 1 has both weights, at the end (Ecotone).
        let mut scalar = B256::ZERO;
        scalar[0] = 1;
        scalar[24..28].copy_from_slice(&config.blob_base_fee_scalar.to_be_bytes());
        scalar[28..].copy_from_slice(&config.base_fee_scalar.to_be_bytes());
        let mut operator_fee_params = B256::ZERO;
        operator_fee_params[20..24].copy_from_slice(&config.operator_fee_scalar.to_be_bytes());
        operator_fee_params[24..].copy_from_slice(&config.operator_fee_constant.to_be_bytes());
        let parameter = |value| u32::try_from(value).unwrap_or(u32::MAX);
        let denominator = u64::from(parameter(config.eip1559.denominator));
        let elasticity = u64::from(parameter(config.eip1559.elasticity));
        Self {
            batcher_addr: Address::from_word(config.batcher_hash),
            overhead: B256::ZERO,
            scalar,
            gas_limit: config.gas_limit,
            eip1559_params: B64::from(denominator << 32 | elasticity),
            operator_fee_params,
        }
    }
}
