//! What is known of the L1, and what to ask it next.

use super::{WatchError, WatchSettings, WatchedBlock};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{Address, B256, Bloom, BloomInput, Log};
use std::{collections::VecDeque, sync::Arc};

/// The chain as far as it is known.
#[derive(Debug)]
pub(super) struct State {
    settings: WatchSettings,
    /// Without a gap, each the parent of the next.
    blocks: VecDeque<Arc<WatchedBlock>>,
    /// Of the blocks that are here.
    safe: Option<u64>,
    /// Of the blocks that are here.
    finalized: Option<u64>,
    /// What the L1 said last is safe and final, of blocks that may not be here yet.
    said: (Option<u64>, Option<u64>),
    keep_from: u64,
    /// Blocks to fetch at a time.
    range: u64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// There is nothing new.
    Idle,
    /// There is something new, and no room for it.
    Full,
    /// Fetch the blocks from the first to the last, which go onto the tip.
    Extend(u64, u64),
    /// Another branch has become the best: compare what it has from the first to the last with what is
    /// here.
    FindFork(u64, u64),
}

/// What a comparison with another branch shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fork {
    /// The newest block that both have, with its hash.
    At(u64, B256),
    /// It is lower: compare these.
    Lower(u64, u64),
}

impl State {
    pub(super) fn new(settings: WatchSettings) -> Self {
        let (range, keep_from) = (settings.limits.max_range.max(1), settings.start);
        Self {
            settings,
            blocks: VecDeque::new(),
            safe: None,
            finalized: None,
            said: (None, None),
            keep_from,
            range,
        }
    }

    pub(super) fn head(&self) -> Option<&Arc<WatchedBlock>> {
        self.blocks.back()
    }

    pub(super) fn first(&self) -> Option<&Arc<WatchedBlock>> {
        self.blocks.front()
    }

