//! Compiled Solidity from `contracts/artifacts`, built into this crate.
//!
//! `contracts/ARTIFACTS.md` says where each comes from and under which licence.

use crate::GenesisError;
use alloy_primitives::{Bytes, hex};
use serde::Deserialize;

/// A compiled contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Creation code, without constructor arguments.
    pub creation: Bytes,
    /// Runtime code as compiled, immutables zero.
    pub runtime: Bytes,
}

/// A file of `contracts/artifacts` as it is in this binary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Path in `contracts/artifacts`.
    pub name: &'static str,
    text: &'static str,
}

#[derive(Deserialize)]
struct Json {
    bytecode: Bytes,
    #[serde(rename = "deployedBytecode")]
    deployed_bytecode: Bytes,
}

impl File {
    /// Reads a `.json` artifact.
    pub fn artifact(self) -> Result<Artifact, GenesisError> {
        let json: Json = serde_json::from_str(self.text).map_err(|error| self.broken(error))?;
        Ok(Artifact { creation: json.bytecode, runtime: json.deployed_bytecode })
    }

    /// Reads a `.hex` file: one line of code.
    pub fn code(self) -> Result<Bytes, GenesisError> {
        hex::decode(self.text.trim()).map(Bytes::from).map_err(|error| self.broken(error))
    }

    fn broken(self, error: impl core::fmt::Display) -> GenesisError {
        GenesisError::Artifact { name: self.name, reason: error.to_string() }
    }
}

macro_rules! files {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)+) => {
        $($(#[$doc])* pub const $constant: File = File {
            name: $name,
            text: include_str!(concat!("../../../contracts/artifacts/", $name)),
        };)+
    };
}

