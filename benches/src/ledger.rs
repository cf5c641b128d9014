//! The books under load: how fast lines go in, and whether reports and pages stay fast as they grow.

use crate::machine;
use alloy_primitives::{Address, B256, I256};
use anyhow::{Context, Result, ensure};
use clap::Args;
use seam_ledger::{
    BookedBlock, Books, Entry, Place, Source, Token,
    books::{ChainKind, FollowedChain, Mark, Role, Span, Tracked},
    report::{
        By, Query,
        position::positions,
        profit::{ProfitQuery, profit},
        report,
    },
};
use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

/// The chain that is booked.
const CHAIN: u64 = 901;
/// Accounts, with all roles; the first has half of all lines.
const ACCOUNTS: u8 = 20;
/// Lines of a block.
const BLOCK_LINES: u64 = 100;
/// Blocks of a commit, as the ingestion commits them.
const RANGE: u64 = 16;
/// Seconds between blocks: ten million lines are seventy days.
const BLOCK_TIME: u64 = 60;
/// 2026-01-01.
const START: u64 = 1_767_225_600;
/// How often each question is asked.
const ROUNDS: usize = 21;

/// What is measured.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// How many lines are booked
    #[arg(long, default_value_t = 1_000_000)]
    pub lines: u64,
    /// An empty database of a PostgreSQL server, which is measured too
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
    /// Leave out SQLite
    #[arg(long, requires = "postgres")]
    pub no_sqlite: bool,
    /// Date for the report (YYYY-MM-DD); today by default
    #[arg(long)]
    pub date: Option<String>,
}

/// Books, asks, and prints the report.
///
/// # Errors
/// If a database fails, or answers something else than was booked.
pub fn run(options: &Options) -> Result<()> {
    println!("{}\n", machine::describe(options.date.as_deref())?);
    let runtime = tokio::runtime::Runtime::new()?;
    if !options.no_sqlite {
        let directory = tempfile::tempdir()?;
        let file = directory.path().join("books.db");
        let place = file.display().to_string();
        runtime.block_on(measure("SQLite", &place, Some(&file), options.lines))?;
    }
    match &options.postgres {
        Some(url) => runtime.block_on(measure("PostgreSQL", url, None, options.lines)),
        None => {
            println!("PostgreSQL was not measured: it needs --postgres URL, an empty database");
            Ok(())
        }
    }
}

async fn measure(name: &str, url: &str, file: Option<&Path>, lines: u64) -> Result<()> {
    let books = begin(url).await?;
    ensure!(
        books.cursor(CHAIN).await?.is_none(),
        "{name} has books already: give an empty database"
    );
    println!("| {name}: lines | lines/s | commit of {RANGE} blocks, p50 | p99 | bytes a line |");
    println!("|---:|---:|---:|---:|---:|");
    let blocks = lines.div_ceil(BLOCK_LINES);
    let quarter = blocks.div_ceil(4).max(RANGE);
    let mut parent = B256::ZERO;
    let mut next = 1;
    while next <= blocks {
        let last = (next + quarter - 1).min(blocks);
        let started = Instant::now();
        let mut commits = Vec::new();
        let mut made = Duration::ZERO;
        while next <= last {
            let end = (next + RANGE - 1).min(last);
            let making = Instant::now();
            let range = range(next, end, &mut parent)?;
            made += making.elapsed();
            let commit = Instant::now();
            books.commit(CHAIN, &range).await?;
            commits.push(commit.elapsed());
            next = end + 1;
        }
        let seconds = (started.elapsed() - made).as_secs_f64();
        let booked = (last * BLOCK_LINES) as f64;
        let rate = (commits.len() as u64 * RANGE * BLOCK_LINES) as f64 / seconds;
        let bytes = match file {
            Some(file) => format!("{:.0}", size(file)? as f64 / booked),
            None => "-".to_owned(),
        };
        let [p50, p99] = [50, 99].map(|percent| percentile(&mut commits, percent));
        println!("| {booked} | {rate:.0} | {p50:.1?} | {p99:.1?} | {bytes} |");
    }
    questions(&books, blocks).await?;
    books.close().await;
    Ok(())
}

async fn begin(url: &str) -> Result<Books> {
    let books = Books::open(url).await?;
    let chain = FollowedChain {
        id: CHAIN,
        kind: ChainKind::OpStack,
        url: "http://127.0.0.1:9545".to_owned(),
        genesis: B256::ZERO,
    };
    books.follow(&chain).await?;
    for (place, role) in (0..ACCOUNTS).zip(Role::ALL.into_iter().cycle()) {
        let label = format!("account {place}");
        let account = Tracked {
            chain: CHAIN,
            address: Address::repeat_byte(place),
            label,
            role,
            from_block: 1,
        };
        books.track(&account).await?;
    }
    Ok(books)
}

