//! What a rollup takes from L1: deposits, changes of its system configuration, and with them how
//! each of its blocks begins; batches, and with them what each of its blocks is.
//!
//! | module | what |
//! |---|---|
//! | [`deposits`] | the portal's events as deposit transactions |
//! | [`system_config`] | the rollup's settings on L1, and the events that change them |
//! | [`inbox`] | the inbox's events: which batches there are |
//! | [`blocks`] | the attributes and the first transactions of a rollup block |
//! | [`range`] | what each block of a batch may be |
//! | [`execute`] | which of that it is |
//!
//! Whatever L1 says there is an answer: an event that cannot be read is none (rule D13).

pub mod blocks;
pub mod deposits;
pub mod execute;
pub mod inbox;
pub mod range;
pub mod system_config;

pub use blocks::{BlockStart, Mempool, RollupRules};
pub use execute::{DerivedBlock, derive_block, of_depositor};
pub use inbox::PostedBatch;
pub use range::{Candidates, DerivedRange};
pub use system_config::{ConfigUpdate, SystemConfig};

use alloc::vec::Vec;
use alloy_primitives::{Address, B256, Bloom, BloomInput, Log};
use op_alloy_consensus::TxDeposit;
use seam_primitives::Header;

/// An L1 block as a rollup sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct L1Block {
    /// Its hash.
    pub hash: B256,
    /// Its header.
    pub header: Header,
    /// What was deposited in it, in order.
    pub deposits: Vec<TxDeposit>,
    /// What changed in the rollup's settings, in order.
    pub updates: Vec<ConfigUpdate>,
    /// Which batches were posted in it, in order.
    pub batches: Vec<PostedBatch>,
}

/// The contracts on L1 whose events a rollup follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L1Contracts {
    /// `OptimismPortal2`: deposits.
    pub portal: Address,
    /// `SystemConfig`: settings.
    pub system_config: Address,
    /// `BatchInbox`: batches.
    pub batch_inbox: Address,
}

impl L1Contracts {
    /// Reads the events of an L1 block. `logs` are those of the whole block in order, each with its
    /// index in the block; those of other contracts may be left out.
    pub fn read<'a>(
        &self,
        hash: B256,
        header: Header,
        logs: impl IntoIterator<Item = (u64, &'a Log)>,
    ) -> L1Block {
        let mut block = L1Block { hash, header, ..L1Block::default() };
        for (index, log) in logs {
            if log.address == self.portal {
                block.deposits.extend(deposits::read(hash, index, log));
            } else if log.address == self.system_config {
                block.updates.extend(system_config::read(log));
            } else if log.address == self.batch_inbox {
                block.batches.extend(inbox::read(log));
            }
        }
        block
    }

    /// The events of an L1 that a rollup follows, each a contract and its first topic.
    pub const fn events(&self) -> [(Address, B256); 3] {
        [
            (self.portal, deposits::TRANSACTION_DEPOSITED),
            (self.system_config, system_config::CONFIG_UPDATE),
            (self.batch_inbox, inbox::BATCH_POSTED),
        ]
    }

    /// Whether the bloom filter of an L1 block's header proves that it has neither a deposit, nor a
    /// change of settings, nor a batch (rule D13).
    pub fn excluded_by(&self, bloom: &Bloom) -> bool {
        let may_have = |address: &Address, topic: &B256| {
            bloom.contains_input(BloomInput::Raw(address.as_slice()))
                && bloom.contains_input(BloomInput::Raw(topic.as_slice()))
        };
        !may_have(&self.portal, &deposits::TRANSACTION_DEPOSITED)
            && !may_have(&self.system_config, &system_config::CONFIG_UPDATE)
            && !may_have(&self.batch_inbox, &inbox::BATCH_POSTED)
    }
}

/// The `bytes` that are all of an event's data, ABI-encoded as Solidity does it: an offset of 32,
/// the length, and the bytes.
fn bytes_of(data: &[u8]) -> Option<&[u8]> {
    let (offset, rest) = data.split_first_chunk::<32>()?;
    let (length, rest) = rest.split_first_chunk::<32>()?;
    if word_as_u64(offset)? != 32 {
        return None;
    }
    let length = usize::try_from(word_as_u64(length)?).ok()?;
    rest.get(..length)
}

/// A `uint256` that fits 64 bits.
fn word_as_u64(word: &[u8; 32]) -> Option<u64> {
    let (high, low) = word.split_at(24);
    let low = low.first_chunk::<8>()?;
    high.iter().all(|byte| *byte == 0).then(|| u64::from_be_bytes(*low))
}

#[cfg(test)]
mod tests;
