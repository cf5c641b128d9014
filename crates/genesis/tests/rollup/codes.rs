//! Every code hash: a committed table, and hashes that others have published.

use crate::chain::example;
use alloy_primitives::{Address, B256, b256, keccak256};
use seam_genesis::{
    addresses::{self as at, PREDEPLOYS},
    rollup_alloc,
};
use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

const TABLE: &str = "../../testdata/rollup-genesis-code-hashes.txt";
const HEAD: &str = "\
# Code hash, address and name of every contract in the rollup genesis that `config/example.toml`
# of crates/genesis makes. Write it anew with: SEAM_UPDATE_TESTDATA=1 cargo test -p seam-genesis
";

/// Contracts with code that are not proxies.
fn named() -> BTreeMap<Address, String> {
    let behind = PREDEPLOYS.iter().map(|it| (it.implementation(), it.name.to_owned()));
    let others = [
        (at::WETH, "WETH"),
        (at::BEACON_ROOTS, "BeaconBlockRoots"),
        (at::HISTORY_STORAGE, "HistoryStorage"),
        (at::CREATE2_PROXY, "DeterministicDeploymentProxy"),
        (at::SAFE_SINGLETON_FACTORY, "SafeSingletonFactory"),
        (at::MULTICALL3, "Multicall3"),
        (at::CREATE2_DEPLOYER, "Create2Deployer"),
        (at::PERMIT2, "Permit2"),
        (at::SAFE, "Safe 1.3.0"),
        (at::SAFE_L2, "SafeL2 1.3.0"),
        (at::MULTI_SEND, "MultiSend 1.3.0"),
        (at::MULTI_SEND_CALL_ONLY, "MultiSendCallOnly 1.3.0"),
        (at::ENTRY_POINT_0_6, "EntryPoint 0.6"),
        (at::ENTRY_POINT_0_6.create(1), "SenderCreator 0.6"),
        (at::ENTRY_POINT_0_7, "EntryPoint 0.7"),
        (at::ENTRY_POINT_0_7.create(1), "SenderCreator 0.7"),
        (at::ENTRY_POINT_0_8, "EntryPoint 0.8"),
        (at::ENTRY_POINT_0_8.create(1), "SenderCreator 0.8"),
    ];
    behind.chain(others.map(|(address, name)| (address, name.to_owned()))).collect()
}

fn code_hashes() -> BTreeMap<Address, B256> {
    let alloc = rollup_alloc(&example()).unwrap();
    let codes = alloc.iter().filter_map(|(address, it)| Some((*address, it.code.as_ref()?)));
    codes.map(|(address, code)| (address, keccak256(code))).collect()
}

#[test]
fn every_code_hash_is_in_the_committed_table() {
    let hashes = code_hashes();
    let mut names = named();
    let proxy = hashes[&at::FEE_SPLITTER];
    let proxies: Vec<_> = hashes.iter().filter(|(_, hash)| **hash == proxy).collect();
    assert_eq!(proxies.len(), 2046);
    let mut table = format!("{HEAD}{proxy} 0x4200…0000 to …07ff Proxy (2046 of them)\n");
    for (address, hash) in hashes.iter().filter(|(_, hash)| **hash != proxy) {
        let name = names.remove(address).unwrap_or_else(|| panic!("{address} has no name"));
        writeln!(table, "{hash} {address} {name}").unwrap();
    }
    assert!(names.is_empty(), "without code: {names:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    if std::env::var_os("SEAM_UPDATE_TESTDATA").is_some() {
        fs::write(&path, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), table);
}

