//! What rules have at hand: a transaction with the payments and logs in it that nobody has explained yet.

use super::BookError;
use crate::{
    model::{Entry, Leg, MAX_AMOUNT, Party, Place, Position, Source, Token},
    source::{BlockFacts, LogFacts, TxFacts},
};
use alloy_primitives::{Address, I256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// Whose money is followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(BTreeSet<Address>);

/// What each owner has, as the books say, by position and token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Running(BTreeMap<(Address, Position, Token), I256>);

/// The numbers of a formula, by their names in it.
pub(super) type Why = BTreeMap<&'static str, String>;

/// Ether that a transaction moved, beside fees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) value: U256,
    pub(super) by: By,
}

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The transaction itself.
    Transaction,
    /// A contract in it, as the trace tells.
    Contract,
}

/// A transaction while its entries are made.
pub(super) struct Booking<'a> {
    pub(super) block: &'a BlockFacts,
    pub(super) transaction: &'a TxFacts,
    pub(super) owners: &'a Owners,
    pub(super) entries: Vec<Entry>,
    place: u32,
    payments: Vec<Payment>,
    explained: BTreeSet<u32>,
}

/// A block while the entries are made that are of no transaction.
pub(super) struct InBlock<'a> {
    pub(super) block: &'a BlockFacts,
    pub(super) owners: &'a Owners,
    pub(super) entries: Vec<Entry>,
    running: &'a Running,
    added: Running,
}

