//! `rollup.toml`: every key with its unit and default, and what is refused.
//!
//! | key | unit | default |
//! |---|---|---|
//! | `l1.chain_id` | | none: must be given |
//! | `l1.block_time` | seconds | 12 |
//! | `l1.blob_schedule` | list, see [`BlobStep`] | known for Ethereum, its test networks, `seam up` and anvil |
//! | `l2.chain_id` | | none: must be given |
//! | `l2.block_time` | seconds | 1 |
//! | `l2.gas_limit` | gas | 30,000,000 |
//! | `l2.eip1559_denominator` | | 250 |
//! | `l2.eip1559_elasticity` | | 6 |
//! | `l2.base_fee` | wei | 1,000,000,000 |
//! | `genesis.time` | seconds since the Unix epoch | none: must be given |
//! | `genesis.l1_number`, `genesis.l1_hash` | | none: must be given |
//! | `genesis.salt` | 32 bytes | zero |
//! | `roles.owner`, `.batcher`, `.proposer`, `.guardian`, `.unsafe_signer` | address | none: must be given |
//! | `roles.l2_owner` | address | `roles.owner` |
//! | `fees.base_fee_scalar` | millionths | 1,368 |
//! | `fees.blob_base_fee_scalar` | millionths | 810,949 |
//! | `fees.operator_fee_scalar` | millionths of a wei per gas | 0 |
//! | `fees.operator_fee_constant` | wei per transaction | 0 |
//! | `fees.vault_minimum` | wei | 0 |
//! | `deposits.max_resource_limit` | gas per L1 block | 4,000,000 |
//! | `deposits.system_tx_max_gas` | gas | 1,000,000 |
//! | `inbox.max_drift` | seconds | 1,800 |
//! | `inbox.sequencer_timeout` | L1 blocks | 1,800 |
//! | `inbox.max_lag` | seconds | 23,400 |
//! | `inbox.max_blobs` | blobs per batch | 6 |
//! | `batcher.max_age` | seconds | 600 |
//! | `settlement.*` | | [`Settlement`] has the table |
//! | `prefund."0x…"` | `"10 ether"`, `"5 gwei"`, `"7 wei"` | nobody; development L1s only |

mod amount;
mod blobs;
mod deploy;
mod fraction;
mod keys;
mod settlement;
mod validate;

pub use amount::Amount;
pub use blobs::BlobStep;
pub use deploy::{DeployConfig, Origin};
pub use fraction::Fraction;
pub use keys::nearest as nearest_key;
pub use settlement::{Mode, Settlement};
pub use validate::DEPOSIT_ELASTICITY;

use alloy_primitives::{Address, B256};
use seam_primitives::Eip1559Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A `rollup.toml` with nothing but what must be given, and one prefunded account.
pub const EXAMPLE: &str = include_str!("config/example.toml");

/// L1 chain ids of development networks: the only ones on which `prefund` is allowed, and on which
/// the development verifier can be deployed.
pub const DEVELOPMENT_L1S: [u64; 4] = [900, 901, 1337, 31337];

/// Why `rollup.toml` is refused. Each message says what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or a value of the wrong type, or a key that must be given is missing.
    #[error("rollup.toml: {0}")]
    Toml(String),
    /// A key that means nothing here.
    #[error("rollup.toml: unknown key `{key}`{}", hint(.nearest))]
    UnknownKey {
        /// As written, with its section.
        key: String,
        /// The known key that it resembles most, if any does.
        nearest: Option<String>,
    },
    /// A value that cannot work.
    #[error("rollup.toml: `{key}` {problem}")]
    Invalid {
        /// The key, with its section.
        key: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Prefunding an account that genesis already uses.
    #[error(
        "rollup.toml: `prefund` names {0}, which is one of the genesis contracts; take another account"
    )]
    PrefundTaken(Address),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}

