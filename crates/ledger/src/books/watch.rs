//! What is followed: chains, and the accounts on them.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What kind of chain it is: it decides how fees are told in receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainKind {
    /// Ethereum, and whatever has its receipts.
    Ethereum,
    /// A rollup of the OP Stack.
    OpStack,
    /// A rollup of Arbitrum.
    Arbitrum,
}

/// A chain in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowedChain {
    /// EIP-155 chain id.
    pub id: u64,
    /// How it tells fees.
    pub kind: ChainKind,
    /// Where its JSON-RPC was last.
    pub url: String,
    /// Hash of its block 0.
    pub genesis: B256,
}

/// What an account is to the rollup, for reports by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Uses the chain.
    User,
    /// Orders transactions; gets the tips of blocks it builds where they go to an account.
    Sequencer,
    /// Posts batches to L1.
    Batcher,
    /// Makes claims.
    Proposer,
    /// Disputes them.
    Challenger,
    /// Proves.
    Prover,
    /// Vouches with a stake.
    Attester,
    /// Lends capital to a pool.
    LiquidityProvider,
    /// A fee vault of the rollup.
    Vault,
    /// None of these.
    Other,
}

/// An account in the watch list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracked {
    /// On which chain.
    pub chain: u64,
    /// Who.
    pub address: Address,
    /// What people call it; may be empty.
    pub label: String,
    /// What it is to the rollup.
    pub role: Role,
    /// The first block that is booked for it. What it had before is its opening line.
    pub from_block: u64,
}

/// A tracked account that is not as far as its chain's cursor: it was tracked when the cursor was past its first
/// block already. Its blocks are read again for it alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    /// Who, and from which block.
    pub tracked: Tracked,
    /// Number and hash of the last block that is booked for it; none before the first.
    pub cursor: Option<(u64, B256)>,
}

/// A name that is none of the known ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given} is none of {}", known.join(", "))]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// What there is.
    pub known: Vec<&'static str>,
}

impl ChainKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ethereum, Self::OpStack, Self::Arbitrum];

    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethereum => "ethereum",
            Self::OpStack => "op-stack",
            Self::Arbitrum => "arbitrum",
        }
    }
}

impl Role {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::User,
        Self::Sequencer,
        Self::Batcher,
        Self::Proposer,
        Self::Challenger,
        Self::Prover,
        Self::Attester,
        Self::LiquidityProvider,
        Self::Vault,
        Self::Other,
    ];

    /// Its name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Sequencer => "sequencer",
            Self::Batcher => "batcher",
            Self::Proposer => "proposer",
            Self::Challenger => "challenger",
            Self::Prover => "prover",
            Self::Attester => "attester",
            Self::LiquidityProvider => "liquidity-provider",
            Self::Vault => "vault",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for ChainKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ChainKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        let known = || Self::ALL.map(Self::name).to_vec();
        found.ok_or_else(|| UnknownName { given: text.to_owned(), known: known() })
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        let known = || Self::ALL.map(Self::name).to_vec();
        found.ok_or_else(|| UnknownName { given: text.to_owned(), known: known() })
    }
}
