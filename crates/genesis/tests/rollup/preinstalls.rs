//! The preinstalls are the contracts that other chains have, and their constructors have run.

use crate::chain::{Chain, RICH, example, reverts};
use alloy_primitives::{Address, B256, Bytes, U256, b256, bytes, keccak256};
use alloy_sol_types::{SolValue, sol};
use seam_genesis::{
    addresses::{self as at, CREATE2_PROXY, SAFE_SINGLETON_FACTORY},
    artifacts,
};

sol! {
    interface Permit2 {
        function DOMAIN_SEPARATOR() external view returns (bytes32);
    }
    interface Safe {
        function getThreshold() external view returns (uint256);
        function VERSION() external view returns (string);
        function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver) external;
    }
    struct Call {
        address target;
        bytes callData;
    }
    interface Multicall3 {
        function aggregate(Call[] calls) external payable returns (uint256 blockNumber, bytes[] returnData);
        function getChainId() external view returns (uint256);
    }
    interface Create2Deployer {
        function computeAddress(bytes32 salt, bytes32 codeHash) external view returns (address);
    }
    interface EntryPoint {
        function balanceOf(address account) external view returns (uint256);
        function depositTo(address account) external payable;
        function senderCreator() external view returns (address);
    }
}

/// Creation code whose CREATE2 address is the contract's own on every chain cannot be another.
#[test]
fn creation_codes_are_proven_by_their_addresses() {
    let json = |file: artifacts::File| file.artifact().unwrap().creation;
    let permit2 = artifacts::permit2_creation().unwrap();
    let cases = [
        (
            at::PERMIT2,
            CREATE2_PROXY,
            b256!("0000000000000000000000000000000000000000d3af2663da51c10215000000"),
            permit2,
        ),
        (at::SAFE, SAFE_SINGLETON_FACTORY, B256::ZERO, json(artifacts::SAFE)),
        (at::SAFE_L2, SAFE_SINGLETON_FACTORY, B256::ZERO, json(artifacts::SAFE_L2)),
        (at::MULTI_SEND, SAFE_SINGLETON_FACTORY, B256::ZERO, json(artifacts::MULTI_SEND)),
        (
            at::MULTI_SEND_CALL_ONLY,
            SAFE_SINGLETON_FACTORY,
            B256::ZERO,
            json(artifacts::MULTI_SEND_CALL_ONLY),
        ),
        (at::ENTRY_POINT_0_6, CREATE2_PROXY, B256::ZERO, json(artifacts::ENTRY_POINT_0_6)),
        (
            at::ENTRY_POINT_0_7,
            CREATE2_PROXY,
            b256!("90d8084deab30c2a37c45e8d47f49f2f7965183cb6990a98943ef94940681de3"),
            json(artifacts::ENTRY_POINT_0_7),
        ),
        (
            at::ENTRY_POINT_0_8,
            CREATE2_PROXY,
            b256!("0a59dbff790c23c976a548690c27297883cc66b4c67024f9117b0238995e35e9"),
            json(artifacts::ENTRY_POINT_0_8),
        ),
    ];
    let wrong: Vec<_> = cases
        .iter()
        .map(|(address, factory, salt, code)| (*address, factory.create2_from_code(salt, code)))
        .filter(|(address, computed)| address != computed)
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn permit2_signs_for_this_chain() {
    let mut config = example();
    config.l2.chain_id = 4_242;
    let mut chain = Chain::new(&config);
    let kind = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    let domain = (kind, keccak256("Permit2"), U256::from(4_242), at::PERMIT2).abi_encode();
    assert_eq!(chain.view(at::PERMIT2, Permit2::DOMAIN_SEPARATORCall {}), keccak256(domain));
}

/// The OP Stack's genesis leaves the threshold at 0, so that anyone may take the singleton over.
#[test]
fn the_safe_singletons_belong_to_nobody() {
    let mut chain = Chain::example();
    for singleton in [at::SAFE, at::SAFE_L2] {
        assert_eq!(chain.view(singleton, Safe::VERSIONCall {}), "1.3.0");
        assert_eq!(chain.view(singleton, Safe::getThresholdCall {}), U256::from(1));
        let setup = Safe::setupCall {
            owners: vec![RICH],
            threshold: U256::from(1),
            to: Address::ZERO,
            data: Bytes::new(),
            fallbackHandler: Address::ZERO,
            paymentToken: Address::ZERO,
            payment: U256::ZERO,
            paymentReceiver: Address::ZERO,
        };
        let refused = chain.send(RICH, singleton, 0, setup);
        assert!(reverts(&refused));
    }
}

#[test]
fn both_create2_proxies_deploy() {
    let mut chain = Chain::example();
    // Returns the one byte STOP as runtime code.
    let init_code = bytes!("60015ff3");
    let salt = B256::repeat_byte(3);
    for proxy in [CREATE2_PROXY, SAFE_SINGLETON_FACTORY] {
        let input = [salt.as_slice(), &init_code].concat();
        let made = chain.raw(RICH, proxy, 0, input.into()).unwrap();
        let expected = proxy.create2_from_code(salt, &init_code);
        assert_eq!(Address::from_slice(&made), expected);
        assert_eq!(chain.state[&expected].code, bytes!("00"));
    }
    let asked = Create2Deployer::computeAddressCall { salt, codeHash: keccak256(&init_code) };
    let computed = chain.view(at::CREATE2_DEPLOYER, asked);
    assert_eq!(computed, at::CREATE2_DEPLOYER.create2_from_code(salt, &init_code));
}

#[test]
fn multicall3_calls() {
    use alloy_sol_types::SolCall;
    let mut chain = Chain::example();
    let call = Call {
        target: at::MULTICALL3,
        callData: Multicall3::getChainIdCall {}.abi_encode().into(),
    };
    let output = chain.view(at::MULTICALL3, Multicall3::aggregateCall { calls: vec![call] });
    assert_eq!(U256::from_be_slice(&output.returnData[0]), U256::from(901));
}

#[test]
fn entry_points_have_their_sender_creators_and_take_deposits() {
    let mut chain = Chain::example();
    for entry_point in [at::ENTRY_POINT_0_6, at::ENTRY_POINT_0_7, at::ENTRY_POINT_0_8] {
        assert!(!chain.state[&entry_point.create(1)].code.is_empty());
        let deposit = EntryPoint::depositToCall { account: RICH };
        chain.send(RICH, entry_point, 30, deposit).unwrap();
        let asked = EntryPoint::balanceOfCall { account: RICH };
        assert_eq!(chain.view(entry_point, asked), U256::from(30));
    }
    let creator = chain.view(at::ENTRY_POINT_0_8, EntryPoint::senderCreatorCall {});
    assert_eq!(creator, at::ENTRY_POINT_0_8.create(1));
}

/// EIP-4788 and EIP-2935: the system writes, anyone reads.
#[test]
fn system_contracts_remember() {
    let mut chain = Chain::example();
    let system = Address::new([
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xfe,
    ]);
    let root = B256::repeat_byte(0x42);
    chain.raw(system, at::BEACON_ROOTS, 0, root.into()).unwrap();
    let time = U256::from(example().genesis.time + 1).to_be_bytes::<32>();
    let read = chain.raw(RICH, at::BEACON_ROOTS, 0, time.into()).unwrap();
    assert_eq!(B256::from_slice(&read), root);

    chain.raw(system, at::HISTORY_STORAGE, 0, root.into()).unwrap();
    let read =
        chain.raw(RICH, at::HISTORY_STORAGE, 0, U256::ZERO.to_be_bytes::<32>().into()).unwrap();
    assert_eq!(B256::from_slice(&read), root);
}
