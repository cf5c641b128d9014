use super::*;
use crate::watcher::WatchLimits;
use proptest::prelude::*;

const PORTAL: Address = Address::repeat_byte(1);

fn settings(limits: WatchLimits) -> WatchSettings {
    WatchSettings { start: 10, start_hash: None, events: vec![(PORTAL, B256::ZERO)], limits }
}

fn header(number: u64, parent: B256, branch: u8) -> Sealed<Header> {
    let extra_data = vec![branch].into();
    Sealed::new(Header { number, parent_hash: parent, extra_data, ..Header::default() })
}

/// Headers of a branch on a parent.
fn branch(first: u64, last: u64, parent: B256, name: u8) -> Vec<Sealed<Header>> {
    let mut headers: Vec<Sealed<Header>> = Vec::new();
    for number in first..=last {
        let parent = headers.last().map_or(parent, |last| last.hash());
        headers.push(header(number, parent, name));
    }
    headers
}

fn blocks(headers: &[Sealed<Header>]) -> Vec<WatchedBlock> {
    let block = |header: &Sealed<Header>| {
        let (header, hash) = header.clone().into_parts();
        WatchedBlock { hash, header, logs: Vec::new() }
    };
    headers.iter().map(block).collect()
}

/// With blocks 10 to `last`.
fn state(last: u64) -> (State, Vec<Sealed<Header>>) {
    let mut state = State::new(settings(WatchLimits::default()));
    let headers = branch(10, last, B256::ZERO, 0);
    state.replace(blocks(&headers)).unwrap();
    (state, headers)
}

#[test]
fn it_begins_at_the_first_block_and_goes_in_ranges() {
    let state = State::new(settings(WatchLimits { max_range: 30, ..WatchLimits::default() }));
    assert_eq!(state.plan(&header(9, B256::ZERO, 0)), Plan::Idle);
    assert_eq!(state.plan(&header(10, B256::ZERO, 0)), Plan::Extend(10, 10));
    assert_eq!(state.plan(&header(500, B256::ZERO, 0)), Plan::Extend(10, 39));
}

#[test]
fn what_to_do_follows_from_the_head() {
    let (state, headers) = state(20);
    assert_eq!(state.plan(&headers[10]), Plan::Idle);
    assert_eq!(state.plan(&headers[7]), Plan::Idle);
    assert_eq!(state.plan(&header(5, B256::ZERO, 9)), Plan::Idle);
    assert_eq!(state.plan(&header(21, B256::ZERO, 0)), Plan::Extend(21, 21));
    assert_eq!(state.plan(&header(20, B256::ZERO, 1)), Plan::FindFork(20, 20));
    assert_eq!(state.plan(&header(15, B256::ZERO, 1)), Plan::FindFork(15, 15));
}

#[test]
fn another_first_block_is_another_l1() {
    let first = header(10, B256::ZERO, 0);
    let start_hash = Some(B256::repeat_byte(1));
    let state = State::new(WatchSettings { start_hash, ..settings(WatchLimits::default()) });
    let error = state.check_start(&first).unwrap_err();
    assert!(matches!(error, WatchError::OtherStart { number: 10, .. }), "{error}");
    assert_eq!(state.check_start(&header(11, B256::ZERO, 0)), Ok(()));
    let start_hash = Some(first.hash());
    let state = State::new(WatchSettings { start_hash, ..settings(WatchLimits::default()) });
    assert_eq!(state.check_start(&first), Ok(()));
}

#[test]
fn a_full_view_waits_until_final_blocks_may_go() {
    let limits = WatchLimits { max_blocks: 8, max_range: 5, ..WatchLimits::default() };
    let mut state = State::new(settings(limits));
    let headers = branch(10, 40, B256::ZERO, 0);
    state.replace(blocks(&headers[..5])).unwrap();
    assert_eq!(state.plan(&headers[30]), Plan::Extend(15, 17));
    state.replace(blocks(&headers[5..8])).unwrap();
    assert_eq!(state.plan(&headers[30]), Plan::Full);
    state.keep_from(14);
    assert_eq!(state.plan(&headers[30]), Plan::Full);
    state.finality(None, Some(&headers[2]));
    assert_eq!(state.first().unwrap().header.number, 12);
    state.finality(None, Some(&headers[6]));
    assert_eq!(state.first().unwrap().header.number, 14);
    assert_eq!(state.finalized(), Some(16));
    // What is final above the tip goes for blocks that come.
    state.finality(None, Some(&headers[20]));
    assert_eq!(state.finalized(), Some(16));
    assert_eq!(state.plan(&headers[30]), Plan::Extend(18, 21));
    state.replace(blocks(&headers[8..12])).unwrap();
    assert_eq!(state.finalized(), Some(21));
    // The tip stays: the next block goes onto it.
    state.keep_from(1_000);
    assert_eq!(state.first().unwrap().header.number, 21);
}

/// Else all blocks below a tip that lost would go, and with them where the branches part.
#[test]
fn what_is_final_above_the_tip_says_nothing_of_the_tip() {
    let (mut state, headers) = state(20);
    let winner = branch(20, 90, headers[9].hash(), 1);
    state.keep_from(1_000);
    state.finality(None, Some(&winner[5]));
    assert_eq!((state.finalized(), state.first().unwrap().header.number), (None, 10));
    assert_eq!(state.find_fork(&headers[9..10]), Ok(Fork::At(19, headers[9].hash())));
    state.replace(blocks(&winner[..3])).unwrap();
    assert_eq!(state.finalized(), Some(22));
}

