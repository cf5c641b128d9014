//! How claims about the rollup's state become final.

use super::{Amount, Fraction};
use alloy_primitives::U256;
use serde::{Deserialize, Serialize};

/// When a claim resolves for its proposer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Its window is over and every challenged span is proven.
    #[default]
    Optimistic,
    /// Every span is proven.
    Validity,
    /// Whichever comes first.
    Hybrid,
}

/// How claims become final (protocol-rules, sections 1 and 5). Times are in seconds.
///
/// | key | unit | default |
/// |---|---|---|
/// | `mode` | `optimistic`, `validity`, `hybrid` | `optimistic` |
/// | `challenge_window` | seconds | 604,800: seven days |
/// | `prove_window` | seconds | 21,600: six hours |
/// | `exit_delay` | seconds | 691,200: eight days |
/// | `proof_maturity_delay` | seconds | 626,400: seven days and six hours |
/// | `finality_delay` | seconds | 43,200: twelve hours |
/// | `guardian_delay` | seconds | 43,200: twelve hours |
/// | `spans` | | 8 |
/// | `span_blocks` | L2 blocks | 450 |
/// | `proposer_bond` | amount | 1 ether |
/// | `proposer_burn` | share | 1/2 |
/// | `challenger_bond` | amount | 0.1 ether |
/// | `challenger_burn` | share | 1/5 |
/// | `proving_bound` | seconds | 7,200: two hours |
/// | `proving_safety` | | 2 |
/// | `proving_price` | amount | 0.01 ether |
/// | `l1_inclusion` | seconds | 3,600: an hour |
/// | `prove_gas` | gas | 800,000 |
/// | `prove_gas_price` | amount | 50 gwei |
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settlement {
    /// When a claim resolves for its proposer.
    pub mode: Mode,
    /// How long a claim can be challenged.
    pub challenge_window: u64,
    /// How long there is to prove one challenged span.
    pub prove_window: u64,
    /// How long a proposer waits for its bond after it asked for it (rule G6).
    pub exit_delay: u64,
    /// The portal's: from the proof of a withdrawal to its end, at least (rule G22).
    pub proof_maturity_delay: u64,
    /// The portal's: from the resolution of a claim to withdrawals that rest on it (rule G22).
    pub finality_delay: u64,
    /// What the guardian needs to act: what is lost is not paid out before (rule G10).
    pub guardian_delay: u64,
    /// Spans of a claim, 1 to 64.
    pub spans: u64,
    /// Blocks of a span.
    pub span_blocks: u64,
    /// What a proposer has at stake (B).
    pub proposer_bond: Amount,
    /// The share of a lost proposer's bond that is burned (β).
    pub proposer_burn: Fraction,
    /// What a challenge costs whoever was wrong (C).
    pub challenger_bond: Amount,
    /// The share of a lost challenger's bond that is burned (γ).
    pub challenger_burn: Fraction,
    /// How long the worst span takes to prove.
    pub proving_bound: u64,
    /// How many times that is allowed for.
    pub proving_safety: u64,
    /// What proving the worst span costs.
    pub proving_price: Amount,
    /// How long a transaction may take to get into L1.
    pub l1_inclusion: u64,
    /// Gas of `prove` on L1: the verifier, and 52,000 for each blob (rule P8).
    pub prove_gas: u64,
    /// The price of that gas that a prover must be able to pay.
    pub prove_gas_price: Amount,
}

impl Settlement {
    /// Blocks of a claim.
    pub const fn claim_blocks(&self) -> u64 {
        self.spans.saturating_mul(self.span_blocks)
    }

    /// What a prover must get for a challenged span, in wei: `price(bound(span)) + gas(prove)`.
    pub fn proving_cost(&self) -> U256 {
        let gas = U256::from(self.prove_gas).saturating_mul(self.prove_gas_price.0);
        self.proving_price.0.saturating_add(gas)
    }

    /// What it gets: the challenger's bond without what is burned, `(1-γ)C`.
    pub fn proving_reward(&self) -> U256 {
        self.challenger_bond.0 - self.challenger_burn.of(self.challenger_bond.0)
    }
}

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

const fn share(numerator: u32, denominator: u32) -> Fraction {
    match Fraction::new(numerator, denominator) {
        Some(share) => share,
        None => panic!("a default that is no share"),
    }
}

/// β is not below this (rule G15).
pub(super) const LEAST_PROPOSER_BURN: Fraction = share(1, 2);
/// γ is not below this (rule G15).
pub(super) const LEAST_CHALLENGER_BURN: Fraction = share(1, 5);

impl Default for Settlement {
    fn default() -> Self {
        let gwei = |amount: u64| Amount(U256::from(amount) * U256::from(1_000_000_000));
        Self {
            mode: Mode::default(),
            challenge_window: 7 * DAY,
            prove_window: 6 * HOUR,
            exit_delay: 8 * DAY,
            proof_maturity_delay: 7 * DAY + 6 * HOUR,
            finality_delay: 12 * HOUR,
            guardian_delay: 12 * HOUR,
            spans: 8,
            span_blocks: 450,
            proposer_bond: gwei(1_000_000_000),
            proposer_burn: LEAST_PROPOSER_BURN,
            challenger_bond: gwei(100_000_000),
            challenger_burn: LEAST_CHALLENGER_BURN,
            proving_bound: 2 * HOUR,
            proving_safety: 2,
            proving_price: gwei(10_000_000),
            l1_inclusion: HOUR,
            prove_gas: 800_000,
            prove_gas_price: gwei(50),
        }
    }
}
