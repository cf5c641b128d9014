//! The configuration hash of a rollup (`docs/spec/config-hash.md`).

use crate::{ChainGenesis, GenesisError, L1Addresses, RollupConfig};
use alloy_primitives::B256;
use seam_primitives::{Activation, ConfigPreimage, LimitsPreimage, OpFork, SystemPreimage};

/// All that the configuration hash covers. `genesis` is the rollup's.
///
/// # Errors
/// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
pub fn config_preimage(
    config: &RollupConfig,
    genesis: &ChainGenesis,
) -> Result<ConfigPreimage, GenesisError> {
    let at = L1Addresses::of(config)?;
    let activation = |fork: OpFork| {
        genesis.rules.op.as_ref().map_or(Activation::Never, |rules| rules.activation(fork))
    };
    Ok(ConfigPreimage {
        l1_chain_id: config.l1.chain_id,
        l2_chain_id: config.l2.chain_id,
        l2_genesis_hash: genesis.sealed.header.hash_slow(),
        l1_genesis_number: config.genesis.l1_number,
        l1_genesis_hash: config.genesis.l1_hash,
        genesis_time: config.genesis.time,
        block_time: config.l2.block_time,
        portal: at.optimism_portal,
        system_config: at.system_config,
        system: system(config),
        forks: core::array::from_fn(|index| activation(OpFork::ALL[index])),
        l1_blobs: config.l1.blob_rules()?,
        limits: limits(config),
    })
}

/// The configuration hash. `genesis` is the rollup's.
///
/// # Errors
/// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
pub fn config_hash(config: &RollupConfig, genesis: &ChainGenesis) -> Result<B256, GenesisError> {
    Ok(config_preimage(config, genesis)?.hash())
}

const fn system(config: &RollupConfig) -> SystemPreimage {
    let (l2, fees) = (&config.l2, &config.fees);
    SystemPreimage {
        batcher: config.roles.batcher,
        gas_limit: l2.gas_limit,
        base_fee_scalar: fees.base_fee_scalar,
        blob_base_fee_scalar: fees.blob_base_fee_scalar,
        operator_fee_scalar: fees.operator_fee_scalar,
        operator_fee_constant: fees.operator_fee_constant,
        eip1559_denominator: l2.eip1559_denominator,
        eip1559_elasticity: l2.eip1559_elasticity,
    }
}

/// zk-gas is off until its weights are measured.
const fn limits(config: &RollupConfig) -> LimitsPreimage {
    let inbox = &config.inbox;
    LimitsPreimage {
        max_drift: inbox.max_drift,
        max_lag: inbox.max_lag,
        sequencer_timeout: inbox.sequencer_timeout,
        max_blobs: inbox.max_blobs,
        max_resource_limit: config.deposits.max_resource_limit,
        zk_gas_table: B256::ZERO,
        zk_gas_limit: 0,
    }
}
