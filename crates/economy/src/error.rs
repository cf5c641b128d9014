//! Why there is no traffic.

use crate::{action::Layer, actors, contracts::CREATE2_PROXY, traffic::Rate};
use alloy_primitives::{Address, U256, utils::format_ether};
use seam_l1::{Fault, L1Error, Severity};

/// Why traffic does not begin, or ends. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrafficError {
    /// Nobody answers. Later somebody may.
    #[error("nothing answers at {flag}: {tried}. Is a node running there?")]
    Unreachable {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// Each attempt with what was wrong.
        tried: String,
    },
    /// Somebody answers, but not as an Ethereum node does.
    #[error(
        "what answers at {flag} is no Ethereum JSON-RPC: {tried}. Give the HTTP URL of a node's RPC"
    )]
    NoNode {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// What was wrong with its answer.
        tried: String,
    },
    /// The node refuses what every node answers.
    #[error("the node at {flag} refuses {method}: {message}. Give one that allows it")]
    Refused {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// The method.
        method: &'static str,
        /// Its words.
        message: String,
    },
    /// The chain is another than before, or than the rollup's.
    #[error(
        "{flag} is chain {found}, but chain {expected} is expected: was the node exchanged? Start the traffic again"
    )]
    OtherChain {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// The chain that was there, or that the rollup names.
        expected: u64,
        /// The chain that is there.
        found: u64,
    },
    /// A URL that is none.
    #[error("the URL of {flag} cannot be used ({reason}): write it as http://host:port")]
    Url {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The chain does not have the deployment proxy.
    #[error(
        "the chain at --rpc has no deterministic deployment proxy at {CREATE2_PROXY}, through which the contracts \
         are made: deploy it there (github.com/Arachnid/deterministic-deployment-proxy), then run again"
    )]
    NoProxy,
    /// The chain has no base fee.
    #[error("the chain at {flag} has no base fee (EIP-1559): traffic needs London or later")]
    NoBaseFee {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
    },
    /// An L1 is given, but the chain is no rollup.
    #[error(
        "the node at --rpc does not say what rollup it is of (optimism_rollupConfig: {message}): leave out --l1-rpc \
         for a chain without deposits, or give a node of the rollup"
    )]
    NoRollup {
        /// The node's words.
        message: String,
    },
    /// The rollup stands on another L1.
    #[error("--l1-rpc is chain {found}, but the rollup at --rpc stands on chain {expected}")]
    OtherL1 {
        /// What the rollup says.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// Nobody can pay.
    #[error(
        "{payer} has {held} ether on the chain at {flag}, and traffic needs {wanted}: send it some, give another account with \
         --key-file or --mnemonic, or ask for less with --ether-per-account or --accounts",
        held = ether(.has), wanted = ether(.needs)
    )]
    NoFunds {
        /// `--rpc` or `--l1-rpc`.
        flag: &'static str,
        /// The richest of the accounts that could pay.
        payer: Address,
        /// What it has, in wei.
        has: U256,
        /// What is needed, in wei.
        needs: U256,
    },
    /// No key.
    #[error("no account is given that pays: use --mnemonic or --key-file")]
    NoPayer,
    /// A number of accounts that is not possible.
    #[error(
        "{0} accounts are not possible: --accounts takes {least} to {most}",
        least = actors::MIN_ACTORS, most = actors::MAX_ACTORS
    )]
    Accounts(usize),
    /// A rate that is not possible.
    #[error(
        "{0:?} is no rate: write transactions per second, from {least} to {most}",
        least = Rate::MIN, most = Rate::MAX
    )]
    Rate(String),
    /// Too little ether for an account.
    #[error(
        "{given} ether an account are too little: give {least} at least",
        given = ether(.0), least = ether(.1)
    )]
    Wealth(U256, U256),
    /// Nothing can be done any more.
    #[error(
        "no account can do anything, although nothing is on its way ({reason}): nothing was sent for {seconds} s"
    )]
    Stuck {
        /// What was refused last.
        reason: String,
        /// How long.
        seconds: u64,
    },
    /// A key did not sign.
    #[error("a transaction could not be signed: {0}")]
    Sign(String),
    /// The task that makes it was ended from outside.
    #[error("the traffic's task was ended")]
    Ended,
}

impl TrafficError {
    /// Of an answer, or none, of the chain of a layer.
    pub(crate) fn of(layer: Layer, error: L1Error) -> Self {
        let flag = flag(layer);
        match error {
            L1Error::Unreachable { tried, last: Fault::Unreadable(_), .. } => {
                Self::NoNode { flag, tried }
            }
            L1Error::Unreachable { tried, .. } => Self::Unreachable { flag, tried },
            L1Error::Refused { method, message, .. } => Self::Refused { flag, method, message },
            L1Error::TooLarge { method, limit } => {
                let message = format!("its answer is larger than {limit} bytes");
                Self::Refused { flag, method, message }
            }
            L1Error::OtherChain { expected, found, .. } => {
                Self::OtherChain { flag, expected, found }
            }
            L1Error::Url { reason } => Self::Url { flag, reason },
            L1Error::NoEndpoint => Self::Url { flag, reason: "there is none".to_owned() },
        }
    }

    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Unreachable { .. } | Self::NoNode { .. } | Self::Refused { .. } => {
                Severity::Retry
            }
            _ => Severity::Halt,
        }
    }
}

/// Wei as ether, without zeros that say nothing.
fn ether(wei: &U256) -> String {
    let text = format_ether(*wei);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The flag that a layer's URL comes from.
pub(crate) const fn flag(layer: Layer) -> &'static str {
    match layer {
        Layer::Chain => "--rpc",
        Layer::L1 => "--l1-rpc",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_is_shown_without_zeros_that_say_nothing() {
        for (wei, shown) in [(0, "0"), (10_u64.pow(16), "0.01"), (10_u64.pow(19), "10")] {
            assert_eq!(ether(&U256::from(wei)), shown);
        }
    }

    #[test]
    fn what_a_retry_may_help_is_told_from_what_it_does_not() {
        let refused = |message: &str| L1Error::Refused {
            method: "eth_call",
            code: -32_000,
            message: message.to_owned(),
            data: None,
        };
        let busy = TrafficError::of(Layer::Chain, refused("header not found"));
        assert_eq!(busy.severity(), Severity::Retry);
        let other = L1Error::OtherChain { endpoint: "x".to_owned(), expected: 1, found: 2 };
        let other = TrafficError::of(Layer::L1, other);
        assert_eq!(other.severity(), Severity::Halt);
        assert!(other.to_string().starts_with("--l1-rpc is chain 2, but chain 1"), "{other}");
    }
}
