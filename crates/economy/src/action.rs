//! What actors do.

use crate::{actors::Who, contracts::Contract};
use alloy_primitives::U256;
use serde::Serialize;

/// On which chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The chain that has the traffic, of `--rpc`.
    Chain,
    /// The L1 below it, of `--l1-rpc`.
    L1,
}

/// One transaction, before it is signed. Amounts are in wei or the token's smallest unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ether for an account that acts, before it can.
    Fund {
        /// Who gets it.
        to: Who,
        /// How much.
        wei: U256,
    },
    /// A contract that the others need, through the deterministic deployment proxy.
    Deploy(Contract),
    /// Tokens for oneself.
    Mint {
        /// How many.
        tokens: U256,
    },
    /// The router may take one's tokens.
    ApproveTokens,
    /// The router may take one's shares of the pool.
    ApproveShares,
    /// Plain ether.
    Send {
        /// Who gets it.
        to: Who,
        /// How much.
        wei: U256,
    },
    /// Tokens.
    Transfer {
        /// Who gets them.
        to: Who,
        /// How many.
        tokens: U256,
    },
    /// Tokens for ether, from the pool.
    Buy {
        /// What is paid.
        wei: U256,
        /// Tokens that it must bring.
        least: U256,
    },
    /// Ether for tokens, from the pool.
    Sell {
        /// What is paid.
        tokens: U256,
        /// Wei that it must bring.
        least: U256,
    },
    /// Both into the pool.
    AddLiquidity {
        /// Ether.
        wei: U256,
        /// Tokens.
        tokens: U256,
        /// Of each, so much must be taken: per mille.
        least_per_mille: u64,
    },
    /// Shares of the pool for what they stand for.
    RemoveLiquidity {
        /// How many.
        shares: U256,
        /// Wei that they must bring.
        least_wei: U256,
        /// Tokens that they must bring.
        least_tokens: U256,
    },
    /// Ether to wrapped ether.
    Wrap {
        /// How much.
        wei: U256,
    },
    /// Wrapped ether to ether.
    Unwrap {
        /// How much.
        wei: U256,
    },
    /// Ether of the L1 to the same account on the rollup, through the portal.
    Deposit {
        /// How much.
        wei: U256,
    },
    /// A transaction that reverts.
    Fail(Failure),
    /// A contract of one's own, with some ether in it.
    Create {
        /// The ether.
        wei: U256,
    },
    /// Delegates one's account (EIP-7702) to [`Contract::CallBatch`], and has it send ether twice.
    Delegate {
        /// Who gets it, and how much.
        gifts: [(Who, U256); 2],
    },
    /// Has the delegated account send ether twice.
    Batch {
        /// Who gets it, and how much.
        gifts: [(Who, U256); 2],
    },
    /// Ends the delegation.
    Undelegate,
    /// Nothing, to oneself: takes the nonce of a transaction that nobody has any more. Never planned.
    Fill,
}

/// Why a transaction reverts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// More tokens than there are.
    TooManyTokens,
    /// A trade whose time is over.
    Expired,
    /// A trade that wants more than it is worth.
    TooDear,
    /// More wrapped ether than one has.
    TooMuchWrapped,
}

impl Failure {
    /// Each of them.
    pub const ALL: [Self; 4] =
        [Self::TooManyTokens, Self::Expired, Self::TooDear, Self::TooMuchWrapped];
}

/// The kind of an action, as reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the action of its name")]
pub enum Kind {
    Fund,
    Deploy,
    Mint,
    Approve,
    Send,
    Transfer,
    Buy,
    Sell,
    AddLiquidity,
    RemoveLiquidity,
    Wrap,
    Unwrap,
    Deposit,
    Fail,
    Create,
    Delegate,
    Batch,
    Undelegate,
    /// A transaction of nothing to oneself, where a lost one left a hole in the nonces.
    Fill,
}

impl Kind {
    /// Whether it only makes others possible: it is sent as soon as it can be, whatever the rate.
    pub const fn is_setup(self) -> bool {
        matches!(self, Self::Fund | Self::Deploy | Self::Mint | Self::Approve | Self::Fill)
    }

