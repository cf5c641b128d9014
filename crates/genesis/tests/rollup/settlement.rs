//! The relations of `protocol-rules` section 5.5: for each the last value that is accepted and the
//! first that is refused, with what the refusal says.

use crate::config::{refusal, with};
use alloy_primitives::{B256, U256};
use seam_genesis::{
    DeployConfig, RollupConfig,
    config::{EXAMPLE, Mode, Origin},
};

/// The example with several keys of one section set.
fn with_all(section: &str, lines: &[&str]) -> String {
    with(section, &lines.join("\n"))
}

fn accepted(text: &str) -> RollupConfig {
    RollupConfig::from_toml(text).unwrap()
}

/// Both edges of a relation of `[settlement]`: with these keys and `good`, and with these and `bad`.
fn edges(given: &[&str], good: &str, bad: &str, expected: &[&str]) {
    let text = |last| with_all("settlement", &[given, &[last]].concat());
    accepted(&text(good));
    let refused = refusal(&text(bad));
    for part in expected {
        assert!(refused.contains(part), "{bad}: {refused} lacks {part}");
    }
}

#[test]
fn the_defaults_keep_every_relation() {
    let config = accepted(EXAMPLE);
    let s = &config.settlement;
    assert_eq!(s.mode, Mode::Optimistic);
    assert_eq!((s.challenge_window, s.prove_window, s.exit_delay), (604_800, 21_600, 691_200));
    assert_eq!((s.proof_maturity_delay, s.finality_delay), (626_400, 43_200));
    assert_eq!((s.spans, s.span_blocks, s.claim_blocks()), (8, 450, 3_600));
    assert_eq!(s.proving_reward(), U256::from(80_000_000_000_000_000u64));
    assert_eq!(s.proving_cost(), U256::from(50_000_000_000_000_000u64));
    assert_eq!((config.batcher.max_age, config.inbox.max_blobs), (600, 6));
}

#[test]
fn the_prove_window_holds_the_worst_span_with_safety_and_inclusion() {
    edges(
        &["proving_bound = 5_000", "proving_safety = 3", "l1_inclusion = 100"],
        "prove_window = 15_100",
        "prove_window = 15_099",
        &[
            "`settlement.prove_window` is 15099 s, shorter than settlement.proving_bound × \
             settlement.proving_safety + settlement.l1_inclusion, which is 15100 s",
            "set it to 15100 or more",
        ],
    );
}

#[test]
fn a_bond_leaves_after_its_claims_are_beyond_challenge() {
    edges(
        &["challenge_window = 100_000", "prove_window = 20_000"],
        "exit_delay = 120_000",
        "exit_delay = 119_999",
        &[
            "`settlement.exit_delay` is 119999 s, shorter than settlement.challenge_window + \
             settlement.prove_window",
            "set it to 120000 or more",
        ],
    );
}

#[test]
fn all_windows_end_within_fourteen_days() {
    // 1,209,600 - 8 × 21,600 = 1,036,800
    let given = ["exit_delay = 2_000_000", "proof_maturity_delay = 2_000_000"];
    edges(
        &given,
        "challenge_window = 1_036_799",
        "challenge_window = 1_036_800",
        &[
            "`settlement.challenge_window` is 1036800 s: with settlement.spans × \
             settlement.prove_window it is 1209600 s",
            "within 14 days",
            "lower one of the three",
        ],
    );
}

#[test]
fn a_claim_has_one_to_sixty_four_spans() {
    let refused = "`settlement.spans` is";
    edges(&["challenge_window = 10"], "spans = 1", "spans = 0", &[refused, "1 to 64"]);
    let short = ["challenge_window = 10", "prove_window = 18_000"];
    edges(&short, "spans = 64", "spans = 65", &[refused, "1 to 64"]);
    edges(
        &["challenge_window = 10", "spans = 2"],
        "span_blocks = 4_611_686_018_427_387_904",
        "span_blocks = 9_223_372_036_854_775_808",
        &["too large"],
    );
    edges(
        &["challenge_window = 10", "spans = 3"],
        "span_blocks = 6_148_914_691_236_517_205",
        "span_blocks = 6_148_914_691_236_517_206",
        &["`settlement.span_blocks`", "settlement.spans = 3", "lower it"],
    );
}

