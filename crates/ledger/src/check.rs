//! The closing check: whether the lines of every tracked account add up to what it has on chain, exactly, and nothing
//! is unexplained.
//!
//! Asked are the balances at the books' cursor, by its block's hash. Where one differs, the first block after which it
//! does is looked for with the node's balances, as far as it keeps history.

mod service;

pub use service::check;

use crate::{
    BooksError,
    model::{Position, Source, Token},
    source::SourceError,
};
use alloy_primitives::{Address, B256, I256, U256};
use serde::Serialize;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The chain's id.
    pub chain: u64,
    /// The block at which it was checked: the books' cursor.
    pub block: u64,
    /// Its hash.
    pub hash: B256,
    /// How many balances were compared.
    pub balances: u64,
    /// What does not add up, the first block first.
    pub failures: Vec<Failure>,
    /// The fee vaults among the tracked accounts.
    pub vaults: Vec<VaultCheck>,
}

/// What does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Whose.
    pub owner: Address,
    /// Of what.
    pub token: Token,
    /// The first block after which it does not; none if the node does not keep the history to find it.
    pub block: Option<u64>,
    /// What.
    pub wrong: Wrong,
}

/// How something does not add up, in base units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// The lines add up to something else than the node says.
    Residual {
        /// By the books.
        booked: I256,
        /// By the node.
        found: U256,
    },
    /// Lines have no named cause.
    Unexplained {
        /// How many.
        lines: u64,
        /// What they add up to.
        amount: I256,
    },
    /// The node has no such balance: the token is none any more.
    NoBalance {
        /// By the books.
        booked: I256,
    },
}

/// A fee vault, counted from both ends, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VaultCheck {
    /// Which.
    pub vault: Address,
    /// Bottom-up: the sum of what every transaction paid into it.
    pub fees: I256,
    /// Top-down: what it has now, and what it paid out, less what it had at first and was sent beside the fees.
    pub growth: I256,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The node.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// Nothing was booked yet.
    #[error("nothing of chain {0} is booked yet: there is nothing to check")]
    Nothing(u64),
    /// The books are on a branch that the node does not have.
    #[error(
        "block {number} ({hash}) of the books is not the node's: the chain was reorganised, or the node is of another; \
         book first, then check"
    )]
    OtherBranch {
        /// The block.
        number: u64,
        /// Its hash in the books.
        hash: B256,
    },
}

impl Checked {
    /// Whether all adds up: only then may a process end with 0.
    pub fn adds_up(&self) -> bool {
        self.failures.is_empty() && self.vaults.iter().all(|vault| vault.fees == vault.growth)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { owner, token, .. } = self;
        write!(f, "{owner}, {token}")?;
        match self.block {
            Some(block) => write!(f, ", since block {block}: ")?,
            None => write!(f, ", in a block that the node's history does not tell: ")?,
        }
        match &self.wrong {
            Wrong::Residual { booked, found } => {
                write!(f, "the lines add up to {booked}, and the node has {found}")
            }
            Wrong::Unexplained { lines, amount } => {
                write!(f, "{lines} lines, {amount} together, have no named cause")
            }
            Wrong::NoBalance { booked } => {
                write!(f, "the lines add up to {booked}, and the node has no balance")
            }
        }
    }
}

/// The sums of a position's lines by source, from which the vaults' check is made.
pub(crate) type BySource =
    std::collections::BTreeMap<(Address, Position, Token, Source), (I256, u64)>;
