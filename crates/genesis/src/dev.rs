//! The two chains of a development network: an L1 that stands for Ethereum, and a rollup on it.
//!
//! | | L1 | rollup |
//! |---|---|---|
//! | chain id | 900 | 901 |
//! | rules | Osaka, blob parameters BPO2 | Isthmus |
//! | gas limit | 60,000,000 | 30,000,000 |
//! | base fee of the genesis block | 1 gwei | 1 gwei |
//! | each development account | 10,000 ETH | 10,000 ETH |
//!
//! Both are pure functions of a timestamp and accounts, so that a node which keeps these two makes
//! the same genesis at every start.

use crate::{
    GenesisError, RollupConfig,
    addresses::{CREATE2_PROXY, MULTICALL3},
    artifacts,
    config::{
        Amount, BatcherConfig, Deposits, Fees, GenesisConfig, InboxConfig, L1Config, L2Config,
        Roles, Settlement,
    },
    rollup_genesis_json,
};
use alloy_eips::{
    eip2935::{HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE},
    eip4788::{BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE},
    eip7002::{WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE},
    eip7251::{CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE},
    eip7840::BlobParams,
};
use alloy_genesis::{ChainConfig, Genesis, GenesisAccount};
use alloy_primitives::{Address, B256, Bytes, U256};
use seam_stf::construct::{ConstructEnv, MapState, construct};
use std::collections::BTreeMap;

/// EIP-155 chain id of the L1.
pub const L1_CHAIN_ID: u64 = 900;
/// EIP-155 chain id of the rollup.
pub const L2_CHAIN_ID: u64 = 901;
/// What each development account holds on each chain: 10,000 ETH, in wei.
pub const BALANCE: U256 = U256::from_limbs([1_864_712_049_423_024_128, 542, 0, 0]);
/// Gas of a block of the L1: Ethereum's since 2025.
pub const L1_GAS_LIMIT: u64 = 60_000_000;

/// Base fee of the L1's genesis block, in wei per gas.
const L1_BASE_FEE: u128 = 1_000_000_000;

/// Seconds that the limits of batches leave beyond the sequencer's timeout: half an hour, as in the
/// defaults of `rollup.toml`.
const LAG_SECONDS: u64 = 1_800;

/// A batch every ten seconds, so that whoever watches sees them; its blob space costs nothing here.
const BATCH_SECONDS: u64 = 10;

/// A hundred years: test suites have time pass on the rollup alone, and its blocks are to take
/// transactions all the same (rule D2).
const MAX_DRIFT: u64 = 100 * 365 * 86_400;

/// Seconds between blocks, at least 1; the rollup's are not longer than those of L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockTimes {
    /// Of the L1.
    pub l1: u64,
    /// Of the rollup.
    pub l2: u64,
}

/// The genesis of the development L1: Ethereum's rules of today from its first block on, the
/// contracts that the protocol calls, and two that tools expect on every chain: Multicall3 and the
/// deterministic deployment proxy. `timestamp` is in seconds since the Unix epoch.
///
/// # Errors
/// [`GenesisError::Artifact`] if this binary is damaged.
pub fn l1_genesis(timestamp: u64, accounts: &[Address]) -> Result<Genesis, GenesisError> {
    let balance = |account: &Address| {
        (*account, GenesisAccount { balance: BALANCE, ..GenesisAccount::default() })
    };
    let mut alloc: BTreeMap<_, _> = accounts.iter().map(balance).collect();
    for (address, code) in l1_contracts(timestamp)? {
        let contract =
            GenesisAccount { nonce: Some(1), code: Some(code), ..GenesisAccount::default() };
        alloc.insert(address, contract);
    }
    Ok(Genesis {
        config: l1_chain_config(),
        timestamp,
        gas_limit: L1_GAS_LIMIT,
        base_fee_per_gas: Some(L1_BASE_FEE),
        excess_blob_gas: Some(0),
        blob_gas_used: Some(0),
        number: Some(0),
        alloc,
        ..Genesis::default()
    })
}