/// All that fixes a rollup: with the artifacts in this crate, its genesis and its L1 addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollupConfig {
    /// The chain that the rollup settles on.
    pub l1: L1Config,
    /// The rollup itself.
    pub l2: L2Config,
    /// Where it begins.
    pub genesis: GenesisConfig,
    /// Who may do what.
    pub roles: Roles,
    /// What transactions pay for, besides gas.
    #[serde(default)]
    pub fees: Fees,
    /// How much L1 may ask of a block.
    #[serde(default)]
    pub deposits: Deposits,
    /// Limits of time in the batch inbox and in derivation.
    #[serde(default)]
    pub inbox: InboxConfig,
    /// How batches are put together.
    #[serde(default)]
    pub batcher: BatcherConfig,
    /// How claims about the rollup's state become final.
    #[serde(default)]
    pub settlement: Settlement,
    /// Ether that exists from genesis on without being deposited: on a development L1 only, since
    /// no one could ever withdraw it.
    #[serde(default)]
    pub prefund: BTreeMap<Address, Amount>,
}

/// The chain that the rollup settles on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct L1Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Seconds between blocks. Default 12.
    #[serde(default = "defaults::l1_block_time")]
    pub block_time: u64,
    /// Its blob parameters by time, oldest first (rule D12); empty for a chain without blobs. Must
    /// be given for a chain that Seam does not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob_schedule: Option<Vec<BlobStep>>,
}

/// The rollup itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct L2Config {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Seconds between blocks, at most those of L1 (rule D11). Default 1.
    #[serde(default = "defaults::block_time")]
    pub block_time: u64,
    /// Gas of a block. Default 30,000,000; `SystemConfig` allows 200,000,000 at most.
    #[serde(default = "defaults::gas_limit")]
    pub gas_limit: u64,
    /// The base fee moves by at most one part in this many per block (EIP-1559). A constant of the
    /// chain (rule C4). Default 250.
    #[serde(default = "defaults::eip1559_denominator")]
    pub eip1559_denominator: u32,
    /// The gas limit divided by this is the target (EIP-1559). A constant of the chain (rule C4).
    /// Default 6.
    #[serde(default = "defaults::eip1559_elasticity")]
    pub eip1559_elasticity: u32,
    /// Base fee of the genesis block in wei. Default 1,000,000,000.
    #[serde(default = "defaults::base_fee")]
    pub base_fee: u64,
}

/// Where the rollup begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisConfig {
    /// Timestamp of the genesis block in seconds since the Unix epoch.
    pub time: u64,
    /// Number of the L1 block that the rollup begins after: finalised, and older than the
    /// portal's initialisation (rule D18).
    pub l1_number: u64,
    /// Hash of that block.
    pub l1_hash: B256,
    /// Goes into every CREATE2 salt: another value gives the rollup other addresses on L1.
    /// Default zero.
    #[serde(default)]
    pub salt: B256,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// Owns `ProxyAdmin` and `SystemConfig` on L1: may upgrade everything there.
    pub owner: Address,
    /// Owns `ProxyAdmin` on the rollup: may upgrade every predeploy. Default `owner`. An owner on
    /// L1 that is a contract reaches the rollup under its alias (the address plus
    /// `0x1111000000000000000000000000000000001111`), which must then be given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l2_owner: Option<Address>,
    /// Posts batches.
    pub batcher: Address,
    /// Posts claims about the rollup's state.
    pub proposer: Address,
    /// May pause the bridge and void a claim.
    pub guardian: Address,
    /// Signs blocks before they are on L1.
    pub unsafe_signer: Address,
}

/// What transactions pay for, besides gas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fees {
    /// Weight of the L1 base fee in the L1 data fee, in millionths. Default 1,368.
    pub base_fee_scalar: u32,
    /// Weight of the L1 blob base fee in the L1 data fee, in millionths. Default 810,949.
    pub blob_base_fee_scalar: u32,
    /// Operator fee per gas, in millionths of a wei. A constant of the chain (rule C4). Default 0.
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction in wei. A constant of the chain (rule C4). Default 0.
    pub operator_fee_constant: u64,
    /// What the sequencer, base-fee and L1-fee vaults must hold before they pay out, in wei.
    /// Default 0.
    pub vault_minimum: u64,
}

