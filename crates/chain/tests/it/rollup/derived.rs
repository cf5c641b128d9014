//! A rollup's blocks as they follow from L1: whoever derives them has the same, whatever was posted.

use super::*;
use crate::support::person;
use alloy_consensus::SignableTransaction as _;
use seam_chain::engine::Derived;
use seam_stf::{
    batch::{BatchBlock, OriginStep},
    derive::DerivedRange,
};
use seam_storage::Finality;

/// A batch as it was posted.
#[derive(Debug, Clone)]
struct Batch {
    first: u64,
    last: u64,
    anchor: u64,
    given: Vec<BatchBlock>,
}

/// What the sequencer's key does to a block of a batch.
#[derive(Debug, Clone, Copy)]
enum Mangled {
    Not,
    /// The L1 block is another one than the sequencer built on.
    OtherStep,
    /// Its transactions come twice: the second time their nonces are used.
    Twice,
    /// A transaction that was signed for another chain.
    Foreign,
    /// A signature that nobody made.
    Unsigned,
    /// This block and all after it are left out.
    CutHere,
}

fn mangled() -> impl Strategy<Value = Mangled> {
    prop_oneof![
        8 => Just(Mangled::Not),
        1 => Just(Mangled::OtherStep),
        1 => Just(Mangled::Twice),
        1 => Just(Mangled::Foreign),
        1 => Just(Mangled::Unsigned),
        1 => Just(Mangled::CutHere),
    ]
}

/// A block of the sequencer's as a batch gives it.
fn given(chain: &Chain, number: u64) -> BatchBlock {
    let block = chain.head().reader.block(number).unwrap().unwrap().block;
    let before = attributes(chain, number - 1).map_or(0, |told| told.number);
    let stays = attributes(chain, number).unwrap().number == before;
    let step = if stays { OriginStep::Same } else { OriginStep::Next };
    let sent = |transaction: &Transaction| transaction.as_deposit().is_none();
    BatchBlock { step, transactions: block.transactions.into_iter().filter(sent).collect() }
}

fn mangle(given: &mut Vec<BatchBlock>, what: &[Mangled]) {
    for (index, how) in what.iter().enumerate().rev() {
        let Some(block) = given.get_mut(index) else { continue };
        match how {
            Mangled::Not => {}
            Mangled::OtherStep => {
                block.step = match block.step {
                    OriginStep::Same => OriginStep::Next,
                    OriginStep::Next => OriginStep::Same,
                }
            }
            Mangled::Twice => block.transactions.extend_from_within(..),
            Mangled::Foreign => block.transactions.push(foreign()),
            Mangled::Unsigned => block.transactions.push(unsigned()),
            Mangled::CutHere => given.truncate(index),
        }
    }
}

fn foreign() -> Transaction {
    changed(1, |transaction| transaction.chain_id = L2_CHAIN_ID + 1).transaction.into_inner()
}

fn unsigned() -> Transaction {
    let Transaction::Eip1559(signed) = transfer(1, 0).transaction.into_inner() else {
        panic!("a transfer of another type")
    };
    let signature = alloy_primitives::Signature::new(U256::MAX, U256::ONE, false);
    Transaction::Eip1559(signed.into_parts().0.into_signed(signature))
}

/// The sequencer's blocks from `first` on as batches of these lengths.
fn batches(chain: &Chain, l1: &TestL1, lengths: &[u64], what: &[Mangled]) -> Vec<Batch> {
    let (mut batches, mut first) = (Vec::new(), 1);
    let head = chain.head().number();
    for length in lengths.iter().cycle() {
        if first > head {
            break;
        }
        let last = head.min(first + length - 1);
        let mut given: Vec<_> = (first..=last).map(|number| self::given(chain, number)).collect();
        let skipped = usize::try_from(first - 1).unwrap().min(what.len());
        mangle(&mut given, &what[skipped..]);
        batches.push(Batch { first, last, anchor: l1.head().number, given });
        first = last + 1;
    }
    batches
}