/// Address and runtime code.
fn l1_contracts(timestamp: u64) -> Result<[(Address, Bytes); 6], GenesisError> {
    Ok([
        (BEACON_ROOTS_ADDRESS, BEACON_ROOTS_CODE.clone()),
        (HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CODE.clone()),
        (WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS, WITHDRAWAL_REQUEST_PREDEPLOY_CODE.clone()),
        (CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS, CONSOLIDATION_REQUEST_PREDEPLOY_CODE.clone()),
        (MULTICALL3, artifacts::MULTICALL3.code()?),
        (CREATE2_PROXY, create2_proxy(timestamp)?),
    ])
}

/// What the creation code of the deterministic deployment proxy leaves.
fn create2_proxy(timestamp: u64) -> Result<Bytes, GenesisError> {
    let env = ConstructEnv { chain_id: L1_CHAIN_ID, number: 0, timestamp };
    let mut state = MapState::new();
    let creation = artifacts::CREATE2_PROXY.code()?;
    construct(&mut state, &env, Address::ZERO, CREATE2_PROXY, creation).map_err(|source| {
        GenesisError::Construct { name: "DeterministicDeploymentProxy", source }
    })?;
    Ok(state.remove(&CREATE2_PROXY).unwrap_or_default().code)
}

fn l1_chain_config() -> ChainConfig {
    let blobs = [
        ("cancun", BlobParams::cancun()),
        ("prague", BlobParams::prague()),
        ("osaka", BlobParams::osaka()),
        ("bpo1", BlobParams::bpo1()),
        ("bpo2", BlobParams::bpo2()),
    ];
    ChainConfig {
        chain_id: L1_CHAIN_ID,
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
        osaka_time: Some(0),
        bpo1_time: Some(0),
        bpo2_time: Some(0),
        terminal_total_difficulty: Some(U256::ZERO),
        terminal_total_difficulty_passed: true,
        blob_schedule: blobs.map(|(name, params)| (name.to_owned(), params)).into(),
        ..ChainConfig::default()
    }
}

/// The `rollup.toml` of the development rollup: the defaults, from L1's genesis block on.
/// `timestamp` is that of both genesis blocks, in seconds since the Unix epoch.
pub fn rollup_config(
    timestamp: u64,
    l1_genesis: B256,
    block_times: BlockTimes,
    roles: Roles,
) -> RollupConfig {
    RollupConfig {
        l1: L1Config { chain_id: L1_CHAIN_ID, block_time: block_times.l1, blob_schedule: None },
        l2: L2Config { block_time: block_times.l2, ..L2Config::of_chain(L2_CHAIN_ID) },
        genesis: GenesisConfig {
            time: timestamp,
            l1_number: 0,
            l1_hash: l1_genesis,
            salt: B256::ZERO,
        },
        roles,
        fees: Fees::default(),
        deposits: Deposits::default(),
        inbox: inbox(block_times.l1),
        batcher: BatcherConfig { max_age: BATCH_SECONDS },
        settlement: settlement(),
        prefund: BTreeMap::new(),
    }
}

/// The defaults, stretched where an L1 with long block times needs it.
fn inbox(l1_block_time: u64) -> InboxConfig {
    let default = InboxConfig::default();
    let timeout = default.sequencer_timeout.saturating_mul(l1_block_time);
    InboxConfig {
        max_drift: MAX_DRIFT,
        max_lag: default.max_lag.max(timeout.saturating_add(LAG_SECONDS)),
        ..default
    }
}

/// The defaults with windows of a minute instead of days, and claims of as much.
fn settlement() -> Settlement {
    Settlement {
        challenge_window: 60,
        prove_window: 60,
        exit_delay: 120,
        proof_maturity_delay: 120,
        finality_delay: 12,
        guardian_delay: 12,
        spans: 4,
        span_blocks: 15,
        proving_bound: 20,
        l1_inclusion: 20,
        ..Settlement::default()
    }
}

/// The same rollup, with [`BALANCE`] for each of `accounts` from genesis on.
pub fn prefunded(mut config: RollupConfig, accounts: &[Address]) -> RollupConfig {
    config.prefund.extend(accounts.iter().map(|account| (*account, Amount(BALANCE))));
    config
}

/// The genesis of the development rollup, with [`BALANCE`] for each of `accounts`.
///
/// # Errors
/// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
pub fn l2_genesis(config: &RollupConfig, accounts: &[Address]) -> Result<Genesis, GenesisError> {
    rollup_genesis_json(&prefunded(config.clone(), accounts))
}
