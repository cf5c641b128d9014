use super::*;
use seam_primitives::BlobRules;
use std::time::Duration;

mod world;

const GWEI: u128 = 1_000_000_000;
const FEES: Fees = Fees { base_fee: GWEI, priority_fee: GWEI, blob_base_fee: 1 };
const PER_BLOB: usize = 130_048;
const SLOT: u64 = 12;

fn settings() -> BatcherSettings {
    BatcherSettings {
        inbox: alloy_primitives::Address::repeat_byte(1),
        genesis_time: 1_000,
        block_time: 1,
        l1_block_time: SLOT,
        sequencer_timeout: 1_800,
        max_lag: 23_400,
        max_blobs: 6,
        max_age: 600,
        blobs: vec![BlobRules {
            from_timestamp: 0,
            target: 14,
            max: 21,
            max_per_transaction: 6,
            update_fraction: 1,
            reserve_price: true,
        }],
        anchor_depth: 4,
        max_in_flight: 4,
        patient_blob_fee: None,
        runway_warning_hours: 24.0,
        poll: Duration::from_secs(6),
        max_fee: 500 * GWEI,
        max_blob_fee: 100 * GWEI,
    }
}

/// Blocks 1, 2, … of these sizes, each a second after the one before, on L1 block 0.
fn pending(sizes: &[usize]) -> Vec<Pending> {
    let mut bytes = 0;
    let block = |(number, size): (u64, &usize)| {
        bytes += size;
        let origin = BlockNumHash::default();
        Pending { number, hash: B256::ZERO, time: 1_000 + number, origin, bytes }
    };
    (1..).zip(sizes).map(block).collect()
}

/// What is decided about blocks of these sizes when the newest L1 block has this number.
struct Case {
    settings: BatcherSettings,
    inbox: Inbox,
    tip: Tip,
    pending: Vec<Pending>,
    waiting: [usize; 2],
    fees: Fees,
    is_plain_account: bool,
    head: u64,
}

impl Case {
    fn new(sizes: &[usize]) -> Self {
        Self {
            settings: settings(),
            inbox: Inbox::default(),
            tip: Tip::default(),
            pending: pending(sizes),
            waiting: [0, 0],
            fees: FEES,
            is_plain_account: true,
            head: 40,
        }
    }

    fn seal(&self) -> Result<Seal, Wait> {
        let head =
            L1Head { number: self.head, time: 1_000 + SLOT * self.head, ..L1Head::default() };
        let seen = Seen {
            head,
            inbox: &self.inbox,
            tip: self.tip,
            pending: &self.pending,
            waiting: self.waiting,
            near: self.waiting,
            fees: self.fees,
            bytes_per_blob: PER_BLOB,
            max_blocks: 10_000,
            is_plain_account: self.is_plain_account,
        };
        seen.seal(&self.settings)
    }
}

#[test]
fn a_batch_is_sealed_when_it_is_full_and_not_before() {
    let mut case = Case::new(&[100_000; 7]);
    assert_eq!(case.seal(), Err(Wait::NotFull));
    case.pending = pending(&[100_000; 8]);
    let seal = case.seal().unwrap();
    let expected = Seal {
        blocks: 7,
        last_block: 7,
        anchor: 36,
        kind: BatchKind::Blobs,
        capacity: 6 * PER_BLOB,
        reason: Reason::Full,
    };
    assert_eq!(seal, expected);
    // A low price is no reason to post less.
    case.pending = pending(&[100_000; 4]);
    case.fees.blob_base_fee = 1;
    assert_eq!(case.seal(), Err(Wait::NotFull));
}

#[test]
fn at_a_high_price_a_full_batch_waits_for_its_age() {
    let mut case = Case::new(&[100_000; 8]);
    case.settings.patient_blob_fee = Some(10);
    case.fees.blob_base_fee = 10;
    assert!(case.seal().is_ok());
    case.fees.blob_base_fee = 11;
    assert_eq!(case.seal(), Err(Wait::Patient { fee: 11 }));
    // In L1 block 51 its first block is 611 seconds old.
    case.head = 49;
    assert_eq!(case.seal(), Err(Wait::Patient { fee: 11 }));
    case.head = 50;
    assert_eq!(case.seal().unwrap().reason, Reason::Age);
}

