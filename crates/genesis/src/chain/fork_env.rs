//! `forkenv.json`: the forks of a test chain as hive's environment variables.

use super::ChainGenesisError;
use alloy_eips::eip7840::BlobParams;
use alloy_genesis::ChainConfig;
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// Forks set from outside the `genesis.json`, by hive's variables (`HIVE_FORK_BERLIN`,
/// `HIVE_CANCUN_TIMESTAMP`, …). A variable that Seam does not know is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForkEnv {
    numbers: BTreeMap<String, u64>,
    terminal_total_difficulty: Option<U256>,
    deposit_contract: Option<Address>,
}

/// Variables that change nothing about a chain: the network id.
const IGNORED: [&str; 1] = ["HIVE_NETWORK_ID"];

/// Forks with blob parameters of their own.
const BLOB_FORKS: [&str; 5] = ["CANCUN", "PRAGUE", "OSAKA", "BPO1", "BPO2"];

impl ForkEnv {
    /// Reads a JSON object of variables, each a string as an environment has it.
    pub fn from_json(json: &str) -> Result<Self, ChainGenesisError> {
        let variables: BTreeMap<String, String> =
            serde_json::from_str(json).map_err(|error| fail(error.to_string()))?;
        let mut env = Self::default();
        for (name, value) in variables {
            env.set(name, &value)?;
        }
        Ok(env)
    }

    fn set(&mut self, name: String, value: &str) -> Result<(), ChainGenesisError> {
        let bad = || fail(format!("{name} is {value:?}, which is not of its form"));
        match name.as_str() {
            "HIVE_TERMINAL_TOTAL_DIFFICULTY" => {
                self.terminal_total_difficulty = Some(value.parse().map_err(|_| bad())?);
            }
            "HIVE_DEPOSIT_CONTRACT_ADDRESS" => {
                self.deposit_contract = Some(value.parse().map_err(|_| bad())?);
            }
            known if IGNORED.contains(&known) => {}
            known if known == "HIVE_CHAIN_ID" || target(known).is_some() => {
                let number = value.parse().map_err(|_| bad())?;
                self.numbers.insert(name, number);
            }
            _ => return Err(fail(format!("{name} is not known"))),
        }
        Ok(())
    }

    /// Puts the forks into a chain's configuration, over what it says.
    pub fn apply(&self, config: &mut ChainConfig) {
        for (name, number) in &self.numbers {
            match target(name) {
                Some(Target::Fork(field)) => *field(config) = Some(*number),
                Some(Target::Blob(fork, field)) => {
                    let params = config.blob_schedule.entry(fork.to_lowercase());
                    *field(params.or_insert(BlobParams::cancun())) = *number;
                }
                Some(Target::UpdateFraction(fork)) => {
                    let params = config.blob_schedule.entry(fork.to_lowercase());
                    params.or_insert(BlobParams::cancun()).update_fraction = u128::from(*number);
                }
                None => config.chain_id = *number,
            }
        }
        if self.numbers.contains_key("HIVE_FORK_SPURIOUS") {
            config.eip155_block = config.eip158_block; // one fork
        }
        let difficulty = self.terminal_total_difficulty;
        config.terminal_total_difficulty = difficulty.or(config.terminal_total_difficulty);
        config.deposit_contract_address = self.deposit_contract.or(config.deposit_contract_address);
    }
}

fn fail(message: String) -> ChainGenesisError {
    ChainGenesisError::ForkEnv(message)
}

/// Where a variable's number goes.
enum Target {
    Fork(fn(&mut ChainConfig) -> &mut Option<u64>),
    Blob(&'static str, fn(&mut BlobParams) -> &mut u64),
    UpdateFraction(&'static str),
}

fn target(name: &str) -> Option<Target> {
    let fork: fn(&mut ChainConfig) -> &mut Option<u64> = match name {
        "HIVE_FORK_HOMESTEAD" => |config| &mut config.homestead_block,
        "HIVE_FORK_DAO_BLOCK" => |config| {
            config.dao_fork_support = true;
            &mut config.dao_fork_block
        },
        "HIVE_FORK_TANGERINE" => |config| &mut config.eip150_block,
        "HIVE_FORK_SPURIOUS" => |config| &mut config.eip158_block,
        "HIVE_FORK_BYZANTIUM" => |config| &mut config.byzantium_block,
        "HIVE_FORK_CONSTANTINOPLE" => |config| &mut config.constantinople_block,
        "HIVE_FORK_PETERSBURG" => |config| &mut config.petersburg_block,
        "HIVE_FORK_ISTANBUL" => |config| &mut config.istanbul_block,
        "HIVE_FORK_MUIR_GLACIER" => |config| &mut config.muir_glacier_block,
        "HIVE_FORK_ARROW_GLACIER" => |config| &mut config.arrow_glacier_block,
        "HIVE_FORK_GRAY_GLACIER" => |config| &mut config.gray_glacier_block,
        "HIVE_FORK_BERLIN" => |config| &mut config.berlin_block,
        "HIVE_FORK_LONDON" => |config| &mut config.london_block,
        "HIVE_MERGE_BLOCK_ID" => |config| &mut config.merge_netsplit_block,
        "HIVE_SHANGHAI_TIMESTAMP" => |config| &mut config.shanghai_time,
        "HIVE_CANCUN_TIMESTAMP" => |config| &mut config.cancun_time,
        "HIVE_PRAGUE_TIMESTAMP" => |config| &mut config.prague_time,
        "HIVE_OSAKA_TIMESTAMP" => |config| &mut config.osaka_time,
        "HIVE_BPO1_TIMESTAMP" => |config| &mut config.bpo1_time,
        "HIVE_BPO2_TIMESTAMP" => |config| &mut config.bpo2_time,
        _ => return blob_target(name),
    };
    Some(Target::Fork(fork))
}

fn blob_target(name: &str) -> Option<Target> {
    let (fork, rest) = BLOB_FORKS.iter().find_map(|fork| {
        let rest = name.strip_prefix("HIVE_")?.strip_prefix(fork)?.strip_prefix("_BLOB_")?;
        Some((*fork, rest))
    })?;
    match rest {
        "TARGET" => Some(Target::Blob(fork, |params| &mut params.target_blob_count)),
        "MAX" => Some(Target::Blob(fork, |params| &mut params.max_blob_count)),
        "BASE_FEE_UPDATE_FRACTION" => Some(Target::UpdateFraction(fork)),
        _ => None,
    }
}