/// Derives batches, each in parts of at most this many blocks; adds up what was done.
fn derive(chain: &Chain, l1: &TestL1, batches: &[Batch], part: u64) -> Derived {
    let mut total = Derived::default();
    for batch in batches {
        let mut first = batch.first;
        while first <= batch.last {
            let last = batch.last.min(first + part - 1);
            let parent = chain.head().reader.hash(first - 1).unwrap().unwrap();
            let at = attributes(chain, first - 1).map_or(0, |told| told.number);
            let blocks = l1.blocks().into_iter();
            let skipped = usize::try_from(first - batch.first).unwrap();
            let range = DerivedRange {
                first_block: first,
                last_block: last,
                anchor: batch.anchor,
                given: batch.given.iter().skip(skipped).cloned().collect(),
                origins: blocks.filter(|block| block.header.number >= at).collect(),
            };
            let derived = chain.derive(Arc::new(range), parent).unwrap();
            assert_eq!(chain.head().reader.hash(last).unwrap(), Some(derived.hash));
            total.agreed += derived.agreed;
            total.made += derived.made;
            total.removed += derived.removed;
            total.refused += derived.refused;
            first = last + 1;
        }
    }
    total
}

fn follower(directory: &Path, l1: &Arc<TestL1>, clock: Arc<SteppedClock>) -> Running {
    run_as(Part::Follower, directory, l1, clock)
}

fn hashes(chain: &Chain, last: u64) -> Vec<B256> {
    (0..=last).map(|number| chain.head().reader.hash(number).unwrap().unwrap()).collect()
}

/// An L1 block's deposits and changes of settings, and who sends as many transactions before it.
type Moment = (Vec<(u8, u32, u32)>, Vec<ConfigUpdate>, u8);

/// A sequencer with a history of deposits, settings and transfers.
fn sequenced(directory: &Path, history: &[Moment]) -> Site {
    let site = Site::new(directory);
    let mut nonces = [0_u64; 5];
    for (deposits, updates, from) in history {
        let from = from % 5;
        for _ in 0..from {
            let nonce = &mut nonces[usize::from(from)];
            site.chain().submit(transfer(from, *nonce)).unwrap();
            *nonce += 1;
        }
        site.l1.extend(deposits.clone(), updates.clone());
        site.follow();
    }
    site
}

/// Lets time pass until the rollup stands on L1's newest block: what was posted may have left it behind,
/// and it goes on by one L1 block a block.
fn catch_up(site: &Site) {
    let head = site.l1.head();
    while origin(site.chain(), site.chain().head().number()) != Some(head) {
        site.clock.advance(Duration::from_secs(1));
        let now = site.now();
        site.wait(|chain| chain.head().header().timestamp >= now);
    }
}

fn history() -> impl Strategy<Value = Vec<Moment>> {
    vec((deposits(), vec(update(), 0..2), any::<u8>()), 3..16)
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 50, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn a_follower_has_the_sequencers_blocks(
        history in history(), lengths in vec(1_u64..20, 1..5), part in 1_u64..30,
    ) {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let site = sequenced(folders[0].path(), &history);
        let batches = batches(site.chain(), &site.l1, &lengths, &[]);
        let follower = follower(folders[1].path(), &site.l1, site.clock.clone());
        let done = derive(&follower.chain, &site.l1, &batches, part);
        let head = batches.last().unwrap().last;
        prop_assert_eq!(hashes(&follower.chain, head), hashes(site.chain(), head));
        prop_assert_eq!((done.made, done.agreed, done.refused), (head, 0, 0));
        // The sequencer has them all already, and so has the follower by now.
        for chain in [site.chain(), &follower.chain] {
            let again = derive(chain, &site.l1, &batches, 7);
            prop_assert_eq!((again.agreed, again.made, again.removed), (head, 0, 0));
        }
        follower.chain.head().reader.check().unwrap();
        follower.stop().unwrap();
    }

    #[test]
    fn whatever_is_posted_everyone_derives_the_same(
        history in history(), what in vec(mangled(), 10..40),
        lengths in vec(1_u64..20, 1..5), parts in [1_u64..30, 1_u64..30],
    ) {
        let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let site = sequenced(folders[0].path(), &history);
        let batches = batches(site.chain(), &site.l1, &lengths, &what);
        let one = follower(folders[1].path(), &site.l1, site.clock.clone());
        let other = follower(folders[2].path(), &site.l1, site.clock.clone());
        // One had the sequencer's blocks before they were posted.
        let head = site.chain().head().number();
        let blocks = (1..=head).map(|n| site.chain().head().reader.block(n).unwrap().unwrap().block);
        other.chain.import(blocks.collect()).unwrap();
        derive(&one.chain, &site.l1, &batches, parts[0]);
        derive(&other.chain, &site.l1, &batches, parts[1]);
        derive(site.chain(), &site.l1, &batches, parts[1]);
        let expected = hashes(&one.chain, head);
        prop_assert_eq!(&hashes(&other.chain, head), &expected);
        prop_assert_eq!(&hashes(site.chain(), head), &expected);
        // Every deposit of L1 is there, once, in time.
        check(&one.chain, &site.l1);
        // The sequencer goes on from there.
        site.l1.extend(vec![(3, 5, 0)], Vec::new());
        catch_up(&site);
        check(site.chain(), &site.l1);
        for chain in [&one.chain, &other.chain, site.chain()] {
            chain.head().reader.check().unwrap();
        }
    }
}