    /// As tables name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fund => "fund",
            Self::Deploy => "deploy",
            Self::Mint => "mint",
            Self::Approve => "approve",
            Self::Send => "send",
            Self::Transfer => "transfer",
            Self::Buy => "buy",
            Self::Sell => "sell",
            Self::AddLiquidity => "add_liquidity",
            Self::RemoveLiquidity => "remove_liquidity",
            Self::Wrap => "wrap",
            Self::Unwrap => "unwrap",
            Self::Deposit => "deposit",
            Self::Fail => "fail",
            Self::Create => "create",
            Self::Delegate => "delegate",
            Self::Batch => "batch",
            Self::Undelegate => "undelegate",
            Self::Fill => "fill",
        }
    }
}

impl Action {
    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Fund { .. } => Kind::Fund,
            Self::Deploy(_) => Kind::Deploy,
            Self::Mint { .. } => Kind::Mint,
            Self::ApproveTokens | Self::ApproveShares => Kind::Approve,
            Self::Send { .. } => Kind::Send,
            Self::Transfer { .. } => Kind::Transfer,
            Self::Buy { .. } => Kind::Buy,
            Self::Sell { .. } => Kind::Sell,
            Self::AddLiquidity { .. } => Kind::AddLiquidity,
            Self::RemoveLiquidity { .. } => Kind::RemoveLiquidity,
            Self::Wrap { .. } => Kind::Wrap,
            Self::Unwrap { .. } => Kind::Unwrap,
            Self::Deposit { .. } => Kind::Deposit,
            Self::Fail(_) => Kind::Fail,
            Self::Create { .. } => Kind::Create,
            Self::Delegate { .. } => Kind::Delegate,
            Self::Batch { .. } => Kind::Batch,
            Self::Undelegate => Kind::Undelegate,
            Self::Fill => Kind::Fill,
        }
    }

    /// What it takes from the account, beside gas.
    pub fn cost(&self) -> Cost {
        let ether = |wei: U256| Cost { ether: wei, ..Cost::default() };
        let tokens = |tokens: U256| Cost { tokens, ..Cost::default() };
        match *self {
            Self::Fund { wei, .. }
            | Self::Send { wei, .. }
            | Self::Buy { wei, .. }
            | Self::Wrap { wei }
            | Self::Deposit { wei }
            | Self::Create { wei } => ether(wei),
            Self::Delegate { gifts } | Self::Batch { gifts } => {
                ether(gifts.iter().fold(U256::ZERO, |sum, (_, wei)| sum.saturating_add(*wei)))
            }
            Self::Transfer { tokens: count, .. } | Self::Sell { tokens: count, .. } => {
                tokens(count)
            }
            Self::AddLiquidity { wei, tokens, .. } => Cost { ether: wei, tokens, ..<_>::default() },
            Self::RemoveLiquidity { shares, .. } => Cost { shares, ..Cost::default() },
            Self::Unwrap { wei } => Cost { wrapped: wei, ..Cost::default() },
            Self::Deploy(_)
            | Self::Mint { .. }
            | Self::ApproveTokens
            | Self::ApproveShares
            | Self::Fail(_)
            | Self::Undelegate
            | Self::Fill => Cost::default(),
        }
    }
}

/// What an action takes from its account, beside gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Wei.
    pub ether: U256,
    /// Of the token's smallest unit.
    pub tokens: U256,
    /// Wei of wrapped ether.
    pub wrapped: U256,
    /// Shares of the pool.
    pub shares: U256,
}

impl Cost {
    /// Both.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            ether: self.ether.saturating_add(other.ether),
            tokens: self.tokens.saturating_add(other.tokens),
            wrapped: self.wrapped.saturating_add(other.wrapped),
            shares: self.shares.saturating_add(other.shares),
        }
    }

    /// What is left without the other.
    #[must_use]
    pub const fn without(&self, other: &Self) -> Self {
        Self {
            ether: self.ether.saturating_sub(other.ether),
            tokens: self.tokens.saturating_sub(other.tokens),
            wrapped: self.wrapped.saturating_sub(other.wrapped),
            shares: self.shares.saturating_sub(other.shares),
        }
    }
}

/// The type of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Type 0, with EIP-155.
    Legacy,
    /// Type 1 (EIP-2930), with an access list of what it calls.
    AccessList,
    /// Type 2 (EIP-1559).
    Fees,
    /// Type 4 (EIP-7702).
    Delegation,
}

/// An action of an account: what the planner gives and the driver sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its number, by which the planner is told what became of it.
    pub id: u64,
    /// Who acts.
    pub who: Who,
    /// On which chain.
    pub layer: Layer,
    /// What.
    pub action: Action,
    /// In which form.
    pub form: Form,
}