files! {
    /// contracts-bedrock: EIP-1967 proxy with an admin.
    PROXY = "contracts-bedrock/Proxy.json";
    /// contracts-bedrock: owns proxies.
    PROXY_ADMIN = "contracts-bedrock/ProxyAdmin.json";
    /// Seam's own, on L1: contracts/src/BatchInbox.sol.
    BATCH_INBOX = "seam/BatchInbox.json";
    /// contracts-bedrock, on L1.
    SUPERCHAIN_CONFIG = "contracts-bedrock/SuperchainConfig.json";
    /// contracts-bedrock, on L1.
    SYSTEM_CONFIG = "contracts-bedrock/SystemConfig.json";
    /// contracts-bedrock, on L1.
    OPTIMISM_PORTAL2 = "contracts-bedrock/OptimismPortal2.json";
    /// contracts-bedrock, on L1.
    L1_CROSS_DOMAIN_MESSENGER = "contracts-bedrock/L1CrossDomainMessenger.json";
    /// contracts-bedrock, on L1.
    L1_STANDARD_BRIDGE = "contracts-bedrock/L1StandardBridge.json";
    /// contracts-bedrock, on L1.
    L1_ERC721_BRIDGE = "contracts-bedrock/L1ERC721Bridge.json";
    /// contracts-bedrock, on L1.
    DISPUTE_GAME_FACTORY = "contracts-bedrock/DisputeGameFactory.json";
    /// contracts-bedrock, on L1.
    ANCHOR_STATE_REGISTRY = "contracts-bedrock/AnchorStateRegistry.json";
    /// contracts-bedrock.
    LEGACY_MESSAGE_PASSER = "contracts-bedrock/LegacyMessagePasser.json";
    /// contracts-bedrock.
    DEPLOYER_WHITELIST = "contracts-bedrock/DeployerWhitelist.json";
    /// contracts-bedrock.
    WETH = "contracts-bedrock/WETH.json";
    /// contracts-bedrock.
    L2_CROSS_DOMAIN_MESSENGER = "contracts-bedrock/L2CrossDomainMessenger.json";
    /// contracts-bedrock.
    L2_STANDARD_BRIDGE = "contracts-bedrock/L2StandardBridge.json";
    /// contracts-bedrock.
    L2_ERC721_BRIDGE = "contracts-bedrock/L2ERC721Bridge.json";
    /// contracts-bedrock.
    SEQUENCER_FEE_VAULT = "contracts-bedrock/SequencerFeeVault.json";
    /// contracts-bedrock.
    BASE_FEE_VAULT = "contracts-bedrock/BaseFeeVault.json";
    /// contracts-bedrock.
    L1_FEE_VAULT = "contracts-bedrock/L1FeeVault.json";
    /// contracts-bedrock.
    OPTIMISM_MINTABLE_ERC20_FACTORY = "contracts-bedrock/OptimismMintableERC20Factory.json";
    /// contracts-bedrock.
    OPTIMISM_MINTABLE_ERC721_FACTORY = "contracts-bedrock/OptimismMintableERC721Factory.json";
    /// contracts-bedrock.
    L1_BLOCK_NUMBER = "contracts-bedrock/L1BlockNumber.json";
    /// contracts-bedrock.
    L2_TO_L1_MESSAGE_PASSER = "contracts-bedrock/L2ToL1MessagePasser.json";
    /// contracts-bedrock.
    SCHEMA_REGISTRY = "contracts-bedrock/SchemaRegistry.json";
    /// contracts-bedrock.
    EAS = "contracts-bedrock/EAS.json";
    /// kona-hardforks: creation code of the Isthmus upgrade transaction.
    L1_BLOCK_ISTHMUS = "kona-hardforks/l1_block_isthmus.hex";
    /// kona-hardforks: creation code of the Isthmus upgrade transaction.
    GAS_PRICE_ORACLE_ISTHMUS = "kona-hardforks/gpo_isthmus.hex";
    /// kona-hardforks: creation code of the Isthmus upgrade transaction.
    OPERATOR_FEE_VAULT_ISTHMUS = "kona-hardforks/ofv_isthmus.hex";
    /// kona-hardforks: creation code of EIP-2935's contract.
    HISTORY_STORAGE = "kona-hardforks/eip2935_isthmus.hex";
    /// kona-hardforks: creation code of EIP-4788's contract.
    BEACON_ROOTS = "kona-hardforks/eip4788_ecotone.hex";
    /// Creation code of the deterministic deployment proxy.
    CREATE2_PROXY = "safe-singleton-factory/Create2Proxy.hex";
    /// Runtime code; its constructor does nothing else.
    MULTICALL3 = "contracts-bedrock/MultiCall3.hex";
    /// Runtime code, as the OP Stack's Canyon fork puts it in place.
    CREATE2_DEPLOYER = "contracts-bedrock/Create2Deployer.hex";
    /// Constructor of Permit2: creation code up to the runtime code.
    PERMIT2_CONSTRUCTOR = "permit2/constructor.hex";
    /// Runtime code of Permit2, immutables zero.
    PERMIT2_RUNTIME = "contracts-bedrock/Permit2Template.hex";
    /// Safe 1.3.0.
    SAFE = "safe-contracts/GnosisSafe.json";
    /// Safe 1.3.0.
    SAFE_L2 = "safe-contracts/GnosisSafeL2.json";
    /// Safe 1.3.0.
    MULTI_SEND = "safe-contracts/MultiSend.json";
    /// Safe 1.3.0.
    MULTI_SEND_CALL_ONLY = "safe-contracts/MultiSendCallOnly.json";
    /// ERC-4337 0.6.
    ENTRY_POINT_0_6 = "account-abstraction-0.6.0/EntryPoint.json";
    /// ERC-4337 0.7.
    ENTRY_POINT_0_7 = "account-abstraction-0.7.0/EntryPoint.json";
    /// ERC-4337 0.8.
    ENTRY_POINT_0_8 = "account-abstraction-0.8.0/EntryPoint.json";
}

/// Creation code of Permit2: constructor and runtime code, which are stored apart because only the
/// runtime is in a published package. `tests` show that its CREATE2 address is Permit2's.
pub fn permit2_creation() -> Result<Bytes, GenesisError> {
    Ok([PERMIT2_CONSTRUCTOR.code()?, PERMIT2_RUNTIME.code()?].concat().into())
}
