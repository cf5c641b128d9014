//! A batch by whoever is not the batcher: without data, so that deposits and time go on when the
//! sequencer does not post (rule D10).

use super::{BatcherSettings, inbox::Inbox, state::L1Head};
use alloy_primitives::{B256, Bytes};
use seam_primitives::batch::BatchHeader;
use seam_stf::batch::VERSION;

/// L1 blocks after the anchor, where the last batch's is not younger: a reorg of so many does not make
/// the batch fail.
const ANCHOR_DEPTH: u64 = 4;

/// The data of such a batch: none. Nothing can be read from them, so every block of the range is a default
/// block (rule D1).
pub const DATA: Bytes = Bytes::new();

/// What the inbox was deployed with, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// T(0), in seconds.
    pub genesis_time: u64,
    /// Seconds between blocks of the rollup.
    pub block_time: u64,
    /// Seconds between blocks of the L1.
    pub l1_block_time: u64,
    /// L1 blocks without a batch after which anyone may post.
    pub sequencer_timeout: u64,
    /// Seconds that the last block of a batch may be old.
    pub max_lag: u64,
}

/// A range of blocks that can be posted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// After the last batch.
    pub first: u64,
    /// At least that.
    pub last: u64,
    /// Number of the anchor.
    pub anchor: u64,
}

/// Why nothing can be forced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooEarly {
    /// The batcher still has time.
    #[error(
        "only the batcher may post until L1 block {until}, {blocks} blocks from now: try again in \
         about {seconds} s"
    )]
    Timeout {
        /// The last such block.
        until: u64,
        /// Blocks from the newest until one may post.
        blocks: u64,
        /// The time that they take, about.
        seconds: u64,
    },
    /// All blocks that are due are in batches.
    #[error("block {last} is in a batch, and block {} is not due yet", .last + 1)]
    Nothing {
        /// The newest block.
        last: u64,
    },
    /// The given block cannot be the last one.
    #[error(
        "block {given} cannot be the last one: it is {first} at least, and {newest}, the newest that \
         is not in the future, at most"
    )]
    OutOfRange {
        /// As given.
        given: u64,
        /// The lowest that is possible.
        first: u64,
        /// The highest.
        newest: u64,
    },
}

impl From<&BatcherSettings> for Terms {
    fn from(settings: &BatcherSettings) -> Self {
        Self {
            genesis_time: settings.genesis_time,
            block_time: settings.block_time,
            l1_block_time: settings.l1_block_time,
            sequencer_timeout: settings.sequencer_timeout,
            max_lag: settings.max_lag,
        }
    }
}

impl Terms {
    /// What can be posted in the block after `head` by somebody who is the batcher or not: up to `last`,
    /// or to the newest block that is due.
    ///
    /// # Errors
    /// [`TooEarly`] says when something can.
    pub fn range(
        &self,
        inbox: &Inbox,
        head: &L1Head,
        is_batcher: bool,
        last: Option<u64>,
    ) -> Result<Range, TooEarly> {
        let until = inbox.last_post_block + self.sequencer_timeout;
        if !is_batcher && head.number < until {
            let blocks = until - head.number;
            let seconds = blocks * self.l1_block_time;
            return Err(TooEarly::Timeout { until, blocks, seconds });
        }
        let newest = head.time.saturating_sub(self.genesis_time) / self.block_time.max(1);
        if newest <= inbox.last_block {
            return Err(TooEarly::Nothing { last: inbox.last_block });
        }
        // Older ones the inbox refuses; a few L1 blocks may pass until it is asked.
        let oldest = (head.time + ANCHOR_DEPTH * self.l1_block_time)
            .saturating_sub(self.max_lag)
            .saturating_sub(self.genesis_time)
            .div_ceil(self.block_time.max(1));
        let first = oldest.min(newest).max(inbox.last_block + 1);
        let given = last.unwrap_or(newest);
        if !(first..=newest).contains(&given) {
            return Err(TooEarly::OutOfRange { given, first, newest });
        }
        let deep = head.number.saturating_sub(ANCHOR_DEPTH);
        let anchor = deep.max(inbox.l1_number);
        Ok(Range { first: inbox.last_block + 1, last: given, anchor })
    }
}

impl Range {
    /// The header of the batch, where the anchor's hash is this.
    pub const fn header(&self, inbox: &Inbox, l1_hash: B256) -> BatchHeader {
        BatchHeader {
            version: VERSION,
            first_block: self.first,
            last_block: self.last,
            l1_number: self.anchor,
            l1_hash,
            prev_accumulator: inbox.accumulator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        genesis_time: 1_000,
        block_time: 2,
        l1_block_time: 12,
        sequencer_timeout: 100,
        max_lag: 2_000,
    };

    fn inbox() -> Inbox {
        Inbox { last_block: 10, l1_number: 45, last_post_block: 50, ..Inbox::default() }
    }

    fn at(number: u64, last: Option<u64>) -> Result<Range, TooEarly> {
        let head = L1Head { number, time: 1_000 + 12 * number, ..L1Head::default() };
        TERMS.range(&inbox(), &head, false, last)
    }

    #[test]
    fn it_waits_for_the_timeout_and_takes_all_that_is_due() {
        let early = at(149, None).unwrap_err();
        assert_eq!(early, TooEarly::Timeout { until: 150, blocks: 1, seconds: 12 });
        assert!(early.to_string().contains("in about 12 s"), "{early}");
        // The next block is 151, the first in which the contract takes it.
        assert_eq!(at(150, None).unwrap(), Range { first: 11, last: 900, anchor: 146 });
        assert_eq!(at(150, Some(20)).unwrap().last, 20);
        for given in [10, 901] {
            let error = at(150, Some(given)).unwrap_err();
            assert_eq!(error, TooEarly::OutOfRange { given, first: 11, newest: 900 });
        }
    }

    #[test]
    fn what_is_too_old_to_end_a_batch_is_not_offered() {
        // The L1's time is 1,000 + 2,400; 48 seconds on, blocks before 448 / 2 are too old.
        let error = at(200, Some(223)).unwrap_err();
        assert_eq!(error, TooEarly::OutOfRange { given: 223, first: 224, newest: 1_200 });
        assert_eq!(at(200, Some(224)).unwrap().first, 11);
    }

    #[test]
    fn the_batcher_need_not_wait_and_there_must_be_something() {
        let head = L1Head { number: 51, time: 1_022, ..L1Head::default() };
        let range = TERMS.range(&inbox(), &head, true, None).unwrap();
        assert_eq!(range, Range { first: 11, last: 11, anchor: 47 });
        let head = L1Head { time: 1_021, ..head };
        let error = TERMS.range(&inbox(), &head, true, None).unwrap_err();
        assert_eq!(error, TooEarly::Nothing { last: 10 });
    }
}
