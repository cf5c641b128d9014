//! After a reorganisation a chain is what it would be had it never seen the losing branch.

use crate::support::{
    blocks, call_counter, hash, importing, person, producing, producing_with, steps, trailing,
    transfer, wait_for,
};
use alloy_primitives::Address;
use proptest::{collection::vec, prelude::*};
use seam_chain::{Chain, Event, ImportError, Running, blobs::Pooled};
use seam_primitives::Block;
use std::{collections::BTreeMap, time::Duration};

/// Who sends what; nonces follow.
#[derive(Debug, Clone)]
enum Sent {
    Transfer { from: u8, to: u8, wei: u64 },
    Count { from: u8 },
}

fn sent(senders: std::ops::Range<u8>) -> impl Strategy<Value = Sent> {
    prop_oneof![
        (senders.clone(), any::<u8>(), 1u64..1_000).prop_map(|(from, to, wei)| Sent::Transfer {
            from,
            to,
            wei
        }),
        senders.prop_map(|from| Sent::Count { from }),
    ]
}

fn sign(all: &[Sent], nonces: &mut BTreeMap<u8, u64>) -> Vec<Pooled> {
    let sign = |sent: &Sent| {
        let (Sent::Transfer { from, .. } | Sent::Count { from }) = *sent;
        let nonce = nonces.entry(from).or_default();
        *nonce += 1;
        match *sent {
            Sent::Transfer { from, to, wei } => {
                transfer(from, *nonce - 1, Address::repeat_byte(to), wei)
            }
            Sent::Count { from } => call_counter(from, *nonce - 1),
        }
    };
    all.iter().map(sign).collect()
}

/// A chain of `length` blocks from the genesis on, with these transactions spread over its blocks.
fn build(length: usize, transactions: &[Pooled]) -> Vec<Block> {
    let directory = tempfile::tempdir().unwrap();
    let clock = steps();
    let running = producing_with(directory.path(), clock.clone());
    let chain = &running.chain;
    let per_block = transactions.len().div_ceil(length.max(1)).max(1);
    let mut chunks = transactions.chunks(per_block);
    for number in 1..=length as u64 {
        for pooled in chunks.next().unwrap_or_default() {
            chain.submit(pooled.clone()).unwrap();
        }
        clock.advance(Duration::from_secs(2));
        wait_for(chain, number);
    }
    let blocks = blocks(chain);
    running.stop().unwrap();
    blocks
}

/// What a client can see of a chain.
fn visible(chain: &Chain) -> BTreeMap<String, String> {
    let head = chain.head();
    let mut seen = BTreeMap::new();
    for number in 0..=head.number() {
        let block = head.reader.block(number).unwrap();
        let receipts = head.reader.receipts(number).unwrap();
        seen.insert(format!("block {number}"), format!("{block:?} {receipts:?}"));
    }
    let counter = [seam_storage::LogKey::Address(crate::support::COUNTER)];
    let logs = head.reader.blocks_with_logs(&counter, 0, head.number(), usize::MAX).unwrap();
    seen.insert("logs".to_owned(), format!("{logs:?}"));
    seen.insert("state".to_owned(), format!("{:?}", head.reader.check().unwrap().accounts));
    let pool = chain.pool();
    let content = pool.content().into_iter().map(|(sender, content)| {
        let hashes = |of: &[seam_chain::pool::PoolTransaction]| {
            of.iter().map(|tx| tx.hash()).collect::<Vec<_>>()
        };
        (sender, hashes(&content.pending), hashes(&content.queued))
    });
    seen.insert("pool".to_owned(), format!("{:?}", content.collect::<Vec<_>>()));
    seen
}

