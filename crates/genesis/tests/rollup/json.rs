//! The `genesis.json`.

use crate::chain::{RICH, example};
use alloy_genesis::Genesis;
use alloy_primitives::{B256, U256, b256, bytes, keccak256};
use alloy_trie::root::state_root_unhashed;
use seam_genesis::{
    ChainGenesis, RollupConfig, addresses::L2_TO_L1_MESSAGE_PASSER, config::EXAMPLE,
    rollup_genesis_json,
};
use serde_json::json;

#[test]
fn the_same_text_gives_the_same_bytes() {
    let make = || {
        let config = RollupConfig::from_toml(EXAMPLE).unwrap();
        serde_json::to_vec(&rollup_genesis_json(&config).unwrap()).unwrap()
    };
    assert_eq!(keccak256(make()), keccak256(make()));
}

#[test]
fn it_survives_being_written_and_read() {
    let genesis = rollup_genesis_json(&example()).unwrap();
    let text = serde_json::to_string(&genesis).unwrap();
    assert_eq!(serde_json::from_str::<Genesis>(&text).unwrap(), genesis);
}

#[test]
fn every_fork_up_to_isthmus_is_active_from_the_start() {
    let mut config = example();
    (config.l2.eip1559_denominator, config.l2.eip1559_elasticity) = (50, 10);
    let genesis = serde_json::to_value(rollup_genesis_json(&config).unwrap()).unwrap();
    let chain = &genesis["config"];
    let forks = [
        "londonBlock",
        "mergeNetsplitBlock",
        "shanghaiTime",
        "cancunTime",
        "pragueTime",
        "bedrockBlock",
        "regolithTime",
        "canyonTime",
        "ecotoneTime",
        "fjordTime",
        "graniteTime",
        "holoceneTime",
        "isthmusTime",
    ];
    for fork in forks {
        assert_eq!(chain[fork], json!(0), "{fork}");
    }
    for absent in ["osakaTime", "jovianTime", "interopTime"] {
        assert!(chain.get(absent).is_none(), "{absent}");
    }
    assert_eq!(chain["chainId"], json!(901));
    let optimism =
        json!({"eip1559Elasticity": 10, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 50});
    assert_eq!(chain["optimism"], optimism);
}

#[test]
fn the_header_has_what_rule_c7_says() {
    let genesis = rollup_genesis_json(&example()).unwrap();
    assert_eq!(
        genesis.extra_data,
        bytes!("00000000fa00000006"),
        "version, denominator, elasticity"
    );
    assert_eq!((genesis.excess_blob_gas, genesis.blob_gas_used), (Some(0), Some(0)));
    assert_eq!((genesis.timestamp, genesis.number), (1_700_000_000, Some(0)));
    assert_eq!((genesis.gas_limit, genesis.base_fee_per_gas), (30_000_000, Some(1_000_000_000)));
    assert!(genesis.mix_hash.is_zero() && genesis.difficulty.is_zero() && genesis.nonce == 0);
}

#[test]
fn there_is_no_ether_but_the_prefunded() {
    let mut genesis = rollup_genesis_json(&example()).unwrap();
    let rich = genesis.alloc.remove(&RICH).unwrap();
    assert_eq!(rich.balance, U256::from(10_000) * U256::from(10u128.pow(18)));
    assert!(genesis.alloc.values().all(|account| account.balance.is_zero()));
}

/// The roots come from `alloy-trie`, which shares no code with the trie that seals the block.
#[test]
fn the_sealed_block_commits_to_this_state() {
    let genesis = rollup_genesis_json(&example()).unwrap();
    let header = ChainGenesis::from_genesis(&genesis).unwrap().sealed.header;
    let account = |address| genesis.alloc[address].clone().into_trie_account();
    let accounts = genesis.alloc.keys().map(|address| (*address, account(address)));
    assert_eq!(header.state_root, state_root_unhashed(accounts));
    let passer = account(&L2_TO_L1_MESSAGE_PASSER).storage_root;
    assert_eq!(header.withdrawals_root, Some(passer));
    // sha256 of nothing (EIP-7685).
    let no_requests = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(header.requests_hash, Some(no_requests));
    assert_eq!(header.parent_beacon_block_root, Some(B256::ZERO));
    assert_eq!(header.extra_data, genesis.extra_data);
}

/// Of `config/example.toml`. Another value means that every rollup has another genesis.
#[test]
fn golden_genesis_hash() {
    let genesis = rollup_genesis_json(&example()).unwrap();
    let header = ChainGenesis::from_genesis(&genesis).unwrap().sealed.header;
    let golden = b256!("3e35c61f1cc117e2aadcb264108d262bbb535793f53c231b1e8574398da1341b");
    assert_eq!(header.hash_slow(), golden);
}
