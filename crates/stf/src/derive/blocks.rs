//! How a rollup block begins: its attributes, the L1 attributes transaction, and with the first
//! block on an L1 block what was deposited there (OP Stack specification, "Deposits" and "Payload
//! attributes"; rule D2 for the drift).

use super::{L1Block, L1Contracts, SystemConfig};
use crate::header;
use alloc::vec::Vec;
use alloy_consensus::Sealable;
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{Address, address};
use seam_primitives::{BlockAttributes, ChainRules, Header, L1Attributes, Transaction};

/// The predeploy that gets the tips of a rollup.
pub const SEQUENCER_FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000011");

/// All that a rollup's blocks follow from beside L1 and their parents.
#[derive(Debug, Clone)]
pub struct RollupRules {
    /// Seconds from block to block.
    pub block_seconds: u64,
    /// How far a block's time may be ahead of its L1 block's before it has deposits only, in seconds.
    pub max_drift: u64,
    /// After so many L1 blocks without a batch anyone may post one.
    pub sequencer_timeout: u64,
    /// The L1 block that the genesis block stands on.
    pub genesis_l1: BlockNumHash,
    /// The settings that the rollup begins with.
    pub system_config: SystemConfig,
    /// Whose events on L1 count.
    pub contracts: L1Contracts,
    /// The rules of L1, of which its blob schedule matters here.
    pub l1: ChainRules,
}

/// Whether a block takes the mempool's transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mempool {
    /// As many as there is room for.
    Taken,
    /// None: the block's time is too far ahead of its L1 block's (rule D2).
    LeftOut,
}

/// What a block begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockStart {
    /// All that its maker chooses.
    pub attributes: BlockAttributes,
    /// L1 attributes, then deposits.
    pub first: Vec<Transaction>,
    /// Whether others may follow.
    pub mempool: Mempool,
}

/// Where a block stands on L1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its L1 block.
    pub origin: BlockNumHash,
    /// How many blocks came before on the same.
    pub sequence_number: u64,
}

impl RollupRules {
    /// Where a block stands whose first transaction says this; None stands for the genesis block,
    /// which has no transactions.
    pub fn place(&self, attributes: Option<&L1Attributes>) -> Place {
        match attributes {
            Some(attributes) => Place {
                origin: BlockNumHash::new(attributes.number, attributes.hash),
                sequence_number: attributes.sequence_number,
            },
            None => Place { origin: self.genesis_l1, sequence_number: 0 },
        }
    }

    /// Whether a block of this time may stand on an L1 block with this header, if its parent stands
    /// on the one before that.
    pub const fn may_advance(&self, timestamp: u64, next: &Header) -> bool {
        next.timestamp <= timestamp
    }

    /// What the block of this time begins with that follows `parent`, whose first transaction says
    /// `attributes`, on the L1 block `origin`: the parent's own or the next one.
    pub fn start(
        &self,
        parent: &Header,
        attributes: Option<&L1Attributes>,
        origin: &L1Block,
        timestamp: u64,
    ) -> BlockStart {
        let before = self.place(attributes);
        let advances = before.origin.number != origin.header.number;
        let mut config = attributes
            .and_then(|attributes| SystemConfig::of_block(parent, attributes))
            .unwrap_or(self.system_config);
        if advances {
            origin.updates.iter().for_each(|update| config.apply(update));
        }
        let sequence_number = if advances { 0 } else { before.sequence_number.saturating_add(1) };
        let mut first = Vec::new();
        first.push(self.l1_attributes(&config, origin, sequence_number).deposit());
        if advances {
            let deposits = origin.deposits.iter().cloned();
            first.extend(deposits.map(|deposit| Transaction::Deposit(deposit.seal_slow())));
        }
        let latest = origin.header.timestamp.saturating_add(self.max_drift);
        BlockStart {
            attributes: attributes_of(&config, origin, timestamp),
            first,
            mempool: if timestamp > latest { Mempool::LeftOut } else { Mempool::Taken },
        }
    }

    fn l1_attributes(
        &self,
        config: &SystemConfig,
        origin: &L1Block,
        sequence_number: u64,
    ) -> L1Attributes {
        let header = &origin.header;
        let excess = header.excess_blob_gas.unwrap_or_default();
        L1Attributes {
            number: header.number,
            timestamp: header.timestamp,
            base_fee: header.base_fee_per_gas.unwrap_or_default(),
            hash: origin.hash,
            sequence_number,
            batcher_hash: config.batcher_hash,
            base_fee_scalar: config.base_fee_scalar,
            blob_base_fee_scalar: config.blob_base_fee_scalar,
            blob_base_fee: header::blob_base_fee(&self.l1, header.timestamp, excess),
            operator_fee_scalar: config.operator_fee_scalar,
            operator_fee_constant: config.operator_fee_constant,
        }
    }
}

fn attributes_of(config: &SystemConfig, origin: &L1Block, timestamp: u64) -> BlockAttributes {
    BlockAttributes {
        timestamp,
        beneficiary: SEQUENCER_FEE_VAULT,
        mix_hash: origin.header.mix_hash,
        gas_limit: config.gas_limit,
        extra_data: header::holocene_extra_data(config.eip1559),
        parent_beacon_block_root: origin.header.parent_beacon_block_root.unwrap_or_default(),
        ..BlockAttributes::default()
    }
}