/// Two chains from the genesis on: `losing` with `depth` blocks, `winning` with one more.
fn contest(depth: usize, losing: &[Pooled], winning: &[Pooled], waiting: &[Pooled]) {
    let lost = build(depth, losing);
    let won = build(depth + 1, winning);
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [reorganised, untouched] = [0, 1].map(|index| importing(directories[index].path()));
    for chain in [&reorganised.chain, &untouched.chain] {
        // Under load: these wait all the while.
        for pooled in waiting {
            chain.submit(pooled.clone()).unwrap();
        }
    }
    let mut events = reorganised.chain.subscribe();
    reorganised.chain.import(lost.clone()).unwrap();
    let imported = reorganised.chain.import(won.clone()).unwrap();
    // Empty blocks at the start may be the same in both.
    let common = lost.iter().zip(&won).take_while(|(lost, won)| lost == won).count();
    assert_eq!((imported.added, imported.removed), (depth + 1 - common, depth - common));
    untouched.chain.import(won).unwrap();
    // What only the losing branch had waits again; the other chain is told of it for the first time.
    for pooled in losing {
        let _ = untouched.chain.submit(pooled.clone());
    }
    let (reorganised, untouched) = (visible(&reorganised.chain), visible(&untouched.chain));
    for (what, seen) in &untouched {
        assert_eq!(reorganised.get(what), Some(seen), "{what}");
    }
    assert_eq!(reorganised.len(), untouched.len());
    check_events(&mut events, depth);
}

fn check_events(events: &mut tokio::sync::broadcast::Receiver<Event>, depth: usize) {
    let mut numbers = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Head { removed, added } = event {
            for block in removed {
                assert_eq!(numbers.pop(), Some(block.hash), "removed newest first");
            }
            numbers.extend(added.iter().map(|block| block.hash));
        }
    }
    assert_eq!(numbers.len(), depth + 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn a_chain_agrees_with_one_that_never_saw_the_losing_branch(
        depth in 1usize..=64,
        losing in vec(sent(0..6), 1..60),
        winning in vec(sent(0..6), 1..60),
        // Of others: of two with one nonce a mempool keeps the one that it saw first.
        waiting in vec(sent(6..10), 0..20),
    ) {
        let losing = sign(&losing, &mut BTreeMap::new());
        let winning = sign(&winning, &mut BTreeMap::new());
        let waiting = sign(&waiting, &mut BTreeMap::new());
        contest(depth, &losing, &winning, &waiting);
    }
}

fn cases() -> u32 {
    if std::env::var_os("SEAM_SOAK").is_some() { 200 } else { 8 }
}

#[test]
fn the_deepest_and_the_shallowest_reorganisation() {
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    let losing = sign(&[Sent::Count { from: 1 }, Sent::Count { from: 2 }], &mut left);
    let winning = sign(&[Sent::Count { from: 1 }], &mut right);
    for depth in [1, 2, 64] {
        contest(depth, &losing, &winning, &[]);
    }
}

fn importing_chain() -> (tempfile::TempDir, Running) {
    let directory = tempfile::tempdir().unwrap();
    let running = importing(directory.path());
    (directory, running)
}

#[test]
fn what_cannot_be_imported_changes_nothing_and_says_why() {
    let (_directory, running) = importing_chain();
    let chain = &running.chain;
    let good = build(5, &sign(&[Sent::Count { from: 1 }], &mut BTreeMap::new()));
    chain.import(good[..4].to_vec()).unwrap();
    let before = visible(chain);

    let mut wrong = good[4].clone();
    wrong.header.gas_used += 1;
    let error = chain.import(vec![wrong]).unwrap_err();
    assert!(error.to_string().starts_with("block 5 is refused: gasUsed is"), "{error}");

    let error = chain.import(vec![good[4].clone(), good[2].clone()]).unwrap_err();
    assert!(matches!(error, ImportError::NotLinked { number: 3 }), "{error}");

    let mut orphan = good[4].clone();
    orphan.header.parent_hash = Default::default();
    let error = chain.import(vec![orphan]).unwrap_err();
    assert!(matches!(error, ImportError::UnknownParent { number: 5, .. }), "{error}");

    let shorter = build(4, &sign(&[Sent::Count { from: 2 }], &mut BTreeMap::new()));
    let error = chain.import(shorter).unwrap_err();
    assert!(matches!(error, ImportError::NotLonger { end: 4, head: 4 }), "{error}");

    // A longer branch whose last block breaks a rule does not replace anything.
    let mut longer = build(6, &sign(&[Sent::Count { from: 2 }], &mut BTreeMap::new()));
    longer[5].header.state_root = Default::default();
    let error = chain.import(longer).unwrap_err();
    assert!(matches!(error, ImportError::Refused { number: 6, .. }), "{error}");

    assert_eq!(visible(chain), before);
    // And the right block still comes.
    assert_eq!(chain.import(good).unwrap().added, 1);
}

