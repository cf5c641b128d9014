//! Any chain's genesis from a standard `genesis.json`, as geth, op-geth, reth and hive write it.

mod fork_env;
mod rules;

pub use fork_env::ForkEnv;
pub use rules::{UnsupportedChain, rules_of};

use alloy_genesis::{Genesis, GenesisAccount};
use alloy_primitives::{B64, B256, KECCAK256_EMPTY, U256, keccak256};
use seam_primitives::{ChainRules, Header, output_root};
use seam_stf::{Account, AccountChange, SealedGenesis, StateChanges, StateError, seal_genesis};
use serde::{Deserialize, de::IgnoredAny};

/// Why a `genesis.json` gives no chain.
#[derive(Debug, thiserror::Error)]
pub enum ChainGenesisError {
    /// Not JSON, or not of the standard form; the message names line and column.
    #[error("not a genesis.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A fork file that is not a JSON object of `HIVE_…` variables.
    #[error("not a forkenv.json: {0}")]
    ForkEnv(String),
    /// The chain has rules that Seam does not know.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedChain),
    /// The base fee does not fit 64 bits, as every header's must.
    #[error("baseFeePerGas {0} does not fit 64 bits")]
    BaseFee(u128),
    /// The state could not be hashed.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A chain at its first block.
#[derive(Debug, Clone)]
pub struct ChainGenesis {
    /// All that tells the chain from others.
    pub rules: ChainRules,
    /// The genesis block and the nodes of its state trie.
    pub sealed: SealedGenesis,
    /// The accounts, as changes to the empty state.
    pub state: StateChanges,
    /// Blocks of Muir, Arrow and Gray Glacier: forks that no rule needs, but the fork id (EIP-2124).
    pub bomb_forks: Vec<u64>,
}

impl ChainGenesis {
    /// Reads `genesis.json`, with the forks that `fork_env` sets instead of those in the file.
    pub fn from_json(json: &str, fork_env: Option<&ForkEnv>) -> Result<Self, ChainGenesisError> {
        let Required { .. } = serde_json::from_str(json)?;
        let mut genesis: Genesis = serde_json::from_str(json)?;
        if let Some(fork_env) = fork_env {
            fork_env.apply(&mut genesis.config);
        }
        Self::from_genesis(&genesis)
    }

    /// The same from a `genesis.json` that is read already.
    pub fn from_genesis(genesis: &Genesis) -> Result<Self, ChainGenesisError> {
        let rules = rules_of(genesis)?;
        let state = state_of(genesis);
        let sealed = seal_genesis(&rules, given_header(genesis)?, &state)?;
        let config = &genesis.config;
        let bombs =
            [config.muir_glacier_block, config.arrow_glacier_block, config.gray_glacier_block];
        let bomb_forks = bombs.into_iter().flatten().collect();
        Ok(Self { rules, sealed, state, bomb_forks })
    }
}

impl ChainGenesis {
    /// The output root of a rollup's genesis block, which its first claim begins with.
    pub fn output_root(&self) -> B256 {
        let header = &self.sealed.header;
        let passer = header.withdrawals_root.unwrap_or_default();
        output_root(header.state_root, passer, header.hash_slow())
    }
}

/// What every `genesis.json` has. alloy fills in for missing fields, so that any JSON object would
/// be the genesis of some chain.
#[derive(Deserialize)]
struct Required {
    #[serde(rename = "config")]
    _config: RequiredConfig,
    #[serde(rename = "alloc")]
    _alloc: IgnoredAny,
    #[serde(rename = "gasLimit")]
    _gas_limit: IgnoredAny,
}

#[derive(Deserialize)]
struct RequiredConfig {
    #[serde(rename = "chainId")]
    _chain_id: IgnoredAny,
}

fn given_header(genesis: &Genesis) -> Result<Header, ChainGenesisError> {
    let base_fee = genesis
        .base_fee_per_gas
        .map(|fee| u64::try_from(fee).map_err(|_| ChainGenesisError::BaseFee(fee)));
    Ok(Header {
        parent_hash: genesis.parent_hash.unwrap_or_default(),
        beneficiary: genesis.coinbase,
        difficulty: genesis.difficulty,
        number: genesis.number.unwrap_or_default(),
        gas_limit: genesis.gas_limit,
        timestamp: genesis.timestamp,
        extra_data: genesis.extra_data.clone(),
        mix_hash: genesis.mix_hash,
        nonce: B64::from(genesis.nonce),
        base_fee_per_gas: base_fee.transpose()?,
        blob_gas_used: genesis.blob_gas_used,
        excess_blob_gas: genesis.excess_blob_gas,
        ..Header::default()
    })
}

fn state_of(genesis: &Genesis) -> StateChanges {
    let mut state = StateChanges::default();
    for (address, account) in &genesis.alloc {
        if let Some(code) = account.code.as_ref().filter(|code| !code.is_empty()) {
            state.codes.insert(keccak256(code), code.clone());
        }
        state.accounts.insert(*address, account_of(account));
    }
    state
}

fn account_of(given: &GenesisAccount) -> AccountChange {
    let code = given.code.as_ref().filter(|code| !code.is_empty());
    let account = Account {
        nonce: given.nonce.unwrap_or_default(),
        balance: given.balance,
        code_hash: code.map_or(KECCAK256_EMPTY, keccak256),
    };
    let slots = given.storage.iter().flatten();
    AccountChange {
        account: Some(account),
        storage_wiped: false,
        storage: slots
            .map(|(slot, value)| (U256::from_be_bytes(slot.0), (*value).into()))
            .collect(),
    }
}

#[cfg(test)]
mod tests;