/// How much L1 may ask of a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deposits {
    /// Gas of all deposits of one L1 block. Low, since it bounds what a block costs to prove
    /// (rule D3). Default 4,000,000.
    pub max_resource_limit: u32,
    /// Gas of the L1 attributes transaction. Default 1,000,000.
    pub system_tx_max_gas: u32,
}

/// Limits of time in the batch inbox and in derivation (rules D2, D5, D10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InboxConfig {
    /// How far a block's time may be ahead of its L1 origin's before only deposits are valid, in
    /// seconds. Default 1,800.
    pub max_drift: u64,
    /// After this many L1 blocks without a batch anyone may post one. Default 1,800: six hours of
    /// 12 seconds.
    pub sequencer_timeout: u64,
    /// How far the last block of a batch may lie back when it is posted, in seconds.
    /// Default 23,400: six and a half hours.
    pub max_lag: u64,
    /// Blobs of a batch at most (rule D15). Default 6, the most that a transaction can carry.
    pub max_blobs: u64,
}

/// How batches are put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatcherConfig {
    /// How old the oldest block of a batch may become before the batch is posted, full or not, in
    /// seconds. Default 600.
    pub max_age: u64,
}

impl L2Config {
    /// The defaults for a chain with this id.
    pub const fn of_chain(chain_id: u64) -> Self {
        Self {
            chain_id,
            block_time: defaults::block_time(),
            gas_limit: defaults::gas_limit(),
            eip1559_denominator: defaults::eip1559_denominator(),
            eip1559_elasticity: defaults::eip1559_elasticity(),
            base_fee: defaults::base_fee(),
        }
    }
}

impl L2Config {
    /// How the base fee follows the demand for gas.
    pub const fn eip1559(&self) -> Eip1559Rules {
        Eip1559Rules {
            denominator: self.eip1559_denominator as u64,
            elasticity: self.eip1559_elasticity as u64,
        }
    }
}

impl RollupConfig {
    /// Reads and checks a `rollup.toml`.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        table(text)?;
        let config: Self =
            toml::from_str(text).map_err(|error| ConfigError::Toml(error.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// Who owns the predeploys.
    pub fn l2_owner(&self) -> Address {
        self.roles.l2_owner.unwrap_or(self.roles.owner)
    }
}

/// The text as TOML, with known keys only.
fn table(text: &str) -> Result<toml::Table, ConfigError> {
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| ConfigError::Toml(error.to_string()))?;
    keys::check(&table)?;
    Ok(table)
}

mod defaults {
    use super::{BatcherConfig, Deposits, Fees, InboxConfig};

    pub(super) const fn l1_block_time() -> u64 {
        12
    }
    pub(super) const fn block_time() -> u64 {
        1
    }
    pub(super) const fn gas_limit() -> u64 {
        30_000_000
    }
    pub(super) const fn eip1559_denominator() -> u32 {
        250
    }
    pub(super) const fn eip1559_elasticity() -> u32 {
        6
    }
    pub(super) const fn base_fee() -> u64 {
        1_000_000_000
    }

    impl Default for Fees {
        fn default() -> Self {
            Self {
                base_fee_scalar: 1_368,
                blob_base_fee_scalar: 810_949,
                operator_fee_scalar: 0,
                operator_fee_constant: 0,
                vault_minimum: 0,
            }
        }
    }

    impl Default for Deposits {
        fn default() -> Self {
            Self { max_resource_limit: 4_000_000, system_tx_max_gas: 1_000_000 }
        }
    }

    impl Default for InboxConfig {
        fn default() -> Self {
            Self { max_drift: 1_800, sequencer_timeout: 1_800, max_lag: 23_400, max_blobs: 6 }
        }
    }

    impl Default for BatcherConfig {
        fn default() -> Self {
            Self { max_age: 600 }
        }
    }
}
