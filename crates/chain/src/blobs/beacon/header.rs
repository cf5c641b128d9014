//! The header of the beacon block that stands for an execution block, and its slot.

use alloy_primitives::B256;
use seam_primitives::Header;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::num::NonZeroU64;

/// When slots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotClock {
    /// Timestamp of slot 0: that of the chain's genesis block. Seconds.
    pub genesis_time: u64,
    /// Seconds from slot to slot. Two blocks must not share a slot, so this is at most the shortest
    /// time between blocks; with blocks on demand, or where timestamps can be set, 1.
    pub seconds_per_slot: NonZeroU64,
}

impl SlotClock {
    /// The slot of a timestamp (seconds). Times before genesis are in slot 0.
    pub const fn slot_at(&self, timestamp: u64) -> u64 {
        timestamp.saturating_sub(self.genesis_time) / self.seconds_per_slot.get()
    }

    /// Timestamps (seconds) at which a slot starts and the next one does; nothing if they are beyond
    /// what a timestamp can say. The slot's block is the one with a timestamp between them.
    pub fn times_of(&self, slot: u64) -> Option<std::ops::Range<u64>> {
        let start =
            slot.checked_mul(self.seconds_per_slot.get())?.checked_add(self.genesis_time)?;
        Some(start..start.checked_add(self.seconds_per_slot.get())?)
    }
}

/// A beacon block's header (`BeaconBlockHeader` of the consensus specification, phase 0) that is
/// derived from an execution block:
///
/// | field | from the execution block |
/// |---|---|
/// | `slot` | its timestamp, see [`SlotClock`] |
/// | `proposer_index` | 0 |
/// | `parent_root` | its `parentBeaconBlockRoot` (zero at genesis, and before Cancun) |
/// | `state_root` | its state root |
/// | `body_root` | its hash |
///
/// The engine writes the [`root`](Self::root) of a block's header into `parentBeaconBlockRoot` of
/// the next block (EIP-4788). So the headers form a chain as on a real network: whoever has a
/// beacon root from the system contract finds the header with that root, and what it says of the
/// execution block can be proven from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BeaconHeader {
    /// Number of the slot.
    #[serde(serialize_with = "super::answers::decimal")]
    pub slot: u64,
    /// Who proposed: nobody did, so 0.
    #[serde(serialize_with = "super::answers::decimal")]
    pub proposer_index: u64,
    /// Root of the parent's header.
    pub parent_root: B256,
    /// State root of the execution block.
    pub state_root: B256,
    /// Hash of the execution block.
    pub body_root: B256,
}

impl BeaconHeader {
    /// The header that stands for an execution block with this header and hash.
    pub fn of(header: &Header, hash: B256, clock: &SlotClock) -> Self {
        Self {
            slot: clock.slot_at(header.timestamp),
            proposer_index: 0,
            parent_root: header.parent_beacon_block_root.unwrap_or_default(),
            state_root: header.state_root,
            body_root: hash,
        }
    }

    /// `hash_tree_root` of SSZ: five fields as leaves of a tree that has eight, with SHA-256.
    pub fn root(&self) -> B256 {
        let fields = pair(
            pair(number(self.slot), number(self.proposer_index)),
            pair(self.parent_root, self.state_root),
        );
        let nothing = pair(B256::ZERO, B256::ZERO);
        pair(fields, pair(pair(self.body_root, B256::ZERO), nothing))
    }
}

/// A `uint64` as a leaf: little-endian, padded to 32 bytes.
fn number(value: u64) -> B256 {
    let mut leaf = B256::ZERO;
    leaf[..8].copy_from_slice(&value.to_le_bytes());
    leaf
}

fn pair(left: B256, right: B256) -> B256 {
    let digest: [u8; 32] = Sha256::new().chain_update(left).chain_update(right).finalize().into();
    B256::from(digest)
}
