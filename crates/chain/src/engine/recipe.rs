//! What goes into a block beside the mempool's transactions, and when: what differs between kinds
//! of chains beyond their rules.

mod embedded_l1;
mod rollup;

pub use embedded_l1::EmbeddedL1;
pub use rollup::{Part, Rollup, attributes_of};

use alloy_primitives::B256;
use seam_primitives::{BlockAttributes, ChainRules, Header, Recovered, Transaction};
use seam_stf::{derive::Mempool, header};
use seam_storage::{Finality, StorageError, View};
use std::{fmt::Debug, time::Duration};

/// What a block starts with.
#[derive(Debug, Clone)]
pub struct Input {
    /// What its maker chooses.
    pub attributes: BlockAttributes,
    /// Transactions that come before all others: the L1 attributes and deposits of a rollup.
    pub first: Vec<Recovered<Transaction>>,
    /// Whether others may follow.
    pub mempool: Mempool,
}

/// What comes after a block.
#[derive(Debug, Clone)]
pub enum Next {
    /// One that starts so.
    Block(Box<Input>),
    /// None yet: L1 is not known so far, or is changing.
    Wait,
    /// None ever: the block stands on an L1 block that has left L1's chain, and has to be undone.
    Unwind,
}

impl Next {
    /// A block that others may follow in, with nothing before the mempool's transactions.
    fn of(attributes: BlockAttributes) -> Self {
        Self::Block(Box::new(Input { attributes, first: Vec::new(), mempool: Mempool::Taken }))
    }
}

/// How finality follows the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finalization {
    /// The finalized block trails the head by this many blocks, the safe one by half of it.
    Trailing(u64),
    /// The head is final.
    Head,
    /// Somebody else says.
    Given,
}

impl Finalization {
    /// Safe and finalized block when the head is `head`; neither goes back.
    pub fn at(self, head: u64, before: Finality) -> Finality {
        let (safe, finalized) = match self {
            Self::Trailing(depth) => (head.saturating_sub(depth / 2), head.saturating_sub(depth)),
            Self::Head => (head, head),
            Self::Given => (before.safe, before.finalized),
        };
        let finalized = finalized.max(before.finalized);
        Finality { safe: safe.max(finalized), finalized }
    }
}

/// How blocks of a chain are made.
pub trait Recipe: Debug + Send + Sync {
    /// Seconds from block to block; `None` where none are made here.
    fn block_seconds(&self) -> Option<u64>;

    /// The timestamp of a block on one with timestamp `parent`, made at `now`.
    fn timestamp(&self, parent: u64, now: Duration) -> u64;

    /// What a block on `parent` with this timestamp starts with, if there can be one.
    ///
    /// # Errors
    /// [`StorageError`] if what it follows from cannot be read.
    fn next(&self, rules: &ChainRules, parent: &View, timestamp: u64)
    -> Result<Next, StorageError>;

    /// Whether a block of the chain still stands on its L1, where it has one.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    fn stands(&self, _block: &View) -> Result<bool, StorageError> {
        Ok(true)
    }

    /// The beacon root that a block on a parent with this header and hash carries (EIP-4788), where
    /// it follows from the parent. It is asked for once the parent is sealed, which [`Self::next`]
    /// must not wait for; `None`: that of the attributes.
    fn beacon_root(&self, _parent: &Header, _hash: B256) -> Option<B256> {
        None
    }

    /// How finality follows the head.
    fn finalization(&self) -> Finalization;

    /// The rollup that is made so, if it is one.
    fn rollup(&self) -> Option<&Rollup> {
        None
    }
}

/// No blocks are made: they come by import, and each is final unless it is reversible.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unproduced {
    /// Whether a later import may replace blocks.
    pub reversible: bool,
}

impl Recipe for Unproduced {
    fn block_seconds(&self) -> Option<u64> {
        None
    }

    fn timestamp(&self, parent: u64, _now: Duration) -> u64 {
        parent + 1
    }

    fn next(
        &self,
        _rules: &ChainRules,
        parent: &View,
        timestamp: u64,
    ) -> Result<Next, StorageError> {
        Ok(Next::of(attributes_like(parent.header(), timestamp)))
    }

    fn finalization(&self) -> Finalization {
        if self.reversible { Finalization::Given } else { Finalization::Head }
    }
}

/// What a block on one with this header has that chooses nothing of its own.
pub(crate) fn attributes_like(header: &Header, timestamp: u64) -> BlockAttributes {
    BlockAttributes {
        timestamp,
        gas_limit: header.gas_limit,
        beneficiary: header.beneficiary,
        mix_hash: header.mix_hash,
        extra_data: header.extra_data.clone(),
        ..BlockAttributes::default()
    }
}

/// The header of the block after the one with header `before` and this hash, as far as it is known
/// before its transactions are.
pub(crate) fn pending_header(
    rules: &ChainRules,
    before: &Header,
    parent_hash: B256,
    attributes: &BlockAttributes,
) -> Header {
    let timestamp = attributes.timestamp;
    Header {
        parent_hash,
        number: before.number + 1,
        timestamp,
        beneficiary: attributes.beneficiary,
        mix_hash: attributes.mix_hash,
        gas_limit: attributes.gas_limit,
        extra_data: attributes.extra_data.clone(),
        base_fee_per_gas: header::base_fee(rules, before, timestamp),
        excess_blob_gas: header::excess_blob_gas(rules, before, timestamp),
        blob_gas_used: before.blob_gas_used.map(|_| 0),
        parent_beacon_block_root: before
            .parent_beacon_block_root
            .map(|_| attributes.parent_beacon_block_root),
        withdrawals_root: before.withdrawals_root,
        requests_hash: before.requests_hash,
        ..Header::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finality_trails_the_head_and_never_goes_back() {
        let at = |head, before| Finalization::Trailing(10).at(head, before);
        let start = at(4, Finality::default());
        assert_eq!(start, Finality { safe: 0, finalized: 0 });
        let later = at(30, start);
        assert_eq!(later, Finality { safe: 25, finalized: 20 });
        assert_eq!(at(22, later), Finality { safe: 20, finalized: 20 });
        assert_eq!(Finalization::Head.at(7, start), Finality { safe: 7, finalized: 7 });
        assert_eq!(Finalization::Given.at(7, later), later);
    }
}
