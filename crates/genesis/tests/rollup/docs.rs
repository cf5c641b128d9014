//! `docs/genesis.md` says what is.

use crate::chain::example;
use alloy_primitives::Address;
use seam_genesis::{
    addresses::{self as at, PREDEPLOYS},
    l1::PROXIES,
};
use std::{fs, path::Path};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/genesis.md");
    fs::read_to_string(path).unwrap()
}

#[test]
fn every_key_is_documented() {
    let mut config = example();
    config.roles.l2_owner = Some(Address::ZERO);
    config.l1.blob_schedule = Some(Vec::new());
    let page = page();
    let table = toml::Table::try_from(&config).unwrap();
    for (section, keys) in table.iter().filter(|(section, _)| *section != "prefund") {
        for key in keys.as_table().unwrap().keys() {
            assert!(page.contains(&format!("| `{section}.{key}` |")), "{section}.{key}");
        }
    }
}

#[test]
fn every_contract_is_documented_with_its_address() {
    let page = page();
    for predeploy in PREDEPLOYS {
        let row = format!("| `0x42…{:02x}` | {} |", predeploy.number, predeploy.name);
        assert!(page.contains(&row), "{row}");
    }
    for name in PROXIES {
        assert!(page.contains(&format!("| {name} |")), "{name}");
    }
    let preinstalls = [
        at::BEACON_ROOTS,
        at::HISTORY_STORAGE,
        at::CREATE2_PROXY,
        at::SAFE_SINGLETON_FACTORY,
        at::MULTICALL3,
        at::CREATE2_DEPLOYER,
        at::PERMIT2,
        at::SAFE,
        at::SAFE_L2,
        at::MULTI_SEND,
        at::MULTI_SEND_CALL_ONLY,
        at::ENTRY_POINT_0_6,
        at::ENTRY_POINT_0_7,
        at::ENTRY_POINT_0_8,
        at::ENTRY_POINT_0_6.create(1),
        at::ENTRY_POINT_0_7.create(1),
        at::ENTRY_POINT_0_8.create(1),
    ];
    for address in preinstalls {
        assert!(page.contains(&format!("| `{address}` |")), "{address}");
    }
}

/// The versions themselves are asked of the contracts in `predeploys`.
#[test]
fn versions_are_those_that_the_contracts_give() {
    let page = page();
    for (number, version) in crate::predeploys::VERSIONS {
        let row = format!("| `0x42…{number:02x}` |");
        let line = page.lines().find(|line| line.starts_with(&row)).unwrap();
        assert!(line.contains(&format!("| {version} |")), "{line}");
    }
}
