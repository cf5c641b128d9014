//! What the worst transaction of a set pays, at any base fee, without looking at all of them.
//!
//! At base fee `b` a transaction pays `min(fee, tip + b)` per gas. The least of that over a set is
//! `min(least fee, least tip + b)`, whatever `b`: two ordered sets answer for every block.

use super::transaction::PoolTransaction;
use alloy_primitives::Address;
use std::{cmp::Reverse, collections::BTreeSet};

/// The least fee and the least tip in a set, each in wei per gas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Floor {
    tip: u128,
    fee: u128,
}

impl Floor {
    /// Of one transaction.
    pub(super) fn of(tx: &PoolTransaction) -> Self {
        Self { tip: tx.max_tip(), fee: tx.max_fee() }
    }

    /// Of two sets together.
    pub(super) fn and(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self {
            tip: self.tip.min(other.tip),
            fee: self.fee.min(other.fee),
        })
    }

    /// What the worst of the set pays per gas at this base fee, in wei.
    pub(super) fn price(self, base_fee: u64) -> u128 {
        self.fee.min(self.tip.saturating_add(u128::from(base_fee)))
    }
}

/// Prices of some transactions of one sender.
#[derive(Debug, Default)]
pub(super) struct Prices {
    tips: BTreeSet<(u128, u64)>,
    fees: BTreeSet<(u128, u64)>,
}

impl Prices {
    pub(super) fn add(&mut self, tx: &PoolTransaction) {
        self.tips.insert((tx.max_tip(), tx.nonce()));
        self.fees.insert((tx.max_fee(), tx.nonce()));
    }

    pub(super) fn remove(&mut self, tx: &PoolTransaction) {
        self.tips.remove(&(tx.max_tip(), tx.nonce()));
        self.fees.remove(&(tx.max_fee(), tx.nonce()));
    }

    pub(super) fn floor(&self) -> Option<Floor> {
        let ((tip, _), (fee, _)) = (self.tips.first()?, self.fees.first()?);
        Some(Floor { tip: *tip, fee: *fee })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.tips.len(), self.fees.len());
        self.tips.len()
    }
}

/// Where a sender stands among those who could lose a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Of the transactions it could lose.
    pub(super) floor: Floor,
    /// How many it has in the pool: of equals the one with most loses.
    pub(super) count: usize,
}

type Key = (u128, Reverse<usize>, Address);

/// Senders by what their worst transaction pays.
#[derive(Debug, Default)]
pub(super) struct Worst {
    by_tip: BTreeSet<Key>,
    by_fee: BTreeSet<Key>,
}

impl Worst {
    /// Moves `sender` from where it stood to where it stands.
    pub(super) fn set(&mut self, sender: Address, old: Option<Standing>, new: Option<Standing>) {
        if old == new {
            return;
        }
        if let Some(Standing { floor, count }) = old {
            self.by_tip.remove(&(floor.tip, Reverse(count), sender));
            self.by_fee.remove(&(floor.fee, Reverse(count), sender));
        }
        if let Some(Standing { floor, count }) = new {
            self.by_tip.insert((floor.tip, Reverse(count), sender));
            self.by_fee.insert((floor.fee, Reverse(count), sender));
        }
    }

    /// The sender whose worst transaction pays least at this base fee, and what it pays per gas.
    pub(super) fn lowest(&self, base_fee: u64) -> Option<(u128, Address)> {
        let (tip, count, sender) = *self.by_tip.first()?;
        let by_tip = (tip.saturating_add(u128::from(base_fee)), count, sender);
        let (price, _, sender) = by_tip.min(*self.by_fee.first()?);
        Some((price, sender))
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(self.by_tip.len(), self.by_fee.len());
        self.by_tip.len()
    }
}
