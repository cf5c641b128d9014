//! The cursor against a model: L1 as a list of blocks, each with some batches, of which the newest are
//! replaced now and then.

use super::*;
use alloy_primitives::keccak256;
use proptest::{collection::vec, prelude::*};
use seam_primitives::{BatchHeader, BatchKind};

fn genesis() -> Applied {
    Applied {
        index: 0,
        l1_number: 0,
        l1_hash: B256::ZERO,
        last_block: 0,
        last_hash: B256::ZERO,
        accumulator: B256::repeat_byte(7),
    }
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// An L1 block of the model.
#[derive(Debug, Clone)]
struct Block {
    hash: B256,
    batches: Vec<PostedBatch>,
}

#[derive(Debug, Default)]
struct L1 {
    blocks: Vec<Block>,
    made: u64,
}

impl L1 {
    fn extend(&mut self, lengths: &[u8]) {
        self.made += 1;
        let hash = keccak256(self.made.to_be_bytes());
        let batches = self.blocks.iter().flat_map(|block| &block.batches);
        let last =
            batches.last().map(|batch| (batch.index, batch.header.last_block, batch.accumulator));
        let mut last = last.unwrap_or((0, 0, genesis().accumulator));
        let mut batches = Vec::new();
        for (nth, length) in (0_u64..).zip(lengths) {
            let header = BatchHeader {
                first_block: last.1 + 1,
                last_block: last.1 + 1 + u64::from(*length),
                prev_accumulator: last.2,
                ..BatchHeader::default()
            };
            // Another branch has other data.
            let data_hash =
                keccak256([&self.made.to_be_bytes()[..], &nth.to_be_bytes()[..]].concat());
            let accumulator = header.accumulator(BatchKind::Calldata, data_hash);
            last = (last.0 + 1, header.last_block, accumulator);
            batches.push(PostedBatch {
                index: last.0,
                poster: Default::default(),
                kind: BatchKind::Calldata,
                header,
                accumulator,
                data_hash,
                versioned_hashes: Vec::new(),
            });
        }
        self.blocks.push(Block { hash, batches });
    }

    fn standing(&self, block: BlockNumHash) -> Standing {
        match self.blocks.get(place(block.number)) {
            Some(known) if known.hash == block.hash => Standing::Stands,
            Some(_) => Standing::Gone,
            None => Standing::Unknown,
        }
    }
}

/// The chain of the model: block hashes. A block's hash is the accumulator of its batch with its number.
#[derive(Debug, Default)]
struct Chain(Vec<B256>);

fn hash_of(batch: &PostedBatch, number: u64) -> B256 {
    keccak256([batch.accumulator.as_slice(), &number.to_be_bytes()].concat())
}

#[derive(Debug, Clone)]
enum Happens {
    Grow(Vec<Vec<u8>>),
    Reorg(usize, Vec<Vec<u8>>),
    Finalize,
    /// The process is killed and reads its file again, which may be this many batches behind.
    Restart(usize),
    /// The chain loses blocks that are not final.
    Lose(u64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let blocks = || vec(vec(0_u8..5, 0..3), 1..6);
    prop_oneof![
        3 => blocks().prop_map(Happens::Grow),
        2 => (1_usize..12, blocks()).prop_map(|(depth, blocks)| Happens::Reorg(depth, blocks)),
        1 => Just(Happens::Finalize),
        1 => (0_usize..3).prop_map(Happens::Restart),
        1 => (1_u64..9).prop_map(Happens::Lose),
    ]
}

struct Model {
    l1: L1,
    chain: Chain,
    cursor: Cursor,
    finalized: usize,
    /// The newest block that was said to be final.
    final_block: u64,
    last_read: Option<BlockNumHash>,
}

impl Model {
    fn new() -> Self {
        let mut l1 = L1::default();
        l1.blocks.push(Block { hash: B256::ZERO, batches: Vec::new() });
        let chain = Chain(vec![B256::ZERO]);
        let cursor = Cursor::new(genesis());
        Self { l1, chain, cursor, finalized: 0, final_block: 0, last_read: None }
    }

    fn happen(&mut self, what: Happens) {
        match what {
            Happens::Grow(blocks) => blocks.iter().for_each(|block| self.l1.extend(block)),
            Happens::Reorg(depth, blocks) => {
                let left = self.l1.blocks.len().saturating_sub(depth).max(self.finalized + 1);
                self.l1.blocks.truncate(left);
                blocks.iter().for_each(|block| self.l1.extend(block));
            }
            Happens::Finalize => self.finalized = self.l1.blocks.len() - 1,
            Happens::Restart(behind) => {
                let applied: Vec<_> = self.cursor.applied().copied().collect();
                let kept = applied.len().saturating_sub(behind).max(1);
                self.cursor = Cursor::after(applied[..kept].to_vec()).unwrap();
                self.last_read = None;
            }
            Happens::Lose(blocks) => {
                let left =
                    (self.chain.0.len() as u64).saturating_sub(blocks).max(self.final_block + 1);
                self.chain.0.truncate(place(left));
            }
        }
    }

    /// As the service does it.
    fn derive(&mut self) {
        loop {
            let (l1, chain) = (&self.l1, &self.chain);
            let fate = |applied: &Applied| {
                let standing = match applied.index {
                    0 => Standing::Stands,
                    _ => l1.standing(applied.l1()),
                };
                let known = chain.0.get(place(applied.last_block)) == Some(&applied.last_hash);
                Fate::of(standing, known)
            };
            let Some(undone) = self.cursor.rewind(fate).unwrap() else { return };
            if undone > 0 {
                self.last_read = None;
            }
            let head = self.l1.blocks.len() as u64 - 1;
            let replaced =
                |last: BlockNumHash| last.number > head || self.l1.standing(last) == Standing::Gone;
            if self.last_read.is_some_and(replaced) {
                self.cursor.read_again();
                self.last_read = None;
            }
            let next = self.cursor.next_l1();
            let Some(block) = self.l1.blocks.get(place(next)).cloned() else { break };
            for batch in &block.batches {
                match self.cursor.follows(batch) {
                    None => continue,
                    Some(follows) => assert!(follows, "{batch:?} after {:?}", self.cursor),
                }
                let range = batch.header.first_block..=batch.header.last_block;
                for number in range {
                    let hash = hash_of(batch, number);
                    if self.chain.0.get(place(number)) != Some(&hash) {
                        assert!(number > self.final_block, "a final block is replaced");
                        self.chain.0.truncate(place(number));
                        self.chain.0.push(hash);
                    }
                }
                self.cursor.apply(Applied {
                    index: batch.index,
                    l1_number: next,
                    l1_hash: block.hash,
                    last_block: batch.header.last_block,
                    last_hash: hash_of(batch, batch.header.last_block),
                    accumulator: batch.accumulator,
                });
            }
            self.cursor.read(next);
            self.last_read = Some(BlockNumHash::new(next, block.hash));
        }
        let finality = self.cursor.finalize(self.finalized as u64);
        assert!(finality.finalized >= self.final_block, "finality goes back");
        self.final_block = finality.finalized;
    }

    fn check(&mut self) {
        let batches = self.l1.blocks.iter().flat_map(|block| &block.batches);
        let mut expected = vec![B256::ZERO];
        for batch in batches.clone() {
            let range = batch.header.first_block..=batch.header.last_block;
            expected.extend(range.map(|number| hash_of(batch, number)));
        }
        let finality = self.cursor.finalize(self.finalized as u64);
        assert_eq!(place(finality.safe), expected.len() - 1);
        assert_eq!(self.chain.0[..expected.len()], expected);
        let final_batches =
            self.l1.blocks[..=self.finalized].iter().flat_map(|block| &block.batches);
        let final_block = final_batches.last().map_or(0, |batch| batch.header.last_block);
        assert_eq!(finality.finalized, final_block);
    }
}

proptest! {
    #[test]
    fn whatever_l1_does_the_chain_is_what_its_winning_branch_says(history in vec(happens(), 1..40)) {
        let mut model = Model::new();
        for what in history {
            model.happen(what);
            model.derive();
        }
        // A batch in a block that is not there any more is known to be gone with the next block there.
        for _ in 0..40 {
            model.l1.extend(&[]);
            model.derive();
        }
        model.check();
    }
}

#[test]
fn a_batch_that_does_not_follow_is_noticed() {
    let mut l1 = L1::default();
    l1.extend(&[1, 2]);
    let [first, second] = &l1.blocks[0].batches[..] else { panic!("{l1:?}") };
    let mut cursor = Cursor::new(genesis());
    assert_eq!(cursor.follows(second), Some(false));
    assert_eq!(cursor.follows(first), Some(true));
    let header = BatchHeader { prev_accumulator: B256::ZERO, ..first.header };
    assert_eq!(cursor.follows(&PostedBatch { header, ..first.clone() }), Some(false));
    cursor.apply(Applied {
        index: 1,
        last_block: first.header.last_block,
        accumulator: first.accumulator,
        ..genesis()
    });
    assert_eq!(cursor.follows(first), None);
    assert_eq!(cursor.follows(second), Some(true));
}

#[test]
fn the_oldest_batch_cannot_be_undone() {
    let mut cursor = Cursor::after(vec![Applied { index: 4, ..genesis() }]).unwrap();
    assert_eq!(cursor.rewind(|_| Fate::Gone), Err(BaseGone(Applied { index: 4, ..genesis() })));
    assert_eq!(cursor.rewind(|_| Fate::Unknown), Ok(None));
    assert_eq!(Cursor::after(Vec::new()), None);
}

#[test]
fn what_was_undone_is_read_again_though_nobody_knows_of_what_came_before() {
    let batch = |index| Applied { index, l1_number: 10 * index, ..genesis() };
    let mut cursor = Cursor::after(vec![batch(1), batch(2), batch(3)]).unwrap();
    cursor.read(30);
    let fate = |applied: &Applied| if applied.index == 3 { Fate::Gone } else { Fate::Unknown };
    assert_eq!(cursor.rewind(fate), Ok(None));
    assert_eq!((cursor.newest(), cursor.next_l1()), (batch(2), 20));
}
