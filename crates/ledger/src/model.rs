//! Double entry: what a block did, as entries whose legs add up to nothing.
//!
//! A leg stands on one side: of an owner whom we track, or of the world, which has an account for each
//! [`Source`]. Amounts are in base units (wei for ether); an owner's leg is positive if the owner has
//! more afterwards.

use alloy_primitives::{Address, B256, I256, U256};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Token {
    /// The chain's own ether, in wei.
    Ether,
    /// An ERC-20 token (a share of a pool or vault too), in its base units.
    Erc20(Address),
}

/// Where an owner has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Position {
    /// At the owner's address.
    Wallet,
    /// In a contract that keeps it for the owner.
    In(Address),
}

/// Why an amount moved, in the words of reports. One account of the world each. A new one gets its
/// number in the books too (`books/codes.rs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Source {
    /// What the account had before it was followed.
    Opening,
    /// Gas of execution: base fee and tip.
    ExecutionGas,
    /// Gas of blobs (EIP-4844), by the carrier of the batch.
    BlobGas,
    /// The part of a rollup's fee for its data on L1.
    L1Fee,
    /// The part of a rollup's fee that its operator sets.
    OperatorFee,
    /// Tips, as the sequencer or block producer gets them.
    Tips,
    /// Base fees, where somebody gets them.
    BaseFees,
    /// L1 fees, as the rollup's vault gets them.
    L1Fees,
    /// Operator fees, as the rollup's vault gets them.
    OperatorFees,
    /// What left a fee vault.
    VaultWithdrawal,
    /// Ether or tokens sent with a transaction, or by a contract in one.
    Transfer,
    /// Ether for wrapped ether, or back.
    Wrapping,
    /// On its way from L1 to a rollup.
    Deposit,
    /// On its way from a rollup to L1.
    Withdrawal,
    /// A reward that a contract paid.
    Reward,
    /// What a position in a vault became worth more or less, in units of its asset.
    VaultIncome,
    /// Consensus: withdrawals of validators, rewards of a block.
    Consensus,
    /// A balance changed and nothing we know of did it.
    Unexplained,
}

/// What a report does with a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Earned.
    Income,
    /// Paid.
    Cost,
    /// Moved: neither earned nor paid.
    Flow,
    /// Not known; never counted as income.
    Unexplained,
}

/// Who has a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Party {
    /// One whom we track.
    Owner(Address, Position),
    /// Everybody else, under this heading.
    World(Source),
}

/// One side of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// Who.
    pub party: Party,
    /// What.
    pub token: Token,
    /// How much more (or less) they have, in base units.
    pub amount: I256,
}

/// Where in its block an entry comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Index of the transaction in the block, and its hash; none for what the block itself does.
    pub transaction: Option<(u32, B256)>,
    /// Index of the log in the block.
    pub log: Option<u32>,
}

/// The reason that names what an entry is a part of where it goes on on another chain: a hash that both have, in hex.
pub const MOVEMENT: &str = "movement";

/// The largest amount of a leg, either way: 2^191 - 1 base units. No token that is worth anything comes
/// near it, and as many legs as there can ever be add up without reaching the end of 256 bits, so a
/// contract that reports absurd amounts cannot stop the books.
pub const MAX_AMOUNT: I256 =
    I256::from_raw(U256::from_limbs([u64::MAX, u64::MAX, u64::MAX >> 1, 0]));

/// Legs that add up to nothing in each token. It cannot be built otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    place: Place,
    rule: &'static str,
    legs: Vec<Leg>,
    why: BTreeMap<&'static str, String>,
}

/// Why there is no such entry: the rule that wanted it is wrong, or the chain says what cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The legs do not add up to nothing: the rule leaves somebody out.
    #[error("an entry of rule {rule} does not balance: {token:?} adds up to {sum}")]
    Unbalanced {
        /// The rule that made it.
        rule: &'static str,
        /// The token that is out.
        token: Token,
        /// What it adds up to.
        sum: I256,
    },
    /// An amount is beyond [`MAX_AMOUNT`]: a contract reports what cannot be; leave that token out.
    #[error("an entry of rule {rule} has an amount of {token:?} that is too large: {amount}")]
    TooLarge {
        /// The rule that made it.
        rule: &'static str,
        /// Of what.
        token: Token,
        /// How much.
        amount: I256,
    },
    /// The legs of a token add up to more than 256 bits can say: there are more than 2^63 of them.
    #[error("the legs of {token:?} in an entry of rule {rule} are too many to add up")]
    TooMany {
        /// The rule that made it.
        rule: &'static str,
        /// Of what.
        token: Token,
    },
}

/// A block of a followed chain as it goes into the books: what its entries are, and the balances that were seen after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookedBlock {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Hash of the block before it.
    pub parent: B256,
    /// Seconds since 1970, UTC.
    pub time: u64,
    /// In the order of the block.
    pub entries: Vec<Entry>,
    /// Balances of tracked owners that the node told after this block.
    pub seen: Vec<(Address, Token, U256)>,
}

