use super::*;
use proptest::{collection::vec, prelude::*};
use seam_primitives::Header;

/// A chain of empty blocks from the same genesis block on.
#[derive(Debug, Clone)]
struct Model {
    blocks: Vec<Signed>,
    safe: u64,
}

fn block(parent: &Signed, mark: u64) -> Signed {
    let header = Header {
        number: parent.block.header.number + 1,
        parent_hash: parent.hash,
        timestamp: mark,
        ..Header::default()
    };
    of(header)
}

fn of(header: Header) -> Signed {
    let hash = header.hash_slow();
    let (transactions, ommers) = (Vec::new(), Vec::new());
    Signed { hash, block: Block { header, transactions, ommers, withdrawals: None } }
}

impl Model {
    fn new() -> Self {
        Self { blocks: vec![of(Header::default())], safe: 0 }
    }

    fn tip(&self) -> &Signed {
        self.blocks.last().unwrap()
    }

    fn extend(&mut self, count: usize, mark: u64) {
        for _ in 0..count {
            let next = block(self.tip(), mark);
            self.blocks.push(next);
        }
    }

    fn cut(&mut self, depth: usize, floor: u64) {
        let left = self.blocks.len().saturating_sub(depth);
        self.blocks.truncate(left.max(usize::try_from(floor).unwrap() + 1));
    }

    fn hashes(&self) -> Vec<B256> {
        self.blocks.iter().map(|signed| signed.hash).collect()
    }

    /// As `seam_getBlocks`, with at most so many blocks in an answer.
    fn serve(&self, from: u64, most: u64) -> Vec<Signed> {
        let from = usize::try_from(from).unwrap();
        self.blocks.iter().skip(from).take(usize::try_from(most).unwrap()).cloned().collect()
    }

    /// As `Chain::follow`.
    fn follow(&mut self, blocks: Vec<Block>) {
        let unknown = |block: &Block| self.number(block.header.hash_slow()).unwrap().is_none();
        let new: Vec<Signed> =
            blocks.into_iter().skip_while(|b| !unknown(b)).map(|b| of(b.header)).collect();
        let first = new.first().expect("an import brings something");
        let fork = self.number(first.block.header.parent_hash).unwrap().expect("it links");
        assert!(fork >= self.safe, "nothing safe goes");
        self.blocks.truncate(usize::try_from(fork).unwrap() + 1);
        for signed in new {
            assert_eq!(signed.block.header.parent_hash, self.tip().hash);
            self.blocks.push(signed);
        }
    }
}

impl Known for Model {
    fn number(&self, hash: B256) -> Result<Option<u64>, StorageError> {
        let found = self.blocks.iter().find(|signed| signed.hash == hash);
        Ok(found.map(|signed| signed.block.header.number))
    }

    fn head(&self) -> u64 {
        self.tip().block.header.number
    }

    fn safe(&self) -> Result<BlockNumHash, StorageError> {
        Ok(BlockNumHash::new(self.safe, self.blocks[usize::try_from(self.safe).unwrap()].hash))
    }
}

/// Does what the state says until it rests; the refusal, if there was one, and how often was fetched.
fn run(
    state: &mut State,
    follower: &mut Model,
    sequencer: &Model,
    most: u64,
) -> (Option<Refusal>, usize) {
    let mut step = state.head(sequencer.tip().clone(), follower).unwrap();
    let mut fetches = 0;
    for _ in 0..10_000 {
        step = match step {
            Step::Rest => return (None, fetches),
            Step::Refuse(why) => return (Some(why), fetches),
            Step::Fetch { from, count } => {
                fetches += 1;
                assert!(from > follower.safe && count <= MAX_BLOCKS);
                state.fetched(from, sequencer.serve(from, count.min(most)), follower).unwrap()
            }
            Step::Import(blocks) => {
                follower.follow(blocks);
                state.next(follower).unwrap()
            }
        };
    }
    panic!("it never rests");
}

#[test]
fn a_block_that_follows_is_imported_and_one_that_is_known_changes_nothing() {
    let (mut state, mut follower, mut sequencer) = (State::default(), Model::new(), Model::new());
    sequencer.extend(1, 1);
    assert_eq!(run(&mut state, &mut follower, &sequencer, 9), (None, 0));
    assert_eq!(follower.hashes(), sequencer.hashes());
    let old = sequencer.clone();
    sequencer.extend(2, 1);
    run(&mut state, &mut follower, &sequencer, 9);
    // Said again, or by a sequencer that is behind.
    assert_eq!(run(&mut state, &mut follower, &old, 9), (None, 0));
    assert_eq!(follower.hashes(), sequencer.hashes());
}

#[test]
fn a_chain_that_became_shorter_wins_over_unsafe_blocks() {
    let (mut state, mut follower, mut sequencer) = (State::default(), Model::new(), Model::new());
    sequencer.extend(300, 1);
    run(&mut state, &mut follower, &sequencer, 50);
    sequencer.cut(290, 0);
    sequencer.extend(1, 2);
    run(&mut state, &mut follower, &sequencer, 50);
    assert_eq!((follower.hashes(), follower.head()), (sequencer.hashes(), 11));
}