#[test]
fn what_nobody_posted_goes_when_somebody_else_posts_its_blocks_empty() {
    let folder = tempfile::tempdir().unwrap();
    let history: Vec<_> = (0..40).map(|who| (vec![(who, 9, 0)], Vec::new(), 1)).collect();
    let site = sequenced(folder.path(), &history);
    let head = site.chain().head().number();
    let anchor = site.l1.head().number;
    let empty = Batch { first: 1, last: head - 10, anchor, given: Vec::new() };
    let done = derive(site.chain(), &site.l1, &[empty], 512);
    assert_eq!(done.refused, 0);
    assert!(done.removed >= head - 3, "{done:?}");
    // What was sent waits again, and gets into later blocks.
    site.l1.extend(Vec::new(), Vec::new());
    site.follow();
    let nonce = site.chain().head().view.clone().account(person(1).address()).unwrap();
    assert_eq!(nonce.unwrap().nonce, 40);
    check(site.chain(), &site.l1);
}

/// The trie that is stored is of a block that goes, and the new chain is longer than the old one.
#[test]
fn a_longer_chain_takes_the_place_of_one_whose_trie_was_written() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let history: Vec<_> = (0..30).map(|who| (vec![(who, 9, 0)], Vec::new(), 1)).collect();
    let site = sequenced(folders[0].path(), &history);
    let head = site.chain().head().number();
    let follower = follower(folders[1].path(), &site.l1, site.clock.clone());
    let block = |n| site.chain().head().reader.block(n).unwrap().unwrap().block;
    follower.chain.import((1..head).map(block).collect()).unwrap();
    // Another block 1, and so another one in the place of each; one more than the follower had.
    let mut batches = batches(site.chain(), &site.l1, &[head], &[Mangled::Not]);
    batches[0].given[0].transactions.clear();
    derive(&follower.chain, &site.l1, &batches, head);
    follower.chain.head().reader.check().unwrap();
    follower.stop().unwrap();
    let again = self::follower(folders[1].path(), &site.l1, site.clock.clone());
    assert_eq!(again.chain.head().number(), head);
    again.chain.head().reader.check().unwrap();
}

#[test]
fn the_safe_and_the_final_block_are_as_they_are_said_and_never_above_the_head() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let history: Vec<_> = (0..5).map(|who| (vec![(who, 9, 0)], Vec::new(), 1)).collect();
    let site = sequenced(folders[0].path(), &history);
    let batches = batches(site.chain(), &site.l1, &[4], &[]);
    let follower = follower(folders[1].path(), &site.l1, site.clock.clone());
    derive(&follower.chain, &site.l1, &batches[..2], 99);
    let chain = &follower.chain;
    let finality = |safe, finalized| Finality { safe, finalized };
    chain.set_finality(finality(8, 4)).unwrap();
    assert_eq!(chain.head().finality, finality(8, 4));
    // What is said of blocks that come later counts when they come; a final block stays final.
    chain.set_finality(finality(100, 2)).unwrap();
    assert_eq!(chain.head().finality, finality(8, 4));
    derive(chain, &site.l1, &batches[2..], 99);
    let head = chain.head().number();
    assert_eq!(chain.head().finality, finality(head, 4));
    // L1 takes a batch back.
    chain.set_finality(finality(4, 4)).unwrap();
    assert_eq!(chain.head().finality, finality(4, 4));
    // One that makes blocks says so with its next block.
    site.chain().set_finality(finality(3, 1)).unwrap();
    site.l1.extend(Vec::new(), Vec::new());
    site.follow();
    assert_eq!(site.chain().head().finality, finality(3, 1));
}

#[test]
fn blocks_on_a_parent_that_the_chain_does_not_have_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let site = sequenced(folder.path(), &[(Vec::new(), Vec::new(), 0)]);
    let range = DerivedRange {
        first_block: 2,
        last_block: 2,
        anchor: 1,
        given: Vec::new(),
        origins: site.l1.blocks(),
    };
    let refused = site.chain().derive(Arc::new(range), B256::ZERO).unwrap_err();
    assert!(refused.to_string().contains("which is not in the chain"), "{refused}");
}