#[test]
fn a_prover_is_paid_what_proving_costs() {
    // (1 - 1/5) × 100 wei against 30 wei + 5 gas × 10 wei.
    edges(
        &[
            "proving_price = \"30 wei\"",
            "prove_gas = 5",
            "prove_gas_price = \"10 wei\"",
            "challenger_burn = \"1/5\"",
        ],
        "challenger_bond = \"100 wei\"",
        "challenger_bond = \"99 wei\"",
        &[
            "`settlement.challenger_bond` leaves a prover 79 wei after settlement.challenger_burn, \
             less than the 80 wei",
            "settlement.proving_price + settlement.prove_gas × settlement.prove_gas_price",
            "raise it",
        ],
    );
}

#[test]
fn whoever_fights_itself_loses_enough() {
    for (key, least, below) in
        [("proposer_burn", "1/2", "499/1000"), ("challenger_burn", "1/5", "199/1000")]
    {
        let (good, bad) = (format!("{key} = \"{least}\""), format!("{key} = \"{below}\""));
        let (named, change) = (format!("`settlement.{key}`"), format!("set it to {least} or more"));
        edges(&[], &good, &bad, &[&named, &change]);
        let all = format!("{key} = \"1/1\"");
        edges(&[], &good, &all, &["is all of it", "set it below 1"]);
    }
}

#[test]
fn the_guardian_can_act_before_money_leaves() {
    for key in ["proof_maturity_delay", "finality_delay"] {
        let (good, bad) = (format!("{key} = 50_000"), format!("{key} = 49_999"));
        let named =
            format!("`settlement.{key}` is 49999 s, shorter than settlement.guardian_delay");
        let given = ["mode = \"hybrid\"", "guardian_delay = 50_000"].map(str::to_owned).to_vec();
        let other = match key {
            "finality_delay" => "proof_maturity_delay = 60_000",
            _ => "finality_delay = 60_000",
        };
        let given: Vec<&str> = given.iter().map(String::as_str).chain([other]).collect();
        edges(&given, &good, &bad, &[&named, "set it to 50000 or more"]);
    }
}

#[test]
fn optimistic_withdrawals_mature_after_their_claims_can_be_resolved() {
    edges(
        &["mode = \"optimistic\""],
        "proof_maturity_delay = 626_400",
        "proof_maturity_delay = 626_399",
        &[
            "`settlement.proof_maturity_delay` is 626399 s, shorter than \
             settlement.challenge_window + settlement.prove_window",
            "set it to 626400 or more",
        ],
    );
    for mode in ["validity", "hybrid"] {
        let mode = format!("mode = \"{mode}\"");
        accepted(&with_all("settlement", &[&mode, "proof_maturity_delay = 43_200"]));
    }
}

#[test]
fn what_must_be_there_is_not_zero() {
    let keys = [
        "challenge_window",
        "guardian_delay",
        "proving_bound",
        "proving_safety",
        "span_blocks",
        "proposer_bond",
        "challenger_bond",
    ];
    for key in keys {
        let zero = if key.ends_with("bond") { "\"0 wei\"" } else { "0" };
        let text = refusal(&with("settlement", &format!("{key} = {zero}")));
        assert!(text.contains(&format!("`settlement.{key}` must not be 0")), "{text}");
    }
    assert!(
        refusal(&with("batcher", "max_age = 0")).contains("`batcher.max_age` must be at least")
    );
}

#[test]
fn a_batch_that_is_delayed_once_still_comes_in_time() {
    // Half of 1,800 blocks of 12 s.
    accepted(&with("batcher", "max_age = 10_799"));
    let text = refusal(&with("batcher", "max_age = 10_800"));
    let expected = "`batcher.max_age` is 10800 s, not below half of inbox.sequencer_timeout, which \
                    is 21600 s";
    assert!(text.contains(expected) && text.ends_with("set it below 10800"), "{text}");
}

#[test]
fn a_batch_fits_a_transaction() {
    accepted(&with("inbox", "max_blobs = 1"));
    accepted(&with("inbox", "max_blobs = 6"));
    for blobs in [0, 7] {
        let text = refusal(&with("inbox", &format!("max_blobs = {blobs}")));
        assert!(text.contains("`inbox.max_blobs` is") && text.contains("1 to 6 blobs"), "{text}");
    }
}

#[test]
fn modes_and_shares_have_few_spellings() {
    let text = refusal(&with("settlement", "mode = \"zk\""));
    assert!(text.contains("optimistic") && text.contains("validity"), "{text}");
    let text = refusal(&with("settlement", "proposer_burn = \"0.5\""));
    assert!(text.contains("`0.5` is not a share: write it as \"1/5\""), "{text}");
    let text = refusal(&with("settlement", "challenge_windw = 1"));
    assert!(text.contains("did you mean `settlement.challenge_window`?"), "{text}");
}

