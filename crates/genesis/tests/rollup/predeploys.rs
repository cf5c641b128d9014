//! The predeploys answer as on an Isthmus chain, and work.

use crate::chain::{Chain, RICH, example, reverts};
use alloy_primitives::{Address, Bytes, U256, bytes};
use alloy_sol_types::{SolCall, sol};
use seam_genesis::{
    L1Addresses,
    addresses::{self as at, PREDEPLOYS},
};
use seam_stf::construct::MapAccount;

sol! {
    interface Any {
        function version() external view returns (string);
        function initialize(address counterpart) external;
    }
    interface Proxy {
        function admin() external returns (address);
        function implementation() external returns (address);
    }
    interface ProxyAdmin {
        function owner() external view returns (address);
        function getProxyImplementation(address proxy) external view returns (address);
        function upgrade(address proxy, address implementation) external;
    }
    interface Vault {
        function RECIPIENT() external view returns (address);
        function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256);
        function WITHDRAWAL_NETWORK() external view returns (uint8);
        function withdraw() external;
    }
    interface Messenger {
        function l1CrossDomainMessenger() external view returns (address);
        function otherMessenger() external view returns (address);
        function messageNonce() external view returns (uint256);
        function paused() external view returns (bool);
        function relayMessage(uint256 nonce, address sender, address target, uint256 value, uint256 minGasLimit, bytes message) external payable;
    }
    interface Bridge {
        function messenger() external view returns (address);
        function otherBridge() external view returns (address);
        function bridgeETHTo(address to, uint32 minGasLimit, bytes extraData) external payable;
        function finalizeBridgeETH(address from, address to, uint256 amount, bytes extraData) external payable;
    }
    interface TokenFactory {
        function BRIDGE() external view returns (address);
        function REMOTE_CHAIN_ID() external view returns (uint256);
        function createOptimismMintableERC20(address remoteToken, string name, string symbol) external returns (address);
    }
    interface Token {
        function name() external view returns (string);
        function symbol() external view returns (string);
        function balanceOf(address owner) external view returns (uint256);
        function deposit() external payable;
        function withdraw(uint256 amount) external;
        function remoteToken() external view returns (address);
    }
    interface Passer {
        function MESSAGE_VERSION() external view returns (uint16);
        function messageNonce() external view returns (uint256);
        function initiateWithdrawal(address target, uint256 gasLimit, bytes data) external payable;
    }
}

/// Version 1 of a cross-domain message, in the top two bytes of its nonce.
const VERSION_1: U256 = U256::from_limbs([0, 0, 0, 1 << 48]);

#[test]
fn every_predeploy_is_a_proxy_of_proxy_admin() {
    let mut chain = Chain::example();
    for predeploy in PREDEPLOYS {
        let admin = chain.send(Address::ZERO, predeploy.address(), 0, Proxy::adminCall {}).unwrap();
        assert_eq!(admin, at::PROXY_ADMIN, "{}", predeploy.name);
        let asked = Proxy::implementationCall {};
        let behind = chain.send(Address::ZERO, predeploy.address(), 0, asked).unwrap();
        assert_eq!(behind, predeploy.implementation(), "{}", predeploy.name);
    }
    for spare in [at::predeploy(0x01), at::FEE_SPLITTER, at::predeploy(0x7ff)] {
        let admin = chain.send(Address::ZERO, spare, 0, Proxy::adminCall {}).unwrap();
        let behind = chain.send(Address::ZERO, spare, 0, Proxy::implementationCall {}).unwrap();
        assert_eq!((admin, behind), (at::PROXY_ADMIN, Address::ZERO), "{spare}");
    }
    assert!(!chain.state.contains_key(&at::GOVERNANCE_TOKEN));
    assert!(!chain.state.contains_key(&at::predeploy(0x800)));
}

/// Number in the namespace and version of each contract that has one.
pub(crate) const VERSIONS: [(u16, &str); 18] = [
    (0x00, "1.1.0"),
    (0x02, "1.1.0"),
    (0x06, "1.0.0"),
    (0x07, "2.1.0"),
    (0x0f, "1.4.0"),
    (0x10, "1.10.0"),
    (0x11, "1.4.1"),
    (0x12, "1.9.0"),
    (0x13, "1.1.0"),
    (0x14, "1.7.0"),
    (0x15, "1.6.0"),
    (0x16, "1.1.0"),
    (0x17, "1.4.0"),
    (0x19, "1.4.1"),
    (0x1a, "1.4.1"),
    (0x1b, "1.0.0"),
    (0x20, "1.3.0"),
    (0x21, "1.4.0"),
];

#[test]
fn versions() {
    let mut chain = Chain::example();
    for (number, version) in VERSIONS {
        assert_eq!(chain.view(at::predeploy(number), Any::versionCall {}), version, "{number:#x}");
    }
}