impl Owners {
    /// Whether this account is followed.
    pub fn has(&self, account: Address) -> bool {
        self.0.contains(&account)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = Address> {
        self.0.iter().copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody is followed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Address> for Owners {
    fn from_iter<T: IntoIterator<Item = Address>>(accounts: T) -> Self {
        Self(accounts.into_iter().collect())
    }
}

impl Running {
    /// What an owner has at a position.
    pub fn at(&self, owner: Address, position: Position, token: Token) -> I256 {
        self.0.get(&(owner, position, token)).copied().unwrap_or_default()
    }

    /// What an owner has at its own address.
    pub fn wallet(&self, owner: Address, token: Token) -> I256 {
        self.at(owner, Position::Wallet, token)
    }

    /// Whether the books have had a line of an owner with this token at its own address.
    pub fn knows(&self, owner: Address, token: Token) -> bool {
        self.0.contains_key(&(owner, Position::Wallet, token))
    }

    /// Sets what the books say.
    pub fn set(&mut self, owner: Address, position: Position, token: Token, amount: I256) {
        self.0.insert((owner, position, token), amount);
    }

    /// Tokens that an owner has had at its own address.
    pub fn tokens(&self) -> impl Iterator<Item = (Address, Token)> {
        let wallet = |(owner, position, token): &(Address, Position, Token)| {
            (*position == Position::Wallet).then_some((*owner, *token))
        };
        self.0.keys().filter_map(wallet)
    }

    /// Adds the owners' legs of entries.
    pub fn add(&mut self, entries: &[Entry]) {
        for leg in entries.iter().flat_map(Entry::legs) {
            if let Party::Owner(owner, position) = leg.party {
                let sum = self.0.entry((owner, position, leg.token)).or_default();
                *sum = sum.wrapping_add(leg.amount);
            }
        }
    }
}

/// An amount with a sign; none if it is more than the books take, which no honest token has.
pub(super) fn signed(amount: U256) -> Option<I256> {
    I256::try_from(amount).ok().filter(|amount| *amount <= MAX_AMOUNT)
}

/// The legs of an owner's change and its reason.
pub(super) fn legs(
    owner: Address,
    position: Position,
    source: Source,
    token: Token,
    amount: I256,
) -> [Leg; 2] {
    let opposite = I256::ZERO.wrapping_sub(amount);
    [
        Leg { party: Party::Owner(owner, position), token, amount },
        Leg { party: Party::World(source), token, amount: opposite },
    ]
}

impl<'a> Booking<'a> {
    pub(super) fn new(
        block: &'a BlockFacts,
        transaction: &'a TxFacts,
        place: u32,
        owners: &'a Owners,
    ) -> Self {
        let payments = payments(transaction);
        let explained = BTreeSet::new();
        Self { block, transaction, owners, entries: Vec::new(), place, payments, explained }
    }

    /// Where entries of the transaction come from.
    pub(super) fn place(&self, log: Option<&LogFacts>) -> Place {
        Place {
            transaction: Some((self.place, self.transaction.hash)),
            log: log.map(|log| log.index),
        }
    }

    /// Logs that no rule has explained yet. Those of a failed transaction do not exist.
    pub(super) fn logs(&self) -> impl Iterator<Item = &'a LogFacts> + use<'a> {
        let explained = self.explained.clone();
        self.transaction.logs.iter().filter(move |log| !explained.contains(&log.index))
    }

    /// Whether a rule has explained this log.
    pub(super) fn is_explained(&self, log: &LogFacts) -> bool {
        self.explained.contains(&log.index)
    }

    /// This log is explained.
    pub(super) fn explain(&mut self, log: &LogFacts) {
        self.explained.insert(log.index);
    }

    /// The first log after which there is no question left, of those that are still open.
    pub(super) fn find_log(&self, wanted: impl Fn(&LogFacts) -> bool) -> Option<&'a LogFacts> {
        self.logs().find(|log| wanted(log))
    }

    /// Takes a payment that a rule explains: the first that fits.
    pub(super) fn take(&mut self, fits: impl Fn(&Payment) -> bool) -> Option<Payment> {
        let place = self.payments.iter().position(fits)?;
        Some(self.payments.remove(place))
    }

    /// Takes all payments that are left.
    pub(super) fn take_all(&mut self) -> Vec<Payment> {
        std::mem::take(&mut self.payments)
    }

    /// Whether the node told what contracts paid.
    pub(super) const fn is_traced(&self) -> bool {
        self.transaction.trace.is_some()
    }

    /// Whether balances of this token can be counted.
    pub(super) fn is_token(&self, token: Address) -> bool {
        !self.block.no_tokens.contains(&token)
    }

    /// An owner has so much more (less) ether; nothing if it is nothing or nobody of ours.
    pub(super) fn ether(
        &mut self,
        rule: &super::Rule,
        owner: Address,
        source: Source,
        (sign, amount): (Sign, U256),
        why: Why,
    ) -> Result<(), BookError> {
        if amount.is_zero() || !self.owners.has(owner) {
            return Ok(());
        }
        let amount = sign.of(signed(amount).ok_or(BookError::TooMuch {
            block: self.block.number,
            owner,
            amount,
        })?);
        let token = (Token::Ether, amount);
        let place = self.place(None);
        self.entries.push(Entry::of(rule.name, place, owner, source, token, why)?);
        Ok(())
    }

    /// An entry with these legs, for a log.
    pub(super) fn push(
        &mut self,
        rule: &super::Rule,
        log: Option<&LogFacts>,
        legs: Vec<Leg>,
        why: Why,
    ) -> Result<(), BookError> {
        self.entries.push(Entry::new(rule.name, self.place(log), legs, why)?);
        Ok(())
    }
}

/// Whether somebody has more or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    More,
    Less,
}

impl Sign {
    pub(super) const fn of(self, amount: I256) -> I256 {
        match self {
            Self::More => amount,
            Self::Less => I256::ZERO.wrapping_sub(amount),
        }
    }
}

fn payments(transaction: &TxFacts) -> Vec<Payment> {
    if !transaction.success {
        return Vec::new();
    }
    let own = transaction.to.map(|to| Payment {
        from: transaction.from,
        to,
        value: transaction.value,
        by: By::Transaction,
    });
    let inner = transaction.trace.iter().flat_map(|trace| &trace.payments);
    let inner = inner.map(|(from, to, value)| Payment {
        from: *from,
        to: *to,
        value: *value,
        by: By::Contract,
    });
    own.into_iter().chain(inner).filter(|payment| !payment.value.is_zero()).collect()
}

impl<'a> InBlock<'a> {
    pub(super) fn new(
        block: &'a BlockFacts,
        owners: &'a Owners,
        running: &'a Running,
        entries: Vec<Entry>,
    ) -> Self {
        let mut added = Running::default();
        added.add(&entries);
        Self { block, owners, entries, running, added }
    }

    /// What an owner has at a position after all that was booked so far.
    pub(super) fn booked(&self, owner: Address, position: Position, token: Token) -> I256 {
        let before = self.running.at(owner, position, token);
        before.wrapping_add(self.added.at(owner, position, token))
    }

    pub(super) fn push(
        &mut self,
        rule: &super::Rule,
        legs: Vec<Leg>,
        why: Why,
    ) -> Result<(), BookError> {
        let entry = Entry::new(rule.name, Place::default(), legs, why)?;
        self.added.add(std::slice::from_ref(&entry));
        self.entries.push(entry);
        Ok(())
    }
}

/// `why` of a rule: names with values that can be shown.
macro_rules! why {
    ($($name:literal : $value:expr),* $(,)?) => {
        std::collections::BTreeMap::from([$(($name, ToString::to_string(&$value))),*])
    };
}
pub(super) use why;
