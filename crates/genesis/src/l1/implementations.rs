//! What stands behind each proxy, and what it is initialised with.

use super::{
    GAME_TYPE, L1Addresses, L1Deployment, batch_inbox,
    calls::{
        AnchorStateRegistry, DisputeGameFactory, L1CrossDomainMessenger, L1ERC721Bridge,
        L1StandardBridge, OptimismMintableERC20Factory, OptimismPortal2, OutputRoot,
        ResourceConfig, StartingAnchorRoot, SuperchainConfig, SystemAddresses, SystemConfig,
    },
};
use crate::{
    GenesisError, RollupConfig,
    artifacts::{self, File},
    config::DEPOSIT_ELASTICITY,
};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};

/// The implementation of a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Implementation {
    /// Its code. The same for every rollup with the same constructor arguments.
    pub(super) deployment: L1Deployment,
    /// What it stands behind.
    pub(super) proxy: Address,
    /// Calldata of `initialize`.
    pub(super) initialize: Bytes,
}

/// One for each proxy, in the order in which they are initialised: the portal takes deposits as soon
/// as it is, and asks `SystemConfig` how to meter them.
pub(super) fn all(
    config: &RollupConfig,
    at: &L1Addresses,
    output_root: B256,
) -> Result<Vec<Implementation>, GenesisError> {
    let parts = [portal_and_configs(config, at)?, bridges(at)?, games(config, at, output_root)?];
    Ok(parts.concat())
}

fn portal_and_configs(
    config: &RollupConfig,
    at: &L1Addresses,
) -> Result<Vec<Implementation>, GenesisError> {
    let inbox = batch_inbox(config)?.address;
    Ok(vec![
        implementation(
            ("SuperchainConfig", artifacts::SUPERCHAIN_CONFIG),
            &[],
            at.superchain_config,
            superchain_config(config),
        )?,
        implementation(
            ("SystemConfig", artifacts::SYSTEM_CONFIG),
            &[],
            at.system_config,
            system_config(config, at, inbox),
        )?,
        implementation(
            ("OptimismPortal2", artifacts::OPTIMISM_PORTAL2),
            &portal_delays(config),
            at.optimism_portal,
            portal(at),
        )?,
    ])
}

fn bridges(at: &L1Addresses) -> Result<Vec<Implementation>, GenesisError> {
    let bridge = at.l1_standard_bridge;
    Ok(vec![
        implementation(
            ("L1CrossDomainMessenger", artifacts::L1_CROSS_DOMAIN_MESSENGER),
            &[],
            at.l1_cross_domain_messenger,
            messenger(at),
        )?,
        implementation(
            ("L1StandardBridge", artifacts::L1_STANDARD_BRIDGE),
            &[],
            at.l1_standard_bridge,
            standard_bridge(at),
        )?,
        implementation(
            ("L1ERC721Bridge", artifacts::L1_ERC721_BRIDGE),
            &[],
            at.l1_erc721_bridge,
            erc721_bridge(at),
        )?,
        implementation(
            ("OptimismMintableERC20Factory", artifacts::OPTIMISM_MINTABLE_ERC20_FACTORY),
            &[],
            at.optimism_mintable_erc20_factory,
            OptimismMintableERC20Factory::initializeCall { bridge }.abi_encode(),
        )?,
    ])
}

fn games(
    config: &RollupConfig,
    at: &L1Addresses,
    output_root: B256,
) -> Result<Vec<Implementation>, GenesisError> {
    let owner = config.roles.owner;
    Ok(vec![
        implementation(
            ("DisputeGameFactory", artifacts::DISPUTE_GAME_FACTORY),
            &[],
            at.dispute_game_factory,
            DisputeGameFactory::initializeCall { owner }.abi_encode(),
        )?,
        implementation(
            ("AnchorStateRegistry", artifacts::ANCHOR_STATE_REGISTRY),
            at.dispute_game_factory.into_word().as_slice(),
            at.anchor_state_registry,
            registry(output_root),
        )?,
    ])
}

