//! From the last transaction to the header's hash.

use super::ExecutedBlock;
use crate::{
    error::{BlockError, HeaderError},
    state::{Roots, StateChanges},
};
use alloc::{sync::Arc, vec::Vec};
use alloy_consensus::{Header, proofs::calculate_transaction_root};
use alloy_eips::{Encodable2718, eip4895::Withdrawal, eip7685::Requests};
use alloy_primitives::{Address, B256, Bloom};
use alloy_rlp::Encodable;
use alloy_trie::root::ordered_trie_root_with_encoder;
use seam_primitives::{Block, Receipt, Transaction};

/// A block that is complete but for its roots, so that the next one can be begun on it while they
/// are computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsealedBlock {
    pub(super) header: Header,
    pub(super) transactions: Vec<Transaction>,
    pub(super) receipts: Vec<Receipt>,
    pub(super) ommers: Vec<Header>,
    pub(super) withdrawals: Option<Vec<Withdrawal>>,
    /// To the beacon chain (EIP-7685); none before Prague.
    pub(super) requests: Option<Requests>,
    pub(super) changes: Arc<StateChanges>,
    pub(super) storage_of: Option<Address>,
    /// Most bytes as RLP (EIP-7934).
    pub(super) max_bytes: usize,
}

impl UnsealedBlock {
    /// The header but for its roots and its bloom.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions, in order.
    pub fn transactions(&self) -> &[Transaction] {
        &self.transactions
    }

    /// What it did to the state.
    pub const fn changes(&self) -> &Arc<StateChanges> {
        &self.changes
    }

    /// The account whose storage root the header carries.
    pub const fn storage_of(&self) -> Option<Address> {
        self.storage_of
    }

    /// Seals the block, given the roots of the state after it.
    ///
    /// # Errors
    /// [`HeaderError::TooLarge`].
    pub fn seal(self, roots: Roots) -> Result<ExecutedBlock, BlockError> {
        let Self { mut header, transactions, receipts, .. } = self;
        header.state_root = roots.state;
        if self.storage_of.is_some() {
            header.withdrawals_root = roots.storage;
        }
        header.transactions_root = calculate_transaction_root(&transactions);
        header.receipts_root = receipts_root(&receipts);
        header.logs_bloom =
            receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | receipt.bloom);
        let hash = header.hash_slow();
        let block =
            Block { header, transactions, ommers: self.ommers, withdrawals: self.withdrawals };
        let (size, max) = (block.length(), self.max_bytes);
        if size > max {
            return Err(HeaderError::TooLarge { size, max }.into());
        }
        Ok(ExecutedBlock { block, hash, receipts, changes: self.changes })
    }
}

/// Root of the trie of receipts by index.
pub fn receipts_root(receipts: &[Receipt]) -> B256 {
    ordered_trie_root_with_encoder(receipts, |receipt, out| receipt.encode_2718(out))
}
