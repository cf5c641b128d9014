//! [`ChainRules`] from the `config` of a `genesis.json`.

use alloy_eips::eip7840::BlobParams;
use alloy_genesis::{ChainConfig, Genesis};
use alloy_primitives::U256;
use seam_primitives::{Activation, BlobRules, ChainRules, Eip1559Rules, Fork, OpFork, OpRules};

/// Rules in a `genesis.json` that Seam does not know, so that it would compute other blocks than
/// the chain has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsupportedChain {
    /// A fork newer than Osaka, or than Isthmus.
    #[error(
        "config.{0} is set: Seam knows Ethereum's forks up to Osaka (and blob-parameter forks) and the OP Stack's up to Isthmus"
    )]
    Fork(&'static str),
    /// Blocks sealed by signatures.
    #[error("config.{0} is set: Seam knows proof of work and proof of stake, not this seal")]
    Seal(&'static str),
    /// The block of the merge cannot be told from the file.
    #[error(
        "the merge is by total difficulty {0}: name its block as config.mergeNetsplitBlock, or as HIVE_MERGE_BLOCK_ID in a fork file"
    )]
    MergeBlock(U256),
    /// EIP-155 and EIP-158 came with one fork everywhere.
    #[error("config.eip155Block and config.eip158Block differ; both are part of Spurious Dragon")]
    SplitSpuriousDragon,
    /// A blob-parameter fork without parameters.
    #[error("config.{0}Time is set, but config.blobSchedule has no \"{0}\"")]
    BlobSchedule(&'static str),
    /// Blob parameters that no fee follows from.
    #[error("config.blobSchedule.{0}: target and max must be in order, and no number zero")]
    BlobParameters(&'static str),
    /// An OP Stack chain without what sets its base fee.
    #[error("config.optimism.{0} is missing or not a positive number")]
    Optimism(&'static str),
}

/// The rules of the chain that a `genesis.json` describes.
pub fn rules_of(genesis: &Genesis) -> Result<ChainRules, UnsupportedChain> {
    let config = &genesis.config;
    refuse_unknown(config)?;
    if config.extra_fields.contains_key("optimism") {
        return Ok(ChainRules::op_stack(config.chain_id, op_rules(config)?));
    }
    let paris = paris(config)?;
    let spurious_dragon = spurious_dragon(config)?;
    let mut rules = ChainRules::ethereum(config.chain_id, |fork| match fork {
        Fork::Frontier => Activation::GENESIS,
        Fork::Homestead => block(config.homestead_block),
        Fork::Dao if config.dao_fork_support => block(config.dao_fork_block),
        Fork::Dao => Activation::Never,
        Fork::TangerineWhistle => block(config.eip150_block),
        Fork::SpuriousDragon => spurious_dragon,
        Fork::Byzantium => block(config.byzantium_block),
        Fork::Constantinople => block(config.constantinople_block),
        Fork::Petersburg => block(config.petersburg_block.or(config.constantinople_block)),
        Fork::Istanbul => block(config.istanbul_block),
        Fork::Berlin => block(config.berlin_block),
        Fork::London => block(config.london_block),
        Fork::Paris => paris,
        Fork::Shanghai => time(config.shanghai_time),
        Fork::Cancun => time(config.cancun_time),
        Fork::Prague => time(config.prague_time),
        Fork::Osaka => time(config.osaka_time),
    });
    rules.blobs = blobs(config)?;
    rules.deposit_contract = config.deposit_contract_address.unwrap_or_default();
    Ok(rules)
}

fn block(number: Option<u64>) -> Activation {
    number.map_or(Activation::Never, Activation::Block)
}

fn time(seconds: Option<u64>) -> Activation {
    seconds.map_or(Activation::Never, Activation::Timestamp)
}

fn refuse_unknown(config: &ChainConfig) -> Result<(), UnsupportedChain> {
    let has = |name: &str| config.extra_fields.get(name).is_some_and(|value| !value.is_null());
    for fork in ["jovianTime", "interopTime", "karstTime"] {
        if has(fork) {
            return Err(UnsupportedChain::Fork(fork));
        }
    }
    match config {
        ChainConfig { amsterdam_time: Some(_), .. } => Err(UnsupportedChain::Fork("amsterdamTime")),
        ChainConfig { bogota_time: Some(_), .. } => Err(UnsupportedChain::Fork("bogotaTime")),
        ChainConfig { clique: Some(_), .. } => Err(UnsupportedChain::Seal("clique")),
        ChainConfig { parlia: Some(_), .. } => Err(UnsupportedChain::Seal("parlia")),
        _ => Ok(()),
    }
}

fn paris(config: &ChainConfig) -> Result<Activation, UnsupportedChain> {
    match (config.merge_netsplit_block, config.terminal_total_difficulty) {
        (Some(number), _) => Ok(Activation::Block(number)),
        (None, None) => Ok(Activation::Never),
        (None, Some(total)) if total.is_zero() => Ok(Activation::GENESIS),
        (None, Some(total)) => Err(UnsupportedChain::MergeBlock(total)),
    }
}

fn spurious_dragon(config: &ChainConfig) -> Result<Activation, UnsupportedChain> {
    match config.eip155_block == config.eip158_block {
        true => Ok(block(config.eip158_block)),
        false => Err(UnsupportedChain::SplitSpuriousDragon),
    }
}

fn blobs(config: &ChainConfig) -> Result<Vec<BlobRules>, UnsupportedChain> {
    let steps = [
        ("cancun", config.cancun_time, Some(BlobParams::cancun())),
        ("prague", config.prague_time, Some(BlobParams::prague())),
        ("osaka", config.osaka_time, Some(BlobParams::osaka())),
        ("bpo1", config.bpo1_time, None),
        ("bpo2", config.bpo2_time, None),
        ("bpo3", config.bpo3_time, None),
        ("bpo4", config.bpo4_time, None),
        ("bpo5", config.bpo5_time, None),
    ];
    let mut schedule = Vec::new();
    for (name, from, default) in steps {
        let Some(from) = from else { continue };
        let params = config.blob_schedule.get(name).copied().or(default);
        let params = params.ok_or(UnsupportedChain::BlobSchedule(name))?;
        schedule.push(blob_rules(config, name, from, params)?);
    }
    // Of forks at one time the later one in the list holds: a stable sort keeps their order.
    schedule.sort_by_key(|blobs: &BlobRules| blobs.from_timestamp);
    Ok(schedule)
}

fn blob_rules(
    config: &ChainConfig,
    name: &'static str,
    from_timestamp: u64,
    params: BlobParams,
) -> Result<BlobRules, UnsupportedChain> {
    let osaka = config.osaka_time.is_some_and(|osaka| from_timestamp >= osaka);
    let max = params.max_blob_count;
    let update_fraction = u64::try_from(params.update_fraction).unwrap_or_default();
    if max == 0 || update_fraction == 0 || params.target_blob_count > max {
        return Err(UnsupportedChain::BlobParameters(name));
    }
    Ok(BlobRules {
        from_timestamp,
        target: params.target_blob_count,
        max,
        max_per_transaction: if osaka {
            BlobParams::osaka().max_blobs_per_tx.min(max)
        } else {
            max
        },
        update_fraction,
        reserve_price: osaka,
    })
}

fn op_rules(config: &ChainConfig) -> Result<OpRules, UnsupportedChain> {
    let eip1559 = Eip1559Rules {
        denominator: optimism(config, "eip1559DenominatorCanyon")?,
        elasticity: optimism(config, "eip1559Elasticity")?,
    };
    let number = |name| config.extra_fields.get(name).and_then(serde_json::Value::as_u64);
    Ok(OpRules::new(eip1559, |fork| match fork {
        OpFork::Bedrock => block(number("bedrockBlock")),
        OpFork::Regolith => time(number("regolithTime")),
        OpFork::Canyon => time(number("canyonTime")),
        OpFork::Ecotone => time(number("ecotoneTime")),
        OpFork::Fjord => time(number("fjordTime")),
        OpFork::Granite => time(number("graniteTime")),
        OpFork::Holocene => time(number("holoceneTime")),
        OpFork::Isthmus => time(number("isthmusTime")),
    }))
}

fn optimism(config: &ChainConfig, name: &'static str) -> Result<u64, UnsupportedChain> {
    let value = config.extra_fields.get("optimism").and_then(|optimism| optimism.get(name));
    value
        .and_then(serde_json::Value::as_u64)
        .filter(|value| (1..=u64::from(u32::MAX)).contains(value))
        .ok_or(UnsupportedChain::Optimism(name))
}