/// Implementations hold nothing and belong to nobody, so rollups on one L1 share them.
fn implementation(
    (name, file): (&'static str, File),
    arguments: &[u8],
    proxy: Address,
    initialize: Vec<u8>,
) -> Result<Implementation, GenesisError> {
    let init_code = [file.artifact()?.creation.as_ref(), arguments].concat().into();
    let deployment = L1Deployment::with_salt(name, keccak256(name), init_code);
    Ok(Implementation { deployment, proxy, initialize: initialize.into() })
}

fn superchain_config(config: &RollupConfig) -> Vec<u8> {
    let guardian = config.roles.guardian;
    SuperchainConfig::initializeCall { guardian, paused: false }.abi_encode()
}

/// How deposits are metered: the OP Stack's defaults but for the limit (rule D3).
pub(super) fn resource_config(config: &RollupConfig) -> ResourceConfig {
    ResourceConfig {
        maxResourceLimit: config.deposits.max_resource_limit,
        elasticityMultiplier: DEPOSIT_ELASTICITY,
        baseFeeMaxChangeDenominator: 8,
        minimumBaseFee: 1_000_000_000,
        systemTxMaxGas: config.deposits.system_tx_max_gas,
        maximumBaseFee: u128::MAX,
    }
}

fn system_config(config: &RollupConfig, at: &L1Addresses, inbox: Address) -> Vec<u8> {
    let (roles, fees) = (&config.roles, &config.fees);
    SystemConfig::initializeCall {
        owner: roles.owner,
        basefeeScalar: fees.base_fee_scalar,
        blobbasefeeScalar: fees.blob_base_fee_scalar,
        batcherHash: roles.batcher.into_word(),
        gasLimit: config.l2.gas_limit,
        unsafeBlockSigner: roles.unsafe_signer,
        config: resource_config(config),
        batchInbox: inbox,
        addresses: SystemAddresses {
            l1CrossDomainMessenger: at.l1_cross_domain_messenger,
            l1ERC721Bridge: at.l1_erc721_bridge,
            l1StandardBridge: at.l1_standard_bridge,
            disputeGameFactory: at.dispute_game_factory,
            optimismPortal: at.optimism_portal,
            optimismMintableERC20Factory: at.optimism_mintable_erc20_factory,
            // Ether.
            gasPayingToken: Address::ZERO,
        },
    }
    .abi_encode()
}

/// `constructor(uint256 proofMaturityDelaySeconds, uint256 disputeGameFinalityDelaySeconds)`.
fn portal_delays(config: &RollupConfig) -> Vec<u8> {
    let settlement = &config.settlement;
    let (maturity, finality) = (settlement.proof_maturity_delay, settlement.finality_delay);
    (U256::from(maturity), U256::from(finality)).abi_encode()
}

fn portal(at: &L1Addresses) -> Vec<u8> {
    OptimismPortal2::initializeCall {
        disputeGameFactory: at.dispute_game_factory,
        systemConfig: at.system_config,
        superchainConfig: at.superchain_config,
        initialRespectedGameType: GAME_TYPE,
    }
    .abi_encode()
}

fn messenger(at: &L1Addresses) -> Vec<u8> {
    L1CrossDomainMessenger::initializeCall {
        superchainConfig: at.superchain_config,
        portal: at.optimism_portal,
        systemConfig: at.system_config,
    }
    .abi_encode()
}

fn standard_bridge(at: &L1Addresses) -> Vec<u8> {
    L1StandardBridge::initializeCall {
        messenger: at.l1_cross_domain_messenger,
        superchainConfig: at.superchain_config,
        systemConfig: at.system_config,
    }
    .abi_encode()
}

fn erc721_bridge(at: &L1Addresses) -> Vec<u8> {
    let messenger = at.l1_cross_domain_messenger;
    L1ERC721Bridge::initializeCall { messenger, superchainConfig: at.superchain_config }
        .abi_encode()
}

/// Claims begin with the rollup's genesis block.
fn registry(root: B256) -> Vec<u8> {
    let output_root = OutputRoot { root, l2BlockNumber: U256::ZERO };
    let anchor = StartingAnchorRoot { gameType: GAME_TYPE, outputRoot: output_root };
    AnchorStateRegistry::initializeCall { startingAnchorRoots: vec![anchor] }.abi_encode()
}