#[test]
fn an_old_batch_leaves_out_what_would_begin_a_blob() {
    let mut case = Case::new(&[1; 300]);
    case.pending = pending(&[1_000; 160]);
    case.head = 50;
    // Some 30,000 bytes in a second blob: kept while a blob costs less than a transaction.
    assert_eq!(case.seal().unwrap().blocks, 160);
    case.fees.blob_base_fee = 2 * GWEI;
    assert_eq!(case.seal().unwrap().blocks, 130);
    // Not if one of them is too old by then, nor if the second blob is more than half full.
    case.head = 70;
    assert_eq!(case.seal().unwrap().blocks, 160);
    case.head = 50;
    case.pending = pending(&[1_000; 200]);
    assert_eq!(case.seal().unwrap().blocks, 200);
}

#[test]
fn half_of_the_timeout_is_reason_enough_if_nothing_is_on_its_way() {
    let mut case = Case::new(&[10]);
    case.inbox.last_post_block = 30;
    case.settings.sequencer_timeout = 20;
    case.head = 39;
    assert_eq!(case.seal(), Err(Wait::NotFull));
    case.head = 40;
    assert_eq!(case.seal().unwrap().reason, Reason::Timeout);
    case.tip.on_their_way = 1;
    assert_eq!(case.seal(), Err(Wait::NotFull));
}

#[test]
fn blobs_that_are_too_dear_are_replaced_by_calldata_when_time_runs_out() {
    let mut case = Case::new(&[100; 300]);
    case.head = 60;
    case.fees.blob_base_fee = 101 * GWEI;
    // 30,000 bytes of calldata cost 2.4 million gwei, and a blob at that price 13 million.
    assert_eq!(case.seal().unwrap().kind, BatchKind::Calldata);
    case.fees.base_fee = 100 * GWEI;
    assert_eq!(case.seal(), Err(Wait::BlobsTooDear { fee: 101 * GWEI }));
    case.head = 900;
    let seal = case.seal().unwrap();
    assert_eq!((seal.kind, seal.reason), (BatchKind::Calldata, Reason::Timeout));
    case.is_plain_account = false;
    assert_eq!(case.seal(), Err(Wait::BlobsTooDear { fee: 101 * GWEI }));
    case.fees.base_fee = 500 * GWEI;
    assert_eq!(case.seal(), Err(Wait::GasTooDear { fee: 501 * GWEI }));
}

#[test]
fn an_l1_without_blobs_gets_calldata_of_a_plain_account() {
    for no_blobs in [true, false] {
        let mut case = Case::new(&[50_000; 3]);
        match no_blobs {
            true => case.settings.blobs.clear(),
            false => case.fees.blob_base_fee = 0,
        }
        let seal = case.seal().unwrap();
        assert_eq!((seal.kind, seal.blocks, seal.reason), (BatchKind::Calldata, 2, Reason::Full));
        assert_eq!(seal.capacity, MAX_CALLDATA_BYTES);
        case.is_plain_account = false;
        assert_eq!(case.seal(), Err(Wait::NoWay));
    }
}

#[test]
fn only_blocks_that_l1_can_take_are_ready() {
    let mut case = Case::new(&[100_000; 8]);
    case.pending[3].time = 1_000 + SLOT * 40 + 1;
    assert_eq!(case.seal(), Err(Wait::NotFull));
    case.pending = pending(&[100_000; 9]);
    case.pending[8].origin.number = 37;
    assert_eq!(case.seal().unwrap().blocks, 7);
    // The last batch's anchor is younger than this one's would be.
    case.tip.l1_number = 38;
    assert_eq!(case.seal().unwrap().anchor, 38);
    case.pending[0].origin.number = 39;
    assert_eq!(case.seal(), Err(Wait::NothingReady));
    case.pending.clear();
    assert_eq!(case.seal(), Err(Wait::NothingReady));
}

