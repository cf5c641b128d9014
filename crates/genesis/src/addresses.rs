//! Where things are on the rollup: the OP Stack's addresses.

use alloy_primitives::{Address, address};

/// How many addresses from `0x4200…0000` on are reserved for predeploys.
pub const PREDEPLOY_COUNT: u16 = 2048;

/// The predeploy with this number: `0x4200…` and the number in the last two bytes.
pub const fn predeploy(number: u16) -> Address {
    numbered(address!("0x4200000000000000000000000000000000000000"), number)
}

/// Where the code behind the predeploy with this number lies: `0xc0D3…` and the number.
pub const fn implementation(number: u16) -> Address {
    numbered(address!("0xc0D3C0d3C0d3C0D3c0d3C0d3c0D3C0d3c0d30000"), number)
}

const fn numbered(base: Address, number: u16) -> Address {
    let mut bytes = base.into_array();
    let [high, low] = number.to_be_bytes();
    bytes[18] = high;
    bytes[19] = low;
    Address::new(bytes)
}

/// Sends the L1 attributes transaction, and sets fork flags.
pub const DEPOSITOR: Address = address!("0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001");
/// Wrapped ether. Not behind a proxy.
pub const WETH: Address = predeploy(0x06);
/// Messages to and from L1.
pub const L2_CROSS_DOMAIN_MESSENGER: Address = predeploy(0x07);
/// What a transaction's data costs on L1, and the operator fee.
pub const GAS_PRICE_ORACLE: Address = predeploy(0x0f);
/// Ether and ERC-20s to and from L1.
pub const L2_STANDARD_BRIDGE: Address = predeploy(0x10);
/// Collects priority fees.
pub const SEQUENCER_FEE_VAULT: Address = predeploy(0x11);
/// Makes ERC-20s that the bridge may mint.
pub const OPTIMISM_MINTABLE_ERC20_FACTORY: Address = predeploy(0x12);
/// ERC-721s to and from L1.
pub const L2_ERC721_BRIDGE: Address = predeploy(0x14);
/// What the chain knows of L1, and the fee parameters.
pub const L1_BLOCK: Address = predeploy(0x15);
/// Where withdrawals begin; its storage root is in every header.
pub const L2_TO_L1_MESSAGE_PASSER: Address = predeploy(0x16);
/// Owns every proxy among the predeploys.
pub const PROXY_ADMIN: Address = predeploy(0x18);
/// Collects base fees.
pub const BASE_FEE_VAULT: Address = predeploy(0x19);
/// Collects L1 data fees.
pub const L1_FEE_VAULT: Address = predeploy(0x1a);
/// Collects operator fees.
pub const OPERATOR_FEE_VAULT: Address = predeploy(0x1b);
/// Ethereum Attestation Service.
pub const EAS: Address = predeploy(0x21);
/// Recipient of three of the vaults: a proxy without implementation until the economy sets one.
/// The OP Stack has its contract of the same name at the same address.
pub const FEE_SPLITTER: Address = predeploy(0x2b);
/// Left without any code: the OP Stack's governance token, which Seam does not have.
pub const GOVERNANCE_TOKEN: Address = predeploy(0x42);

/// Beacon block roots (EIP-4788).
pub const BEACON_ROOTS: Address = address!("0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02");
/// Who deploys [`BEACON_ROOTS`] on a chain without it.
pub const BEACON_ROOTS_SENDER: Address = address!("0x0B799C86a49DEeb90402691F1041aa3AF2d3C875");
/// Hashes of past blocks (EIP-2935).
pub const HISTORY_STORAGE: Address = address!("0x0000F90827F1C53a10cb7A02335B175320002935");
/// Who deploys [`HISTORY_STORAGE`] on a chain without it.
pub const HISTORY_STORAGE_SENDER: Address = address!("0x3462413Af4609098e1E27A490f554f260213D685");

/// The deterministic deployment proxy: CREATE2 for everyone, on every chain.
pub const CREATE2_PROXY: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");
/// The same code at another address, which Safe's contracts are deployed through.
pub const SAFE_SINGLETON_FACTORY: Address = address!("0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7");
/// Many calls in one.
pub const MULTICALL3: Address = address!("0xcA11bde05977b3631167028862bE2a173976CA11");
/// CREATE2 with helpers.
pub const CREATE2_DEPLOYER: Address = address!("0x13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2");
/// Token approvals by signature.
pub const PERMIT2: Address = address!("0x000000000022D473030F116dDEE9F6B43aC78BA3");
/// Safe 1.3.0.
pub const SAFE: Address = address!("0x69f4D1788e39c87893C980c06EdF4b7f686e2938");
/// Safe 1.3.0 that emits events for indexers.
pub const SAFE_L2: Address = address!("0xfb1bffC9d739B8D520DaF37dF666da4C687191EA");
/// Batches of calls of a Safe.
pub const MULTI_SEND: Address = address!("0x998739BFdAAdde7C933B942a68053933098f9EDa");
/// Batches of calls of a Safe, none of them a delegate call.
pub const MULTI_SEND_CALL_ONLY: Address = address!("0xA1dabEF33b3B82c7814B6D82A79e50F4AC44102B");
/// ERC-4337 0.6.
pub const ENTRY_POINT_0_6: Address = address!("0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789");
/// ERC-4337 0.7.
pub const ENTRY_POINT_0_7: Address = address!("0x0000000071727De22E5E9d8BAf0edAc6f37da032");
/// ERC-4337 0.8.
pub const ENTRY_POINT_0_8: Address = address!("0x4337084D9E255Ff0702461CF8895CE9E3b5Ff108");

/// A predeploy that a genesis gives an implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Predeploy {
    /// The contract.
    pub name: &'static str,
    /// Its number in the namespace.
    pub number: u16,
}

impl Predeploy {
    /// Where users call it.
    pub const fn address(self) -> Address {
        predeploy(self.number)
    }

    /// Where its code lies.
    pub const fn implementation(self) -> Address {
        implementation(self.number)
    }
}

macro_rules! predeploys {
    ($($number:literal $name:literal,)+) => {
        &[$(Predeploy { name: $name, number: $number },)+]
    };
}

/// The predeploys behind a proxy that have an implementation from genesis on, by address.
pub const PREDEPLOYS: &[Predeploy] = predeploys! {
    0x00 "LegacyMessagePasser",
    0x02 "DeployerWhitelist",
    0x07 "L2CrossDomainMessenger",
    0x0f "GasPriceOracle",
    0x10 "L2StandardBridge",
    0x11 "SequencerFeeVault",
    0x12 "OptimismMintableERC20Factory",
    0x13 "L1BlockNumber",
    0x14 "L2ERC721Bridge",
    0x15 "L1Block",
    0x16 "L2ToL1MessagePasser",
    0x17 "OptimismMintableERC721Factory",
    0x18 "ProxyAdmin",
    0x19 "BaseFeeVault",
    0x1a "L1FeeVault",
    0x1b "OperatorFeeVault",
    0x20 "SchemaRegistry",
    0x21 "EAS",
};
