//! The L1 addresses are fixed, and are what a deployment through the proxy gives.

use crate::chain::{Chain, example};
use alloy_primitives::{Address, B256, address};
use alloy_sol_types::sol;
use seam_genesis::{L1Addresses, addresses::CREATE2_PROXY, l1_deployments};

sol! {
    interface Ownable {
        function owner() external view returns (address);
    }
    interface Proxy {
        function admin() external returns (address);
    }
}

/// Of `config/example.toml`. A change here moves every rollup that is not deployed yet.
#[test]
fn golden_addresses() {
    let golden = L1Addresses {
        proxy_admin: address!("0x03f7279e595180468c36d1bdefbb8980ecd0cc47"),
        superchain_config: address!("0x89fca43260ac400886f3ff6e65eab9fdf56552b9"),
        system_config: address!("0x6c0bc7d165a26175c23406996f21fb392410f65d"),
        optimism_portal: address!("0x2b2e37411333cdf0ac4b344156642576de0b70e5"),
        l1_cross_domain_messenger: address!("0x977a2f4d738edd0e4f4bf6a6cd8e2388256fd92b"),
        l1_standard_bridge: address!("0xf47253c42ca6ae6f12178354ef0d9668ad7ff5e9"),
        l1_erc721_bridge: address!("0xf42b5a11b025750e5ccf0fbb4f4f5b7fc02b299d"),
        optimism_mintable_erc20_factory: address!("0xb85f790351f5ba9240ca3d81e309a63d7d1535e8"),
        dispute_game_factory: address!("0x46f0d959ba896362eb0e531199af0908ba560e9e"),
        anchor_state_registry: address!("0xfd7e17134bd2dfc7ca7039b7fa31d5f49a82105c"),
    };
    assert_eq!(L1Addresses::of(&example()).unwrap(), golden);
}

/// Sends every deployment through the real proxy's code, in the documented order.
#[test]
fn deployments_land_at_their_addresses_and_belong_to_the_owner() {
    let config = example();
    let deployments = l1_deployments(&config).unwrap();
    // The genesis state of the rollup stands in for an L1: it has the deployment proxy.
    let mut l1 = Chain::new(&config);
    for deployment in &deployments {
        assert!(!l1.state.contains_key(&deployment.address));
        let input = [deployment.salt.as_slice(), &deployment.init_code].concat();
        let made = l1.raw(Address::repeat_byte(7), CREATE2_PROXY, 0, input.into()).unwrap();
        assert_eq!(Address::from_slice(&made), deployment.address, "{}", deployment.name);
    }
    let addresses = L1Addresses::of(&config).unwrap();
    assert_eq!(l1.view(addresses.proxy_admin, Ownable::ownerCall {}), config.roles.owner);
    for deployment in &deployments[1..] {
        // Only its admin, or an `eth_call` from nobody, may ask a proxy who its admin is.
        let admin = l1.send(Address::ZERO, deployment.address, 0, Proxy::adminCall {}).unwrap();
        assert_eq!(admin, addresses.proxy_admin, "{}", deployment.name);
    }
    let named = [
        addresses.proxy_admin,
        addresses.superchain_config,
        addresses.system_config,
        addresses.optimism_portal,
        addresses.l1_cross_domain_messenger,
        addresses.l1_standard_bridge,
        addresses.l1_erc721_bridge,
        addresses.optimism_mintable_erc20_factory,
        addresses.dispute_game_factory,
        addresses.anchor_state_registry,
    ];
    assert_eq!(deployments.iter().map(|it| it.address).collect::<Vec<_>>(), named);
}

#[test]
fn salt_chain_id_and_owner_move_every_address() {
    let base = example();
    let mut salted = base.clone();
    salted.genesis.salt = B256::repeat_byte(1);
    let mut sibling = base.clone();
    sibling.l2.chain_id += 1;
    let mut sold = base.clone();
    sold.roles.owner = Address::repeat_byte(0x77);
    let addresses = |config| -> Vec<Address> {
        l1_deployments(config).unwrap().iter().map(|it| it.address).collect()
    };
    let mut all: Vec<_> =
        [&base, &salted, &sibling, &sold].into_iter().flat_map(addresses).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 40);
}
