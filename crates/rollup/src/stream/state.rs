//! What a follower does about blocks that its sequencer signed. Nothing here waits for anybody.
//!
//! The newest signed block is the *target*. Its branch is followed from where it leaves the follower's
//! chain, in pieces, oldest first; what is in the way goes, but nothing safe. A branch that leaves the
//! chain below the safe block, or has a block that breaks a rule, is refused with all that follows on it,
//! until L1 has moved the safe block.

use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::B256;
use seam_chain::{Head, stream::MAX_BLOCKS};
use seam_primitives::Block;
use seam_storage::StorageError;
use std::time::Duration;

/// A block whose signature was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its hash.
    pub hash: B256,
    /// The block.
    pub block: Block,
}

/// The follower's own chain at one moment.
pub trait Known {
    /// The number of a block, if the chain has it.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    fn number(&self, hash: B256) -> Result<Option<u64>, StorageError>;
    /// Number of its newest block.
    fn head(&self) -> u64;
    /// Its newest block that is on L1.
    ///
    /// # Errors
    /// [`StorageError`] if that cannot be read.
    fn safe(&self) -> Result<BlockNumHash, StorageError>;
}

impl Known for Head {
    fn number(&self, hash: B256) -> Result<Option<u64>, StorageError> {
        self.reader.number(hash)
    }

    fn head(&self) -> u64 {
        Self::number(self)
    }

    fn safe(&self) -> Result<BlockNumHash, StorageError> {
        let number = self.finality.safe;
        let hash = self.reader.hash(number)?;
        let missing = || StorageError::Corrupt(format!("the safe block {number} is missing"));
        Ok(BlockNumHash::new(number, hash.ok_or_else(missing)?))
    }
}

/// Why a branch is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// L1 has another block in its place.
    #[error(
        "the sequencer's block {number} ({hash}) is on a branch that leaves the chain below the safe \
         block {safe}: L1 says otherwise, and is followed"
    )]
    BelowSafe {
        /// Of the newest block of the branch.
        number: u64,
        /// Its hash.
        hash: B256,
        /// The safe block.
        safe: u64,
    },
    /// One of its blocks breaks a rule.
    #[error("the sequencer's branch up to block {number} ({hash}) is not followed: {reason}")]
    Broken {
        /// Of the newest block of the branch.
        number: u64,
        /// Its hash.
        hash: B256,
        /// What the chain says.
        reason: String,
    },
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Wait for the next message.
    Rest,
    /// Ask for blocks, and give them to [`State::fetched`].
    Fetch {
        /// Number of the first.
        from: u64,
        /// How many.
        count: u64,
    },
    /// Import these, and then ask [`State::next`], or tell [`State::broken`].
    Import(Vec<Block>),
    /// Say that a branch is refused, and wait for the next message. It is said once for a branch.
    Refuse(Refusal),
}

/// What is known of the sequencer's chain.
#[derive(Debug, Default)]
pub struct State {
    target: Option<Signed>,
    /// How far to go back the next time that fetched blocks do not link, in blocks.
    back: u64,
    /// The newest block of a refused branch, and the safe block when it was refused.
    refused: Option<(B256, BlockNumHash)>,
}

impl State {
    /// The sequencer says that this is its newest block.
    ///
    /// # Errors
    /// [`StorageError`] if the chain cannot be read.
    pub fn head(&mut self, signed: Signed, chain: &impl Known) -> Result<Step, StorageError> {
        if let Some((refused, safe)) = self.refused {
            let follows = signed.hash == refused || signed.block.header.parent_hash == refused;
            if safe != chain.safe()? {
                self.refused = None;
            } else if follows {
                self.refused = Some((signed.hash, safe));
                return Ok(Step::Rest);
            }
        }
        self.target = Some(signed);
        self.back = 1;
        self.next(chain)
    }

