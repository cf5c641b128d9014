//! Where the next batch begins, and whether, how and up to where it is sealed: decided from what the L1,
//! the sender and the chain show.
//!
//! A batch is sealed for the first of these reasons that holds:
//!
//! 1. *Timeout*: half of `sequencer_timeout` has passed since the last batch and none is on its way.
//! 2. *Age*: its oldest block would be `max_age` old in the next L1 block.
//! 3. *Full*: the next block does not fit any more, and blobs do not cost more than `patient_blob_fee`.
//!
//! So a low price never seals a batch that is not full, and a high one lets even a full batch wait until
//! its age is up. The data go where a byte is cheaper at present prices. Blobs above `max_blob_fee` are not
//! used; instead of waiting for a lower price, a batch of the first reason goes as calldata.

use super::{
    BatcherSettings,
    cost::{Load, MAX_CALLDATA_BYTES},
    inbox::Inbox,
};
use alloy_eips::eip1898::BlockNumHash;
use alloy_primitives::{B256, U256};
use seam_l1::Fees;
use seam_primitives::batch::{BatchHeader, BatchKind};
use std::fmt;

/// How far back `blockhash` knows blocks.
const KNOWN_HASHES: u64 = 256;
/// L1 blocks that a batch may take to get in before its last block is too old; not more than a quarter of
/// `max_lag`.
const INCLUSION: u64 = 25;

/// What became of a batch's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is in no block.
    Waiting,
    /// It is in a block and succeeded.
    Mined,
    /// It is in a block and failed.
    Failed,
}

/// A batch whose transaction is in the journal and not confirmed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// As it was posted.
    pub header: BatchHeader,
    /// Where its data are.
    pub kind: BatchKind,
    /// The accumulator that it makes.
    pub accumulator: B256,
    /// What became of it.
    pub fate: Fate,
}

impl Flight {
    /// Whether L1 can still take it: `anchor` is the hash of the block of its anchor's number, `head` the
    /// number of the newest.
    pub fn may_land(&self, anchor: Option<B256>, head: u64) -> bool {
        match self.fate {
            Fate::Mined => true,
            Fate::Failed => false,
            Fate::Waiting => {
                let is_known = self.header.l1_number + KNOWN_HASHES > head;
                is_known && anchor == Some(self.header.l1_hash)
            }
        }
    }
}

/// What the next batch follows on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tip {
    /// Batches before it.
    pub count: u64,
    /// The last block of the one before.
    pub last_block: u64,
    /// Its anchor.
    pub l1_number: u64,
    /// Its accumulator.
    pub accumulator: B256,
    /// How many of those before it are on their way.
    pub on_their_way: usize,
}

impl Tip {
    /// Behind the inbox and the batches on their way to it, in the order in which they were sent. One that
    /// cannot land takes all after it along: their accumulators follow on its.
    pub fn behind(inbox: &Inbox, flights: &[Flight], may_land: impl Fn(&Flight) -> bool) -> Self {
        let mut tip = Self {
            count: inbox.count,
            last_block: inbox.last_block,
            l1_number: inbox.l1_number,
            accumulator: inbox.accumulator,
            on_their_way: 0,
        };
        for flight in flights {
            let header = &flight.header;
            let follows = header.prev_accumulator == tip.accumulator
                && header.first_block == tip.last_block + 1
                && header.l1_number >= tip.l1_number;
            if follows && may_land(flight) {
                tip = Self {
                    count: tip.count + 1,
                    last_block: header.last_block,
                    l1_number: header.l1_number,
                    accumulator: flight.accumulator,
                    on_their_way: tip.on_their_way + 1,
                };
            }
        }
        tip
    }
}

/// A block that is in no batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its timestamp in seconds.
    pub time: u64,
    /// The L1 block that it stands on.
    pub origin: BlockNumHash,
    /// About what a batch takes with all blocks from the first up to this one, in bytes.
    pub bytes: usize,
}

/// An L1 block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct L1Head {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its timestamp in seconds.
    pub time: u64,
}

/// What a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The L1's newest block.
    pub head: L1Head,
    /// The inbox after it.
    pub inbox: &'a Inbox,
    /// What the next batch follows on.
    pub tip: Tip,
    /// The blocks after the tip, as many as may be of use.
    pub pending: &'a [Pending],
    /// Transactions of the batcher in no block, with data in blobs and without.
    pub waiting: [usize; 2],
    /// The same, with those that are so near the newest block that a reorg may remove them.
    pub near: [usize; 2],
    /// Prices now.
    pub fees: Fees,
    /// Bytes that a blob holds.
    pub bytes_per_blob: usize,
    /// Blocks that a batch may have.
    pub max_blocks: usize,
    /// Whether the batcher's account has no code, as calldata asks (rule D8).
    pub is_plain_account: bool,
}

/// Why a batch is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Half of the time after which anyone may post has passed.
    Timeout,
    /// The oldest block has waited long enough.
    Age,
    /// No more blocks fit.
    Full,
}

