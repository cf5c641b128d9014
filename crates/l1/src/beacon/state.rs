//! Which blobs are wanted, which are found, and what to ask for.

use super::{BeaconError, BlobSource, L1At};
use crate::access::Fault;
use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use std::collections::HashMap;

/// Slots of a beacon chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlotClock {
    /// Time of slot 0 in seconds.
    pub(super) genesis: u64,
    /// Seconds of a slot.
    pub(super) seconds: u64,
}

impl SlotClock {
    /// The slot of a block with this time; `None` before the first.
    pub(super) const fn slot(&self, timestamp: u64) -> Option<u64> {
        match timestamp.checked_sub(self.genesis) {
            Some(since) => since.checked_div(self.seconds),
            None => None,
        }
    }
}

/// What to ask for in the place of a block, one after the other.
pub(super) fn block_ids(kind: BlobSource, clock: Option<SlotClock>, at: &L1At) -> Vec<String> {
    let slot = clock.and_then(|clock| clock.slot(at.timestamp));
    match (kind, slot) {
        (BlobSource::Beacon, Some(slot)) => vec![slot.to_string(), at.hash.to_string()],
        // It finds blobs by their hashes, or by the slot.
        (BlobSource::Archive, Some(slot)) => vec![slot.to_string()],
        (_, None) => vec![at.hash.to_string()],
    }
}

/// A question for blobs, over several endpoints.
#[derive(Debug)]
pub(super) struct Search<'a> {
    wanted: &'a [B256],
    found: HashMap<B256, Box<Blob>>,
    tried: Vec<String>,
    failed: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(wanted: &'a [B256]) -> Self {
        Self { wanted, found: HashMap::new(), tried: Vec::new(), failed: false }
    }

    /// Each once, in order.
    pub(super) fn missing(&self) -> Vec<B256> {
        let mut missing = Vec::new();
        for hash in self.wanted {
            if !self.found.contains_key(hash) && !missing.contains(hash) {
                missing.push(*hash);
            }
        }
        missing
    }

    pub(super) fn is_done(&self) -> bool {
        self.wanted.iter().all(|hash| self.found.contains_key(hash))
    }

    /// Takes blobs that are checked. Whether one of them was missing.
    pub(super) fn add(&mut self, blobs: Vec<(B256, Box<Blob>)>) -> bool {
        let had = self.found.len();
        let wanted = |(hash, _): &(B256, Box<Blob>)| self.wanted.contains(hash);
        let wanted: Vec<_> = blobs.into_iter().filter(wanted).collect();
        self.found.extend(wanted);
        self.found.len() > had
    }

    /// An endpoint has no more.
    pub(super) fn lacks(&mut self, name: &str) {
        self.tried.push(format!("{name} (lacks {})", self.missing().len()));
    }

    /// An endpoint is of no use.
    pub(super) fn failed(&mut self, name: &str, fault: &Fault) {
        self.failed = true;
        self.tried.push(format!("{name} ({fault})"));
    }

    /// What was found, and why not all.
    pub(super) fn finish(self) -> (HashMap<B256, Box<Blob>>, Option<BeaconError>) {
        let (missing, tried) = (self.missing(), self.tried.join(", "));
        let error = match (missing.is_empty(), self.failed) {
            (true, _) => None,
            (false, true) => Some(BeaconError::Unreachable { tried }),
            (false, false) => Some(BeaconError::Gone { missing, tried }),
        };
        (self.found, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(byte: u8) -> B256 {
        B256::repeat_byte(byte)
    }

    fn blob(byte: u8) -> (B256, Box<Blob>) {
        (hash(byte), Box::new(Blob::repeat_byte(byte)))
    }

    #[test]
    fn each_blob_is_asked_for_once_until_all_are_there() {
        let wanted = [hash(2), hash(1), hash(2)];
        let mut search = Search::new(&wanted);
        assert_eq!(search.missing(), [hash(2), hash(1)]);
        assert!(search.add(vec![blob(1), blob(9)]));
        assert!(!search.add(vec![blob(1)]) && !search.is_done());
        search.lacks("a");
        assert!(search.add(vec![blob(2)]) && search.is_done());
        let (found, error) = search.finish();
        assert_eq!((found, error), (HashMap::from([blob(2), blob(1)]), None));
    }

    #[test]
    fn what_nobody_has_is_gone_only_if_nobody_failed() {
        let wanted = [hash(1), hash(2)];
        let mut search = Search::new(&wanted);
        search.add(vec![blob(1)]);
        search.lacks("a");
        search.lacks("b");
        let tried = "a (lacks 1), b (lacks 1)".to_owned();
        let gone = BeaconError::Gone { missing: vec![hash(2)], tried };
        assert_eq!(search.finish(), (HashMap::from([blob(1)]), Some(gone)));
        let mut search = Search::new(&wanted);
        search.lacks("a");
        search.failed("b", &Fault::Timeout);
        let tried = "a (lacks 2), b (no answer in time)".to_owned();
        assert_eq!(search.finish().1, Some(BeaconError::Unreachable { tried }));
    }

    #[test]
    fn no_blobs_are_found_at_once() {
        assert_eq!(Search::new(&[]).finish(), (HashMap::new(), None));
    }

    #[test]
    fn a_slot_follows_from_the_time() {
        let clock = SlotClock { genesis: 1_000, seconds: 12 };
        assert_eq!(clock.slot(1_000), Some(0));
        assert_eq!(clock.slot(1_011), Some(0));
        assert_eq!(clock.slot(1_012), Some(1));
        assert_eq!(clock.slot(999), None);
        assert_eq!(SlotClock { genesis: 0, seconds: 0 }.slot(5), None);
        let at = L1At { number: 1, hash: hash(7), timestamp: 1_024 };
        let ids = |kind, clock| block_ids(kind, clock, &at);
        assert_eq!(ids(BlobSource::Beacon, Some(clock)), ["2", &hash(7).to_string()]);
        assert_eq!(ids(BlobSource::Archive, Some(clock)), ["2"]);
        assert_eq!(ids(BlobSource::Archive, None), [hash(7).to_string()]);
    }
}