/// Hashes that others publish, so that the table is not only equal to itself.
#[test]
fn code_hashes_are_those_of_other_chains() {
    let published = [
        // OP Stack specification, Isthmus, network upgrade transactions; op-geth and kona check them.
        (
            at::implementation(0x15),
            b256!("8e3fe7a416d3e5f3b7be74ddd4e7e58e516fa3f80b67c6d930e3cd7297da4a4b"),
        ),
        (
            at::implementation(0x0f),
            b256!("4d195a9d7caf9fb6d4beaf80de252c626c853afd5868c4f4f8d19c9d301c2679"),
        ),
        (
            at::implementation(0x1b),
            b256!("57dc55c9c09ca456fa728f253fe7b895d3e6aae0706104935fe87c7721001971"),
        ),
        // EIP-2935 and EIP-4788 as deployed on Ethereum.
        (
            at::HISTORY_STORAGE,
            b256!("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d"),
        ),
        (
            at::BEACON_ROOTS,
            b256!("f57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c"),
        ),
        // The Canyon fork's Create2Deployer, as op-geth and alloy-op-evm set it.
        (
            at::CREATE2_DEPLOYER,
            b256!("b0550b5b431e30d38000efb7107aaa0ade03d48a7198a140edda9d27134468b2"),
        ),
        // EXTCODEHASH on Ethereum.
        (at::MULTICALL3, b256!("d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891")),
        (
            at::ENTRY_POINT_0_6,
            b256!("c93c806e738300b5357ecdc2e971d6438d34d8e4e17b99b758b1f9cac91c8e70"),
        ),
        (at::SAFE, b256!("bba688fbdb21ad2bb58bc320638b43d94e7d100f6f3ebaab0a4e4de6304b1c2e")),
        (at::SAFE_L2, b256!("21842597390c4c6e3c1239e434a682b054bd9548eee5e9b1d6a4482731023c0f")),
        (
            at::MULTI_SEND_CALL_ONLY,
            b256!("a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad"),
        ),
    ];
    let hashes = code_hashes();
    let wrong: Vec<_> = published.iter().filter(|(at, hash)| hashes[at] != *hash).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The constructors of these set no immutables, so what they return is what the compiler wrote as
/// runtime code; for the others only the immutables' bytes may differ.
#[test]
fn constructors_return_the_compiled_runtime_code() {
    use seam_genesis::artifacts as files;
    let alloc = rollup_alloc(&example()).unwrap();
    let compiled = [
        (at::FEE_SPLITTER, files::PROXY, true),
        (at::implementation(0x18), files::PROXY_ADMIN, true),
        (at::implementation(0x00), files::LEGACY_MESSAGE_PASSER, true),
        (at::implementation(0x02), files::DEPLOYER_WHITELIST, true),
        (at::implementation(0x07), files::L2_CROSS_DOMAIN_MESSENGER, true),
        (at::implementation(0x10), files::L2_STANDARD_BRIDGE, true),
        (at::implementation(0x11), files::SEQUENCER_FEE_VAULT, false),
        (at::implementation(0x12), files::OPTIMISM_MINTABLE_ERC20_FACTORY, true),
        (at::implementation(0x13), files::L1_BLOCK_NUMBER, true),
        (at::implementation(0x14), files::L2_ERC721_BRIDGE, true),
        (at::implementation(0x16), files::L2_TO_L1_MESSAGE_PASSER, true),
        (at::implementation(0x17), files::OPTIMISM_MINTABLE_ERC721_FACTORY, false),
        (at::implementation(0x19), files::BASE_FEE_VAULT, false),
        (at::implementation(0x1a), files::L1_FEE_VAULT, false),
        (at::implementation(0x20), files::SCHEMA_REGISTRY, true),
        (at::implementation(0x21), files::EAS, false),
        (at::WETH, files::WETH, true),
        (at::SAFE, files::SAFE, true),
        (at::SAFE_L2, files::SAFE_L2, true),
        (at::MULTI_SEND, files::MULTI_SEND, false),
        (at::MULTI_SEND_CALL_ONLY, files::MULTI_SEND_CALL_ONLY, true),
        (at::ENTRY_POINT_0_6, files::ENTRY_POINT_0_6, false),
        (at::ENTRY_POINT_0_7, files::ENTRY_POINT_0_7, false),
        (at::ENTRY_POINT_0_8, files::ENTRY_POINT_0_8, false),
    ];
    for (address, file, whole) in compiled {
        let made = alloc[&address].code.clone().unwrap();
        let runtime = file.artifact().unwrap().runtime;
        assert_eq!(made.len(), runtime.len(), "{}", file.name);
        let differ = |(made, runtime): (&u8, &u8)| made != runtime && *runtime != 0;
        assert!(!made.iter().zip(runtime.iter()).any(differ), "{}", file.name);
        assert_eq!(made == runtime, whole, "{}", file.name);
    }
}
