//! Blocks of a rollup as its sequencer serves them before they are on L1, each signed: the message,
//! its check, and the key. `docs/spec/unsafe-stream.md` is the specification.

pub mod fuzz;
mod signer;

pub use signer::BlockSigner;

use alloy_consensus::{
    EMPTY_OMMER_ROOT_HASH, crypto::secp256k1, proofs::calculate_transaction_root,
};
use alloy_primitives::{Address, B256, Bytes, Signature, U64, U256, keccak256};
use seam_primitives::Block;
use seam_stf::header::MAX_BLOCK_RLP_BYTES;
use serde::{Deserialize, Serialize};

/// What no other message that anybody signs begins with, hashed.
pub const DOMAIN: &[u8] = b"seam/unsafe-block/1";
/// Most bytes of a block's RLP; a larger one is not in the stream.
pub const MAX_BLOCK_BYTES: usize = MAX_BLOCK_RLP_BYTES;
/// Most blocks of one answer of `seam_getBlocks`.
pub const MAX_BLOCKS: u64 = 128;
/// Bytes of JSON that no message and no answer is longer than: the blocks of an answer have together
/// no more than [`MAX_BLOCK_BYTES`], two digits for each, and so much beside them.
pub const MAX_MESSAGE_BYTES: u32 = 17 << 20;

/// A block on its way from the sequencer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBlock {
    /// Its number.
    pub number: U64,
    /// Its hash.
    pub hash: B256,
    /// RLP of the whole block.
    pub block: Bytes,
    /// `r ‖ s ‖ v` over [`signing_hash`]; `s` is low (EIP-2), `v` is 0 or 1.
    pub signature: Bytes,
}

/// Why a message is not believed. Whoever sent it is not worth listening to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignedBlockError {
    /// These bytes are no signature.
    #[error("block {0} comes without a signature that is one")]
    NoSignature(u64),
    /// Somebody else signed it.
    #[error("block {number} is signed by {found}, not by the unsafe block signer {expected}")]
    OtherSigner {
        /// The block.
        number: u64,
        /// Who signed.
        found: Address,
        /// Who should have.
        expected: Address,
    },
    /// Larger than any block of the stream.
    #[error("block {number} has {bytes} bytes, {MAX_BLOCK_BYTES} are allowed")]
    TooLarge {
        /// The block.
        number: u64,
        /// Of its RLP.
        bytes: usize,
    },
    /// The bytes are no block.
    #[error("block {number} cannot be read: {error}")]
    Unreadable {
        /// The block.
        number: u64,
        /// Why.
        error: alloy_rlp::Error,
    },
    /// The bytes are another block than the one that was signed.
    #[error("what comes as block {0} is not what was signed")]
    OtherBlock(u64),
}

/// What the unsafe block signer signs for a block: keccak256 of four words of 32 bytes.
pub fn signing_hash(chain_id: u64, number: u64, hash: B256) -> B256 {
    let word = |number: u64| U256::from(number).to_be_bytes::<32>();
    keccak256([keccak256(DOMAIN).0, word(chain_id), word(number), hash.0].concat())
}

impl SignedBlock {
    /// The block, if `signer` signed it for this chain. The signature is checked first: without the
    /// key nobody makes anyone do more than that.
    ///
    /// # Errors
    /// [`SignedBlockError`].
    pub fn check(&self, chain_id: u64, signer: Address) -> Result<Block, SignedBlockError> {
        let number = self.number.to::<u64>();
        let found = self.signer(chain_id).ok_or(SignedBlockError::NoSignature(number))?;
        if found != signer {
            return Err(SignedBlockError::OtherSigner { number, found, expected: signer });
        }
        let bytes = self.block.len();
        if bytes > MAX_BLOCK_BYTES {
            return Err(SignedBlockError::TooLarge { number, bytes });
        }
        let block = alloy_rlp::decode_exact::<Block>(&self.block);
        let block = block.map_err(|error| SignedBlockError::Unreadable { number, error })?;
        if self.is_of(&block) { Ok(block) } else { Err(SignedBlockError::OtherBlock(number)) }
    }

    /// Who signed this number and hash.
    fn signer(&self, chain_id: u64) -> Option<Address> {
        let bytes: &[u8; 65] = self.signature.as_ref().try_into().ok()?;
        // One form alone: alloy takes 27 and 28 too.
        let signature = Signature::from_raw_array(bytes).ok().filter(|_| bytes[64] < 2)?;
        let hash = signing_hash(chain_id, self.number.to(), self.hash);
        secp256k1::recover_signer(&signature, hash).ok()
    }

    /// Whether the header is the one that was signed, and all else what the header says. A rollup's
    /// block has no ommers and no withdrawals; its `withdrawalsRoot` is of something else.
    fn is_of(&self, block: &Block) -> bool {
        let Block { header, transactions, ommers, withdrawals } = block;
        header.number == self.number.to::<u64>()
            && header.hash_slow() == self.hash
            && calculate_transaction_root(transactions) == header.transactions_root
            && ommers.is_empty()
            && header.ommers_hash == EMPTY_OMMER_ROOT_HASH
            && withdrawals.is_some() == header.withdrawals_root.is_some()
            && withdrawals.as_ref().is_none_or(Vec::is_empty)
    }
}

#[cfg(test)]
mod tests;
