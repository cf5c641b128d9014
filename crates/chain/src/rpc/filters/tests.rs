use super::*;
use crate::rpc::logs::{Blocks, Criteria};
use crate::rpc::params::BlockTag;
use seam_primitives::{Block, Header};
use tokio::sync::broadcast::{Sender, channel};

fn block(number: u64) -> Arc<AnnouncedBlock> {
    let header = Header { number, ..Header::default() };
    let hash = header.hash_slow();
    let block = Block { header, transactions: vec![], ommers: vec![], withdrawals: None };
    Arc::new(AnnouncedBlock { hash, block, senders: vec![], receipts: vec![] })
}

fn head(removed: &[u64], added: &[u64]) -> Event {
    let blocks = |numbers: &[u64]| numbers.iter().map(|number| block(*number)).collect();
    Event::Head { removed: blocks(removed), added: blocks(added) }
}

fn logs() -> Kind {
    let blocks = Blocks::Range(BlockTag::Latest, BlockTag::Latest);
    Kind::Logs(LogQuery { criteria: Criteria::default(), blocks })
}

fn filters() -> (Sender<Event>, Filters, RpcSettings) {
    let (sender, receiver) = channel(16);
    let settings = RpcSettings { filters: 3, filter_bytes: 20_000, ..RpcSettings::default() };
    (sender, Filters::new(receiver), settings)
}

const NOW: Duration = Duration::from_secs(1_000);

fn hashes(filters: &Filters, id: &str, settings: &RpcSettings) -> Vec<B256> {
    match filters.poll(id, settings, NOW).unwrap() {
        Changes::Blocks(hashes) => hashes,
        Changes::Pending { hashes, .. } => hashes,
        Changes::Logs(_, blocks) => blocks.iter().map(|(_, block)| block.hash).collect(),
    }
}

#[test]
fn each_filter_is_told_once_what_came_after_it() {
    let (events, filters, settings) = filters();
    events.send(head(&[], &[1])).unwrap();
    let first = filters.add(Kind::Blocks, &settings, NOW).unwrap();
    events.send(head(&[], &[2])).unwrap();
    let second = filters.add(Kind::Blocks, &settings, NOW).unwrap();
    events.send(head(&[], &[3])).unwrap();
    assert_eq!(hashes(&filters, &first, &settings), [block(2).hash, block(3).hash]);
    assert_eq!(hashes(&filters, &second, &settings), [block(3).hash]);
    assert!(hashes(&filters, &first, &settings).is_empty());
}

#[test]
fn a_reorganisation_is_told_as_blocks_that_left_and_came() {
    let (events, filters, settings) = filters();
    let id = filters.add(logs(), &settings, NOW).unwrap();
    events.send(head(&[2, 1], &[1, 2, 3])).unwrap();
    let Changes::Logs(_, blocks) = filters.poll(&id, &settings, NOW).unwrap() else {
        panic!("a filter for logs")
    };
    let order: Vec<_> = blocks.iter().map(|(gone, b)| (*gone, b.block.header.number)).collect();
    assert_eq!(order, [(true, 2), (true, 1), (false, 1), (false, 2), (false, 3)]);
}

#[test]
fn transactions_are_told_by_hash() {
    let (events, filters, settings) = filters();
    let id = filters.add(Kind::Pending { full: false }, &settings, NOW).unwrap();
    events.send(Event::Pending(B256::repeat_byte(1))).unwrap();
    assert_eq!(hashes(&filters, &id, &settings), [B256::repeat_byte(1)]);
}

#[test]
fn there_are_so_many_filters_and_no_more() {
    let (_events, filters, settings) = filters();
    let ids: Vec<_> = (0..3).map(|_| filters.add(Kind::Blocks, &settings, NOW).unwrap()).collect();
    let refused = filters.add(Kind::Blocks, &settings, NOW).unwrap_err();
    assert_eq!(refused.code, crate::rpc::error::LIMIT_EXCEEDED);
    assert!(filters.remove(&ids[0]));
    assert!(!filters.remove(&ids[0]));
    filters.add(Kind::Blocks, &settings, NOW).unwrap();
}

#[test]
fn a_filter_that_is_not_polled_for_five_minutes_is_gone() {
    let (_events, filters, settings) = filters();
    let id = filters.add(logs(), &settings, NOW).unwrap();
    let later = NOW + settings.filter_age;
    filters.poll(&id, &settings, later).unwrap();
    let error = filters.poll(&id, &settings, later + settings.filter_age * 2).unwrap_err();
    assert_eq!(error.message, "filter not found");
    assert!(filters.query(&id, later).is_err());
}

#[test]
fn what_waits_is_limited_and_the_slowest_filter_goes() {
    let (events, filters, settings) = filters();
    let slow = filters.add(logs(), &settings, NOW).unwrap();
    let quick = filters.add(logs(), &settings, NOW).unwrap();
    for number in 0..40 {
        events.send(head(&[], &[number])).unwrap();
        assert_eq!(hashes(&filters, &quick, &settings), [block(number).hash]);
    }
    assert!(filters.poll(&slow, &settings, NOW).is_err());
    assert_eq!(filters.lock().blocks.bytes(), 0);
}

#[test]
fn who_missed_events_starts_again() {
    let (events, filters, settings) = filters();
    let id = filters.add(Kind::Blocks, &settings, NOW).unwrap();
    (0..17).for_each(|number| drop(events.send(head(&[], &[number]))));
    assert!(filters.poll(&id, &settings, NOW).is_err());
}

#[test]
fn nothing_is_written_down_for_nobody() {
    let (events, filters, settings) = filters();
    (0..5).for_each(|number| drop(events.send(head(&[], &[number]))));
    filters.advance(&settings, NOW);
    let inner = filters.lock();
    assert_eq!((inner.blocks.end(), inner.hashes.end(), inner.pending.end()), (0, 0, 0));
}
