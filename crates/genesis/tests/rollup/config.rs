//! What `rollup.toml` may say, and what a wrong one is told.

use seam_genesis::{ConfigError, GenesisError, RollupConfig, config::EXAMPLE, rollup_alloc};

/// The example with `line` put into its section in place of the key that `line` sets.
pub(crate) fn with(section: &str, line: &str) -> String {
    let key = line.split('=').next().unwrap().trim();
    let mut current = String::new();
    let mut kept = Vec::new();
    for old in EXAMPLE.lines() {
        if let Some(name) = old.strip_prefix('[') {
            current = name.trim_end_matches(']').to_owned();
        }
        if current != section || old.split('=').next().unwrap().trim() != key {
            kept.push(old.to_owned());
        }
        if old == format!("[{section}]") {
            kept.push(line.to_owned());
        }
    }
    let mut text = kept.join("\n");
    if !EXAMPLE.contains(&format!("[{section}]")) {
        text.push_str(&format!("\n[{section}]\n{line}\n"));
    }
    text
}

pub(crate) fn refusal(text: &str) -> String {
    RollupConfig::from_toml(text).unwrap_err().to_string()
}

#[test]
fn the_example_holds_with_documented_defaults() {
    let config = RollupConfig::from_toml(EXAMPLE).unwrap();
    assert_eq!((config.l1.block_time, config.l2.block_time), (12, 1));
    assert_eq!((config.l2.eip1559_denominator, config.l2.eip1559_elasticity), (250, 6));
    assert_eq!((config.l2.gas_limit, config.l2.base_fee), (30_000_000, 1_000_000_000));
    assert_eq!((config.fees.base_fee_scalar, config.fees.blob_base_fee_scalar), (1_368, 810_949));
    assert_eq!((config.fees.operator_fee_scalar, config.fees.operator_fee_constant), (0, 0));
    assert_eq!(config.fees.vault_minimum, 0);
    assert_eq!(config.deposits.max_resource_limit, 4_000_000);
    assert_eq!(config.deposits.system_tx_max_gas, 1_000_000);
    assert_eq!(config.inbox.max_drift, 1_800);
    assert_eq!((config.inbox.sequencer_timeout, config.inbox.max_lag), (1_800, 23_400));
    assert_eq!(config.l2_owner(), config.roles.owner);
    assert!(config.genesis.salt.is_zero());
}

#[test]
fn a_configuration_survives_being_written_and_read() {
    let config = RollupConfig::from_toml(EXAMPLE).unwrap();
    let text = toml::to_string(&config).unwrap();
    assert_eq!(RollupConfig::from_toml(&text), Ok(config));
}

#[test]
fn a_misspelt_key_is_met_with_the_right_one() {
    let cases = [
        ("l2", "gaslimit = 1", "unknown key `l2.gaslimit`; did you mean `l2.gas_limit`?"),
        ("l2", "max_drift = 1", "unknown key `l2.max_drift`; did you mean `inbox.max_drift`?"),
        ("role", "owner = 1", "unknown key `role`; did you mean `roles`?"),
        ("fees", "gas_price_of_everything = 1", "unknown key `fees.gas_price_of_everything`"),
    ];
    for (section, line, expected) in cases {
        assert_eq!(refusal(&with(section, line)), format!("rollup.toml: {expected}"));
    }
    let loose = refusal(&format!("max_lag = 3\n{EXAMPLE}"));
    assert_eq!(loose, "rollup.toml: unknown key `max_lag`; did you mean `inbox.max_lag`?");
}

#[test]
fn a_missing_key_and_a_wrong_type_are_named() {
    let missing = refusal(&EXAMPLE.replace("batcher =", "l2_owner ="));
    assert!(missing.contains("missing field `batcher`"), "{missing}");
    let text = refusal(&with("l2", "chain_id = \"901\""));
    assert!(text.contains("chain_id") && text.contains("expected u64"), "{text}");
    let amount = refusal(&EXAMPLE.replace("10000 ether", "10000"));
    assert!(amount.contains("`10000` is not an amount: write a number and a unit"), "{amount}");
    assert!(refusal("[l1").starts_with("rollup.toml: "));
}

