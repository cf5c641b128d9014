//! [`ChainRules`]: all that tells one chain from another. One engine reads it; there is no second
//! code path.

use crate::fork::{Activation, Fork, OpFork};
use alloc::vec::Vec;
use alloy_eips::eip7840::{BLOB_BASE_COST, BlobParams};
use alloy_primitives::Address;
use alloy_rlp::{RlpDecodable, RlpEncodable};

/// How the base fee follows the demand for gas (EIP-1559).
#[derive(Debug, Clone, Copy, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct Eip1559Rules {
    /// The base fee moves by at most one part in this many per block. Not zero.
    pub denominator: u64,
    /// The gas limit divided by this is the target. Not zero.
    pub elasticity: u64,
}

impl Eip1559Rules {
    /// Ethereum's: one eighth per block, target at half of the limit.
    pub const ETHEREUM: Self = Self { denominator: 8, elasticity: 2 };
}

/// Blob limits and prices from a time on (EIP-7840, EIP-7892).
#[derive(Debug, Clone, Copy, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct BlobRules {
    /// From the first block with this timestamp (seconds) or a later one.
    pub from_timestamp: u64,
    /// Blobs per block at which the price stays.
    pub target: u64,
    /// Blobs per block at most.
    pub max: u64,
    /// Blobs per transaction at most.
    pub max_per_transaction: u64,
    /// How slowly the price follows the excess blob gas.
    pub update_fraction: u64,
    /// Whether a blob costs at least what EIP-7918 says.
    pub reserve_price: bool,
}

impl BlobRules {
    /// The same in the terms of `alloy-eips`, which computes fees from it.
    pub fn params(&self) -> BlobParams {
        BlobParams {
            target_blob_count: self.target,
            max_blob_count: self.max,
            update_fraction: u128::from(self.update_fraction),
            max_blobs_per_tx: self.max_per_transaction,
            blob_base_cost: if self.reserve_price { BLOB_BASE_COST } else { 0 },
            ..BlobParams::cancun()
        }
    }
}

/// What an OP Stack chain has beyond Ethereum's rules.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct OpRules {
    /// One for each [`OpFork`], in its order.
    forks: Vec<Activation>,
    /// EIP-1559 parameters of a block whose `extraData` carries zeros or that comes before Holocene.
    pub eip1559: Eip1559Rules,
}

impl OpRules {
    /// Rules of a chain whose forks start as `activation` says for each.
    pub fn new(eip1559: Eip1559Rules, activation: impl Fn(OpFork) -> Activation) -> Self {
        Self { forks: OpFork::ALL.iter().map(|fork| activation(*fork)).collect(), eip1559 }
    }

    /// When `fork` starts.
    pub fn activation(&self, fork: OpFork) -> Activation {
        self.forks.get(fork as usize).copied().unwrap_or_default()
    }
}

/// All that tells one chain from another.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
#[rlp(trailing(canonical))]
pub struct ChainRules {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// One for each [`Fork`], in its order.
    forks: Vec<Activation>,
    /// Sorted by time, oldest first. Empty on a chain without blobs.
    pub blobs: Vec<BlobRules>,
    /// The base fee's rule from London on. An OP Stack chain has its own in [`OpRules`].
    pub eip1559: Eip1559Rules,
    /// The beacon deposit contract, whose logs become requests (EIP-6110).
    /// [`Address::ZERO`] on a chain without one: no log has that address.
    pub deposit_contract: Address,
    /// Present on an OP Stack chain.
    pub op: Option<OpRules>,
}

impl ChainRules {
    /// Rules of an Ethereum chain whose forks start as `activation` says for each; no blobs, no
    /// deposit contract.
    pub fn ethereum(chain_id: u64, activation: impl Fn(Fork) -> Activation) -> Self {
        Self {
            chain_id,
            forks: Fork::ALL.iter().map(|fork| activation(*fork)).collect(),
            blobs: Vec::new(),
            eip1559: Eip1559Rules::ETHEREUM,
            deposit_contract: Address::ZERO,
            op: None,
        }
    }