#[test]
fn finality_of_another_branch_is_not_ours() {
    let (mut state, headers) = state(20);
    state.finality(Some(&header(15, B256::ZERO, 1)), Some(&header(12, B256::ZERO, 1)));
    assert_eq!((state.safe(), state.finalized()), (None, None));
    state.finality(Some(&headers[8]), Some(&headers[2]));
    assert_eq!((state.safe(), state.finalized()), (Some(18), Some(12)));
    state.finality(Some(&headers[9]), Some(&headers[1]));
    assert_eq!((state.safe(), state.finalized()), (Some(19), Some(12)));
}

#[test]
fn a_branch_below_what_is_final_or_kept_is_an_error() {
    let (mut state, headers) = state(40);
    state.finality(None, Some(&headers[20]));
    let other = branch(26, 40, headers[15].hash(), 1);
    let mut low = vec![headers[15].clone()];
    low.extend(other);
    let error = state.find_fork(&low).unwrap_err();
    assert!(matches!(error, WatchError::TooDeep { number: 30, .. }), "{error}");
    let foreign = branch(10, 12, B256::ZERO, 1);
    let error = state.find_fork(&foreign).unwrap_err();
    assert!(matches!(error, WatchError::TooDeep { number: 10, .. }), "{error}");
}

#[test]
fn blocks_go_onto_their_parent_or_nowhere() {
    let (mut state, headers) = state(20);
    let gap = header(22, headers[10].hash(), 0);
    let foreign = header(21, B256::repeat_byte(9), 0);
    for bad in [gap, foreign] {
        assert!(state.replace(blocks(&[bad])).is_err());
        assert_eq!(state.head().unwrap().hash, headers[10].hash());
    }
    let other = branch(16, 17, headers[5].hash(), 1);
    state.replace(blocks(&other)).unwrap();
    assert_eq!(state.head().unwrap().hash, other[1].hash());
    assert_eq!(state.block(15).unwrap().hash, headers[5].hash());
    assert!(state.block(18).is_none());
}

#[test]
fn ranges_halve_and_grow_within_their_limits() {
    let mut state = State::new(settings(WatchLimits::default()));
    let ranges = |state: &State| match state.plan(&header(1_000, B256::ZERO, 0)) {
        Plan::Extend(first, last) => last - first + 1,
        plan => panic!("{plan:?}"),
    };
    for expected in [50, 25, 12, 6, 3, 1] {
        assert!(state.shrink(ranges(&state)));
        assert_eq!(ranges(&state), expected);
    }
    assert!(!state.shrink(1));
    (0..100).for_each(|_| state.grow());
    assert_eq!(ranges(&state), 100);
}

#[test]
fn only_linked_headers_are_taken() {
    let mut headers = branch(1, 6, B256::ZERO, 0);
    let whole: Vec<_> = headers.iter().cloned().map(Some).collect();
    assert_eq!(linked(whole.clone()), headers);
    let mut hole = whole;
    hole[3] = None;
    assert_eq!(linked(hole), headers[..3]);
    headers[4] = header(5, B256::ZERO, 2);
    assert_eq!(linked(headers.iter().cloned().map(Some).collect()), headers[..4]);
}

#[test]
fn a_bloom_without_contract_or_topic_excludes_an_event() {
    let (portal, topic) = (PORTAL, B256::repeat_byte(7));
    let events = [(portal, topic), (Address::repeat_byte(2), B256::repeat_byte(8))];
    let log = |address: Address, topics: Vec<B256>| {
        Log::new_unchecked(address, topics, Default::default())
    };
    let ours = log(portal, vec![topic, B256::ZERO]);
    let other_topic = log(portal, vec![B256::ZERO]);
    let other_contract = log(Address::repeat_byte(3), vec![topic]);
    let bloom = |log: &Log| alloy_primitives::logs_bloom([log]);
    assert!(may_have_any(&bloom(&ours), &events) && is_watched(&ours, &events));
    for none in [other_topic, other_contract, log(portal, vec![])] {
        assert!(!may_have_any(&bloom(&none), &events) && !is_watched(&none, &events), "{none:?}");
    }
    // The bloom filter knows neither places nor pairs: the log does.
    let second = log(portal, vec![B256::ZERO, topic]);
    assert!(may_have_any(&bloom(&second), &events) && !is_watched(&second, &events));
    assert!(!may_have_any(&Bloom::repeat_byte(0xff), &[]));
}

proptest! {
    /// However long both branches are and wherever they part, the newest common block is found.
    #[test]
    fn the_newest_common_block_is_found(length in 1u64..200, depth in 0u64..200, new in 1u64..200) {
        let (state, ours) = state(9 + length);
        let depth = depth.min(length - 1);
        let common = &ours[usize::try_from(length - 1 - depth).unwrap()];
        let theirs = branch(common.number + 1, common.number + new, common.hash(), 1);
        let at = |number: u64| match number <= common.number {
            true => ours[usize::try_from(number - 10).unwrap()].clone(),
            false => theirs[usize::try_from(number - common.number - 1).unwrap()].clone(),
        };
        let tip = ours.last().unwrap().number.min(theirs.last().unwrap().number);
        let (mut first, mut last) = (tip, tip);
        let mut questions = 0;
        let found = loop {
            questions += 1;
            let headers: Vec<_> = (first..=last).map(at).collect();
            match state.find_fork(&headers).unwrap() {
                Fork::At(number, hash) => break (number, hash),
                Fork::Lower(low, high) => (first, last) = (low, high),
            }
        };
        prop_assert_eq!(found, (common.number, common.hash()));
        prop_assert!(questions <= 9, "{questions}");
    }
}
