//! The functions of contracts on L1 that a deployment calls and checks (contracts-bedrock 0.17.3,
//! and Seam's `BatchInbox`).
#![allow(missing_docs, reason = "the names are the contracts' own")]

use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]

    interface ProxyAdmin {
        function owner() external view returns (address);
        function upgradeAndCall(address proxy, address implementation, bytes data) external payable;
    }

    interface SuperchainConfig {
        function initialize(address guardian, bool paused) external;
        function guardian() external view returns (address);
    }

    /// How deposits are metered (`ResourceMetering`).
    struct ResourceConfig {
        uint32 maxResourceLimit;
        uint8 elasticityMultiplier;
        uint8 baseFeeMaxChangeDenominator;
        uint32 minimumBaseFee;
        uint32 systemTxMaxGas;
        uint128 maximumBaseFee;
    }

    /// The other contracts of the rollup, as `SystemConfig` names them.
    struct SystemAddresses {
        address l1CrossDomainMessenger;
        address l1ERC721Bridge;
        address l1StandardBridge;
        address disputeGameFactory;
        address optimismPortal;
        address optimismMintableERC20Factory;
        address gasPayingToken;
    }

    interface SystemConfig {
        function initialize(
            address owner,
            uint32 basefeeScalar,
            uint32 blobbasefeeScalar,
            bytes32 batcherHash,
            uint64 gasLimit,
            address unsafeBlockSigner,
            ResourceConfig config,
            address batchInbox,
            SystemAddresses addresses
        ) external;
        function owner() external view returns (address);
        function basefeeScalar() external view returns (uint32);
        function blobbasefeeScalar() external view returns (uint32);
        function batcherHash() external view returns (bytes32);
        function gasLimit() external view returns (uint64);
        function unsafeBlockSigner() external view returns (address);
        function resourceConfig() external view returns (ResourceConfig);
        function batchInbox() external view returns (address);
        function isCustomGasToken() external view returns (bool);
        function l1CrossDomainMessenger() external view returns (address);
        function l1ERC721Bridge() external view returns (address);
        function l1StandardBridge() external view returns (address);
        function disputeGameFactory() external view returns (address);
        function optimismPortal() external view returns (address);
        function optimismMintableERC20Factory() external view returns (address);
    }

    interface OptimismPortal2 {
        function initialize(
            address disputeGameFactory,
            address systemConfig,
            address superchainConfig,
            uint32 initialRespectedGameType
        ) external;
        function guardian() external view returns (address);
        function respectedGameType() external view returns (uint32);
        function disputeGameFactory() external view returns (address);
        function systemConfig() external view returns (address);
        function superchainConfig() external view returns (address);
        function proofMaturityDelaySeconds() external view returns (uint256);
        function disputeGameFinalityDelaySeconds() external view returns (uint256);
    }

    interface L1CrossDomainMessenger {
        function initialize(address superchainConfig, address portal, address systemConfig) external;
        function portal() external view returns (address);
        function otherMessenger() external view returns (address);
        function superchainConfig() external view returns (address);
        function systemConfig() external view returns (address);
    }

    interface L1StandardBridge {
        function initialize(address messenger, address superchainConfig, address systemConfig) external;
        function messenger() external view returns (address);
        function otherBridge() external view returns (address);
        function superchainConfig() external view returns (address);
        function systemConfig() external view returns (address);
    }

    interface L1ERC721Bridge {
        function initialize(address messenger, address superchainConfig) external;
        function messenger() external view returns (address);
        function otherBridge() external view returns (address);
        function superchainConfig() external view returns (address);
    }

    interface OptimismMintableERC20Factory {
        function initialize(address bridge) external;
        function bridge() external view returns (address);
    }

    interface DisputeGameFactory {
        function initialize(address owner) external;
        function owner() external view returns (address);
    }

    /// A state of the rollup.
    struct OutputRoot {
        bytes32 root;
        uint256 l2BlockNumber;
    }

    /// What claims of a game type begin with.
    struct StartingAnchorRoot {
        uint32 gameType;
        OutputRoot outputRoot;
    }

    interface AnchorStateRegistry {
        function initialize(StartingAnchorRoot[] startingAnchorRoots) external;
        function anchors(uint32 gameType) external view returns (OutputRoot);
        function disputeGameFactory() external view returns (address);
    }

    /// What is fixed when the inbox is deployed; see `IBatchInbox`.
    struct InboxParameters {
        uint64 l2ChainId;
        uint64 genesisTime;
        uint64 blockTime;
        uint64 maxLag;
        uint64 sequencerTimeout;
        uint64 maxBlobs;
        uint64 genesisL1Number;
        address systemConfig;
    }

    interface BatchInbox {
        function updateBatcher() external;
        function batcher() external view returns (address);
        function parameters() external view returns (InboxParameters);
    }

    interface Versioned {
        function version() external view returns (string);
    }
}
