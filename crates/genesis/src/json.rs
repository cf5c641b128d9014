//! The genesis as a `genesis.json`: the form that op-geth and every tool around it reads.

use crate::{GenesisError, RollupConfig, addresses::SEQUENCER_FEE_VAULT, rollup_alloc};
use alloy_genesis::{ChainConfig, Genesis};
use alloy_primitives::U256;
use seam_stf::header::holocene_extra_data;
use serde_json::json;

/// Forks of the OP Stack that go by time. All hold from genesis on.
const OP_FORKS: [&str; 7] = [
    "regolithTime",
    "canyonTime",
    "ecotoneTime",
    "fjordTime",
    "graniteTime",
    "holoceneTime",
    "isthmusTime",
];

/// The genesis of the rollup with its forks and what its header is made of.
///
/// State root, `withdrawalsRoot` (the storage root of `L2ToL1MessagePasser`) and `requestsHash`
/// are not part of a `genesis.json`; they follow from it (rule C7).
pub fn rollup_genesis_json(config: &RollupConfig) -> Result<Genesis, GenesisError> {
    let alloc = rollup_alloc(config)?;
    Ok(Genesis {
        config: chain_config(config),
        timestamp: config.genesis.time,
        extra_data: holocene_extra_data(config.l2.eip1559()),
        gas_limit: config.l2.gas_limit,
        coinbase: SEQUENCER_FEE_VAULT,
        base_fee_per_gas: Some(u128::from(config.l2.base_fee)),
        excess_blob_gas: Some(0),
        blob_gas_used: Some(0),
        number: Some(0),
        alloc,
        ..Default::default()
    })
}

fn chain_config(config: &RollupConfig) -> ChainConfig {
    let mut chain = ChainConfig {
        chain_id: config.l2.chain_id,
        homestead_block: Some(0),
        eip150_block: Some(0),
        eip155_block: Some(0),
        eip158_block: Some(0),
        byzantium_block: Some(0),
        constantinople_block: Some(0),
        petersburg_block: Some(0),
        istanbul_block: Some(0),
        muir_glacier_block: Some(0),
        berlin_block: Some(0),
        london_block: Some(0),
        arrow_glacier_block: Some(0),
        gray_glacier_block: Some(0),
        merge_netsplit_block: Some(0),
        shanghai_time: Some(0),
        cancun_time: Some(0),
        prague_time: Some(0),
        terminal_total_difficulty: Some(U256::ZERO),
        terminal_total_difficulty_passed: true,
        ..Default::default()
    };
    let optimism = json!({
        "eip1559Elasticity": config.l2.eip1559_elasticity,
        "eip1559Denominator": config.l2.eip1559_denominator,
        "eip1559DenominatorCanyon": config.l2.eip1559_denominator,
    });
    let forks = OP_FORKS.iter().map(|fork| (fork.to_string(), json!(0)));
    chain.extra_fields.insert("bedrockBlock".into(), json!(0));
    chain.extra_fields.extend(forks);
    chain.extra_fields.insert("optimism".into(), optimism);
    chain
}