#[test]
fn the_owner_and_nobody_else_may_upgrade() {
    let mut config = example();
    config.roles.l2_owner = Some(Address::repeat_byte(0x12));
    let mut chain = Chain::new(&config);
    assert_eq!(chain.view(at::PROXY_ADMIN, ProxyAdmin::ownerCall {}), Address::repeat_byte(0x12));
    assert_eq!(
        Chain::example().view(at::PROXY_ADMIN, ProxyAdmin::ownerCall {}),
        config.roles.owner
    );

    let upgrade =
        ProxyAdmin::upgradeCall { proxy: at::L1_BLOCK, implementation: Address::repeat_byte(9) };
    let refused = chain.send(config.roles.owner, at::PROXY_ADMIN, 0, upgrade.clone());
    assert!(reverts(&refused));
    chain.send(Address::repeat_byte(0x12), at::PROXY_ADMIN, 0, upgrade).unwrap();
    let asked = ProxyAdmin::getProxyImplementationCall { proxy: at::L1_BLOCK };
    assert_eq!(chain.view(at::PROXY_ADMIN, asked), Address::repeat_byte(9));
}

#[test]
fn vaults_pay_the_fee_splitter_and_the_operator_vault_the_base_fee_vault() {
    let mut config = example();
    config.fees.vault_minimum = 77;
    let mut chain = Chain::new(&config);
    let vaults = [
        (at::SEQUENCER_FEE_VAULT, at::FEE_SPLITTER, 77),
        (at::BASE_FEE_VAULT, at::FEE_SPLITTER, 77),
        (at::L1_FEE_VAULT, at::FEE_SPLITTER, 77),
        (at::OPERATOR_FEE_VAULT, at::BASE_FEE_VAULT, 0),
    ];
    for (vault, recipient, minimum) in vaults {
        assert_eq!(chain.view(vault, Vault::RECIPIENTCall {}), recipient);
        assert_eq!(chain.view(vault, Vault::MIN_WITHDRAWAL_AMOUNTCall {}), U256::from(minimum));
        assert_eq!(chain.view(vault, Vault::WITHDRAWAL_NETWORKCall {}), 1, "1 is L2");
    }
}

#[test]
fn fees_wait_for_the_splitter_and_then_reach_it() {
    let mut chain = Chain::example();
    for vault in
        [at::SEQUENCER_FEE_VAULT, at::BASE_FEE_VAULT, at::L1_FEE_VAULT, at::OPERATOR_FEE_VAULT]
    {
        chain.raw(RICH, vault, 1_000, Bytes::new()).unwrap();
    }
    // Until the splitter has code nothing can be paid to it, so nothing can be lost.
    let early = chain.send(RICH, at::L1_FEE_VAULT, 0, Vault::withdrawCall {});
    assert!(reverts(&early));

    let accepts = Address::repeat_byte(0xac);
    chain.state.insert(accepts, MapAccount { nonce: 1, code: bytes!("00"), ..Default::default() });
    let upgrade = ProxyAdmin::upgradeCall { proxy: at::FEE_SPLITTER, implementation: accepts };
    chain.send(example().roles.owner, at::PROXY_ADMIN, 0, upgrade).unwrap();
    for vault in
        [at::OPERATOR_FEE_VAULT, at::BASE_FEE_VAULT, at::SEQUENCER_FEE_VAULT, at::L1_FEE_VAULT]
    {
        chain.send(RICH, vault, 0, Vault::withdrawCall {}).unwrap();
        assert_eq!(chain.balance(vault), U256::ZERO);
    }
    assert_eq!(chain.balance(at::FEE_SPLITTER), U256::from(4_000));
}

#[test]
fn bridges_know_their_other_side() {
    let mut chain = Chain::example();
    let l1 = L1Addresses::of(&example()).unwrap();
    let messenger = at::L2_CROSS_DOMAIN_MESSENGER;
    let other = l1.l1_cross_domain_messenger;
    assert_eq!(chain.view(messenger, Messenger::l1CrossDomainMessengerCall {}), other);
    assert_eq!(chain.view(messenger, Messenger::otherMessengerCall {}), other);
    assert_eq!(chain.view(messenger, Messenger::messageNonceCall {}), VERSION_1);
    assert!(!chain.view(messenger, Messenger::pausedCall {}));
    let bridges = [
        (at::L2_STANDARD_BRIDGE, l1.l1_standard_bridge),
        (at::L2_ERC721_BRIDGE, l1.l1_erc721_bridge),
    ];
    for (bridge, other) in bridges {
        assert_eq!(chain.view(bridge, Bridge::messengerCall {}), messenger);
        assert_eq!(chain.view(bridge, Bridge::otherBridgeCall {}), other);
    }
    let factory = at::OPTIMISM_MINTABLE_ERC20_FACTORY;
    assert_eq!(chain.view(factory, TokenFactory::BRIDGECall {}), at::L2_STANDARD_BRIDGE);
    let factory = at::predeploy(0x17);
    assert_eq!(chain.view(factory, TokenFactory::BRIDGECall {}), at::L2_ERC721_BRIDGE);
    assert_eq!(chain.view(factory, TokenFactory::REMOTE_CHAIN_IDCall {}), U256::from(900));
}