#[test]
fn a_reorganisation_for_tests_returns_transactions_to_the_mempool() {
    let directory = tempfile::tempdir().unwrap();
    let clock = steps();
    let running = producing_with(directory.path(), clock.clone());
    let chain = &running.chain;
    let sent = transfer(3, 0, Address::repeat_byte(5), 9);
    chain.submit(sent.clone()).unwrap();
    for number in 1..=5 {
        clock.advance(Duration::from_secs(2));
        wait_for(chain, number);
    }
    assert_eq!(chain.head().reader.transaction(hash(&sent)).unwrap().unwrap().number, 1);
    let before = chain.head().hash();
    // The command is obeyed after the block that is being built.
    clock.advance(Duration::from_secs(2));
    let imported = chain.reorg(6).unwrap();
    assert_eq!((imported.removed, imported.added, imported.head), (6, 6, 6));
    assert_ne!(chain.head().reader.hash(5).unwrap(), Some(before));
    clock.advance(Duration::from_secs(2));
    wait_for(chain, 7);
    // Blocks that were made by one reorganisation are replaced by others in the next.
    let replaced = chain.head().reader.hash(6).unwrap();
    clock.advance(Duration::from_secs(2));
    chain.reorg(3).unwrap();
    assert_ne!(chain.head().reader.hash(6).unwrap(), replaced);
    clock.advance(Duration::from_secs(2));
    wait_for(chain, 9);
    let place = chain.head().reader.transaction(hash(&sent)).unwrap();
    assert!(place.is_some_and(|place| place.number >= 8), "{place:?}");
    chain.head().reader.check().unwrap();
    assert_eq!(chain.pool().pending_nonce(person(3).address(), 1), 1);
}

#[test]
fn a_producing_chain_keeps_its_own_longer_branch() {
    let directory = tempfile::tempdir().unwrap();
    let running = producing(directory.path());
    wait_for(&running.chain, 50);
    let short = build(3, &sign(&[Sent::Count { from: 2 }], &mut BTreeMap::new()));
    let error = running.chain.import(short).unwrap_err();
    assert!(matches!(error, ImportError::NotLonger { .. }), "{error}");
}

/// What a follower does that hears its sequencer: its branch wins even when it is shorter.
#[test]
fn a_branch_that_is_followed_may_be_shorter_but_nothing_safe_goes() {
    let common = build(15, &[]);
    let branch = |from: usize, wei: u64| {
        // The same chain up to there, then another block.
        let directory = tempfile::tempdir().unwrap();
        let clock = steps();
        let running = producing_with(directory.path(), clock.clone());
        clock.advance(Duration::from_secs(2 * from as u64));
        wait_for(&running.chain, from as u64);
        let other = transfer(1, 0, Address::repeat_byte(9), wei);
        running.chain.submit(other).unwrap();
        clock.advance(Duration::from_secs(2));
        wait_for(&running.chain, from as u64 + 1);
        let blocks = blocks(&running.chain);
        running.stop().unwrap();
        blocks
    };
    let directory = tempfile::tempdir().unwrap();
    let running = trailing(directory.path(), 20); // the safe block trails the head by 10
    let chain = &running.chain;
    chain.import(common.clone()).unwrap();
    assert_eq!(chain.head().finality.safe, 5);
    let below = chain.follow(branch(4, 8));
    assert!(matches!(below, Err(ImportError::BelowSafe { fork: 4, safe: 5 })), "{below:?}");
    let shorter = branch(8, 7);
    let longest = chain.import(shorter.clone());
    assert!(matches!(longest, Err(ImportError::NotLonger { end: 9, head: 15 })), "{longest:?}");
    let followed = chain.follow(shorter.clone()).unwrap();
    assert_eq!((followed.head, followed.added, followed.removed), (9, 1, 7));
    assert_eq!(blocks(chain), shorter);
    // From the safe block on, and back, all is well.
    chain.follow(branch(5, 9)).unwrap();
    assert_eq!(chain.head().number(), 6);
    chain.follow(common.clone()).unwrap();
    assert_eq!(blocks(chain), common);
    running.stop().unwrap();
}
