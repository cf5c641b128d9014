//! Random histories of the books, on both databases, against a list in memory.

use crate::support::{
    ALICE, BLOCK_TIME, BOB, CHAIN, START, amount, begun, block, site::Site, transaction,
};
use alloy_primitives::{Address, B256, I256};
use proptest::{prelude::*, test_runner::TestRunner};
use seam_ledger::{
    BookedBlock, Books, BooksError, Entry, Leg, Party, Position, Source, Token,
    books::{Filter, Mark, Span},
};
use std::collections::BTreeMap;

/// The address of a token and of a contract.
const OTHER: Address = Address::repeat_byte(0x70);

/// A day boundary is in every history.
const SOURCES: [Source; 4] = [Source::Transfer, Source::ExecutionGas, Source::Tips, Source::Reward];

#[derive(Debug, Clone)]
enum Step {
    /// So many blocks, each with these entries.
    Commit(Vec<Vec<Random>>),
    /// As a reorg of this depth does.
    RollBack(u64),
    Reopen,
    Finalize(u64),
    /// A range that does not follow; refused without a trace.
    Detached,
}

/// What a random entry is made of.
#[derive(Debug, Clone, Copy)]
struct Random {
    owner: bool,
    token: bool,
    inside: bool,
    source: usize,
    units: i32,
    shared: bool,
}

type Key = (Address, Token, Position);

/// A line as the model keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    block: u64,
    key: Key,
    source: Source,
    amount: I256,
}

#[derive(Default)]
struct Model {
    /// All blocks since the first, with their branch.
    blocks: Vec<(BookedBlock, Vec<Expected>)>,
    branch: u8,
    finalized: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let random = (any::<bool>(), any::<bool>(), any::<bool>(), 0..SOURCES.len(), any::<i32>());
    let random =
        (random, any::<bool>()).prop_map(|((owner, token, inside, source, units), shared)| {
            Random { owner, token, inside, source, units, shared }
        });
    let blocks = prop::collection::vec(prop::collection::vec(random, 0..4), 1..4);
    prop_oneof![
        5 => blocks.prop_map(Step::Commit),
        3 => (0_u64..6).prop_map(Step::RollBack),
        1 => Just(Step::Reopen),
        1 => (0_u64..4).prop_map(Step::Finalize),
        1 => Just(Step::Detached),
    ]
}

impl Random {
    fn key(self) -> (Address, Token, Position) {
        let owner = if self.owner { ALICE } else { BOB };
        let token = if self.token { Token::Erc20(OTHER) } else { Token::Ether };
        let position = if self.inside { Position::In(OTHER) } else { Position::Wallet };
        (owner, token, position)
    }

    fn entry(self, number: u64, place: usize) -> (Entry, Vec<Expected>) {
        let (owner, token, position) = self.key();
        let source = SOURCES[self.source];
        let units = amount(i64::from(self.units));
        let leg = |party, amount| Leg { party, token, amount };
        let line = |owner, source, amount| Expected {
            block: number,
            key: (owner, token, position),
            source,
            amount,
        };
        let (legs, lines) = if self.shared {
            // One owner to the other, without the world.
            let other = if owner == ALICE { BOB } else { ALICE };
            let legs = vec![
                leg(Party::Owner(owner, position), units),
                leg(Party::Owner(other, position), -units),
            ];
            let mut lines =
                vec![line(owner, Source::Transfer, units), line(other, Source::Transfer, -units)];
            lines.sort_by_key(|line| line.key.0);
            (legs, lines)
        } else {
            let legs =
                vec![leg(Party::Owner(owner, position), units), leg(Party::World(source), -units)];
            (legs, vec![line(owner, source, units)])
        };
        let place = transaction(u32::try_from(place).unwrap(), B256::with_last_byte(1));
        (Entry::new("random", place, legs, BTreeMap::new()).unwrap(), lines)
    }
}

impl Model {
    fn head(&self) -> (u64, B256) {
        match self.blocks.last() {
            Some((block, _)) => (block.number, block.hash),
            None => (0, crate::support::hash(0, 0)),
        }
    }

    fn extend(&mut self, blocks: &[Vec<Random>]) -> Vec<BookedBlock> {
        let mut made = Vec::new();
        for entries in blocks {
            let (head, parent) = self.head();
            let number = head + 1;
            let entries = entries.iter().enumerate().map(|(place, one)| one.entry(number, place));
            let (entries, lines): (Vec<_>, Vec<_>) = entries.unzip();
            let block = BookedBlock { parent, ..block(self.branch, number, entries) };
            self.blocks.push((block.clone(), lines.concat()));
            made.push(block);
        }
        made
    }

    /// What the books are to say, computed anew from all lines.
    fn lines(&self) -> Vec<(Expected, I256)> {
        let mut balances: BTreeMap<(Address, Token, Position), I256> = BTreeMap::new();
        let lines = self.blocks.iter().flat_map(|(_, lines)| lines.clone());
        let with_balance = lines.map(|line| {
            let balance = balances.entry(line.key).or_default();
            *balance += line.amount;
            (line, *balance)
        });
        with_balance.collect()
    }
}

async fn run(site: &Site, steps: &[Step]) {
    let mut books = begun(&site.url).await;
    let mut model = Model::default();
    for step in steps {
        match step {
            Step::Commit(blocks) => {
                let blocks = model.extend(blocks);
                books.commit(CHAIN, &blocks).await.unwrap();
            }
            Step::RollBack(depth) => roll_back(&books, &mut model, *depth).await,
            Step::Reopen => {
                books.close().await;
                books = Books::open(&site.url).await.unwrap();
            }
            Step::Finalize(below) => {
                let number = model.head().0.saturating_sub(*below);
                books.set_final(CHAIN, number).await.unwrap();
                if !model.blocks.is_empty() {
                    model.finalized = model.finalized.max(number);
                }
            }
            Step::Detached => detached(&books, &model).await,
        }
        compare(&books, &model).await;
    }
    books.close().await;
}

