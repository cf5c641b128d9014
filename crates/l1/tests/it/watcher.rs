//! The view ends as the winning chain, with each block's logs once.

use crate::{
    client::{block_on, client},
    simulated::{CHAIN_ID, Faults, Forgotten, Lie, SimulatedAccess, SimulatedL1},
};
use alloy_primitives::{Address, B256, Bytes, Log};
use proptest::prelude::*;
use seam_l1::{
    Fault, L1Error, Severity, WatchError, WatchLimits, WatchSettings, Watched, Watcher,
    timer::SimulatedTimer, watcher::Progress,
};
use std::{sync::Arc, time::Duration};

const PORTAL: Address = Address::repeat_byte(1);
const SYSTEM_CONFIG: Address = Address::repeat_byte(2);
/// The first topic of what is watched.
const TOPIC: B256 = B256::repeat_byte(9);

/// An L1 with endpoints and a watcher of it.
struct Stage {
    l1: Arc<SimulatedL1>,
    endpoints: Vec<Arc<SimulatedAccess>>,
    timer: Arc<SimulatedTimer>,
    watcher: Watcher,
}

fn settings() -> WatchSettings {
    WatchSettings {
        start: 0,
        start_hash: None,
        events: vec![(PORTAL, TOPIC), (SYSTEM_CONFIG, TOPIC)],
        limits: WatchLimits { max_range: 20, ..WatchLimits::default() },
    }
}

impl Stage {
    fn new(endpoints: usize, settings: WatchSettings) -> Self {
        let l1 = SimulatedL1::new();
        let names = ["a", "b", "c"];
        let endpoints: Vec<_> =
            names[..endpoints].iter().map(|name| SimulatedAccess::new(name, &l1)).collect();
        let all: Vec<_> = endpoints.iter().collect();
        let (client, timer) = client(&all, Some(CHAIN_ID));
        let watcher = Watcher::new(client, settings);
        Self { l1, endpoints, timer, watcher }
    }

    fn watched(&self) -> Watched {
        self.watcher.watched()
    }

    /// Looks until there is nothing new.
    fn catch_up(&mut self) -> Result<(), WatchError> {
        for _ in 0..200 {
            self.timer.pass(Duration::from_secs(60));
            match block_on(self.watcher.step()) {
                Ok(Progress::UpToDate) if self.is_current() => return Ok(()),
                Err(error) if error.severity() == Severity::Halt => return Err(error),
                _ => {}
            }
        }
        panic!("it never catches up: {:?}", self.watched().head())
    }

    fn is_current(&self) -> bool {
        self.watched().head().map(|head| head.hash) == Some(self.l1.head().hash)
    }

    /// Every block is the L1's, with the events of the two contracts and no others.
    fn check(&self) {
        let view = self.watched();
        let first = view.first().unwrap().header.number;
        for block in self.l1.canonical().iter().filter(|block| block.header.number >= first) {
            let seen = view.block(block.header.number).unwrap();
            assert_eq!((seen.hash, &seen.header), (block.hash, &block.header));
            let logs = (0u64..).zip(block.logs.iter().cloned());
            let ours = |(_, log): &(u64, Log)| is_ours(log);
            assert_eq!(seen.logs, logs.filter(ours).collect::<Vec<_>>());
        }
        assert!(view.block(self.l1.head().header.number + 1).is_none());
    }
}

fn is_ours(log: &Log) -> bool {
    [PORTAL, SYSTEM_CONFIG].contains(&log.address) && log.topics()[0] == TOPIC
}

fn log(address: Address, topic: B256, text: u64) -> Log {
    Log::new_unchecked(address, vec![topic], Bytes::copy_from_slice(&text.to_be_bytes()))
}

/// Events of the portal, of SystemConfig and of others, and others of the portal, as the bits say.
fn logs(bits: u64) -> Vec<Log> {
    let other = (Address::repeat_byte(3), TOPIC);
    let (portal, config) = ((PORTAL, TOPIC), (SYSTEM_CONFIG, TOPIC));
    let order = [other, portal, (PORTAL, B256::ZERO), config, other, portal, portal];
    let of = |(bit, (address, topic)): (u64, (Address, B256))| {
        (bits >> bit & 1 == 1).then(|| log(address, topic, bits.wrapping_add(bit)))
    };
    (0u64..).zip(order).filter_map(of).collect()
}

fn chain(stage: &Stage, blocks: u64) {
    (0..blocks).for_each(|number| drop(stage.l1.mine_with(logs(number))));
}

#[test]
fn it_catches_up_from_far_behind_in_few_requests() {
    let mut stage = Stage::new(1, settings());
    chain(&stage, 500);
    stage.catch_up().unwrap();
    stage.check();
    // Of 501 blocks 20 at a time: the head, finality, headers, receipts 8 blocks at a time.
    assert!(stage.endpoints[0].requests() <= 1 + 6 * 27, "{}", stage.endpoints[0].requests());
    assert_eq!(stage.watched().finalized(), Some(500 - 64));
    assert_eq!(stage.watched().safe(), Some(500 - 32));
}

