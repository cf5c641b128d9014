//! What the contracts on L1 must say of themselves once the deployment is done.

use super::{
    GAME_TYPE, L1Addresses, batch_inbox,
    calls::{
        AnchorStateRegistry, BatchInbox, DisputeGameFactory, L1CrossDomainMessenger,
        L1ERC721Bridge, L1StandardBridge, OptimismMintableERC20Factory, OptimismPortal2,
        OutputRoot, ProxyAdmin, SuperchainConfig, SystemConfig,
    },
    implementations::resource_config,
    inbox_parameters,
};
use crate::{
    GenesisError, RollupConfig,
    addresses::{L2_CROSS_DOMAIN_MESSENGER, L2_ERC721_BRIDGE, L2_STANDARD_BRIDGE},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};

/// A getter and what it must return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Contract and function, as `SystemConfig.gasLimit`.
    pub name: String,
    /// The contract.
    pub to: Address,
    /// Calldata.
    pub input: Bytes,
    /// What it returns, ABI-encoded.
    pub expected: Bytes,
    /// Whether it can change later without an upgrade.
    pub value: Value,
}

/// Whether what a getter returns can change after the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Only by an upgrade.
    Fixed,
    /// A role may set another value, or claims move it: a difference later on is no mistake.
    Changing,
}

/// The checks of one contract.
struct Contract {
    name: &'static str,
    at: Address,
    checks: Vec<Check>,
}

impl Contract {
    const fn new(name: &'static str, at: Address) -> Self {
        Self { name, at, checks: Vec::new() }
    }

    fn check<C: SolCall>(mut self, call: C, value: Value, expected: impl SolValue) -> Self {
        let function = C::SIGNATURE.split('(').next().unwrap_or_default();
        self.checks.push(Check {
            name: format!("{}.{function}", self.name),
            to: self.at,
            input: call.abi_encode().into(),
            expected: expected.abi_encode().into(),
            value,
        });
        self
    }

    fn fixed<C: SolCall>(self, call: C, expected: impl SolValue) -> Self {
        self.check(call, Value::Fixed, expected)
    }

    fn changing<C: SolCall>(self, call: C, expected: impl SolValue) -> Self {
        self.check(call, Value::Changing, expected)
    }
}

/// Every getter of the rollup's contracts on L1 that says how they were set up. `output_root` is that
/// of the rollup's genesis block.
///
/// # Errors
/// [`GenesisError`] if this binary is damaged.
pub fn checks(config: &RollupConfig, output_root: B256) -> Result<Vec<Check>, GenesisError> {
    let at = L1Addresses::of(config)?;
    let inbox = batch_inbox(config)?.address;
    let contracts = [
        admin(config, &at),
        superchain_config(config, &at),
        system_values(config, &at),
        system_addresses(&at, inbox),
        portal(config, &at),
        messenger(&at),
        standard_bridge(&at),
        erc721_bridge(&at),
        factories(&at),
        games(config, &at),
        registry(&at, output_root),
        batches(config, &at, inbox),
    ];
    Ok(contracts.into_iter().flat_map(|contract| contract.checks).collect())
}

fn admin(config: &RollupConfig, at: &L1Addresses) -> Contract {
    Contract::new("ProxyAdmin", at.proxy_admin)
        .changing(ProxyAdmin::ownerCall {}, config.roles.owner)
}

fn superchain_config(config: &RollupConfig, at: &L1Addresses) -> Contract {
    Contract::new("SuperchainConfig", at.superchain_config)
        .fixed(SuperchainConfig::guardianCall {}, config.roles.guardian)
}

fn system_values(config: &RollupConfig, at: &L1Addresses) -> Contract {
    let (roles, fees) = (&config.roles, &config.fees);
    Contract::new("SystemConfig", at.system_config)
        .changing(SystemConfig::ownerCall {}, roles.owner)
        .changing(SystemConfig::basefeeScalarCall {}, U256::from(fees.base_fee_scalar))
        .changing(SystemConfig::blobbasefeeScalarCall {}, U256::from(fees.blob_base_fee_scalar))
        .changing(SystemConfig::batcherHashCall {}, roles.batcher.into_word())
        .changing(SystemConfig::gasLimitCall {}, config.l2.gas_limit)
        .changing(SystemConfig::unsafeBlockSignerCall {}, roles.unsafe_signer)
        .fixed(SystemConfig::resourceConfigCall {}, resource_config(config))
        .fixed(SystemConfig::isCustomGasTokenCall {}, false)
}