async fn roll_back(books: &Books, model: &mut Model, depth: u64) {
    let head = model.head().0;
    let to = head.saturating_sub(depth);
    let done = books.roll_back(CHAIN, to).await;
    if to < model.finalized {
        assert!(matches!(done, Err(BooksError::Final { .. })), "{done:?}");
        return;
    }
    done.unwrap();
    model.blocks.retain(|(block, _)| block.number <= to);
    model.branch += 1;
}

async fn detached(books: &Books, model: &Model) {
    if model.blocks.is_empty() {
        return;
    }
    let (number, _) = model.head();
    let wrong = block(200, number + 1, vec![crate::support::ether(ALICE, Source::Tips, 1)]);
    let refused = books.commit(CHAIN, &[wrong]).await;
    assert!(matches!(refused, Err(BooksError::Detached { .. })), "{refused:?}");
}

async fn compare(books: &Books, model: &Model) {
    let expected = model.lines();
    let mut stream = books.stream(Filter::default()).await.unwrap();
    let mut found = Vec::new();
    loop {
        let lines = stream.next().await.unwrap();
        if lines.is_empty() {
            break;
        }
        found.extend(lines.into_iter().map(|line| {
            let key = (line.owner, line.token, line.position);
            assert_eq!(line.time, START + line.block * BLOCK_TIME);
            let (block, source, amount) = (line.block, line.source, line.amount);
            (Expected { block, key, source, amount }, line.balance)
        }));
    }
    assert_eq!(found, expected);
    drop(stream);
    compare_sums(books, &expected).await;
    compare_blocks(books, model).await;
    compare_pages(books, &expected).await;
}

async fn compare_sums(books: &Books, lines: &[(Expected, I256)]) {
    let mut totals = BTreeMap::new();
    let mut balances = BTreeMap::new();
    for (line, balance) in lines {
        let day = (START + line.block * BLOCK_TIME) / 86_400;
        let total: &mut (I256, u64) = totals.entry((line.key, day, line.source)).or_default();
        *total = (total.0 + line.amount, total.1 + 1);
        balances.insert(line.key, *balance);
    }
    let mut found = BTreeMap::new();
    let each = |total: seam_ledger::books::Total| {
        let key = (total.owner, total.token, total.position);
        found.insert((key, total.day, total.source), (total.amount, total.lines));
    };
    books.totals(Span::ALL, each).await.unwrap();
    assert_eq!(found, totals);
    let holdings = books.holdings().await.unwrap().into_iter();
    let found: BTreeMap<_, _> =
        holdings.map(|one| ((one.owner, one.token, one.position), one.balance)).collect();
    assert_eq!(found, balances);
    compare_sums_of(books, ALICE, &found).await;
    for (owner, token, position) in balances.keys() {
        let balance = books.balance_in(CHAIN, *owner, *token, *position).await.unwrap();
        assert_eq!(Some(&balance), balances.get(&(*owner, *token, *position)));
    }
}

/// What is asked of one owner is the owner's part of what is asked of all.
async fn compare_sums_of(books: &Books, owner: Address, all: &BTreeMap<Key, I256>) {
    let mut of_all = Vec::new();
    books.totals(Span::ALL, |total| of_all.push(total)).await.unwrap();
    of_all.retain(|total| total.owner == owner);
    let mut found = Vec::new();
    books.totals_of(owner, |total| found.push(total)).await.unwrap();
    assert_eq!(found, of_all);
    let held = books.holdings_of(owner).await.unwrap();
    let held: BTreeMap<_, _> =
        held.into_iter().map(|one| ((one.owner, one.token, one.position), one.balance)).collect();
    let expected = all.iter().filter(|(key, _)| key.0 == owner);
    assert_eq!(held, expected.map(|(key, balance)| (*key, *balance)).collect());
}

async fn compare_blocks(books: &Books, model: &Model) {
    let cursor = books.cursor(CHAIN).await.unwrap();
    if cursor.is_some() || !model.blocks.is_empty() {
        assert_eq!(cursor, Some(model.head()));
    }
    for (block, _) in &model.blocks {
        let kept = books.hash(CHAIN, block.number).await.unwrap();
        let expected = (block.number >= model.finalized).then_some(block.hash);
        assert_eq!(kept, expected, "block {}", block.number);
    }
}

async fn compare_pages(books: &Books, lines: &[(Expected, I256)]) {
    let of_alice = lines.iter().rev().filter(|(line, _)| line.key.0 == ALICE);
    let (mut found, mut before): (Vec<I256>, Option<Mark>) = (Vec::new(), None);
    loop {
        let page = books.lines(ALICE, before, 3).await.unwrap();
        found.extend(page.lines.iter().map(|line| line.balance));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(found, of_alice.map(|(_, balance)| *balance).collect::<Vec<_>>());
}

fn histories(site: impl AsyncFn() -> Option<Site>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(crate::cases(24));
    let steps = prop::collection::vec(step(), 1..12);
    let outcome = runner.run(&steps, |steps| {
        runtime.block_on(async {
            if let Some(site) = site().await {
                run(&site, &steps).await;
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn any_history_on_sqlite_leaves_what_a_list_in_memory_has() {
    histories(async || Some(Site::sqlite()));
}

#[test]
fn any_history_on_postgres_leaves_what_a_list_in_memory_has() {
    histories(Site::postgres);
}