    pub(super) fn block(&self, number: u64) -> Option<&Arc<WatchedBlock>> {
        let first = self.first()?.header.number;
        self.blocks.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    pub(super) const fn settings(&self) -> &WatchSettings {
        &self.settings
    }

    pub(super) const fn safe(&self) -> Option<u64> {
        self.safe
    }

    pub(super) const fn finalized(&self) -> Option<u64> {
        self.finalized
    }

    /// What the L1 says is safe and final. It is noted of a block that is here and the same. Of one
    /// above it says nothing of the tip, which may be on a branch that lost: see `replace`.
    pub(super) fn finality(&mut self, safe: Option<&Sealed<Header>>, end: Option<&Sealed<Header>>) {
        let ours = |found: &Sealed<Header>| {
            let here = self.block(found.number);
            here.is_some_and(|block| block.hash == found.hash()).then_some(found.number)
        };
        let (our_safe, our_end) = (safe.and_then(ours), end.and_then(ours));
        self.safe = our_safe.or(self.safe);
        self.finalized = self.finalized.max(our_end);
        let number = |header: &Sealed<Header>| header.number;
        self.said = (safe.map(number), end.map(number));
        self.drop_old();
    }

    /// The tip has just been fetched from the L1's best branch: what the L1 said before goes for it.
    fn confirm(&mut self) {
        let Some(tip) = self.head().map(|head| head.header.number) else {
            return;
        };
        let start = self.settings.start;
        let here = |said: Option<u64>| said.map(|said| said.min(tip)).filter(|n| *n >= start);
        let (safe, end) = self.said;
        self.safe = here(safe);
        self.finalized = self.finalized.max(here(end));
    }

    pub(super) fn keep_from(&mut self, number: u64) {
        self.keep_from = self.keep_from.max(number);
        self.drop_old();
    }

    fn drop_old(&mut self) {
        let keep = self.keep_from.min(self.finalized.unwrap_or_default());
        while self.blocks.len() > 1 && self.first().is_some_and(|first| first.header.number < keep)
        {
            self.blocks.pop_front();
        }
    }

    /// What to do where the L1 has this head.
    pub(super) fn plan(&self, head: &Sealed<Header>) -> Plan {
        let Some(tip) = self.head() else {
            return self.extend(self.settings.start, head.number);
        };
        let tip_number = tip.header.number;
        if head.number > tip_number {
            return self.extend(tip_number + 1, head.number);
        }
        match self.block(head.number) {
            Some(block) if block.hash != head.hash() => Plan::FindFork(head.number, head.number),
            // The same head, or what an endpoint far behind has.
            _ => Plan::Idle,
        }
    }

    /// Fetches from the first block on.
    pub(super) fn extend(&self, first: u64, head: u64) -> Plan {
        // Those that will be replaced make no room: few are, and rarely.
        let room = self.settings.limits.max_blocks.max(1).saturating_sub(self.blocks.len());
        if first > head {
            return Plan::Idle;
        }
        if room == 0 {
            return Plan::Full;
        }
        let count = self.range.min(u64::try_from(room).unwrap_or(u64::MAX));
        Plan::Extend(first, head.min(first.saturating_add(count - 1)))
    }

    /// The hash on which a block of this number goes; an error of another L1 if it is the first one.
    pub(super) fn check_start(&self, header: &Sealed<Header>) -> Result<(), WatchError> {
        match self.settings.start_hash {
            Some(expected) if header.number == self.settings.start && header.hash() != expected => {
                Err(WatchError::OtherStart {
                    number: header.number,
                    expected,
                    found: header.hash(),
                })
            }
            _ => Ok(()),
        }
    }

    /// Compares headers of the L1, in order, with what is here.
    pub(super) fn find_fork(&self, found: &[Sealed<Header>]) -> Result<Fork, WatchError> {
        let is_ours = |header: &&Sealed<Header>| {
            self.block(header.number).is_some_and(|block| block.hash == header.hash())
        };
        if let Some(common) = found.iter().rev().find(is_ours) {
            return match self.finalized.and_then(|number| self.block(number)) {
                Some(end) if common.number < end.header.number => Err(too_deep(end)),
                _ => Ok(Fork::At(common.number, common.hash())),
            };
        }
        let lowest = found.first().map_or(0, |header| header.number);
        match self.first() {
            Some(first) if lowest <= first.header.number => Err(too_deep(first)),
            Some(first) => {
                // Twice as many each time.
                let count =
                    2 * u64::try_from(found.len()).unwrap_or(u64::MAX).min(self.range.max(64));
                let low = lowest.saturating_sub(count).max(first.header.number);
                Ok(Fork::Lower(low, lowest - 1))
            }
            None => Err(WatchError::OtherBranch { number: lowest }),
        }
    }

    /// Puts blocks, in order and linked, in the place of what follows the parent of the first.
    pub(super) fn replace(&mut self, blocks: Vec<WatchedBlock>) -> Result<(), WatchError> {
        let Some(first) = blocks.first() else {
            return Ok(());
        };
        let (number, parent) = (first.header.number, first.header.parent_hash);
        let fits = match self.first() {
            None => number == self.settings.start,
            Some(_) => number
                .checked_sub(1)
                .and_then(|below| self.block(below))
                .is_some_and(|below| below.hash == parent),
        };
        if !fits {
            return Err(WatchError::OtherBranch { number });
        }
        while self.head().is_some_and(|head| head.header.number >= number) {
            self.blocks.pop_back();
        }
        self.blocks.extend(blocks.into_iter().map(Arc::new));
        self.confirm();
        self.drop_old();
        Ok(())
    }

    /// A fetch worked: the next may be larger.
    pub(super) fn grow(&mut self) {
        let grown = self.range.saturating_add((self.range / 4).max(1));
        self.range = grown.min(self.settings.limits.max_range.max(1));
    }

    /// A fetch of so many blocks did not work: the next is half as large. Whether it can be smaller.
    pub(super) fn shrink(&mut self, count: u64) -> bool {
        self.range = (count / 2).max(1);
        count > 1
    }
}

fn too_deep(block: &WatchedBlock) -> WatchError {
    WatchError::TooDeep { number: block.header.number, hash: block.hash }
}

/// Of the headers of a range, those up to the first that is missing or does not follow the one before.
pub(super) fn linked(found: Vec<Option<Sealed<Header>>>) -> Vec<Sealed<Header>> {
    let mut headers: Vec<Sealed<Header>> = Vec::with_capacity(found.len());
    for header in found.into_iter().map_while(|header| header) {
        let follows = headers.last().is_none_or(|last| {
            last.hash() == header.parent_hash && last.number + 1 == header.number
        });
        if !follows {
            break;
        }
        headers.push(header);
    }
    headers
}

/// Whether a block can have one of these events; if not, its bloom filter proves it.
pub(super) fn may_have_any(bloom: &Bloom, events: &[(Address, B256)]) -> bool {
    let may_have = |bytes: &[u8]| bloom.contains_input(BloomInput::Raw(bytes));
    events.iter().any(|(address, topic)| may_have(address.as_slice()) && may_have(topic.as_slice()))
}

/// Whether a log is one of these events.
pub(super) fn is_watched(log: &Log, events: &[(Address, B256)]) -> bool {
    let topic = log.topics().first();
    events.iter().any(|(address, first)| log.address == *address && topic == Some(first))
}

#[cfg(test)]
mod tests;
