//! One block from bytes alone: what the guest runs, and the node to check it.

use crate::{
    block::{ExecutedBlock, build_block, recover_senders},
    error::BlockError,
    witness::{Witness, WitnessState},
};
use alloc::vec::Vec;
use alloy_consensus::Header;
use alloy_primitives::B256;
use alloy_rlp::{RlpDecodable, RlpEncodable};
use seam_primitives::{BlockAttributes, ChainRules, Transaction};

/// Everything that the block's hash follows from.
#[derive(Debug, Clone, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct StatelessInput {
    /// The chain.
    pub rules: ChainRules,
    /// The block before.
    pub parent: Header,
    /// What the block's maker chose.
    pub attributes: BlockAttributes,
    /// In order of execution.
    pub transactions: Vec<Transaction>,
    /// The state the block touches.
    pub witness: Witness,
}

/// Why an input does not give a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatelessError {
    /// The bytes are not the RLP of a [`StatelessInput`].
    #[error("the input is not the RLP of a stateless input: {0}")]
    Decode(alloy_rlp::Error),
    /// The block cannot be executed.
    #[error(transparent)]
    Block(#[from] BlockError),
}

impl StatelessInput {
    /// Executes the block.
    pub fn execute(self) -> Result<ExecutedBlock, BlockError> {
        let state = WitnessState::new(&self.parent, self.witness)?;
        let transactions = recover_senders(self.transactions)?;
        build_block(&self.rules, &self.parent, &self.attributes, transactions, state)
    }
}

/// The hash of the block that the RLP of a [`StatelessInput`] describes.
pub fn execute(input: &[u8]) -> Result<B256, StatelessError> {
    let input: StatelessInput = alloy_rlp::decode_exact(input).map_err(StatelessError::Decode)?;
    Ok(input.execute()?.hash)
}
