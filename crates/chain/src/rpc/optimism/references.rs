//! How op-node names blocks, and tells how far a rollup is.

use crate::{Chain, chain::Head, rpc::error::Failure};
use alloy_primitives::B256;
use seam_primitives::L1Attributes;
use seam_storage::StoredBlock;
use serde::Serialize;

/// A block by hash and number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct BlockName {
    pub(super) hash: B256,
    pub(super) number: u64,
}

/// A block of L1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct L1BlockRef {
    hash: B256,
    number: u64,
    parent_hash: B256,
    timestamp: u64,
}

/// A block of the rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct L2BlockRef {
    hash: B256,
    number: u64,
    parent_hash: B256,
    timestamp: u64,
    /// The L1 block that it stands on.
    #[serde(rename = "l1origin")]
    l1_origin: BlockName,
    /// How many blocks came before on the same L1 block.
    sequence_number: u64,
}

/// How far the rollup and its L1 are. Keys are op-node's own, with underscores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct SyncStatus {
    current_l1: L1BlockRef,
    current_l1_finalized: L1BlockRef,
    head_l1: L1BlockRef,
    safe_l1: L1BlockRef,
    finalized_l1: L1BlockRef,
    unsafe_l2: L2BlockRef,
    safe_l2: L2BlockRef,
    finalized_l2: L2BlockRef,
    pending_safe_l2: L2BlockRef,
    cross_unsafe_l2: L2BlockRef,
    local_safe_l2: L2BlockRef,
}

impl L2BlockRef {
    pub(super) fn new(chain: &Chain, stored: &StoredBlock) -> Result<Self, Failure> {
        let header = &stored.block.header;
        let (l1_origin, sequence_number) = match attributes_of(stored) {
            Some(attributes) => {
                let origin = BlockName { hash: attributes.hash, number: attributes.number };
                (origin, attributes.sequence_number)
            }
            None => (genesis_origin(chain), 0),
        };
        Ok(Self {
            hash: stored.hash,
            number: header.number,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
            l1_origin,
            sequence_number,
        })
    }
}

/// What the genesis block stands on, where that is known.
fn genesis_origin(chain: &Chain) -> BlockName {
    let origin = chain.rollup().map(|rollup| rollup.rules().genesis_l1).unwrap_or_default();
    BlockName { hash: origin.hash, number: origin.number }
}

impl SyncStatus {
    /// Where no L1 is at hand, as far as the newest block tells of it.
    pub(super) fn new(chain: &Chain, head: &Head) -> Result<Self, Failure> {
        let named = head.l1_attributes.as_ref().map(named_by).unwrap_or_default();
        let current = l1_block(chain, named.number)?.unwrap_or(named);
        let l1 = chain.rollup().map(|rollup| rollup.l1().heads());
        let at = |number: Option<u64>| match number {
            Some(number) => Ok(l1_block(chain, number)?.unwrap_or_default()),
            None => Ok::<_, Failure>(L1BlockRef::default()),
        };
        let finalized_l1 = at(l1.map(|l1| l1.finalized))?;
        let l2 = |number: u64| {
            let stored = head.reader.block(number)?;
            let missing = || Failure::server("header not found");
            L2BlockRef::new(chain, &stored.ok_or_else(missing)?)
        };
        let safe_l2 = l2(head.finality.safe)?;
        let unsafe_l2 = l2(head.number())?;
        Ok(Self {
            current_l1: current,
            current_l1_finalized: finalized_l1,
            head_l1: match l1 {
                Some(l1) => at(Some(l1.latest))?,
                None => current,
            },
            safe_l1: at(l1.map(|l1| l1.safe))?,
            finalized_l1,
            unsafe_l2,
            safe_l2,
            finalized_l2: l2(head.finality.finalized)?,
            pending_safe_l2: safe_l2,
            cross_unsafe_l2: unsafe_l2,
            local_safe_l2: safe_l2,
        })
    }
}

/// What the first transaction of a block says of L1.
fn attributes_of(stored: &StoredBlock) -> Option<L1Attributes> {
    L1Attributes::of_transaction(stored.block.transactions.first()?)
}

/// All that attributes tell; the parent is not among it.
fn named_by(attributes: &L1Attributes) -> L1BlockRef {
    L1BlockRef {
        hash: attributes.hash,
        number: attributes.number,
        parent_hash: B256::ZERO,
        timestamp: attributes.timestamp,
    }
}

fn l1_block(chain: &Chain, number: u64) -> Result<Option<L1BlockRef>, Failure> {
    let Some(rollup) = chain.rollup() else { return Ok(None) };
    let found = rollup.l1().header(number)?;
    Ok(found.map(|(hash, header)| L1BlockRef {
        hash,
        number,
        parent_hash: header.parent_hash,
        timestamp: header.timestamp,
    }))
}