#[test]
fn blocks_whose_bloom_excludes_the_events_cost_no_question() {
    let mut stage = Stage::new(1, settings());
    for _ in 0..9 {
        stage.l1.mine_with(vec![log(Address::repeat_byte(3), TOPIC, 1)]);
        stage.l1.mine_with(vec![log(SYSTEM_CONFIG, B256::ZERO, 1)]);
    }
    stage.catch_up().unwrap();
    stage.check();
    // Chain id, head, finality, headers.
    assert_eq!(stage.endpoints[0].requests(), 4);
}

#[test]
fn receipts_that_are_too_many_are_halved_until_they_are_not() {
    let mut stage = Stage::new(1, settings());
    chain(&stage, 200);
    stage.endpoints[0].set(Faults { max_receipts: Some(1), ..Faults::default() });
    stage.catch_up().unwrap();
    stage.check();
}

const LIES: [Lie; 6] = [
    Lie::LogOmitted,
    Lie::ReceiptOmitted,
    Lie::Reordered,
    Lie::LogInvented,
    Lie::OfParent,
    Lie::Nothing,
];

#[test]
fn receipts_that_do_not_match_are_not_taken_and_another_endpoint_is_asked() {
    for no_block_receipts in [false, true] {
        for lie in LIES {
            let mut stage = Stage::new(2, settings());
            chain(&stage, 30);
            let faults = Faults { lie: Some(lie), no_block_receipts, ..Faults::default() };
            stage.endpoints[0].set(faults.clone());
            stage.catch_up().unwrap();
            stage.check();

            // With nobody honest there is no block, and whose fault it is is said.
            let mut stage = Stage::new(1, settings());
            chain(&stage, 30);
            stage.endpoints[0].set(faults);
            let error = block_on(stage.watcher.step()).unwrap_err();
            assert_eq!(error.severity(), Severity::Retry);
            let WatchError::L1(L1Error::Unreachable { tried, last, .. }) = error else {
                panic!("{lie:?}: {error}");
            };
            assert!(matches!(last, Fault::Wrong(_) | Fault::Missing(_)), "{lie:?}: {last}");
            assert!(tried.starts_with("a ("), "{tried}");
            assert!(stage.watched().head().is_none());
        }
    }
}

#[test]
fn receipts_are_asked_one_by_one_where_there_is_no_other_way() {
    let mut stage = Stage::new(1, settings());
    chain(&stage, 100);
    stage.endpoints[0].set(Faults { no_block_receipts: true, ..Faults::default() });
    stage.catch_up().unwrap();
    stage.check();
}

#[test]
fn a_header_that_does_not_hash_to_its_hash_is_not_taken() {
    let mut stage = Stage::new(2, settings());
    chain(&stage, 30);
    stage.endpoints[0].set(Faults { wrong_headers: true, ..Faults::default() });
    stage.catch_up().unwrap();
    stage.check();
    assert!(stage.endpoints[1].requests() > 3);
}

#[test]
fn headers_of_a_later_fork_are_believed_by_their_links() {
    let mut stage = Stage::new(1, settings());
    stage.l1.with(|world| world.later_fork = true);
    chain(&stage, 30);
    stage.catch_up().unwrap();
    stage.check();
    stage.l1.unwind(5, Forgotten::Yes);
    chain(&stage, 6);
    stage.catch_up().unwrap();
    stage.check();
}

#[test]
fn another_l1_and_a_broken_finality_stop_it() {
    let mut stage = Stage::new(1, WatchSettings { start_hash: Some(B256::ZERO), ..settings() });
    let error = stage.catch_up().unwrap_err();
    assert!(matches!(error, WatchError::OtherStart { number: 0, .. }), "{error}");
    let mut stage = Stage::new(1, settings());
    chain(&stage, 200);
    stage.catch_up().unwrap();
    stage.l1.unwind(65, Forgotten::Yes);
    chain(&stage, 70);
    let error = stage.catch_up().unwrap_err();
    assert!(matches!(error, WatchError::TooDeep { number: 136, .. }), "{error}");
    // What was known is there still.
    assert_eq!(stage.watched().head().unwrap().header.number, 200);
}

#[test]
fn who_waits_hears_of_each_new_head() {
    let mut stage = Stage::new(1, settings());
    let changes = stage.watched().changes();
    stage.catch_up().unwrap();
    assert!(changes.has_changed().unwrap());
    let mut changes = stage.watched().changes();
    assert_eq!(changes.borrow_and_update().unwrap().hash, stage.l1.head().hash);
    block_on(stage.watcher.step()).unwrap();
    assert!(!changes.has_changed().unwrap());
    stage.l1.unwind(0, Forgotten::Yes);
    chain(&stage, 1);
    block_on(stage.watcher.step()).unwrap();
    assert!(changes.has_changed().unwrap());
}

#[test]
fn a_slow_consumer_holds_it_back_and_nothing_is_lost() {
    let limits = WatchLimits { max_range: 20, max_blocks: 100, ..WatchLimits::default() };
    let mut stage = Stage::new(1, WatchSettings { limits, ..settings() });
    chain(&stage, 400);
    let view = stage.watched();
    for next in 0..=400 {
        for _ in 0..3 {
            block_on(stage.watcher.step()).unwrap();
        }
        let block = view.block(next).unwrap();
        assert_eq!(block.hash, stage.l1.canonical()[usize::try_from(next).unwrap()].hash);
        view.keep_from(next);
    }
    assert_eq!(view.first().unwrap().header.number, 400 - 64);
}