/// Section, line, and what the refusal says after `rollup.toml: `.
const REFUSED: &[(&str, &str, &str)] = &[
    ("l1", "chain_id = 0", "`l1.chain_id` must not be 0"),
    ("l2", "chain_id = 0", "`l2.chain_id` must not be 0"),
    ("l2", "chain_id = 900", "`l2.chain_id` is 900, the id of the L1: take an id of its own"),
    ("l1", "block_time = 0", "`l1.block_time` must be at least 1 second"),
    ("l2", "block_time = 0", "`l2.block_time` must be at least 1 second"),
    ("l2", "block_time = 13", "`l2.block_time` is 13 s, longer than the L1's 12 s"),
    ("l2", "eip1559_denominator = 0", "`l2.eip1559_denominator` must not be 0"),
    ("l2", "eip1559_elasticity = 0", "`l2.eip1559_elasticity` must not be 0"),
    ("l2", "gas_limit = 200_000_001", "`l2.gas_limit` is over 200000000"),
    ("l2", "gas_limit = 4_999_999", "`l2.gas_limit` is 4999999, less than"),
    ("deposits", "max_resource_limit = 0", "`deposits.max_resource_limit` must not be 0"),
    (
        "deposits",
        "max_resource_limit = 4_000_001",
        "`deposits.max_resource_limit` must be a multiple of 10",
    ),
    ("genesis", "time = 0", "`genesis.time` must not be 0"),
    (
        "genesis",
        "l1_hash = \"0x0000000000000000000000000000000000000000000000000000000000000000\"",
        "`genesis.l1_hash` must not be zero: take the hash of L1 block genesis.l1_number",
    ),
    ("inbox", "max_drift = 11", "`inbox.max_drift` is 11 s, shorter than one L1 block"),
    ("inbox", "sequencer_timeout = 0", "`inbox.sequencer_timeout` must not be 0"),
    (
        "inbox",
        "max_lag = 21_600",
        "`inbox.max_lag` is 21600 s, not longer than inbox.sequencer_timeout, which is 21600 s",
    ),
    (
        "inbox",
        "sequencer_timeout = 9223372036854775807",
        "`inbox.max_lag` is 23400 s, not longer than",
    ),
    ("l1", "chain_id = 1", "`prefund` makes ether that no one has deposited"),
];

#[test]
fn what_cannot_work_is_refused_with_what_to_change() {
    for (section, line, expected) in REFUSED {
        let text = refusal(&with(section, line));
        assert!(text.starts_with("rollup.toml: ") && text.contains(expected), "{line}: {text}");
    }
}

#[test]
fn nobody_cannot_have_a_role() {
    for role in ["owner", "l2_owner", "batcher", "proposer", "guardian", "unsafe_signer"] {
        let line = format!("{role} = \"0x0000000000000000000000000000000000000000\"");
        let text = refusal(&with("roles", &line));
        assert!(
            text.starts_with(&format!("rollup.toml: `roles.{role}` is the zero address")),
            "{text}"
        );
    }
}

#[test]
fn limits_hold_to_the_last_second_and_gas() {
    let accepted = [
        ("l2", "block_time = 12"),
        ("l2", "gas_limit = 5_000_000"),
        ("l2", "gas_limit = 200_000_000"),
        ("inbox", "max_drift = 12"),
        ("inbox", "max_lag = 21_601"),
    ];
    for (section, line) in accepted {
        assert!(RollupConfig::from_toml(&with(section, line)).is_ok(), "{line}");
    }
}

#[test]
fn prefunding_a_contract_is_refused() {
    let portal = "\"0x4200000000000000000000000000000000000016\" = \"1 wei\"";
    let config = RollupConfig::from_toml(&with("prefund", portal)).unwrap();
    let taken = config.prefund.keys().next_back().copied().unwrap();
    assert_eq!(rollup_alloc(&config), Err(GenesisError::Config(ConfigError::PrefundTaken(taken))));
}

#[test]
fn a_configuration_made_by_hand_is_checked_before_use() {
    let mut config = RollupConfig::from_toml(EXAMPLE).unwrap();
    config.l2.block_time = 60;
    assert!(matches!(rollup_alloc(&config), Err(GenesisError::Config(_))));
}
