#![allow(clippy::unwrap_used)]
use super::*;
use seam_primitives::{Activation, BlobRules, Fork, OpFork};
use serde_json::{Value, json};

fn genesis(config: &Value) -> String {
    json!({
        "config": config, "nonce": "0x42", "timestamp": "0x0", "gasLimit": "0x1388",
        "difficulty": "0x400000000", "extraData": "0x11",
        "mixHash": "0x0000000000000000000000000000000000000000000000000000000000000000",
        "coinbase": "0x0000000000000000000000000000000000000000", "alloc": {}
    })
    .to_string()
}

fn rules(config: &Value) -> Result<ChainRules, String> {
    let chain = ChainGenesis::from_json(&genesis(config), None);
    chain.map(|chain| chain.rules).map_err(|error| error.to_string())
}

#[test]
fn forks_come_from_the_configuration() {
    let rules = rules(&json!({
        "chainId": 5, "homesteadBlock": 1, "eip150Block": 2, "eip155Block": 3, "eip158Block": 3,
        "constantinopleBlock": 4, "daoForkBlock": 1,
        "mergeNetsplitBlock": 9, "shanghaiTime": 100
    }))
    .unwrap();
    assert_eq!(rules.chain_id, 5);
    assert_eq!(rules.activation(Fork::SpuriousDragon), Activation::Block(3));
    assert_eq!(rules.activation(Fork::Petersburg), Activation::Block(4), "as geth does");
    assert_eq!(rules.activation(Fork::Dao), Activation::Never, "daoForkSupport is not set");
    assert_eq!(rules.activation(Fork::Paris), Activation::Block(9));
    assert_eq!(rules.activation(Fork::Shanghai), Activation::Timestamp(100));
    assert_eq!(rules.activation(Fork::Cancun), Activation::Never);
}

#[test]
fn the_merge_needs_a_block_unless_it_was_always() {
    let merged = rules(&json!({ "chainId": 1, "terminalTotalDifficulty": 0 })).unwrap();
    assert_eq!(merged.activation(Fork::Paris), Activation::GENESIS);
    let error = rules(&json!({ "chainId": 1, "terminalTotalDifficulty": 77 })).unwrap_err();
    assert!(error.contains("mergeNetsplitBlock") && error.contains("77"), "{error}");
}

#[test]
fn blob_parameters_follow_the_schedule_and_osaka_caps_a_transaction() {
    let rules = rules(&json!({
        "chainId": 1, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0,
        "pragueTime": 10, "osakaTime": 20, "bpo1Time": 30,
        "blobSchedule": { "bpo1": { "target": 10, "max": 15, "baseFeeUpdateFraction": 8346193 } }
    }))
    .unwrap();
    let at = |timestamp| *rules.blobs_at(timestamp).unwrap();
    assert_eq!((at(0).target, at(0).max, at(0).max_per_transaction), (3, 6, 6));
    assert_eq!((at(10).target, at(10).max, at(10).max_per_transaction), (6, 9, 9));
    assert_eq!((at(20).max, at(20).max_per_transaction, at(20).reserve_price), (9, 6, true));
    let bpo1 = BlobRules {
        from_timestamp: 30,
        target: 10,
        max: 15,
        max_per_transaction: 6,
        update_fraction: 8_346_193,
        reserve_price: true,
    };
    assert_eq!(at(30), bpo1);
}

#[test]
fn rules_that_seam_does_not_know_are_refused_by_name() {
    for (config, named) in [
        (json!({ "chainId": 1, "amsterdamTime": 1 }), "amsterdamTime"),
        (json!({ "chainId": 1, "optimism": {}, "jovianTime": 1 }), "jovianTime"),
        (json!({ "chainId": 1, "clique": { "period": 5, "epoch": 9 } }), "clique"),
        (json!({ "chainId": 1, "eip155Block": 1, "eip158Block": 2 }), "eip155Block"),
        (json!({ "chainId": 1, "bpo1Time": 1 }), "bpo1"),
        (
            json!({ "chainId": 1, "optimism": { "eip1559Elasticity": 6 } }),
            "eip1559DenominatorCanyon",
        ),
        (
            json!({ "chainId": 1, "cancunTime": 1, "blobSchedule": { "cancun":
                { "target": 7, "max": 6, "baseFeeUpdateFraction": 1 } } }),
            "blobSchedule.cancun",
        ),
    ] {
        let error = rules(&config).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn an_op_stack_chain_takes_its_ethereum_forks_from_its_own() {
    let rules = rules(&json!({
        "chainId": 901, "bedrockBlock": 0, "regolithTime": 0, "canyonTime": 0, "ecotoneTime": 0,
        "fjordTime": 0, "graniteTime": 0, "holoceneTime": 5, "isthmusTime": 9,
        "optimism": { "eip1559Elasticity": 6, "eip1559Denominator": 50, "eip1559DenominatorCanyon": 250 }
    }))
    .unwrap();
    assert_eq!(rules.op_fork_at(1, 4), Some(OpFork::Granite));
    assert_eq!(rules.op_fork_at(1, 5), Some(OpFork::Holocene));
    assert_eq!(rules.fork_at(1, 8), Fork::Cancun);
    assert_eq!(rules.fork_at(1, 9), Fork::Prague);
    assert_eq!((rules.eip1559.denominator, rules.eip1559.elasticity), (250, 6));
}

#[test]
fn a_fork_file_overrides_and_refuses_what_it_does_not_know() {
    let env = ForkEnv::from_json(
        r#"{"HIVE_CHAIN_ID":"7","HIVE_FORK_SPURIOUS":"6","HIVE_FORK_DAO_BLOCK":"2",
            "HIVE_CANCUN_TIMESTAMP":"40","HIVE_CANCUN_BLOB_MAX":"8","HIVE_MERGE_BLOCK_ID":"3"}"#,
    );
    let json = genesis(&json!({ "chainId": 1, "eip155Block": 0, "eip158Block": 0 }));
    let rules = ChainGenesis::from_json(&json, Some(&env.unwrap())).unwrap().rules;
    assert_eq!(rules.chain_id, 7);
    assert_eq!(rules.activation(Fork::SpuriousDragon), Activation::Block(6));
    assert_eq!(rules.activation(Fork::Dao), Activation::Block(2));
    assert_eq!(rules.blobs_at(40).unwrap().max, 8);
    for (json, named) in [
        (r#"{"HIVE_FORK_SHANGHAI":"1"}"#, "HIVE_FORK_SHANGHAI is not known"),
        (r#"{"HIVE_CHAIN_ID":"x"}"#, "HIVE_CHAIN_ID is \"x\""),
        ("[]", "not a forkenv.json"),
    ] {
        let error = ForkEnv::from_json(json).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn an_object_that_is_no_genesis_is_refused() {
    for (json, missing) in [
        ("{}", "config"),
        (r#"{"config":{},"alloc":{},"gasLimit":"0x1"}"#, "chainId"),
        (r#"{"config":{"chainId":1},"gasLimit":"0x1"}"#, "alloc"),
        (r#"{"config":{"chainId":1},"alloc":{}}"#, "gasLimit"),
    ] {
        let error = ChainGenesis::from_json(json, None).unwrap_err().to_string();
        assert!(error.contains(&format!("missing field `{missing}`")), "{error}");
    }
}

#[test]
fn json_errors_say_where() {
    let error = ChainGenesis::from_json("{\n  \"config\": 1\n}", None).unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
}