#[test]
fn not_too_many_are_on_their_way_nor_of_both_kinds() {
    let mut case = Case::new(&[100_000; 8]);
    case.waiting = [3, 0];
    assert!(case.seal().is_ok());
    case.waiting = [3, 1];
    assert_eq!(case.seal(), Err(Wait::InFlight(4)));
    case.waiting = [0, 1];
    assert_eq!(case.seal(), Err(Wait::OtherKind(BatchKind::Calldata)));
    case.fees.blob_base_fee = 0;
    assert!(case.seal().is_ok());
    case.waiting = [1, 0];
    assert_eq!(case.seal(), Err(Wait::OtherKind(BatchKind::Blobs)));
}

#[test]
fn one_block_that_takes_more_than_a_batch_is_tried_alone() {
    let case = Case::new(&[900_000, 1]);
    let seal = case.seal().unwrap();
    assert_eq!((seal.blocks, seal.last_block, seal.reason), (1, 1, Reason::Full));
}

#[test]
fn what_is_too_old_for_the_inbox_is_passed_over() {
    // Ten blocks of six and a half hours ago.
    let mut case = Case::new(&[10; 10]);
    case.inbox.last_post_block = 1_999;
    case.head = 2_000;
    let seal = case.seal().unwrap();
    // Block n has the time 1,000 + n; the head 25,000, and 300 seconds may pass.
    assert_eq!((seal.blocks, seal.last_block), (10, 25_000 + 300 - 23_400 - 1_000));
    case.head = 1_900;
    assert_eq!(case.seal().unwrap().last_block, 10);
}

fn flight(first_block: u64, prev: u8, anchor: u64, fate: Fate) -> Flight {
    let header = BatchHeader {
        version: 1,
        first_block,
        last_block: first_block + 9,
        l1_number: anchor,
        l1_hash: B256::with_last_byte(anchor.to_le_bytes()[0]),
        prev_accumulator: B256::repeat_byte(prev),
    };
    let accumulator = B256::repeat_byte(prev + 1);
    Flight { header, kind: BatchKind::Blobs, accumulator, fate }
}

#[test]
fn the_tip_is_behind_what_can_still_land() {
    let inbox =
        Inbox { count: 2, last_block: 20, accumulator: B256::repeat_byte(2), ..<_>::default() };
    let tip = |flights: &[Flight]| {
        let tip = Tip::behind(&inbox, flights, |flight| flight.fate != Fate::Failed);
        (tip.count, tip.last_block, tip.on_their_way)
    };
    let landed = flight(11, 1, 5, Fate::Mined);
    let next = flight(21, 2, 6, Fate::Waiting);
    let after = flight(31, 3, 7, Fate::Waiting);
    assert_eq!(tip(&[]), (2, 20, 0));
    assert_eq!(tip(&[landed.clone(), next.clone(), after.clone()]), (4, 40, 2));
    let failed = Flight { fate: Fate::Failed, ..next.clone() };
    assert_eq!(tip(&[landed.clone(), failed.clone(), after.clone()]), (2, 20, 0));
    // What was sent in their place counts, once.
    let again = Flight { accumulator: B256::repeat_byte(9), ..next };
    assert_eq!(tip(&[landed, failed, after, again.clone(), again]), (3, 30, 1));
}

#[test]
fn a_batch_lands_while_its_anchor_stands_and_is_known() {
    let waiting = flight(1, 0, 10, Fate::Waiting);
    let right = Some(waiting.header.l1_hash);
    assert!(waiting.may_land(right, 265));
    assert!(!waiting.may_land(right, 266));
    assert!(!waiting.may_land(Some(B256::ZERO), 20));
    assert!(!waiting.may_land(None, 20));
    assert!(flight(1, 0, 10, Fate::Mined).may_land(None, 999));
    assert!(!flight(1, 0, 10, Fate::Failed).may_land(right, 20));
}