/// A batch to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// How many of the pending blocks are in it.
    pub blocks: usize,
    /// The last block of its range. Blocks of the range that are not in it become default blocks.
    pub last_block: u64,
    /// Number of its anchor.
    pub anchor: u64,
    /// Where its data go.
    pub kind: BatchKind,
    /// Bytes that its data may have.
    pub capacity: usize,
    /// Why now.
    pub reason: Reason,
}

/// Why no batch is made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// Every block is in a batch, or younger than the L1's newest block, or stands on an L1 block that
    /// may be replaced.
    NothingReady,
    /// There is room and time.
    NotFull,
    /// It is full, but blobs are dear.
    Patient {
        /// Wei per blob gas.
        fee: u128,
    },
    /// As many are on their way as may be.
    InFlight(usize),
    /// Transactions of the other kind are on their way, or just in: mempools have only one kind of an
    /// account, so after a reorg one would keep the others out.
    OtherKind(BatchKind),
    /// Gas costs too much.
    GasTooDear {
        /// Wei per gas.
        fee: u128,
    },
    /// Blobs cost too much, and calldata are not cheaper.
    BlobsTooDear {
        /// Wei per blob gas.
        fee: u128,
    },
    /// The L1 has no blobs, and an account with code may not post calldata.
    NoWay,
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingReady => f.write_str("every block is posted, or too young to be"),
            Self::NotFull => f.write_str("the batch is neither full nor old"),
            Self::Patient { fee } => {
                write!(f, "the batch is full, but blob gas costs {fee} wei: it waits for its age")
            }
            Self::InFlight(count) => write!(f, "{count} transactions are in no block of the L1 yet"),
            Self::OtherKind(BatchKind::Blobs) => {
                f.write_str("calldata would be posted, but blobs are on their way before")
            }
            Self::OtherKind(BatchKind::Calldata) => {
                f.write_str("blobs would be posted, but calldata are on their way before")
            }
            Self::GasTooDear { fee } => {
                write!(f, "gas costs {fee} wei, more than --max-fee-gwei allows")
            }
            Self::BlobsTooDear { fee } => {
                write!(f, "blob gas costs {fee} wei, more than --max-blob-fee-gwei allows")
            }
            Self::NoWay => f.write_str(
                "the L1 has no blobs, and the batcher's account has code, so it cannot post calldata: \
                 use a plain account",
            ),
        }
    }
}

/// A way to post the first blocks of what is pending.
#[derive(Debug, Clone, Copy)]
struct Way {
    load: Load,
    blocks: usize,
    capacity: usize,
    is_full: bool,
    cost: U256,
}

