//! Random histories: an L1 with the inbox's rules, a rollup on it, and a sender.

use super::*;
use alloy_primitives::keccak256;
use proptest::{collection::vec, prelude::*};

/// Blocks of the L1 that the rollup's origins are behind.
const CONFIRMATIONS: u64 = 2;
/// Blocks after which a transaction is looked after no more.
const DEEP: u64 = 65;

#[derive(Debug, Clone)]
struct L1Block {
    hash: B256,
    time: u64,
    inbox: Inbox,
    /// First and last block, and what the data have.
    posts: Vec<(u64, u64, Vec<B256>)>,
    /// How many of the batcher's transactions are in it or before.
    nonce: usize,
}

#[derive(Debug, Clone)]
struct Sent {
    flight: Flight,
    data: Vec<B256>,
    block: u64,
}

struct World {
    settings: BatcherSettings,
    l1: Vec<L1Block>,
    l2: Vec<Pending>,
    sent: Vec<Sent>,
    fees: Fees,
    sizes: Vec<usize>,
    salt: u64,
}

impl World {
    fn new(sizes: Vec<usize>) -> Self {
        // Nothing is given up here.
        let settings = BatcherSettings { max_lag: 10_000_000, ..settings() };
        let genesis = L1Block {
            hash: B256::repeat_byte(0xaa),
            time: settings.genesis_time,
            inbox: Inbox::default(),
            posts: Vec::new(),
            nonce: 0,
        };
        let mut world = Self {
            settings,
            l1: vec![genesis],
            l2: Vec::new(),
            sent: Vec::new(),
            fees: FEES,
            sizes,
            salt: 0,
        };
        (0..10).for_each(|_| world.mine(0));
        world.follow();
        world
    }

    fn head(&self) -> L1Head {
        let number = self.l1.len() as u64 - 1;
        let last = self.l1.last().unwrap();
        L1Head { number, hash: last.hash, time: last.time }
    }

    fn hash(&self, number: u64) -> Option<B256> {
        Some(self.l1.get(usize::try_from(number).unwrap())?.hash)
    }

    /// A block with so many of the waiting transactions.
    fn mine(&mut self, most: usize) {
        let last = self.l1.last().unwrap().clone();
        let number = self.l1.len() as u64;
        self.salt += 1;
        let hash = keccak256([number.to_be_bytes(), self.salt.to_be_bytes()].concat());
        let mut block = L1Block { hash, time: last.time + SLOT, ..last };
        for at in block.nonce..self.sent.len().min(block.nonce.saturating_add(most)) {
            let sent = self.sent[at].clone();
            let succeeds = self.accepts(&block, number, &sent.flight.header);
            if succeeds {
                let header = &sent.flight.header;
                block.inbox = Inbox {
                    count: block.inbox.count + 1,
                    last_block: header.last_block,
                    l1_number: header.l1_number,
                    last_post_block: number,
                    accumulator: sent.flight.accumulator,
                    ..block.inbox
                };
                block.posts.push((header.first_block, header.last_block, sent.data));
            }
            self.sent[at].block = number;
            self.sent[at].flight.fate = if succeeds { Fate::Mined } else { Fate::Failed };
            block.nonce = at + 1;
        }
        self.l1.push(block);
    }

    /// As `BatchInbox` decides.
    fn accepts(&self, block: &L1Block, number: u64, header: &BatchHeader) -> bool {
        let time = self.settings.time_of(header.last_block);
        let inbox = &block.inbox;
        header.first_block == inbox.last_block + 1
            && header.last_block >= header.first_block
            && header.prev_accumulator == inbox.accumulator
            && time <= block.time
            && time + self.settings.max_lag >= block.time
            && (inbox.l1_number..number).contains(&header.l1_number)
            && header.l1_number + KNOWN_HASHES >= number
            && self.hash(header.l1_number) == Some(header.l1_hash)
    }

    fn unwind(&mut self, depth: u64) {
        let left = self.l1.len().saturating_sub(usize::try_from(depth).unwrap()).max(1);
        self.l1.truncate(left);
        for sent in &mut self.sent {
            if sent.block >= left as u64 {
                (sent.block, sent.flight.fate) = (0, Fate::Waiting);
            }
        }
    }

