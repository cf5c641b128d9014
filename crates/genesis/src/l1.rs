//! Where the rollup's contracts on L1 will be: fixed before any of them is deployed.
//!
//! Every proxy is deployed through the deterministic deployment proxy
//! (`0x4e59b44847b379578588920cA78FbF26c0B4956C`), so its address depends on `rollup.toml` and the
//! pinned artifacts alone: `salt = keccak256(genesis.salt ‖ uint256(l2.chain_id) ‖ name)`. Anyone
//! may send these deployments; what they make belongs to `roles.owner` whoever sends them.

pub mod calls;

mod checks;
mod foundations;
mod implementations;
mod plan;
mod simulate;

pub use checks::{Check, Value, checks};
pub use foundations::{
    CREATE2_PROXY_COST, CREATE2_PROXY_SENDER, create2_proxy_transaction, own_multicall3,
};
pub use plan::{Action, Done, GAME_TYPE, Sender, Step, plan};
pub use simulate::{MAX_TRANSACTION_GAS, StepGas, simulate};

use crate::{
    GenesisError, RollupConfig,
    addresses::CREATE2_PROXY,
    artifacts::{self, File},
};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::SolValue;
use seam_primitives::{Activation, ChainRules};
use seam_stf::derive::{L1Contracts, RollupRules, SystemConfig};

/// One deployment through the deterministic deployment proxy. Its calldata is
/// `salt ‖ init_code`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct L1Deployment {
    /// The contract, or the contract that the proxy will stand for; part of the salt.
    pub name: &'static str,
    /// Where it will be.
    pub address: Address,
    /// CREATE2 salt.
    pub salt: B256,
    /// Creation code with constructor arguments.
    pub init_code: Bytes,
}

impl L1Deployment {
    fn new(config: &RollupConfig, name: &'static str, init_code: Bytes) -> Self {
        let chain_id = U256::from(config.l2.chain_id).to_be_bytes::<32>();
        let parts = [config.genesis.salt.as_slice(), &chain_id, name.as_bytes()];
        Self::with_salt(name, keccak256(parts.concat()), init_code)
    }

    fn with_salt(name: &'static str, salt: B256, init_code: Bytes) -> Self {
        Self { name, address: CREATE2_PROXY.create2_from_code(salt, &init_code), salt, init_code }
    }
}

/// Addresses of the rollup's contracts on L1: proxies, but for `proxy_admin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L1Addresses {
    /// Admin of all the others. Not a proxy.
    pub proxy_admin: Address,
    /// Pause switch and guardian.
    pub superchain_config: Address,
    /// Batcher, fee scalars, gas limit, unsafe block signer.
    pub system_config: Address,
    /// Deposits and withdrawals; holds the rollup's ether.
    pub optimism_portal: Address,
    /// Messages to and from the rollup.
    pub l1_cross_domain_messenger: Address,
    /// Ether and ERC-20s to and from the rollup.
    pub l1_standard_bridge: Address,
    /// ERC-721s to and from the rollup.
    pub l1_erc721_bridge: Address,
    /// Makes L1 representations of the rollup's tokens.
    pub optimism_mintable_erc20_factory: Address,
    /// Makes games, one for each claim.
    pub dispute_game_factory: Address,
    /// The newest claim that won.
    pub anchor_state_registry: Address,
}

impl L1Addresses {
    /// The addresses that `rollup.toml` fixes.
    pub fn of(config: &RollupConfig) -> Result<Self, GenesisError> {
        let admin = proxy_admin(config)?;
        let proxy = |name| Ok::<_, GenesisError>(proxy(config, &admin, name)?.address);
        Ok(Self {
            proxy_admin: admin.address,
            superchain_config: proxy("SuperchainConfig")?,
            system_config: proxy("SystemConfig")?,
            optimism_portal: proxy("OptimismPortal2")?,
            l1_cross_domain_messenger: proxy("L1CrossDomainMessenger")?,
            l1_standard_bridge: proxy("L1StandardBridge")?,
            l1_erc721_bridge: proxy("L1ERC721Bridge")?,
            optimism_mintable_erc20_factory: proxy("OptimismMintableERC20Factory")?,
            dispute_game_factory: proxy("DisputeGameFactory")?,
            anchor_state_registry: proxy("AnchorStateRegistry")?,
        })
    }
}