#[test]
fn what_l1_says_stays_and_the_branch_is_asked_for_once() {
    let (mut state, mut follower, mut sequencer) = (State::default(), Model::new(), Model::new());
    sequencer.extend(20, 1);
    // L1 has another block 10.
    follower.extend(9, 1);
    follower.extend(3, 2);
    follower.safe = 11;
    let before = follower.hashes();
    let (why, fetches) = run(&mut state, &mut follower, &sequencer, 50);
    assert!(matches!(why, Some(Refusal::BelowSafe { number: 20, safe: 11, .. })), "{why:?}");
    assert!(fetches > 0);
    for _ in 0..5 {
        sequencer.extend(1, 1);
        assert_eq!(run(&mut state, &mut follower, &sequencer, 50), (None, 0));
    }
    assert_eq!(follower.hashes(), before);
    // The sequencer comes round.
    sequencer.blocks = follower.blocks.clone();
    sequencer.extend(4, 3);
    assert_eq!(run(&mut state, &mut follower, &sequencer, 50).0, None);
    assert_eq!(follower.hashes(), sequencer.hashes());
}

#[test]
fn a_refused_branch_is_looked_at_again_when_l1_has_moved() {
    let (mut state, mut follower, mut sequencer) = (State::default(), Model::new(), Model::new());
    sequencer.extend(3, 1);
    assert!(matches!(state.head(sequencer.tip().clone(), &follower), Ok(Step::Fetch { .. })));
    let refused = state.broken("it breaks a rule".to_owned(), &follower).unwrap();
    assert!(matches!(refused, Step::Refuse(Refusal::Broken { number: 3, .. })));
    sequencer.extend(1, 1);
    assert_eq!(run(&mut state, &mut follower, &sequencer, 9), (None, 0));
    assert_eq!(follower.head(), 0);
    follower.extend(1, 1);
    follower.safe = 1;
    sequencer.extend(1, 1);
    run(&mut state, &mut follower, &sequencer, 9);
    assert_eq!(follower.hashes(), sequencer.hashes());
}

#[test]
fn turns_are_taken_at_once_until_all_have_failed_and_then_later_and_later() {
    let (first, longest) = (Duration::from_millis(500), Duration::from_secs(3));
    let mut turns = Turns::new(2, first, longest);
    let waits: Vec<u128> = (0..8).map(|_| turns.failed().as_millis()).collect();
    assert_eq!(waits, [0, 500, 0, 1_000, 0, 2_000, 0, 3_000]);
    turns.succeeded();
    assert_eq!(turns.failed(), Duration::ZERO);
    let mut turns = Turns::new(1, first, longest);
    assert_eq!((0..200).map(|_| turns.failed()).max(), Some(longest));
}

/// What the sequencer, and L1, do.
#[derive(Debug, Clone)]
enum Event {
    Build(usize),
    Reorg {
        depth: usize,
        build: usize,
    },
    /// L1 has the follower's chain up to so many blocks before its head.
    Safe(usize),
    /// L1 has something else from so many blocks before the follower's head on.
    Overruled {
        depth: usize,
        blocks: usize,
    },
    /// The sequencer follows L1 too.
    ComesRound,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        3 => (1usize..300).prop_map(Event::Build),
        3 => (1usize..300, 1usize..40).prop_map(|(depth, build)| Event::Reorg { depth, build }),
        1 => (0usize..50).prop_map(Event::Safe),
        1 => (1usize..20, 1usize..5).prop_map(|(depth, blocks)| Event::Overruled { depth, blocks }),
        1 => Just(Event::ComesRound),
    ];
    vec(event, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The follower has the sequencer's chain wherever that keeps all safe blocks, and else its own.
    #[test]
    fn the_sequencers_head_wins_over_all_that_is_unsafe(events in events(), most in 1u64..200) {
        let (mut state, mut follower) = (State::default(), Model::new());
        let mut sequencer = Model::new();
        for (mark, event) in (10u64..).zip(events) {
            match event {
                Event::Build(count) => sequencer.extend(count, mark),
                Event::Reorg { depth, build } => {
                    sequencer.cut(depth, 0);
                    sequencer.extend(build, mark);
                }
                Event::Safe(back) => {
                    let safe = follower.head().saturating_sub(back as u64);
                    follower.safe = follower.safe.max(safe);
                }
                Event::Overruled { depth, blocks } => {
                    follower.cut(depth, follower.safe);
                    follower.extend(blocks, mark);
                    follower.safe = follower.head();
                }
                Event::ComesRound => {
                    sequencer.blocks = follower.blocks.clone();
                    sequencer.extend(1, mark);
                }
            }
            let before = follower.hashes();
            run(&mut state, &mut follower, &sequencer, most);
            let safe = usize::try_from(follower.safe).unwrap();
            let keeps = sequencer.hashes().get(safe) == before.get(safe);
            let known = before.contains(&sequencer.tip().hash);
            let expected = if keeps && !known { sequencer.hashes() } else { before };
            prop_assert_eq!(follower.hashes(), expected);
        }
    }
}