    /// What to do about the target.
    ///
    /// # Errors
    /// [`StorageError`] if the chain cannot be read.
    pub fn next(&mut self, chain: &impl Known) -> Result<Step, StorageError> {
        let Some(target) = &self.target else { return Ok(Step::Rest) };
        if chain.number(target.hash)?.is_some() {
            self.target = None;
            return Ok(Step::Rest);
        }
        let (number, safe) = (target.block.header.number, chain.safe()?.number);
        match chain.number(target.block.header.parent_hash)? {
            _ if number <= safe => self.below_safe(chain),
            Some(parent) if parent >= safe => Ok(Step::Import(vec![target.block.clone()])),
            Some(_) => self.below_safe(chain),
            None if number == safe + 1 => self.below_safe(chain),
            None => Ok(fetch((chain.head() + 1).min(number - 1).max(safe + 1))),
        }
    }

    /// The blocks from `from` on, as the sequencer gave them: linked, and maybe none.
    ///
    /// # Errors
    /// [`StorageError`] if the chain cannot be read.
    pub fn fetched(
        &mut self,
        from: u64,
        blocks: Vec<Signed>,
        chain: &impl Known,
    ) -> Result<Step, StorageError> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
            // The sequencer went back meanwhile, and says so.
            self.target = None;
            return Ok(Step::Rest);
        };
        let safe = chain.safe()?.number;
        if from <= safe {
            return self.next(chain); // L1 was quicker
        }
        if chain.number(first.block.header.parent_hash)?.is_none() {
            if from == safe + 1 {
                return self.below_safe(chain);
            }
            let back = self.back;
            self.back = (back * 2).min(MAX_BLOCKS - 1);
            return Ok(fetch(from.saturating_sub(back).max(safe + 1)));
        }
        if chain.number(last.hash)?.is_some() {
            return Ok(fetch(last.block.header.number + 1));
        }
        self.back = 1;
        Ok(Step::Import(blocks.into_iter().map(|signed| signed.block).collect()))
    }

    /// A block on the way to the target breaks a rule.
    ///
    /// # Errors
    /// [`StorageError`] if the chain cannot be read.
    pub fn broken(&mut self, reason: String, chain: &impl Known) -> Result<Step, StorageError> {
        self.refuse(chain, |number, hash, _| Refusal::Broken { number, hash, reason })
    }

    /// The target is let go: what came between is not the sequencer's fault.
    pub fn let_go(&mut self) -> Step {
        self.target = None;
        Step::Rest
    }

    fn below_safe(&mut self, chain: &impl Known) -> Result<Step, StorageError> {
        self.refuse(chain, |number, hash, safe| Refusal::BelowSafe { number, hash, safe })
    }

    fn refuse(
        &mut self,
        chain: &impl Known,
        why: impl FnOnce(u64, B256, u64) -> Refusal,
    ) -> Result<Step, StorageError> {
        let Some(target) = self.target.take() else { return Ok(Step::Rest) };
        let safe = chain.safe()?;
        self.refused = Some((target.hash, safe));
        Ok(Step::Refuse(why(target.block.header.number, target.hash, safe.number)))
    }
}

const fn fetch(from: u64) -> Step {
    Step::Fetch { from, count: MAX_BLOCKS }
}

/// When to try which sequencer: the next one at once, and after all of them have failed later and later.
#[derive(Debug)]
pub struct Turns {
    sequencers: usize,
    failures: u32,
    first: Duration,
    longest: Duration,
}

impl Turns {
    /// For so many sequencers; the wait begins with `first` and doubles to `longest`.
    pub const fn new(sequencers: usize, first: Duration, longest: Duration) -> Self {
        Self { sequencers, failures: 0, first, longest }
    }

    /// It works.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// It does not: how long to wait before the next one.
    pub fn failed(&mut self) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let each = u32::try_from(self.sequencers.max(1)).unwrap_or(u32::MAX);
        if !self.failures.is_multiple_of(each) {
            return Duration::ZERO;
        }
        let doublings = (self.failures / each - 1).min(16);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests;