/// Names of the proxies, in the order they are deployed.
pub const PROXIES: [&str; 9] = [
    "SuperchainConfig",
    "SystemConfig",
    "OptimismPortal2",
    "L1CrossDomainMessenger",
    "L1StandardBridge",
    "L1ERC721Bridge",
    "OptimismMintableERC20Factory",
    "DisputeGameFactory",
    "AnchorStateRegistry",
];

/// What is to be deployed to get [`L1Addresses`], in this order: `ProxyAdmin(roles.owner)`, then
/// every proxy as `Proxy(ProxyAdmin)`. Implementations come later, by `upgradeAndCall` of the
/// owner (rule D18).
pub fn l1_deployments(config: &RollupConfig) -> Result<Vec<L1Deployment>, GenesisError> {
    let admin = proxy_admin(config)?;
    let proxies: Result<Vec<_>, _> =
        PROXIES.iter().map(|name| proxy(config, &admin, name)).collect();
    Ok([vec![admin], proxies?].concat())
}

fn proxy_admin(config: &RollupConfig) -> Result<L1Deployment, GenesisError> {
    let init_code = with_address(artifacts::PROXY_ADMIN, config.roles.owner)?;
    Ok(L1Deployment::new(config, "ProxyAdmin", init_code))
}

fn proxy(
    config: &RollupConfig,
    admin: &L1Deployment,
    name: &'static str,
) -> Result<L1Deployment, GenesisError> {
    let init_code = with_address(artifacts::PROXY, admin.address)?;
    Ok(L1Deployment::new(config, name, init_code))
}

/// The batch inbox. It has no proxy, so its address depends on its code and on where the rollup
/// begins.
///
/// # Errors
/// [`GenesisError::Artifact`] if this binary is damaged.
pub fn batch_inbox(config: &RollupConfig) -> Result<L1Deployment, GenesisError> {
    let parameters = inbox_parameters(config, &L1Addresses::of(config)?);
    let creation = artifacts::BATCH_INBOX.artifact()?.creation;
    let init_code = [creation.as_ref(), &parameters.abi_encode()].concat();
    Ok(L1Deployment::new(config, "BatchInbox", init_code.into()))
}

/// What the batch inbox is deployed with.
pub fn inbox_parameters(config: &RollupConfig, at: &L1Addresses) -> calls::InboxParameters {
    let (inbox, genesis) = (&config.inbox, &config.genesis);
    calls::InboxParameters {
        l2ChainId: config.l2.chain_id,
        genesisTime: genesis.time,
        blockTime: config.l2.block_time,
        maxLag: inbox.max_lag,
        sequencerTimeout: inbox.sequencer_timeout,
        maxBlobs: inbox.max_blobs,
        genesisL1Number: genesis.l1_number,
        systemConfig: at.system_config,
    }
}

/// Creation code with one constructor argument.
fn with_address(file: File, argument: Address) -> Result<Bytes, GenesisError> {
    let creation = file.artifact()?.creation;
    Ok([creation.as_ref(), argument.into_word().as_slice()].concat().into())
}

/// What the blocks of a rollup follow from beside L1 and their parents.
///
/// # Errors
/// [`GenesisError`] if the configuration is not valid, or this binary is damaged.
pub fn rollup_rules(config: &RollupConfig) -> Result<RollupRules, GenesisError> {
    // Of the rules of L1 its blob schedule matters.
    let mut l1 = ChainRules::ethereum(config.l1.chain_id, |_| Activation::GENESIS);
    l1.blobs = config.l1.blob_rules()?;
    let addresses = L1Addresses::of(config)?;
    let (l2, fees, inbox) = (&config.l2, &config.fees, &config.inbox);
    Ok(RollupRules {
        block_seconds: l2.block_time,
        max_drift: inbox.max_drift,
        sequencer_timeout: inbox.sequencer_timeout,
        genesis_l1: BlockNumHash::new(config.genesis.l1_number, config.genesis.l1_hash),
        system_config: SystemConfig {
            batcher_hash: config.roles.batcher.into_word(),
            base_fee_scalar: fees.base_fee_scalar,
            blob_base_fee_scalar: fees.blob_base_fee_scalar,
            gas_limit: l2.gas_limit,
            eip1559: l2.eip1559(),
            operator_fee_scalar: fees.operator_fee_scalar,
            operator_fee_constant: fees.operator_fee_constant,
        },
        contracts: L1Contracts {
            portal: addresses.optimism_portal,
            system_config: addresses.system_config,
            batch_inbox: batch_inbox(config)?.address,
        },
        l1,
    })
}
