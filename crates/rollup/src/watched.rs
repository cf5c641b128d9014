//! A watched L1 as the blocks of a rollup are made from it.

use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::B256;
use seam_chain::l1::{L1Blocks, L1Heads, Standing};
use seam_l1::Watched;
use seam_primitives::Header;
use seam_stf::derive::{L1Block, L1Contracts};
use seam_storage::StorageError;

/// The blocks of a watched L1, but for the newest ones: those may be replaced any moment, and with
/// them every block of the rollup that stands on them.
#[derive(Debug, Clone)]
pub struct WatchedBlocks {
    watched: Watched,
    contracts: L1Contracts,
    confirmations: u64,
}

impl WatchedBlocks {
    /// What is watched, with the events of these contracts. A rollup block stands on a block that has
    /// at least so many after it.
    pub const fn new(watched: Watched, contracts: L1Contracts, confirmations: u64) -> Self {
        Self { watched, contracts, confirmations }
    }

    fn newest(&self) -> u64 {
        let head = self.watched.head().map_or(0, |head| head.header.number);
        head.saturating_sub(self.confirmations)
    }
}

impl L1Blocks for WatchedBlocks {
    fn heads(&self) -> L1Heads {
        let known = |number: Option<u64>| number.unwrap_or_default();
        L1Heads {
            latest: self.newest(),
            safe: known(self.watched.safe()),
            finalized: known(self.watched.finalized()),
        }
    }

    fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError> {
        let block = self.watched.block(number).filter(|_| number <= self.newest());
        Ok(block.map(|block| (block.hash, block.header.clone())))
    }

    fn block(&self, number: u64) -> Result<Option<L1Block>, StorageError> {
        let block = self.watched.block(number).filter(|_| number <= self.newest());
        Ok(block.map(|block| {
            let logs = block.logs.iter().map(|(index, log)| (*index, log));
            self.contracts.read(block.hash, block.header.clone(), logs)
        }))
    }

    /// Blocks below what is kept are final; blocks above the newest are not seen again yet.
    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError> {
        if let Some(known) = self.watched.block(block.number) {
            return Ok(if known.hash == block.hash { Standing::Stands } else { Standing::Gone });
        }
        let first = self.watched.first().map(|first| first.header.number);
        Ok(match first {
            Some(first) if block.number < first => Standing::Stands,
            _ => Standing::Unknown,
        })
    }
}