#[test]
fn the_blob_schedule_of_an_unknown_l1_must_be_given() {
    let unknown = EXAMPLE
        .replace("chain_id = 900", "chain_id = 424242")
        .replace("[prefund]", "")
        .replace("\"0x2000000000000000000000000000000000000001\" = \"10000 ether\"", "");
    let text = refusal(&unknown);
    assert!(text.contains("`l1.blob_schedule` must be given: chain 424242"), "{text}");
    accepted(&unknown.replace("chain_id = 424242", "chain_id = 424242\nblob_schedule = []"));
    let step = |step: &str| {
        unknown
            .replace("chain_id = 424242", &format!("chain_id = 424242\nblob_schedule = [{step}]"))
    };
    let one =
        "{ time = 5, target = 3, max = 6, max_per_transaction = 6, update_fraction = 3338477 }";
    let given = accepted(&step(one)).l1.blob_rules().unwrap();
    assert_eq!((given[0].from_timestamp, given[0].max, given[0].reserve_price), (5, 6, false));
    for (bad, expected) in [
        (format!("{one}, {one}"), "must have its times in order"),
        (one.replace("target = 3", "target = 7"), "at time 5 cannot be"),
        (one.replace("max_per_transaction = 6", "max_per_transaction = 7"), "at time 5 cannot be"),
        (one.replace("update_fraction = 3338477", "update_fraction = 0"), "at time 5 cannot be"),
        (one.replace("max = 6,", "most = 6,"), "unknown field `most`"),
    ] {
        let text = refusal(&step(&bad));
        assert!(text.contains(expected), "{text}");
    }
}

/// The example without where it begins.
fn open() -> String {
    let keys = ["time =", "l1_number =", "l1_hash ="];
    let kept = EXAMPLE.lines().filter(|line| !keys.iter().any(|key| line.starts_with(key)));
    kept.collect::<Vec<_>>().join("\n")
}

const ORIGIN: Origin = Origin { time: 1_700_000_012, l1_number: 7, l1_hash: B256::repeat_byte(7) };

#[test]
fn where_a_rollup_begins_may_be_left_to_its_deployment() {
    assert!(refusal(&open()).contains("missing field"));
    let deploy = DeployConfig::from_toml(&open()).unwrap();
    assert_eq!(deploy.given(), None);
    let config = deploy.at(ORIGIN).unwrap();
    assert_eq!(config.origin(), ORIGIN);
    let whole = RollupConfig::from_toml(EXAMPLE).unwrap();
    assert_eq!(config.roles, whole.roles);
    assert_eq!(deploy.addresses(), seam_genesis::L1Addresses::of(&whole));
    let without_section = open().replace("[genesis]", "");
    assert_eq!(DeployConfig::from_toml(&without_section).unwrap(), deploy);
    let salted = open().replace("[genesis]", &format!("[genesis]\nsalt = \"{}\"", ORIGIN.l1_hash));
    assert_ne!(DeployConfig::from_toml(&salted).unwrap().addresses(), deploy.addresses());
}

#[test]
fn where_a_rollup_begins_is_given_whole_and_kept() {
    let deploy = DeployConfig::from_toml(EXAMPLE).unwrap();
    let given = RollupConfig::from_toml(EXAMPLE).unwrap().origin();
    assert_eq!(deploy.given(), Some(given));
    assert_eq!(deploy.at(given).unwrap().origin(), given);
    let elsewhere = deploy.at(ORIGIN).unwrap_err().to_string();
    assert!(elsewhere.contains("this deployment was begun at block 7"), "{elsewhere}");
    let half = open().replace("[genesis]", "[genesis]\ntime = 5");
    let half = DeployConfig::from_toml(&half).unwrap_err().to_string();
    assert!(half.contains("`genesis.time` is given and `genesis.l1_number` is not"), "{half}");
    let wrong = open().replace("[l2]", "[l2]\nblock_time = 13");
    let wrong = DeployConfig::from_toml(&wrong).unwrap_err().to_string();
    assert!(wrong.contains("longer than the L1's 12 s"), "{wrong}");
    let unknown = DeployConfig::from_toml(&format!("{}\n[genesi]\n", open())).unwrap_err();
    assert!(unknown.to_string().contains("did you mean `genesis`?"), "{unknown}");
}