    /// The rollup makes blocks on the L1 as it is, up to its time.
    fn follow(&mut self) {
        let stands = |block: &&Pending| self.hash(block.origin.number) == Some(block.origin.hash);
        let left = self.l2.iter().take_while(stands).count();
        self.l2.truncate(left);
        let newest = self.head().number.saturating_sub(CONFIRMATIONS);
        while self.settings.time_of(self.l2.len() as u64 + 1) <= self.head().time + 5 {
            let number = self.l2.len() as u64 + 1;
            let time = self.settings.time_of(number);
            let before = self.l2.last().map_or(0, |block| block.origin.number);
            let next = (before + 1).min(newest).max(before);
            let at = |origin: u64| &self.l1[usize::try_from(origin).unwrap()];
            let origin = if at(next).time <= time { next } else { before };
            let origin = BlockNumHash::new(origin, at(origin).hash);
            self.salt += 1;
            let hash = keccak256([number.to_be_bytes(), self.salt.to_be_bytes()].concat());
            let bytes = self.sizes[self.l2.len() % self.sizes.len()];
            self.l2.push(Pending { number, hash, time, origin, bytes });
        }
    }

    fn tip(&self) -> Tip {
        let head = self.head();
        let is_shallow = |sent: &&Sent| sent.block == 0 || head.number < sent.block + DEEP;
        let flights: Vec<Flight> =
            self.sent.iter().filter(is_shallow).map(|sent| sent.flight.clone()).collect();
        let inbox = &self.l1.last().unwrap().inbox;
        let anchor = |flight: &Flight| self.hash(flight.header.l1_number);
        Tip::behind(inbox, &flights, |flight| flight.may_land(anchor(flight), head.number))
    }

    /// The batcher looks, without anything that it remembers.
    fn look(&mut self) {
        loop {
            let tip = self.tip();
            let (mut bytes, first) = (0, usize::try_from(tip.last_block).unwrap());
            let blocks = self.l2.get(first..).unwrap_or_default().iter().map(|block| {
                bytes += block.bytes;
                Pending { bytes, ..*block }
            });
            let pending: Vec<Pending> =
                blocks.take_while(|block| block.bytes <= 1_000_000).collect();
            let mut waiting = [0, 0];
            for sent in self.sent.iter().filter(|sent| sent.flight.fate == Fate::Waiting) {
                waiting[usize::from(sent.flight.kind == BatchKind::Calldata)] += 1;
            }
            let inbox = self.l1.last().unwrap().inbox;
            let seen = Seen {
                head: self.head(),
                inbox: &inbox,
                tip,
                pending: &pending,
                waiting,
                near: waiting,
                fees: self.fees,
                bytes_per_blob: PER_BLOB,
                max_blocks: 500,
                is_plain_account: true,
            };
            let Ok(seal) = seen.seal(&self.settings) else { return };
            let last = pending[seal.blocks - 1];
            assert!(last.bytes <= seal.capacity && seal.blocks <= 500);
            assert_eq!(seal.last_block, last.number);
            if self.hash(last.origin.number) != Some(last.origin.hash) {
                return;
            }
            self.send(&tip, &seal, &pending);
        }
    }

    fn send(&mut self, tip: &Tip, seal: &Seal, pending: &[Pending]) {
        let header = BatchHeader {
            version: 1,
            first_block: tip.last_block + 1,
            last_block: seal.last_block,
            l1_number: seal.anchor,
            l1_hash: self.hash(seal.anchor).unwrap(),
            prev_accumulator: tip.accumulator,
        };
        let data: Vec<B256> = pending.iter().take(seal.blocks).map(|block| block.hash).collect();
        let accumulator = header.accumulator(seal.kind, keccak256(data.concat()));
        let flight = Flight { header, kind: seal.kind, accumulator, fate: Fate::Waiting };
        self.sent.push(Sent { flight, data, block: 0 });
    }