impl Seen<'_> {
    /// Whether a batch is made now, and which.
    ///
    /// # Errors
    /// [`Wait`] says why not.
    pub fn seal(&self, settings: &BatcherSettings) -> Result<Seal, Wait> {
        let waiting = self.waiting[0] + self.waiting[1];
        if waiting >= settings.max_in_flight {
            return Err(Wait::InFlight(waiting));
        }
        let anchor = self.anchor(settings);
        let ready = self.ready(anchor);
        let oldest = self.pending.first().filter(|_| ready > 0).ok_or(Wait::NothingReady)?;
        let is_late = self.is_late(settings);
        let way = self.way(settings, ready, is_late)?;
        let reason = if is_late {
            Reason::Timeout
        } else if self.is_old(settings, oldest) {
            Reason::Age
        } else if way.is_full {
            self.check_patience(settings, &way)?;
            Reason::Full
        } else {
            return Err(Wait::NotFull);
        };
        let blocks = match reason {
            Reason::Age => self.whole_blobs(settings, &way),
            Reason::Timeout | Reason::Full => way.blocks,
        };
        let last_block = self.last_block(settings, blocks);
        let (kind, capacity) = (way.load.kind, way.capacity);
        Ok(Seal { blocks, last_block, anchor, kind, capacity, reason })
    }

    /// The L1 block that a batch would be anchored to: some blocks deep, and not before the last one's.
    pub fn anchor(&self, settings: &BatcherSettings) -> u64 {
        let deep = self.head.number.saturating_sub(settings.anchor_depth);
        deep.max(self.tip.l1_number).min(self.head.number)
    }

    /// How many blocks are older than the newest L1 block (rule D17) and stand on the anchor or before.
    fn ready(&self, anchor: u64) -> usize {
        let is_ready =
            |block: &&Pending| block.time <= self.head.time && block.origin.number <= anchor;
        self.pending.iter().take_while(is_ready).count()
    }

    /// Half of the time is over after which anyone may post, and nothing is on its way (rule D10).
    fn is_late(&self, settings: &BatcherSettings) -> bool {
        let half = self.inbox.last_post_block + settings.sequencer_timeout / 2;
        self.tip.on_their_way == 0 && self.head.number >= half
    }

    /// In the next L1 block it would be as old as it may be.
    const fn is_old(&self, settings: &BatcherSettings, block: &Pending) -> bool {
        let next = self.head.time.saturating_add(settings.l1_block_time);
        next.saturating_sub(block.time) >= settings.max_age
    }

    /// The cheapest way that is allowed.
    fn way(&self, settings: &BatcherSettings, ready: usize, is_late: bool) -> Result<Way, Wait> {
        let gas = self.fees.base_fee.saturating_add(self.fees.priority_fee);
        if gas > settings.max_fee {
            return Err(Wait::GasTooDear { fee: gas });
        }
        let most = settings.blobs_at(self.head.time);
        let most = if self.fees.blob_base_fee == 0 { 0 } else { most };
        let blobs = (most > 0).then(|| {
            let capacity = usize::try_from(most).unwrap_or(usize::MAX);
            self.way_of(BatchKind::Blobs, capacity.saturating_mul(self.bytes_per_blob), ready)
        });
        let calldata = self
            .is_plain_account
            .then(|| self.way_of(BatchKind::Calldata, MAX_CALLDATA_BYTES, ready));
        let fee = self.fees.blob_base_fee;
        let way = match (blobs, calldata) {
            (None, None) => return Err(Wait::NoWay),
            (None, Some(calldata)) => calldata,
            (Some(blobs), Some(calldata)) if calldata.is_cheaper_than(&blobs) => calldata,
            (Some(blobs), _) if fee <= settings.max_blob_fee => blobs,
            (Some(_), Some(calldata)) if is_late => calldata,
            (Some(_), _) => return Err(Wait::BlobsTooDear { fee }),
        };
        let [with_blobs, without] = self.near;
        match way.load.kind {
            BatchKind::Blobs if without > 0 => Err(Wait::OtherKind(BatchKind::Calldata)),
            BatchKind::Calldata if with_blobs > 0 => Err(Wait::OtherKind(BatchKind::Blobs)),
            _ => Ok(way),
        }
    }

    /// As many of the blocks that are ready as go one way, one at least: what it really takes shows when
    /// it is encoded.
    fn way_of(&self, kind: BatchKind, capacity: usize, ready: usize) -> Way {
        let blocks = self.fitting(capacity).min(ready).max(1);
        let bytes = self.pending.get(blocks - 1).map_or(0, |block| block.bytes).min(capacity);
        let load = Load::new(kind, bytes, self.bytes_per_blob);
        Way { load, blocks, capacity, is_full: blocks < ready, cost: load.cost(&self.fees) }
    }

    /// How many blocks fit into so many bytes.
    fn fitting(&self, bytes: usize) -> usize {
        self.pending.partition_point(|block| block.bytes <= bytes).min(self.max_blocks)
    }

    /// Above some price a full batch of blobs waits, too.
    fn check_patience(&self, settings: &BatcherSettings, way: &Way) -> Result<(), Wait> {
        let fee = self.fees.blob_base_fee;
        match settings.patient_blob_fee {
            Some(most) if way.load.kind == BatchKind::Blobs && fee > most => {
                Err(Wait::Patient { fee })
            }
            _ => Ok(()),
        }
    }

    /// Without the blocks that would fill less than half of the last blob, where a blob costs more than a
    /// transaction, and unless one of them is too old to be left out: they are posted with others that
    /// fill it.
    fn whole_blobs(&self, settings: &BatcherSettings, way: &Way) -> usize {
        let whole = way.load.bytes / self.bytes_per_blob.max(1) * self.bytes_per_blob;
        let rest = way.load.bytes - whole;
        let one = |bytes| Load::new(BatchKind::Blobs, bytes, self.bytes_per_blob).cost(&self.fees);
        let blob = one(2 * self.bytes_per_blob).saturating_sub(one(self.bytes_per_blob));
        let transaction = one(0).saturating_sub(blob);
        if way.load.kind == BatchKind::Calldata
            || whole == 0
            || rest >= self.bytes_per_blob / 2
            || blob <= transaction
        {
            return way.blocks;
        }
        let blocks = self.fitting(whole).min(way.blocks);
        match self.pending.get(blocks) {
            Some(left_out) if blocks > 0 && !self.is_old(settings, left_out) => blocks,
            _ => way.blocks,
        }
    }

    /// The last of the blocks, unless that is too old for the inbox by now (rule D2): then the first one
    /// that is not, and those between are lost (rule D5).
    fn last_block(&self, settings: &BatcherSettings, blocks: usize) -> u64 {
        let last = self.tip.last_block + blocks as u64;
        let inclusion = (INCLUSION * settings.l1_block_time).min(settings.max_lag / 4);
        let oldest = (self.head.time + inclusion).saturating_sub(settings.max_lag);
        if settings.time_of(last) >= oldest {
            return last;
        }
        let seconds = oldest.saturating_sub(settings.genesis_time);
        let first = seconds.div_ceil(settings.block_time.max(1));
        // Never one that is younger than the L1's newest block.
        let youngest = self.head.time.saturating_sub(settings.genesis_time);
        last.max(first.min(youngest / settings.block_time.max(1)))
    }
}

impl Way {
    /// For the same blocks, or by the byte where one takes more of them.
    fn is_cheaper_than(&self, other: &Self) -> bool {
        if self.blocks == other.blocks {
            return self.cost < other.cost;
        }
        let bytes = |way: &Self| U256::from(way.load.bytes.max(1));
        self.cost * bytes(other) < other.cost * bytes(self)
    }
}

#[cfg(test)]
mod tests;