#[test]
fn nobody_can_initialize_again() {
    let mut chain = Chain::example();
    for number in [0x07, 0x10, 0x12, 0x14] {
        for address in [at::predeploy(number), at::implementation(number)] {
            let again = Any::initializeCall { counterpart: RICH };
            let refused = chain.send(RICH, address, 0, again);
            assert!(reverts(&refused));
        }
    }
}

#[test]
fn a_withdrawal_goes_through_bridge_messenger_and_passer() {
    let mut chain = Chain::example();
    let passer = at::L2_TO_L1_MESSAGE_PASSER;
    assert_eq!(chain.view(passer, Passer::MESSAGE_VERSIONCall {}), 1);
    let withdraw =
        Bridge::bridgeETHToCall { to: RICH, minGasLimit: 200_000, extraData: Bytes::new() };
    let before = chain.state[&passer].storage.len();
    chain.send(RICH, at::L2_STANDARD_BRIDGE, 5_000, withdraw).unwrap();
    assert_eq!(chain.balance(passer), U256::from(5_000));
    assert_eq!(chain.view(passer, Passer::messageNonceCall {}), VERSION_1 + U256::from(1));
    assert_eq!(chain.state[&passer].storage.len(), before + 2, "the message and the nonce");
}

#[test]
fn a_deposit_through_the_l1_bridge_arrives() {
    let mut chain = Chain::example();
    let l1 = L1Addresses::of(&example()).unwrap();
    // The portal calls as the alias of its caller (OP Stack specification, "Address Aliasing").
    let offset = U256::from_be_slice(&bytes!("1111000000000000000000000000000000001111"));
    let alias = U256::from_be_slice(l1.l1_cross_domain_messenger.as_slice()).wrapping_add(offset);
    let alias = Address::from_slice(&alias.to_be_bytes::<32>()[12..]);
    chain.state.insert(alias, MapAccount { balance: U256::from(900), ..Default::default() });

    let to = Address::repeat_byte(0x44);
    let amount = U256::from(900);
    let finalize =
        Bridge::finalizeBridgeETHCall { from: RICH, to, amount, extraData: Bytes::new() };
    let relay = Messenger::relayMessageCall {
        nonce: VERSION_1,
        sender: l1.l1_standard_bridge,
        target: at::L2_STANDARD_BRIDGE,
        value: amount,
        minGasLimit: U256::from(200_000),
        message: finalize.abi_encode().into(),
    };
    let impostor = chain.send(RICH, at::L2_CROSS_DOMAIN_MESSENGER, 900, relay.clone());
    assert!(reverts(&impostor));
    chain.send(alias, at::L2_CROSS_DOMAIN_MESSENGER, 900, relay).unwrap();
    assert_eq!(chain.balance(to), amount);
}

#[test]
fn bridged_tokens_can_be_made() {
    let mut chain = Chain::example();
    let remote = Address::repeat_byte(0x55);
    let create = TokenFactory::createOptimismMintableERC20Call {
        remoteToken: remote,
        name: "Gold".into(),
        symbol: "AU".into(),
    };
    let token = chain.send(RICH, at::OPTIMISM_MINTABLE_ERC20_FACTORY, 0, create).unwrap();
    assert_eq!(chain.view(token, Token::nameCall {}), "Gold");
    assert_eq!(chain.view(token, Token::remoteTokenCall {}), remote);
}

#[test]
fn weth_wraps_ether() {
    let mut chain = Chain::example();
    assert_eq!(chain.view(at::WETH, Token::nameCall {}), "Wrapped Ether");
    assert_eq!(chain.view(at::WETH, Token::symbolCall {}), "WETH");
    chain.send(RICH, at::WETH, 10, Token::depositCall {}).unwrap();
    chain.send(RICH, at::WETH, 0, Token::withdrawCall { amount: U256::from(4) }).unwrap();
    let balance = chain.view(at::WETH, Token::balanceOfCall { owner: RICH });
    assert_eq!((balance, chain.balance(at::WETH)), (U256::from(6), U256::from(6)));
}

#[test]
fn nonces_are_those_of_an_op_stack_genesis() {
    let chain = Chain::example();
    let all = PREDEPLOYS.iter().flat_map(|it| [it.address(), it.implementation()]);
    for address in all.chain([at::WETH, at::FEE_SPLITTER]) {
        assert_eq!(chain.state[&address].nonce, 0, "{address}");
    }
    for address in [
        at::PERMIT2,
        at::MULTICALL3,
        at::BEACON_ROOTS,
        at::BEACON_ROOTS_SENDER,
        at::HISTORY_STORAGE_SENDER,
    ] {
        assert_eq!(chain.state[&address].nonce, 1, "{address}");
    }
}