    /// Rules of an OP Stack chain. Its Ethereum forks follow from its own: all up to Paris with
    /// Bedrock, Shanghai with Canyon, Cancun with Ecotone, Prague with Isthmus.
    pub fn op_stack(chain_id: u64, op: OpRules) -> Self {
        let forks = |fork| match fork {
            Fork::Dao | Fork::Osaka => Activation::Never,
            Fork::Shanghai => op.activation(OpFork::Canyon),
            Fork::Cancun => op.activation(OpFork::Ecotone),
            Fork::Prague => op.activation(OpFork::Isthmus),
            _ => Activation::GENESIS,
        };
        let eip1559 = op.eip1559;
        Self { eip1559, op: Some(op.clone()), ..Self::ethereum(chain_id, forks) }
    }

    /// When `fork` starts.
    pub fn activation(&self, fork: Fork) -> Activation {
        self.forks.get(fork as usize).copied().unwrap_or_default()
    }

    /// Whether `fork` holds for a block with this number and timestamp (seconds).
    pub fn is_active(&self, fork: Fork, number: u64, timestamp: u64) -> bool {
        self.activation(fork).is_active(number, timestamp)
    }

    /// Whether this is an OP Stack chain on which `fork` holds at this block.
    pub fn is_op_active(&self, fork: OpFork, number: u64, timestamp: u64) -> bool {
        self.op.as_ref().is_some_and(|op| op.activation(fork).is_active(number, timestamp))
    }

    /// Whether this is an OP Stack chain.
    pub const fn is_op_stack(&self) -> bool {
        self.op.is_some()
    }

    /// The newest fork that holds at this block.
    pub fn fork_at(&self, number: u64, timestamp: u64) -> Fork {
        let active =
            |fork: &&Fork| **fork != Fork::Dao && self.is_active(**fork, number, timestamp);
        Fork::ALL.iter().rev().find(active).copied().unwrap_or(Fork::Frontier)
    }

    /// The newest OP Stack fork that holds at this block, if this is an OP Stack chain.
    pub fn op_fork_at(&self, number: u64, timestamp: u64) -> Option<OpFork> {
        let op = self.op.as_ref()?;
        let active = |fork: &&OpFork| op.activation(**fork).is_active(number, timestamp);
        OpFork::ALL.iter().rev().find(active).copied()
    }

    /// Blob limits and prices at this time (seconds), if the chain has blobs then.
    pub fn blobs_at(&self, timestamp: u64) -> Option<&BlobRules> {
        self.blobs.iter().rev().find(|blobs| blobs.from_timestamp <= timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(fork: Fork) -> Activation {
        match fork {
            Fork::Dao => Activation::Never,
            fork if fork <= Fork::Paris => Activation::Block(fork as u64 * 10),
            fork => Activation::Timestamp(fork as u64 * 1_000),
        }
    }

    #[test]
    fn the_newest_active_fork_holds() {
        let rules = ChainRules::ethereum(1, staged);
        assert_eq!(rules.fork_at(0, 0), Fork::Frontier);
        assert_eq!(rules.fork_at(Fork::Byzantium as u64 * 10, 0), Fork::Byzantium);
        assert_eq!(rules.fork_at(10_000, 0), Fork::Paris);
        assert_eq!(rules.fork_at(10_000, Fork::Osaka as u64 * 1_000), Fork::Osaka);
        assert_eq!(rules.op_fork_at(10_000, u64::MAX), None);
    }

    #[test]
    fn blobs_follow_the_schedule() {
        let mut rules = ChainRules::ethereum(1, staged);
        assert_eq!(rules.blobs_at(u64::MAX), None);
        let blobs = |from_timestamp, max| BlobRules {
            from_timestamp,
            target: 3,
            max,
            max_per_transaction: 6,
            update_fraction: 1,
            reserve_price: false,
        };
        rules.blobs = alloc::vec![blobs(10, 6), blobs(20, 9)];
        assert_eq!(rules.blobs_at(9), None);
        assert_eq!(rules.blobs_at(19).map(|blobs| blobs.max), Some(6));
        assert_eq!(rules.blobs_at(20).map(|blobs| blobs.max), Some(9));
    }

    #[test]
    fn rules_survive_rlp_with_and_without_op() {
        let ethereum = ChainRules::ethereum(7, staged);
        let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
        let op = OpRules::new(eip1559, |fork| Activation::Timestamp(fork as u64));
        for rules in [ethereum, ChainRules::op_stack(901, op)] {
            let bytes = alloy_rlp::encode(&rules);
            assert_eq!(alloy_rlp::decode_exact::<ChainRules>(&bytes), Ok(rules));
        }
    }
}