impl Kind {
    /// Its name in reports and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Income => "income",
            Self::Cost => "cost",
            Self::Flow => "flow",
            Self::Unexplained => "unexplained",
        }
    }
}

impl fmt::Display for Token {
    /// `ether`, or the contract's address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ether => f.write_str("ether"),
            Self::Erc20(address) => address.fmt(f),
        }
    }
}

impl FromStr for Token {
    type Err = String;

    /// `ether`, `eth`, or an address.
    fn from_str(text: &str) -> Result<Self, String> {
        if ["ether", "eth"].contains(&text) {
            return Ok(Self::Ether);
        }
        let address = text.parse::<Address>();
        address.map(Self::Erc20).map_err(|_| format!("{text} is neither `ether` nor an address"))
    }
}

impl fmt::Display for Position {
    /// `wallet`, or the contract's address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet => f.write_str("wallet"),
            Self::In(address) => address.fmt(f),
        }
    }
}

impl Source {
    /// Its name in reports and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::ExecutionGas => "execution-gas",
            Self::BlobGas => "blob-gas",
            Self::L1Fee => "l1-fee",
            Self::OperatorFee => "operator-fee",
            Self::Tips => "tips",
            Self::BaseFees => "base-fees",
            Self::L1Fees => "l1-fees",
            Self::OperatorFees => "operator-fees",
            Self::VaultWithdrawal => "vault-withdrawal",
            Self::Transfer => "transfer",
            Self::Wrapping => "wrapping",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::Reward => "reward",
            Self::VaultIncome => "vault-income",
            Self::Consensus => "consensus",
            Self::Unexplained => "unexplained",
        }
    }

    /// How reports count it.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Tips
            | Self::BaseFees
            | Self::L1Fees
            | Self::OperatorFees
            | Self::Reward
            | Self::VaultIncome
            | Self::Consensus => Kind::Income,
            Self::ExecutionGas | Self::BlobGas | Self::L1Fee | Self::OperatorFee => Kind::Cost,
            Self::Opening
            | Self::VaultWithdrawal
            | Self::Transfer
            | Self::Wrapping
            | Self::Deposit
            | Self::Withdrawal => Kind::Flow,
            Self::Unexplained => Kind::Unexplained,
        }
    }
}

impl Entry {
    /// An entry of rule `rule`; `why` has the numbers that its formula is about, by their names in the
    /// rule's documentation.
    ///
    /// # Errors
    /// [`EntryError`] if the legs do not add up to nothing, or an amount is beyond [`MAX_AMOUNT`].
    pub fn new(
        rule: &'static str,
        place: Place,
        legs: Vec<Leg>,
        why: BTreeMap<&'static str, String>,
    ) -> Result<Self, EntryError> {
        let mut sums: BTreeMap<Token, I256> = BTreeMap::new();
        for &Leg { token, amount, .. } in &legs {
            if amount > MAX_AMOUNT || amount < I256::ZERO.wrapping_sub(MAX_AMOUNT) {
                return Err(EntryError::TooLarge { rule, token, amount });
            }
            let sum = sums.entry(token).or_default();
            *sum = sum.checked_add(amount).ok_or(EntryError::TooMany { rule, token })?;
        }
        match sums.into_iter().find(|(_, sum)| !sum.is_zero()) {
            Some((token, sum)) => Err(EntryError::Unbalanced { rule, token, sum }),
            None => Ok(Self { place, rule, legs, why }),
        }
    }

    /// An entry of two legs: `owner` has `amount` more (less, if it is negative), for `source`.
    ///
    /// # Errors
    /// [`EntryError::TooLarge`] if the amount is beyond [`MAX_AMOUNT`]; so is the least of 256 bits, which
    /// has no opposite.
    pub fn of(
        rule: &'static str,
        place: Place,
        owner: Address,
        source: Source,
        (token, amount): (Token, I256),
        why: BTreeMap<&'static str, String>,
    ) -> Result<Self, EntryError> {
        let opposite = I256::ZERO.wrapping_sub(amount); // of the least there is none: refused by `new`
        let owner = Leg { party: Party::Owner(owner, Position::Wallet), token, amount };
        let world = Leg { party: Party::World(source), token, amount: opposite };
        Self::new(rule, place, vec![owner, world], why)
    }

    /// Where it comes from.
    pub const fn place(&self) -> Place {
        self.place
    }

    /// The name of the rule that made it.
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// Its sides.
    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// What it is a part of on several chains, if it is: a rule says so with the reason [`MOVEMENT`], a hash.
    pub fn movement(&self) -> Option<B256> {
        self.why.get(MOVEMENT)?.parse().ok()
    }

    /// The numbers of the rule's formula.
    pub const fn why(&self) -> &BTreeMap<&'static str, String> {
        &self.why
    }
}

#[cfg(test)]
mod tests;