fn system_addresses(at: &L1Addresses, inbox: Address) -> Contract {
    Contract::new("SystemConfig", at.system_config)
        .fixed(SystemConfig::batchInboxCall {}, inbox)
        .fixed(SystemConfig::l1CrossDomainMessengerCall {}, at.l1_cross_domain_messenger)
        .fixed(SystemConfig::l1ERC721BridgeCall {}, at.l1_erc721_bridge)
        .fixed(SystemConfig::l1StandardBridgeCall {}, at.l1_standard_bridge)
        .fixed(SystemConfig::disputeGameFactoryCall {}, at.dispute_game_factory)
        .fixed(SystemConfig::optimismPortalCall {}, at.optimism_portal)
        .fixed(
            SystemConfig::optimismMintableERC20FactoryCall {},
            at.optimism_mintable_erc20_factory,
        )
}

fn portal(config: &RollupConfig, at: &L1Addresses) -> Contract {
    let settlement = &config.settlement;
    let (maturity, finality) = (settlement.proof_maturity_delay, settlement.finality_delay);
    Contract::new("OptimismPortal2", at.optimism_portal)
        .fixed(OptimismPortal2::guardianCall {}, config.roles.guardian)
        .changing(OptimismPortal2::respectedGameTypeCall {}, GAME_TYPE)
        .fixed(OptimismPortal2::disputeGameFactoryCall {}, at.dispute_game_factory)
        .fixed(OptimismPortal2::systemConfigCall {}, at.system_config)
        .fixed(OptimismPortal2::superchainConfigCall {}, at.superchain_config)
        .fixed(OptimismPortal2::proofMaturityDelaySecondsCall {}, U256::from(maturity))
        .fixed(OptimismPortal2::disputeGameFinalityDelaySecondsCall {}, U256::from(finality))
}

fn messenger(at: &L1Addresses) -> Contract {
    Contract::new("L1CrossDomainMessenger", at.l1_cross_domain_messenger)
        .fixed(L1CrossDomainMessenger::portalCall {}, at.optimism_portal)
        .fixed(L1CrossDomainMessenger::otherMessengerCall {}, L2_CROSS_DOMAIN_MESSENGER)
        .fixed(L1CrossDomainMessenger::superchainConfigCall {}, at.superchain_config)
        .fixed(L1CrossDomainMessenger::systemConfigCall {}, at.system_config)
}

fn standard_bridge(at: &L1Addresses) -> Contract {
    Contract::new("L1StandardBridge", at.l1_standard_bridge)
        .fixed(L1StandardBridge::messengerCall {}, at.l1_cross_domain_messenger)
        .fixed(L1StandardBridge::otherBridgeCall {}, L2_STANDARD_BRIDGE)
        .fixed(L1StandardBridge::superchainConfigCall {}, at.superchain_config)
        .fixed(L1StandardBridge::systemConfigCall {}, at.system_config)
}

fn erc721_bridge(at: &L1Addresses) -> Contract {
    Contract::new("L1ERC721Bridge", at.l1_erc721_bridge)
        .fixed(L1ERC721Bridge::messengerCall {}, at.l1_cross_domain_messenger)
        .fixed(L1ERC721Bridge::otherBridgeCall {}, L2_ERC721_BRIDGE)
        .fixed(L1ERC721Bridge::superchainConfigCall {}, at.superchain_config)
}

fn factories(at: &L1Addresses) -> Contract {
    Contract::new("OptimismMintableERC20Factory", at.optimism_mintable_erc20_factory)
        .fixed(OptimismMintableERC20Factory::bridgeCall {}, at.l1_standard_bridge)
}

fn games(config: &RollupConfig, at: &L1Addresses) -> Contract {
    Contract::new("DisputeGameFactory", at.dispute_game_factory)
        .changing(DisputeGameFactory::ownerCall {}, config.roles.owner)
}

fn registry(at: &L1Addresses, root: B256) -> Contract {
    let genesis = OutputRoot { root, l2BlockNumber: U256::ZERO };
    Contract::new("AnchorStateRegistry", at.anchor_state_registry)
        .fixed(AnchorStateRegistry::disputeGameFactoryCall {}, at.dispute_game_factory)
        .changing(AnchorStateRegistry::anchorsCall { gameType: GAME_TYPE }, genesis)
}

fn batches(config: &RollupConfig, at: &L1Addresses, inbox: Address) -> Contract {
    Contract::new("BatchInbox", inbox)
        .changing(BatchInbox::batcherCall {}, config.roles.batcher)
        .fixed(BatchInbox::parametersCall {}, inbox_parameters(config, at))
}
