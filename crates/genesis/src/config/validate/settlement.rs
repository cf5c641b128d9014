//! The relations of `protocol-rules` section 5.5 that settlement must keep, with rules C2, G15 and
//! G22.

use super::require;
use crate::config::{
    ConfigError, Mode, RollupConfig, Settlement,
    settlement::{LEAST_CHALLENGER_BURN, LEAST_PROPOSER_BURN},
};

/// All windows of a claim together stay below this, so that blobs are still to be had (rule D16).
const ALL_WINDOWS: u64 = 14 * 24 * 3_600;

/// Spans of a claim at most.
const MAX_SPANS: u64 = 64;

impl RollupConfig {
    pub(super) fn validate_settlement(&self) -> Result<(), ConfigError> {
        let settlement = &self.settlement;
        not_zero(settlement)?;
        claim(settlement)?;
        windows(settlement)?;
        delays(settlement)?;
        bonds(settlement)
    }
}

fn not_zero(s: &Settlement) -> Result<(), ConfigError> {
    let numbers = [
        ("settlement.challenge_window", s.challenge_window, "claims could not be challenged"),
        ("settlement.guardian_delay", s.guardian_delay, "the guardian could not act"),
        ("settlement.proving_bound", s.proving_bound, "no proof takes no time"),
        ("settlement.proving_safety", s.proving_safety, "it is a factor, 1 or more"),
        ("settlement.span_blocks", s.span_blocks, "a span has at least one block"),
    ];
    for (key, value, why) in numbers {
        require(value != 0, key, format!("must not be 0: {why}"))?;
    }
    let bonds = [
        ("settlement.proposer_bond", s.proposer_bond, "a false claim would cost nothing"),
        ("settlement.challenger_bond", s.challenger_bond, "a false challenge would cost nothing"),
    ];
    for (key, bond, why) in bonds {
        require(!bond.0.is_zero(), key, format!("must not be 0: {why}"))?;
    }
    Ok(())
}

fn claim(s: &Settlement) -> Result<(), ConfigError> {
    let spans = format!("is {}: a claim has 1 to {MAX_SPANS} spans", s.spans);
    require((1..=MAX_SPANS).contains(&s.spans), "settlement.spans", spans)?;
    let blocks = s.spans.checked_mul(s.span_blocks);
    let long = format!(
        "is {}: with settlement.spans = {} a claim has more blocks than a number can count; lower it",
        s.span_blocks, s.spans
    );
    require(blocks.is_some(), "settlement.span_blocks", long)
}

fn windows(s: &Settlement) -> Result<(), ConfigError> {
    let least = s.proving_bound.saturating_mul(s.proving_safety).saturating_add(s.l1_inclusion);
    let short = format!(
        "is {} s, shorter than settlement.proving_bound × settlement.proving_safety + \
         settlement.l1_inclusion, which is {least} s: an honest proposer could lose for lack of \
         time; set it to {least} or more",
        s.prove_window
    );
    require(s.prove_window >= least, "settlement.prove_window", short)?;
    let (challenge, prove) = (s.challenge_window, s.prove_window);
    let least = challenge.saturating_add(prove);
    let early = format!(
        "is {} s, shorter than settlement.challenge_window + settlement.prove_window, which is \
         {least} s: a bond could leave before its claim is beyond challenge; set it to {least} or \
         more",
        s.exit_delay
    );
    require(s.exit_delay >= least, "settlement.exit_delay", early)?;
    let all = challenge.saturating_add(prove.saturating_mul(s.spans));
    let long = format!(
        "is {challenge} s: with settlement.spans × settlement.prove_window it is {all} s, and all \
         windows of a claim must end within 14 days, {ALL_WINDOWS} s, while its blobs can be had; \
         lower one of the three"
    );
    require(all < ALL_WINDOWS, "settlement.challenge_window", long)
}

fn delays(s: &Settlement) -> Result<(), ConfigError> {
    let guardian = s.guardian_delay;
    let delays = [
        ("settlement.proof_maturity_delay", s.proof_maturity_delay),
        ("settlement.finality_delay", s.finality_delay),
    ];
    for (key, delay) in delays {
        let short = format!(
            "is {delay} s, shorter than settlement.guardian_delay, which is {guardian} s: money \
             could leave before the guardian can act; set it to {guardian} or more"
        );
        require(delay >= guardian, key, short)?;
    }
    let least = s.challenge_window.saturating_add(s.prove_window);
    let unsettled = format!(
        "is {} s, shorter than settlement.challenge_window + settlement.prove_window, which is \
         {least} s: in mode optimistic wallets (viem) would fail on withdrawals whose claim is \
         still open; set it to {least} or more",
        s.proof_maturity_delay
    );
    let holds = s.mode != Mode::Optimistic || s.proof_maturity_delay >= least;
    require(holds, "settlement.proof_maturity_delay", unsettled)
}

fn bonds(s: &Settlement) -> Result<(), ConfigError> {
    let burns = [
        ("settlement.proposer_burn", s.proposer_burn, LEAST_PROPOSER_BURN),
        ("settlement.challenger_burn", s.challenger_burn, LEAST_CHALLENGER_BURN),
    ];
    for (key, burn, least) in burns {
        let free = format!(
            "is {burn}: whoever fights itself would get too much back; set it to {least} or more"
        );
        require(burn.is_at_least(least), key, free)?;
        let all = "is all of it: nothing would be left for whoever was right; set it below 1";
        require(!burn.is_whole(), key, all.to_owned())?;
    }
    let (reward, cost) = (s.proving_reward(), s.proving_cost());
    let poor = format!(
        "leaves a prover {reward} wei after settlement.challenger_burn, less than the {cost} wei \
         that proving a span costs (settlement.proving_price + settlement.prove_gas × \
         settlement.prove_gas_price): nobody would prove; raise it"
    );
    require(reward >= cost, "settlement.challenger_bond", poor)
}
