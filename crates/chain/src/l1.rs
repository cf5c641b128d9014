//! L1 as the blocks of a rollup are made from it: a chain in this process, or one elsewhere that
//! somebody watches.

use crate::Chain;
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{B256, Log};
use seam_primitives::{Header, Receipt};
use seam_stf::derive::{L1Block, L1Contracts};
use seam_storage::StorageError;
use std::fmt::Debug;

/// How far L1 is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct L1Heads {
    /// The newest block that a rollup block may stand on.
    pub latest: u64,
    /// The safe block.
    pub safe: u64,
    /// The finalized block.
    pub finalized: u64,
}

/// Whether a block is in L1's best chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Stands,
    /// Another one is in its place, or none.
    Gone,
    /// That cannot be told yet: L1 has not been seen so far.
    Unknown,
}

/// L1's best chain as it is known now. What two calls say may be of two branches: whoever needs it
/// links blocks by their hashes.
pub trait L1Blocks: Debug + Send + Sync {
    /// How far it is.
    fn heads(&self) -> L1Heads;

    /// Hash and header of a block; none beyond [`L1Heads::latest`].
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError>;

    /// A block with what it has for the rollup.
    ///
    /// # Errors
    /// [`StorageError`] if it cannot be read.
    fn block(&self, number: u64) -> Result<Option<L1Block>, StorageError>;

    /// Whether a block is in the chain.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError>;

    /// Whether final blocks may have gone: a development L1 that somebody takes back by hand.
    fn went_back(&self) -> bool {
        false
    }
}

/// An L1 in this process.
#[derive(Debug, Clone)]
pub struct EmbeddedBlocks {
    chain: Chain,
    contracts: L1Contracts,
}

impl EmbeddedBlocks {
    /// The blocks of `chain`, with the events of these contracts.
    pub const fn new(chain: Chain, contracts: L1Contracts) -> Self {
        Self { chain, contracts }
    }
}

impl L1Blocks for EmbeddedBlocks {
    fn heads(&self) -> L1Heads {
        let head = self.chain.head();
        let finality = head.finality;
        L1Heads { latest: head.number(), safe: finality.safe, finalized: finality.finalized }
    }

    fn header(&self, number: u64) -> Result<Option<(B256, Header)>, StorageError> {
        self.chain.head().reader.header(number)
    }

    fn block(&self, number: u64) -> Result<Option<L1Block>, StorageError> {
        let reader = &self.chain.head().reader;
        let Some((hash, header)) = reader.header(number)? else { return Ok(None) };
        let receipts = match self.contracts.excluded_by(&header.logs_bloom) {
            true => Vec::new(),
            false => reader.receipts(number)?.unwrap_or_default(),
        };
        Ok(Some(self.contracts.read(hash, header, indexed_logs(&receipts))))
    }

    fn standing(&self, block: BlockNumHash) -> Result<Standing, StorageError> {
        let found = self.chain.head().reader.hash(block.number)?;
        Ok(if found == Some(block.hash) { Standing::Stands } else { Standing::Gone })
    }

    fn went_back(&self) -> bool {
        self.chain.went_back_by_hand()
    }
}

/// The logs of a block, each with its index in it.
fn indexed_logs(receipts: &[Receipt]) -> impl Iterator<Item = (u64, &Log)> {
    (0..).zip(receipts.iter().flat_map(|receipt| &receipt.logs))
}