    /// Each block is on L1 once, as the rollup has it.
    fn check(&self) {
        let mut next = 1;
        for (first, last, data) in &self.l1.last().unwrap().posts {
            assert_eq!(*first, next);
            let range = usize::try_from(first - 1).unwrap()..usize::try_from(*last).unwrap();
            let ours: Vec<B256> = self.l2[range].iter().map(|block| block.hash).collect();
            assert_eq!(data, &ours, "{first} to {last}");
            next = last + 1;
        }
        assert_eq!(next, self.l1.last().unwrap().inbox.last_block + 1);
    }

    /// Age of the oldest block that is not in the inbox.
    fn age(&self) -> u64 {
        let next = self.l1.last().unwrap().inbox.last_block + 1;
        self.head().time.saturating_sub(self.settings.time_of(next))
    }
}

#[derive(Debug, Clone)]
enum Event {
    /// So many blocks of the L1, each with so many transactions.
    Mine {
        blocks: u64,
        most: usize,
    },
    Reorg {
        depth: u64,
        more: u64,
        most: usize,
    },
    Fees {
        base: u128,
        blob: u128,
    },
    /// The rollup sees what the L1 is now; else the batcher is first.
    Follow,
    Look,
}

fn event() -> impl Strategy<Value = Event> {
    let fee = prop_oneof![Just(1_u128), Just(GWEI), Just(50 * GWEI), Just(600 * GWEI)];
    let blob = prop_oneof![Just(0_u128), Just(1), Just(5 * GWEI), Just(200 * GWEI)];
    let depth = prop_oneof![1_u64..6, 1_u64..=64];
    let blocks = prop_oneof![6 => 1_u64..8, 1 => 1_u64..300];
    prop_oneof![
        5 => (blocks, 0_usize..4).prop_map(|(blocks, most)| Event::Mine { blocks, most }),
        2 => (depth, 0_u64..4, 0_usize..4)
            .prop_map(|(depth, more, most)| Event::Reorg { depth, more, most }),
        1 => (fee, blob).prop_map(|(base, blob)| Event::Fees { base, blob }),
        3 => Just(Event::Follow),
        4 => Just(Event::Look),
    ]
}

fn happen(world: &mut World, event: &Event) {
    match *event {
        Event::Mine { blocks, most } => (0..blocks).for_each(|_| world.mine(most)),
        Event::Reorg { depth, more, most } => {
            let depth = depth.min(world.l1.len() as u64 - 1);
            world.unwind(depth);
            (0..depth + more).for_each(|_| world.mine(most));
        }
        Event::Fees { base, blob } => {
            world.fees = Fees { base_fee: base, blob_base_fee: blob, ..FEES };
        }
        Event::Follow => world.follow(),
        Event::Look => world.look(),
    }
}

fn cases(count: u32) -> ProptestConfig {
    let mut config = ProptestConfig::default(); // reads PROPTEST_CASES
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    config.failure_persistence = None;
    config
}

proptest! {
    #![proptest_config(cases(150))]

    /// Reorgs of 64 blocks, transactions that wait or fail, prices beyond all limits, restarts at any
    /// time: in the end every block is on the winning L1 once, and none is older than it may be.
    #[test]
    fn every_block_is_posted_once(
        sizes in vec(0_usize..20_000, 1..40),
        events in vec(event(), 1..60),
    ) {
        let mut world = World::new(sizes);
        for event in &events {
            happen(&mut world, event);
        }
        world.fees = FEES;
        for _ in 0..150 {
            world.follow();
            world.look();
            world.mine(usize::MAX);
        }
        world.follow();
        world.check();
        prop_assert!(world.age() <= world.settings.max_age + SLOT, "{}", world.age());
    }

    /// While the L1 takes transactions, no block waits longer than it may.
    #[test]
    fn no_block_waits_too_long(sizes in vec(0_usize..20_000, 1..40), blob in 1_u128..50 * GWEI) {
        let mut world = World::new(sizes);
        world.fees.blob_base_fee = blob;
        for _ in 0..200 {
            world.follow();
            world.look();
            world.mine(usize::MAX);
            prop_assert!(world.age() <= world.settings.max_age + SLOT, "{}", world.age());
        }
        world.follow();
        world.check();
        prop_assert!(world.sent.iter().all(|sent| sent.flight.fate != Fate::Failed));
    }
}
