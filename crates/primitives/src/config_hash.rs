//! The configuration hash: all of a rollup that decides what its blocks are, as one word.
//!
//! Games and proofs carry it, so that nothing proven of one rollup holds for another. The encoding is
//! in `docs/spec/config-hash.md`.

use crate::{Activation, BlobRules, OpFork};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256, keccak256};

/// What the first word is the keccak256 of.
pub const CONFIG_TAG: &str = "seam/config/1";

/// All that the configuration hash covers, in the order it is hashed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigPreimage {
    /// EIP-155 chain id of the L1.
    pub l1_chain_id: u64,
    /// EIP-155 chain id of the rollup.
    pub l2_chain_id: u64,
    /// Hash of the rollup's genesis block.
    pub l2_genesis_hash: B256,
    /// Number of the L1 block that the rollup begins after.
    pub l1_genesis_number: u64,
    /// Hash of that block.
    pub l1_genesis_hash: B256,
    /// Timestamp of the rollup's genesis block in seconds since the Unix epoch.
    pub genesis_time: u64,
    /// Seconds between blocks of the rollup.
    pub block_time: u64,
    /// `OptimismPortal2` on L1: its logs are deposits.
    pub portal: Address,
    /// `SystemConfig` on L1: its logs change the system configuration.
    pub system_config: Address,
    /// The system configuration that the rollup begins with.
    pub system: SystemPreimage,
    /// When each fork of [`OpFork::ALL`] starts.
    pub forks: [Activation; OpFork::COUNT],
    /// Blob parameters of the L1 by time, oldest first.
    pub l1_blobs: Vec<BlobRules>,
    /// Limits of derivation and of batches.
    pub limits: LimitsPreimage,
}

/// The system configuration that a rollup begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemPreimage {
    /// Who posts batches.
    pub batcher: Address,
    /// Gas limit of each block.
    pub gas_limit: u64,
    /// Weight of the L1 base fee in the L1 data fee, in millionths.
    pub base_fee_scalar: u32,
    /// Weight of the L1 blob base fee in the L1 data fee, in millionths.
    pub blob_base_fee_scalar: u32,
    /// Operator fee per gas, in millionths of a wei.
    pub operator_fee_scalar: u32,
    /// Operator fee per transaction in wei.
    pub operator_fee_constant: u64,
    /// EIP-1559 denominator.
    pub eip1559_denominator: u32,
    /// EIP-1559 elasticity.
    pub eip1559_elasticity: u32,
}

/// Limits of derivation and of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitsPreimage {
    /// Seconds that a block's time may be ahead of its L1 origin's.
    pub max_drift: u64,
    /// Seconds that the last block of a batch may lie back.
    pub max_lag: u64,
    /// L1 blocks without a batch after which anyone may post.
    pub sequencer_timeout: u64,
    /// Blobs of a batch at most.
    pub max_blobs: u64,
    /// Gas of all deposits of one L1 block.
    pub max_resource_limit: u32,
    /// Hash of the weights of zk-gas; zero while it is off.
    pub zk_gas_table: B256,
    /// zk-gas of the transactions of a block at most; zero while it is off.
    pub zk_gas_limit: u64,
}

impl ConfigPreimage {
    /// keccak256 of [`Self::words`], each as 32 bytes, one after the other.
    pub fn hash(&self) -> B256 {
        let bytes: Vec<u8> =
            self.words().into_iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
        keccak256(bytes)
    }

    /// The words that are hashed. Lists begin with their length, so that no two configurations
    /// have the same words.
    pub fn words(&self) -> Vec<U256> {
        let mut words = Vec::new();
        self.chain_words(&mut words);
        self.system.words(&mut words);
        words.push(U256::from(self.forks.len()));
        for fork in self.forks {
            let (kind, at) = fork.parts();
            words.extend([U256::from(kind), U256::from(at)]);
        }
        words.push(U256::from(self.l1_blobs.len()));
        for blobs in &self.l1_blobs {
            words.extend([
                U256::from(blobs.from_timestamp),
                U256::from(blobs.target),
                U256::from(blobs.max),
                U256::from(blobs.max_per_transaction),
                U256::from(blobs.update_fraction),
                U256::from(blobs.reserve_price),
            ]);
        }
        self.limits.words(&mut words);
        words
    }

    fn chain_words(&self, words: &mut Vec<U256>) {
        words.extend([
            keccak256(CONFIG_TAG).into(),
            U256::from(self.l1_chain_id),
            U256::from(self.l2_chain_id),
            self.l2_genesis_hash.into(),
            U256::from(self.l1_genesis_number),
            self.l1_genesis_hash.into(),
            U256::from(self.genesis_time),
            U256::from(self.block_time),
            self.portal.into_word().into(),
            self.system_config.into_word().into(),
        ]);
    }
}

impl SystemPreimage {
    fn words(&self, words: &mut Vec<U256>) {
        words.extend([
            self.batcher.into_word().into(),
            U256::from(self.gas_limit),
            U256::from(self.base_fee_scalar),
            U256::from(self.blob_base_fee_scalar),
            U256::from(self.operator_fee_scalar),
            U256::from(self.operator_fee_constant),
            U256::from(self.eip1559_denominator),
            U256::from(self.eip1559_elasticity),
        ]);
    }
}

impl LimitsPreimage {
    fn words(&self, words: &mut Vec<U256>) {
        words.extend([
            U256::from(self.max_drift),
            U256::from(self.max_lag),
            U256::from(self.sequencer_timeout),
            U256::from(self.max_blobs),
            U256::from(self.max_resource_limit),
            self.zk_gas_table.into(),
            U256::from(self.zk_gas_limit),
        ]);
    }
}

#[cfg(test)]
mod tests;
