//! `rollup.json`: what a node of the rollup needs, and what there is to check it with.

use super::Deployment;
use alloy_primitives::{Address, B256};
use seam_genesis::{RollupConfig, l1::GAME_TYPE};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is written now.
pub const FORMAT: u32 = 1;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollupFile {
    /// [`FORMAT`].
    pub format: u32,
    /// The L1.
    pub l1: L1Part,
    /// The rollup.
    pub l2: L2Part,
    /// All that decides what the rollup's blocks are, as one word.
    pub config_hash: B256,
    /// Addresses on L1, by name.
    pub contracts: BTreeMap<String, Address>,
    /// What each of them that has a version says.
    pub versions: BTreeMap<String, String>,
    /// The game type of the rollup's claims.
    pub game_type: u32,
    /// The whole `rollup.toml`.
    pub config: RollupConfig,
}

/// The L1 in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct L1Part {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Number of the block that the rollup begins after.
    pub genesis_number: u64,
    /// Its hash.
    pub genesis_hash: B256,
}

/// The rollup in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct L2Part {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of the genesis block.
    pub genesis_hash: B256,
    /// Its timestamp in seconds since the Unix epoch.
    pub genesis_time: u64,
    /// Its output root.
    pub genesis_output_root: B256,
}

impl RollupFile {
    /// Of a deployment on an L1 that has Multicall3 there and whose contracts say these versions.
    pub fn new(
        deployment: &Deployment,
        multicall3: Address,
        versions: BTreeMap<String, String>,
    ) -> Self {
        let config = &deployment.config;
        let contracts = deployment.contracts().into_iter().chain([("Multicall3", multicall3)]);
        Self {
            format: FORMAT,
            l1: L1Part {
                chain_id: config.l1.chain_id,
                genesis_number: config.genesis.l1_number,
                genesis_hash: config.genesis.l1_hash,
            },
            l2: L2Part {
                chain_id: config.l2.chain_id,
                genesis_hash: deployment.genesis_hash(),
                genesis_time: config.genesis.time,
                genesis_output_root: deployment.output_root,
            },
            config_hash: deployment.config_hash,
            contracts: contracts.map(|(name, at)| (name.to_owned(), at)).collect(),
            versions,
            game_type: GAME_TYPE,
            config: config.clone(),
        }
    }

    /// Where a contract is.
    pub fn contract(&self, name: &str) -> Address {
        self.contracts.get(name).copied().unwrap_or_default()
    }
}
