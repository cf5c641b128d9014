//! A writer that is killed in the middle of a commit: no line is lost, and none is there twice.

use crate::support::{ALICE, BOB, CHAIN, account, begun, block, chain, ether, site::Site};
use alloy_primitives::I256;
use seam_ledger::{
    BookedBlock, Books, BooksError, Source, Token,
    books::{Filter, Role},
};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// Names the books to the process that is killed.
const URL: &str = "SEAM_TEST_BOOKS";
/// How often.
const KILLS: u64 = 6;
/// Blocks of a commit, and lines of a block.
const RANGE: u64 = 3;
const LINES: u64 = 8;

/// What block `number` always is.
fn made(number: u64) -> BookedBlock {
    let units = i64::try_from(number).unwrap();
    let entries = (0..LINES / 2).flat_map(|_| {
        [ether(ALICE, Source::Tips, units), ether(BOB, Source::ExecutionGas, -units)]
    });
    block(0, number, entries.collect())
}

/// Only what is started by the tests below does anything here: it writes until it is killed, and says
/// after each commit where it is.
#[tokio::test]
async fn the_writer_that_is_killed() {
    let Ok(url) = std::env::var(URL) else { return };
    let books = Books::open(&url).await.unwrap();
    // The server may not have noticed yet that the one before was killed.
    while let Err(BooksError::Busy { .. }) = books.lock().await {
        tokio::task::yield_now().await;
    }
    books.follow(&chain(CHAIN)).await.unwrap();
    for (address, role) in [(ALICE, Role::User), (BOB, Role::Batcher)] {
        books.track(&account(CHAIN, address, role, 1)).await.unwrap();
    }
    let mut next = books.cursor(CHAIN).await.unwrap().map_or(1, |(number, _)| number + 1);
    loop {
        let blocks: Vec<_> = (next..next + RANGE).map(made).collect();
        books.commit(CHAIN, &blocks).await.unwrap();
        next += RANGE;
        println!("\ncommitted {}", next - 1);
    }
}

/// Starts the writer, kills it after so many commits, and returns the last block that it said is in.
fn kill_after(url: &str, commits: u64) -> u64 {
    let mut writer = Command::new(std::env::current_exe().unwrap());
    writer.args(["kills::the_writer_that_is_killed", "--exact", "--nocapture"]).env(URL, url);
    let mut writer = writer.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let told = lines.map_while(Result::ok).filter_map(|line| {
        line.strip_prefix("committed ").map(|number| number.parse::<u64>().unwrap())
    });
    let told = told.take(usize::try_from(commits).unwrap()).last().unwrap();
    writer.kill().unwrap(); // SIGKILL: nothing is tidied up
    writer.wait().unwrap();
    told
}

async fn whole_after_kills(site: &Site) {
    let mut head = 0;
    begun(&site.url).await.close().await;
    for round in 0..KILLS {
        let told = kill_after(&site.url, 1 + round * 2);
        let books = Books::existing(&site.url).await.unwrap();
        let (cursor, _) = books.cursor(CHAIN).await.unwrap().unwrap();
        assert!(cursor >= told && cursor > head, "{cursor} after {told}");
        assert_eq!(cursor % RANGE, 0, "a range is in whole or not at all");
        head = cursor;
        let expected = I256::try_from(LINES / 2 * (1..=head).sum::<u64>()).unwrap();
        assert_eq!(books.balance(CHAIN, ALICE, Token::Ether).await.unwrap(), expected);
        assert_eq!(books.balance(CHAIN, BOB, Token::Ether).await.unwrap(), -expected);
        let mut stream = books.stream(Filter::default()).await.unwrap();
        let mut blocks = Vec::new();
        loop {
            let lines = stream.next().await.unwrap();
            if lines.is_empty() {
                break;
            }
            blocks.extend(lines.iter().map(|line| line.block));
        }
        let every = (1..=head).flat_map(|block| (0..LINES).map(move |_| block));
        assert!(blocks.into_iter().eq(every), "every line once");
        drop(stream);
        books.close().await;
    }
}

#[tokio::test]
async fn no_line_is_lost_or_doubled_when_a_writer_on_sqlite_is_killed() {
    whole_after_kills(&Site::sqlite()).await;
}

#[tokio::test]
async fn no_line_is_lost_or_doubled_when_a_writer_on_postgres_is_killed() {
    if let Some(site) = Site::postgres().await {
        whole_after_kills(&site).await;
    }
}
