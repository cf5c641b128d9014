//! What a chain tells those who watch it.

use alloy_primitives::{Address, B256, TxHash};
use seam_primitives::{Block, Receipt};
use seam_storage::Finality;
use std::sync::Arc;

/// A block with all that followed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedBlock {
    /// keccak256 of its header.
    pub hash: B256,
    /// The block.
    pub block: Block,
    /// The sender of each transaction.
    pub senders: Vec<Address>,
    /// The receipt of each transaction.
    pub receipts: Vec<Receipt>,
}

/// Something happened. Blocks are told of only once they are on disk.
#[derive(Debug, Clone)]
pub enum Event {
    /// The head moved: blocks left the chain, newest first, and blocks came, oldest first.
    Head {
        /// No longer in the chain.
        removed: Vec<Arc<AnnouncedBlock>>,
        /// New in the chain.
        added: Vec<Arc<AnnouncedBlock>>,
    },
    /// A transaction came into the mempool.
    Pending(TxHash),
    /// The safe or the finalized block moved.
    Finality(Finality),
}
