//! What no rollup can work with, refused before anything is made of it.

mod settlement;

use super::{ConfigError, DEVELOPMENT_L1S, RollupConfig};
use alloy_eips::eip7840::BlobParams;
use alloy_primitives::{Address, B256};

/// The highest gas limit that `SystemConfig` 2.3.0-beta.2 takes (rule C4).
const MAX_GAS_LIMIT: u64 = 200_000_000;

/// `ResourceMetering.ResourceConfig.elasticityMultiplier` of the rollup: deposits aim at a tenth
/// of their limit, and `SystemConfig` refuses a limit that it does not divide.
pub const DEPOSIT_ELASTICITY: u8 = 10;

fn require(holds: bool, key: &'static str, problem: String) -> Result<(), ConfigError> {
    if holds { Ok(()) } else { Err(ConfigError::Invalid { key, problem }) }
}

impl RollupConfig {
    /// Checks the rules of `protocol-rules` section 5.5 that concern these keys, and what the
    /// contracts would refuse. [`Self::from_toml`] has done it; a configuration put together by
    /// hand is checked when it is used.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.validate_chains()?;
        self.validate_gas()?;
        self.validate_genesis()?;
        self.validate_roles()?;
        self.validate_inbox()?;
        self.validate_batches()?;
        self.validate_settlement()?;
        self.validate_prefund()
    }

    fn validate_chains(&self) -> Result<(), ConfigError> {
        let (l1, l2) = (&self.l1, &self.l2);
        let id = "must not be 0: take the chain's EIP-155 id".to_owned();
        require(l1.chain_id != 0, "l1.chain_id", id.clone())?;
        require(l2.chain_id != 0, "l2.chain_id", id)?;
        let same = format!("is {}, the id of the L1: take an id of its own", l2.chain_id);
        require(l1.chain_id != l2.chain_id, "l2.chain_id", same)?;
        let zero = "must be at least 1 second".to_owned();
        require(l1.block_time != 0, "l1.block_time", zero.clone())?;
        require(l2.block_time != 0, "l2.block_time", zero)?;
        let slow = format!(
            "is {} s, longer than the L1's {} s: L2 blocks would fall behind their origin for ever; \
             set it to {} or less",
            l2.block_time, l1.block_time, l1.block_time
        );
        require(l2.block_time <= l1.block_time, "l2.block_time", slow)?;
        l1.blob_rules().map(|_| ())
    }

    fn validate_gas(&self) -> Result<(), ConfigError> {
        let (l2, deposits) = (&self.l2, &self.deposits);
        let zero = || "must not be 0".to_owned();
        require(l2.eip1559_denominator != 0, "l2.eip1559_denominator", zero())?;
        require(l2.eip1559_elasticity != 0, "l2.eip1559_elasticity", zero())?;
        let high = format!("is over {MAX_GAS_LIMIT}, the most that SystemConfig takes");
        require(l2.gas_limit <= MAX_GAS_LIMIT, "l2.gas_limit", high)?;
        require(deposits.max_resource_limit != 0, "deposits.max_resource_limit", zero())?;
        let uneven =
            format!("must be a multiple of {DEPOSIT_ELASTICITY}, the deposits' elasticity");
        let even = deposits.max_resource_limit.is_multiple_of(DEPOSIT_ELASTICITY.into());
        require(even, "deposits.max_resource_limit", uneven)?;
        let least = u64::from(deposits.max_resource_limit) + u64::from(deposits.system_tx_max_gas);
        let low = format!(
            "is {}, less than deposits.max_resource_limit + deposits.system_tx_max_gas: a block \
             might not hold its deposits; set it to {least} or more",
            l2.gas_limit
        );
        require(l2.gas_limit >= least, "l2.gas_limit", low)
    }

    fn validate_genesis(&self) -> Result<(), ConfigError> {
        let genesis = &self.genesis;
        let epoch = "must not be 0: take a time not before that of L1 block genesis.l1_number";
        require(genesis.time != 0, "genesis.time", epoch.to_owned())?;
        let hash = "must not be zero: take the hash of L1 block genesis.l1_number";
        require(genesis.l1_hash != B256::ZERO, "genesis.l1_hash", hash.to_owned())
    }

    fn validate_roles(&self) -> Result<(), ConfigError> {
        let roles = [
            ("roles.owner", self.roles.owner),
            ("roles.l2_owner", self.l2_owner()),
            ("roles.batcher", self.roles.batcher),
            ("roles.proposer", self.roles.proposer),
            ("roles.guardian", self.roles.guardian),
            ("roles.unsafe_signer", self.roles.unsafe_signer),
        ];
        for (key, address) in roles {
            let nobody =
                "is the zero address, which nobody can act for: name an account".to_owned();
            require(address != Address::ZERO, key, nobody)?;
        }
        Ok(())
    }

    fn validate_inbox(&self) -> Result<(), ConfigError> {
        let (inbox, l1_block_time) = (&self.inbox, self.l1.block_time);
        let drift = format!(
            "is {} s, shorter than one L1 block: nothing but deposits would be valid while the next \
             L1 block is awaited; set it to {l1_block_time} or more",
            inbox.max_drift
        );
        require(inbox.max_drift >= l1_block_time, "inbox.max_drift", drift)?;
        let always = "must not be 0: anyone could post in the sequencer's place at any time";
        require(inbox.sequencer_timeout != 0, "inbox.sequencer_timeout", always.to_owned())?;
        let timeout = inbox.sequencer_timeout.saturating_mul(l1_block_time);
        let lag = format!(
            "is {} s, not longer than inbox.sequencer_timeout, which is {timeout} s: after a silent \
             sequencer no batch could be posted; set it above {timeout}",
            inbox.max_lag
        );
        require(inbox.max_lag > timeout, "inbox.max_lag", lag)
    }

    fn validate_batches(&self) -> Result<(), ConfigError> {
        let (inbox, most) = (&self.inbox, BlobParams::osaka().max_blobs_per_tx);
        let blobs = format!("is {}: a transaction carries 1 to {most} blobs", inbox.max_blobs);
        require((1..=most).contains(&inbox.max_blobs), "inbox.max_blobs", blobs)?;
        let max_age = self.batcher.max_age;
        let zero = "must be at least 1 second".to_owned();
        require(max_age != 0, "batcher.max_age", zero)?;
        let timeout = inbox.sequencer_timeout.saturating_mul(self.l1.block_time);
        let (name, limit) = match timeout <= inbox.max_lag {
            true => ("inbox.sequencer_timeout", timeout),
            false => ("inbox.max_lag", inbox.max_lag),
        };
        let late = format!(
            "is {max_age} s, not below half of {name}, which is {limit} s: a batch that is delayed              once would come too late; set it below {}",
            limit.div_ceil(2)
        );
        require(max_age.saturating_mul(2) < limit, "batcher.max_age", late)
    }

    fn validate_prefund(&self) -> Result<(), ConfigError> {
        let allowed = self.prefund.is_empty() || DEVELOPMENT_L1S.contains(&self.l1.chain_id);
        let unbacked = format!(
            "makes ether that no one has deposited, so it is allowed on development L1s only \
             ({DEVELOPMENT_L1S:?}), and this L1 is {}; remove it",
            self.l1.chain_id
        );
        require(allowed, "prefund", unbacked)
    }
}