#[derive(Debug, Clone)]
enum Event {
    Mine { blocks: usize, bits: u64 },
    Reorg { depth: usize, shorter: bool, bits: u64 },
    Look,
    Lag { endpoint: usize, blocks: usize },
    Fail { endpoint: usize, count: u32, timeout: bool },
    Lie { endpoint: usize, lie: Lie, one_by_one: bool },
    Heal { endpoint: usize },
    Consume,
}

fn event() -> impl Strategy<Value = Event> {
    let endpoint = || 0usize..2;
    prop_oneof![
        4 => (1usize..30, any::<u64>()).prop_map(|(blocks, bits)| Event::Mine { blocks, bits }),
        3 => (1usize..=64, any::<bool>(), any::<u64>())
            .prop_map(|(depth, shorter, bits)| Event::Reorg { depth, shorter, bits }),
        6 => Just(Event::Look),
        1 => (endpoint(), 1usize..10).prop_map(|(endpoint, blocks)| Event::Lag { endpoint, blocks }),
        1 => (endpoint(), 1u32..9, any::<bool>())
            .prop_map(|(endpoint, count, timeout)| Event::Fail { endpoint, count, timeout }),
        2 => (endpoint(), prop::sample::select(&LIES[..]), any::<bool>())
            .prop_map(|(endpoint, lie, one_by_one)| Event::Lie { endpoint, lie, one_by_one }),
        1 => endpoint().prop_map(|endpoint| Event::Heal { endpoint }),
        1 => Just(Event::Consume),
    ]
}

fn mine(stage: &Stage, blocks: usize, bits: u64) {
    (0u32..).take(blocks).for_each(|n| drop(stage.l1.mine_with(logs(bits.rotate_right(n)))));
}

/// The last block that was ever final, which an honest L1 never replaces.
fn happen(stage: &mut Stage, event: &Event, final_block: &mut usize) {
    match *event {
        Event::Mine { blocks, bits } => {
            mine(stage, blocks, bits);
        }
        Event::Reorg { depth, shorter, bits } => {
            let depth = depth.min(stage.l1.canonical().len() - 1 - *final_block);
            stage.l1.unwind(depth, Forgotten::Yes);
            mine(stage, if shorter { depth / 2 } else { depth + 1 }, bits);
        }
        Event::Look => {
            let _ = block_on(stage.watcher.step()).map_err(|error| {
                assert_eq!(error.severity(), Severity::Retry, "{error}");
            });
        }
        Event::Lag { endpoint, blocks } => {
            stage.endpoints[endpoint].set(Faults { lag: blocks, ..Faults::default() });
        }
        Event::Fail { endpoint, count, timeout } => {
            let fault = timeout.then_some(Fault::Timeout);
            stage.endpoints[endpoint].set(Faults { fail: count, fault, ..Faults::default() });
        }
        Event::Lie { endpoint, lie, one_by_one: no_block_receipts } => {
            let faults = Faults { lie: Some(lie), no_block_receipts, ..Faults::default() };
            stage.endpoints[endpoint].set(faults);
        }
        Event::Heal { endpoint } => stage.endpoints[endpoint].set(Faults::default()),
        Event::Consume => stage.watched().keep_from(stage.l1.head().header.number / 2),
    }
    *final_block = (*final_block).max(stage.l1.canonical().len().saturating_sub(1 + 64));
}

proptest! {
    #![proptest_config(crate::cases(200))]

    /// Reorgs of depth 1 to 64, missed looks, endpoints that lag, fail, or leave out, reorder or invent
    /// logs: in the end the view is the winning chain, and whenever it is looked at, its blocks are
    /// linked and have all of their logs.
    #[test]
    fn the_view_ends_as_the_winning_chain(events in proptest::collection::vec(event(), 1..60)) {
        let mut stage = Stage::new(2, settings());
        let mut final_block = 0;
        for event in &events {
            happen(&mut stage, event, &mut final_block);
            check_links(&stage);
        }
        stage.endpoints.iter().for_each(|endpoint| endpoint.set(Faults::default()));
        stage.l1.mine();
        stage.catch_up().unwrap();
        stage.check();
    }
}

/// Every block follows the one before it and has the logs that it has on its branch.
fn check_links(stage: &Stage) {
    let view = stage.watched();
    let (Some(first), Some(head)) = (view.first(), view.head()) else {
        return;
    };
    let mut parent = None;
    for number in first.header.number..=head.header.number {
        let block = view.block(number).unwrap();
        assert!(parent.is_none_or(|parent| parent == block.header.parent_hash));
        parent = Some(block.hash);
        let real = stage.l1.with(|world| world.block(&block.hash).unwrap().clone());
        let logs = real.logs.iter().filter(|log| is_ours(log));
        assert!(block.logs.iter().map(|(_, log)| log).eq(logs));
    }
}