fn range(first: u64, last: u64, parent: &mut B256) -> Result<Vec<BookedBlock>> {
    let mut blocks = Vec::new();
    for number in first..=last {
        let entries = (0..BLOCK_LINES).map(|place| entry(number, place)).collect::<Result<_>>()?;
        let mut hash = B256::with_last_byte(1);
        hash[..8].copy_from_slice(&number.to_be_bytes());
        let block = BookedBlock {
            number,
            hash,
            parent: *parent,
            time: START + number * BLOCK_TIME,
            entries,
            seen: Vec::new(),
        };
        *parent = hash;
        blocks.push(block);
    }
    Ok(blocks)
}

/// Two lines a transaction: what it paid, and what it moved.
fn entry(number: u64, place: u64) -> Result<Entry> {
    let seed =
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(place.wrapping_mul(0xbf58_476d));
    let account =
        if seed.is_multiple_of(2) { 0 } else { u8::try_from(seed / 2 % u64::from(ACCOUNTS))? };
    let token = match seed / 7 % 8 {
        0 => Token::Erc20(Address::repeat_byte(0xe0)),
        1 => Token::Erc20(Address::repeat_byte(0xe1)),
        _ => Token::Ether,
    };
    let (source, sign) = match seed / 11 % 4 {
        0 => (Source::ExecutionGas, -1),
        1 => (Source::L1Fee, -1),
        2 => (Source::Tips, 1),
        _ => (Source::Transfer, 1),
    };
    let amount = I256::try_from(sign * i64::try_from(seed % 1_000_000_000_000_000)?)?;
    let mut hash = B256::with_last_byte(2);
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash[8..16].copy_from_slice(&(place / 2).to_be_bytes());
    let why = BTreeMap::from([
        ("gas_used", "21000".to_owned()),
        ("gas_price", amount.to_string()),
        ("status", "succeeded".to_owned()),
    ]);
    let at = Place { transaction: Some((u32::try_from(place / 2)?, hash)), log: None };
    Ok(Entry::of("bench", at, Address::repeat_byte(account), source, (token, amount), why)?)
}

async fn questions(books: &Books, blocks: u64) -> Result<()> {
    println!("\n| question | p50 | slowest of {ROUNDS} |");
    println!("|---|---:|---:|");
    let query = |by| Query { by, span: Span::ALL, chain: None };
    for (name, by) in [("account", By::Account), ("source", By::Source), ("day", By::Day)] {
        timed(&format!("report by {name}"), async || {
            let found = report(books, query(by), None).await?;
            ensure!(!found.rows.is_empty(), "an empty report");
            Ok(())
        })
        .await?;
    }
    timed("profit", async || {
        profit(books, ProfitQuery::default()).await.map(drop).context("profit")
    })
    .await?;
    timed("positions", async || {
        positions(books, None, None, START).await.map(drop).context("positions")
    })
    .await?;
    let busiest = Address::repeat_byte(0);
    timed("positions of the busiest account", async || {
        let found = positions(books, Some(busiest), None, START).await?;
        ensure!(!found.is_empty(), "no positions");
        Ok(())
    })
    .await?;
    let middle = Mark { time: START + blocks / 2 * BLOCK_TIME, line: u64::from(u32::MAX) };
    for (name, before) in [("newest", None), ("middle", Some(middle))] {
        timed(&format!("page of 50 lines, the {name}"), async || {
            let page = books.lines(busiest, before, 50).await?;
            ensure!(page.lines.len() == 50, "a page of {}", page.lines.len());
            Ok(())
        })
        .await?;
    }
    let page = books.lines(busiest, Some(middle), 1).await?;
    let line = page.lines.first().context("no line in the middle")?;
    let (_, hash) = line.transaction.context("no transaction")?;
    timed("lines of a transaction", async || {
        ensure!(!books.lines_of_transaction(hash).await?.is_empty(), "no lines");
        Ok(())
    })
    .await
}

async fn timed(name: &str, question: impl AsyncFn() -> Result<()>) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        question().await?;
        times.push(started.elapsed());
    }
    let [p50, slowest] = [50, 100].map(|percent| percentile(&mut times, percent));
    println!("| {name} | {p50:.1?} | {slowest:.1?} |");
    Ok(())
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times.get(last * percent / 100).copied().unwrap_or_default()
}

/// The file, and what waits in its log.
fn size(file: &Path) -> Result<u64> {
    let log = file.with_extension("db-wal");
    let log = std::fs::metadata(log).map_or(0, |found| found.len());
    Ok(std::fs::metadata(file)?.len() + log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_booked_is_linked_and_spread_over_the_accounts() {
        let mut parent = B256::ZERO;
        let blocks = range(1, 3, &mut parent).unwrap();
        assert!(blocks.windows(2).all(|pair| pair[1].parent == pair[0].hash));
        let owners: std::collections::BTreeSet<_> = blocks
            .iter()
            .flat_map(|block| &block.entries)
            .map(|entry| format!("{:?}", entry.legs()[0].party))
            .collect();
        assert!(owners.len() > 10, "{owners:?}");
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_times() {
        let mut times: Vec<_> = (1..=101).rev().map(Duration::from_secs).collect();
        assert_eq!(percentile(&mut times, 50), Duration::from_secs(51));
        assert_eq!(percentile(&mut times, 100), Duration::from_secs(101));
    }
}
