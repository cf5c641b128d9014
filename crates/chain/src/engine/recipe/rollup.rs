//! Blocks of a rollup on an L1 in the same process.

use super::{Finalization, Input, Recipe};
use crate::Chain;
use alloy_primitives::{Address, B256, Bytes, address};
use seam_primitives::{
    BlockAttributes, ChainRules, Eip1559Rules, Header, L1Attributes, Recovered, Transaction,
};
use seam_stf::header;
use seam_storage::{StorageError, View};
use std::time::Duration;

/// The predeploy that gets the tips of a rollup.
const SEQUENCER_FEE_VAULT: Address = address!("0x4200000000000000000000000000000000000011");

/// What a rollup's system configuration on L1 says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RollupSettings {
    /// Seconds from block to block.
    pub block_seconds: u64,
    /// Gas limit of each block.
    pub gas_limit: u64,
    /// EIP-1559 parameters, in each block's `extraData` (Holocene).
    pub eip1559: Eip1559Rules,
    /// Who posts batches.
    pub batcher: Address,
    /// Share of L1's base fee in the L1 fee (Ecotone).
    pub base_fee_scalar: u32,
    /// Share of L1's blob base fee in the L1 fee (Ecotone).
    pub blob_base_fee_scalar: u32,
    /// Operator fee for each gas, in millionths of a wei (Isthmus).
    pub operator_fee_scalar: u32,
    /// Operator fee for each transaction, in wei (Isthmus).
    pub operator_fee_constant: u64,
}

/// Makes a block every so many seconds, without a gap, each on an L1 block that is not younger.
#[derive(Debug, Clone)]
pub struct RollupOnL1 {
    l1: Chain,
    settings: RollupSettings,
}

impl RollupOnL1 {
    /// A rollup whose L1 is `l1`. Its genesis block stands on L1's.
    pub const fn new(l1: Chain, settings: RollupSettings) -> Self {
        Self { l1, settings }
    }

    /// The L1 block that the next block stands on, with how many blocks on the same came before:
    /// one further if L1 has one that is old enough, else the parent's.
    fn origin(&self, parent: &View, timestamp: u64) -> Result<(B256, Header, u64), StorageError> {
        let l1 = self.l1.head();
        let (number, sequence) = match parent_attributes(parent)? {
            Some(attributes) => (attributes.number, attributes.sequence_number + 1),
            None => (0, 0),
        };
        if let Some((hash, next)) = l1.reader.header(number + 1)?
            && next.timestamp <= timestamp
        {
            return Ok((hash, next, 0));
        }
        match l1.reader.header(number)? {
            Some((hash, header)) => Ok((hash, header, sequence)),
            // Only by hand does an L1 go back to fewer blocks: the rollup goes on from what is left.
            None => Ok((l1.hash(), l1.header().clone(), 0)),
        }
    }

    fn attributes_transaction(
        &self,
        (hash, origin, sequence_number): &(B256, Header, u64),
    ) -> Recovered<Transaction> {
        let RollupSettings { batcher, .. } = self.settings;
        let excess = origin.excess_blob_gas.unwrap_or_default();
        let blob_base_fee = header::blob_base_fee(self.l1.rules(), origin.timestamp, excess);
        let attributes = L1Attributes {
            number: origin.number,
            timestamp: origin.timestamp,
            base_fee: origin.base_fee_per_gas.unwrap_or_default(),
            hash: *hash,
            sequence_number: *sequence_number,
            batcher_hash: batcher.into_word(),
            base_fee_scalar: self.settings.base_fee_scalar,
            blob_base_fee_scalar: self.settings.blob_base_fee_scalar,
            blob_base_fee,
            operator_fee_scalar: self.settings.operator_fee_scalar,
            operator_fee_constant: self.settings.operator_fee_constant,
        };
        let deposit = attributes.deposit();
        let sender = deposit.as_deposit().map(|deposit| deposit.from).unwrap_or_default();
        Recovered::new_unchecked(deposit, sender)
    }
}

/// What the parent block's first transaction says of L1; the genesis block has none.
fn parent_attributes(parent: &View) -> Result<Option<L1Attributes>, StorageError> {
    let Some(first) = parent.first_transaction()? else { return Ok(None) };
    let attributes =
        first.as_deposit().and_then(|deposit| L1Attributes::decode(&deposit.input).ok());
    let missing = || StorageError::Corrupt("a rollup block without L1 attributes".to_owned());
    attributes.map(Some).ok_or_else(missing)
}

/// Version 0, denominator, elasticity (Holocene).
fn holocene_extra_data(eip1559: Eip1559Rules) -> Bytes {
    let parameter = |value| u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes();
    let parts =
        [&[0][..], &parameter(eip1559.denominator), &parameter(eip1559.elasticity)].concat();
    parts.into()
}

impl Recipe for RollupOnL1 {
    fn l1(&self) -> Option<&Chain> {
        Some(&self.l1)
    }

    fn block_seconds(&self) -> Option<u64> {
        Some(self.settings.block_seconds)
    }

    /// A rollup has no empty slots: it catches up instead.
    fn timestamp(&self, parent: u64, _now: Duration) -> u64 {
        parent + self.settings.block_seconds
    }

    fn input(
        &self,
        _rules: &ChainRules,
        parent: &View,
        timestamp: u64,
    ) -> Result<Input, StorageError> {
        let origin = self.origin(parent, timestamp)?;
        let first = vec![self.attributes_transaction(&origin)];
        let attributes = BlockAttributes {
            timestamp,
            beneficiary: SEQUENCER_FEE_VAULT,
            mix_hash: origin.1.mix_hash,
            gas_limit: self.settings.gas_limit,
            extra_data: holocene_extra_data(self.settings.eip1559),
            parent_beacon_block_root: origin.1.parent_beacon_block_root.unwrap_or_default(),
            ..BlockAttributes::default()
        };
        Ok(Input { attributes, first })
    }

    /// Blocks become safe once they are posted on L1.
    fn finalization(&self) -> Finalization {
        Finalization::Given
    }
}
