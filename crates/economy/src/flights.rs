//! Transactions on their way, and the nonces they take. Nothing is kept beyond the process: what a chain says is
//! believed again and again, so that a node that restarts, forgets or goes back leaves no account stuck.

use crate::{action::Planned, actors::Who};
use alloy_primitives::{B256, Bytes};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// After this time without a block, a transaction is sent again.
pub const RESEND_AFTER: Duration = Duration::from_secs(15);
/// After being sent so often at its price, it offers more.
pub const SENDS_AT_A_PRICE: u32 = 2;
/// An account's nonce has passed a transaction, and in so many looks nobody had its receipt: it is lost.
pub const LOOKS_UNTIL_LOST: u32 = 3;
/// Of an account, so many missing nonces are filled at once.
pub const MAX_FILLED: usize = 16;

/// A transaction on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// What it does.
    pub planned: Planned,
    /// Nonces that it takes: two where it delegates the account that sends it (EIP-7702).
    pub nonces: u64,
    /// Its hashes; several where it was offered at several prices.
    pub hashes: Vec<B256>,
    /// As it was signed last.
    pub raw: Bytes,
    /// Gas that it may use.
    pub gas_limit: u64,
    /// What it offers for each, in wei.
    pub price: Price,
    /// When it was sent last.
    pub sent: Duration,
    /// How often it was sent at this price.
    pub sends: u32,
    /// In how many looks its nonce was passed.
    pub passed: u32,
}

/// What a transaction offers for gas, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Price {
    /// In all.
    pub max_fee: u128,
    /// Of it, to whoever makes the block.
    pub priority_fee: u128,
}

impl Price {
    /// More than another by what mempools ask of one that takes its place: a tenth, and here an eighth (12.5 %),
    /// and at least this.
    #[must_use]
    pub fn above(self, other: Self) -> Self {
        let more = |fee: u128| fee.saturating_add(fee / 8).saturating_add(1);
        Self {
            max_fee: self.max_fee.max(more(other.max_fee)),
            priority_fee: self.priority_fee.max(more(other.priority_fee)),
        }
    }
}

#[derive(Debug, Default)]
struct Account {
    /// Its next nonce, after the newest block.
    next: u64,
    /// Nonces below are taken by what others, or this before it restarted, have in the mempool.
    floor: u64,
    flights: BTreeMap<u64, Flight>,
}

/// Those of one chain.
#[derive(Debug, Default)]
pub struct Flights {
    accounts: BTreeMap<Who, Account>,
}

impl Flights {
    /// The nonce that an account's next transaction takes: the lowest that is free.
    pub fn nonce(&self, who: Who) -> u64 {
        let Some(account) = self.accounts.get(&who) else { return 0 };
        let mut nonce = account.next.max(account.floor);
        for (taken, flight) in &account.flights {
            let after = taken.saturating_add(flight.nonces);
            if nonce >= *taken && nonce < after {
                nonce = after;
            }
        }
        nonce
    }

    /// A transaction was sent.
    pub fn launch(&mut self, nonce: u64, flight: Flight) {
        self.accounts.entry(flight.planned.who).or_default().flights.insert(nonce, flight);
    }

    /// How many are on their way.
    pub fn count(&self) -> usize {
        self.accounts.values().map(|account| account.flights.len()).sum()
    }

    /// Each hash that may be in a block, with whose it is and its nonce.
    pub fn hashes(&self) -> Vec<(Who, u64, B256)> {
        let mut all = Vec::new();
        for (who, account) in &self.accounts {
            for (nonce, flight) in &account.flights {
                all.extend(flight.hashes.iter().map(|hash| (*who, *nonce, *hash)));
            }
        }
        all
    }

    /// It is in a block: what it was.
    pub fn landed(&mut self, who: Who, nonce: u64) -> Option<Flight> {
        let account = self.accounts.get_mut(&who)?;
        let flight = account.flights.remove(&nonce)?;
        account.next = account.next.max(nonce.saturating_add(flight.nonces));
        Some(flight)
    }

    /// The node did not take it, or nobody has it: its nonce is free.
    pub fn remove(&mut self, who: Who, nonce: u64) -> Option<Flight> {
        self.accounts.get_mut(&who)?.flights.remove(&nonce)
    }

    /// One that is on its way.
    pub fn get_mut(&mut self, who: Who, nonce: u64) -> Option<&mut Flight> {
        self.accounts.get_mut(&who)?.flights.get_mut(&nonce)
    }

    /// What the chain says of an account's next nonce: after a reorg, or in a chain that began anew, it may be lower
    /// than before.
    pub fn observe(&mut self, who: Who, next: u64) {
        let account = self.accounts.entry(who).or_default();
        if next < account.next {
            // What was undone may wait in the mempool again, or nobody has it: that shows at once.
            account.floor = 0;
            account.flights.values_mut().for_each(|flight| flight.sent = Duration::ZERO);
        }
        account.next = next;
        for (_, flight) in account.flights.range_mut(..next) {
            flight.passed = flight.passed.saturating_add(1);
        }
    }

    /// Nonces below this one are taken in the mempool by something that is not known here.
    pub fn taken_below(&mut self, who: Who, floor: u64) {
        self.accounts.entry(who).or_default().floor = floor;
    }

    /// Those that are lost: their nonce is used and no look found them. They are taken out.
    pub fn lost(&mut self) -> Vec<Flight> {
        let mut lost = Vec::new();
        for account in self.accounts.values_mut() {
            let is_lost = |flight: &Flight| flight.passed >= LOOKS_UNTIL_LOST;
            let nonces: Vec<u64> =
                account.flights.iter().filter(|(_, one)| is_lost(one)).map(|(n, _)| *n).collect();
            lost.extend(nonces.iter().filter_map(|nonce| account.flights.remove(nonce)));
        }
        lost
    }

    /// Those that were sent long ago, in the order of their nonces: whose, and which.
    pub fn overdue(&self, now: Duration) -> Vec<(Who, u64)> {
        let mut all = Vec::new();
        for (who, account) in &self.accounts {
            for (nonce, flight) in account.flights.range(account.next..) {
                if now.saturating_sub(flight.sent) >= RESEND_AFTER {
                    all.push((*who, *nonce));
                }
            }
        }
        all
    }

    /// Nonces that nobody has, below those of transactions that are overdue: they wait for them. Nothing else takes
    /// such a nonce while an account has as many on the way as it may.
    pub fn gaps(&mut self, now: Duration) -> Vec<(Who, u64)> {
        let overdue: BTreeSet<Who> = self.overdue(now).into_iter().map(|(who, _)| who).collect();
        let mut gaps = Vec::new();
        for who in overdue {
            let Some(account) = self.accounts.get_mut(&who) else { continue };
            let (mut expected, mut missing) = (account.next, Vec::new());
            for (nonce, flight) in &account.flights {
                missing.extend((expected..*nonce).take(MAX_FILLED));
                expected = expected.max(nonce.saturating_add(flight.nonces));
            }
            if !missing.is_empty() {
                // Whoever had them in the mempool has them no more.
                account.floor = 0;
            }
            gaps.extend(missing.into_iter().take(MAX_FILLED).map(|nonce| (who, nonce)));
        }
        gaps
    }

    /// The node was away, and may have lost all: everything is overdue.
    pub fn all_overdue(&mut self) {
        for flight in self.accounts.values_mut().flat_map(|account| account.flights.values_mut()) {
            flight.sent = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests;
