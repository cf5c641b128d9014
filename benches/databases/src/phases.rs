//! The parts of the benchmark, each in a process of its own.

use std::{
    io::Write,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::{
    engine::{Engine, Kind, TABLES, Table},
    measure::{disk_mib, memory_mib, millis, percentile, timed},
    workload::{self, ACCOUNTS_PER_BLOCK, FLUSH_EVERY, Random, SLOTS_PER_BLOCK, Values, Workload},
};

/// How long random reads are counted.
const READ_TIME: Duration = Duration::from_secs(4);

/// Reads of one snapshot before a new one is taken.
const READS_A_SNAPSHOT: u32 = 1_000;

/// Snapshots that are checked row by row while a writer commits.
const SNAPSHOTS_CHECKED: u32 = 100;

/// Bytes of the file that [`full`] deletes to free space again.
const BALLAST_BYTES: usize = 48 << 20;

/// After this many blocks a file system that [`full`] is to fill is too large for it.
const FULL_BLOCKS: u64 = 2_000;

/// What [`load`] found.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Loaded {
    pub(crate) load_s: f64,
    pub(crate) loaded_mib: u64,
}

/// What [`run`] found; times in milliseconds.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Ran {
    pub(crate) commit_p50: f64,
    pub(crate) commit_p99: f64,
    pub(crate) flush_p50: f64,
    pub(crate) block_reads_p50: f64,
    pub(crate) reads_per_s: f64,
    pub(crate) reads_beside_writer_per_s: f64,
    pub(crate) blocks_beside_reader_per_s: f64,
    pub(crate) peak_rss_mib: u64,
    pub(crate) peak_anonymous_mib: u64,
    pub(crate) rss_at_end_mib: u64,
    pub(crate) disk_mib: u64,
}

/// What [`check`] found.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Checked {
    pub(crate) open_ms: f64,
    pub(crate) head: u64,
}

/// What [`full`] found.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Filled {
    pub(crate) blocks_before_error: u64,
    pub(crate) error: String,
    pub(crate) read_after_error: String,
    pub(crate) commit_after_space: String,
    pub(crate) head: u64,
}

/// Creates the database with the state before the first block.
pub(crate) fn load(kind: Kind, folder: &Path, workload: Workload) -> Result<Loaded> {
    let start = Instant::now();
    let engine = kind.open(folder)?;
    for (table, _) in TABLES {
        engine.load(table, workload.first_rows(table))?;
    }
    drop(engine);
    Ok(Loaded { load_s: start.elapsed().as_secs_f64(), loaded_mib: disk_mib(folder)? })
}

/// The times of one block.
struct BlockTimes {
    reads: Duration,
    commit: Duration,
}

fn block(engine: &dyn Engine, workload: Workload, number: u64) -> Result<BlockTimes> {
    let touched = workload.touched(number);
    let (mut accounts, mut slots) = (Values::new(), Values::new());
    let ((), reads) = timed(|| {
        engine.read(&mut |snapshot| {
            (accounts, slots) = touched.read(snapshot)?;
            Ok(())
        })
    })?;
    let rows = touched.commit(number, &accounts, &slots);
    let ((), commit) = timed(|| engine.commit(&rows))?;
    Ok(BlockTimes { reads, commit })
}

fn head(engine: &dyn Engine) -> Result<u64> {
    let mut head = 0;
    engine.read(&mut |snapshot| {
        head = workload::head(snapshot)?;
        Ok(())
    })?;
    Ok(head)
}

/// Commits blocks one after the other; then reads, alone and beside a writer.
pub(crate) fn run(kind: Kind, folder: &Path, workload: Workload, blocks: u64) -> Result<Ran> {
    let engine = kind.open(folder)?;
    let first = head(&*engine)? + 1;
    let (mut reads, mut commits, mut flushes) = (Vec::new(), Vec::new(), Vec::new());
    let mut anonymous = 0;
    for number in first..first + blocks {
        let times = block(&*engine, workload, number)?;
        reads.push(times.reads);
        commits.push(times.commit);
        if number.is_multiple_of(FLUSH_EVERY) {
            flushes.push(times.commit);
        }
        anonymous = anonymous.max(memory_mib("RssAnon")?);
    }
    let never = AtomicBool::new(false);
    let reads_per_s = read_rate(&*engine, workload, &never)?;
    let (beside, written) = beside_writer(&*engine, workload, first + blocks)?;
    anonymous = anonymous.max(memory_mib("RssAnon")?);
    let (peak, end) = (memory_mib("VmHWM")?, memory_mib("VmRSS")?);
    drop(engine);
    Ok(Ran {
        commit_p50: percentile(&commits, 0.5),
        commit_p99: percentile(&commits, 0.99),
        flush_p50: percentile(&flushes, 0.5),
        block_reads_p50: percentile(&reads, 0.5),
        reads_per_s,
        reads_beside_writer_per_s: beside,
        blocks_beside_reader_per_s: written,
        peak_rss_mib: peak,
        peak_anonymous_mib: anonymous,
        rss_at_end_mib: end,
        disk_mib: disk_mib(folder)?,
    })
}

/// Random account reads a second, of one thread, for [`READ_TIME`] or until `done`.
fn read_rate(engine: &dyn Engine, workload: Workload, done: &AtomicBool) -> Result<f64> {
    let mut random = Random::new(u64::MAX, 0);
    let mut value = Vec::new();
    let (mut count, start) = (0_u32, Instant::now());
    while start.elapsed() < READ_TIME && !done.load(Ordering::Relaxed) {
        engine.read(&mut |snapshot| {
            for _ in 0..READS_A_SNAPSHOT {
                let address = workload.address(random.below(workload.accounts));
                let there = snapshot.get(Table::Accounts, &address, &mut value)?;
                anyhow::ensure!(there, "a loaded account is missing");
            }
            Ok(())
        })?;
        count += READS_A_SNAPSHOT;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// Reads a second while another thread commits blocks without a pause, and those blocks a second.
/// Then some snapshots are checked to hold the head's block wholly and nothing of the next.
fn beside_writer(engine: &dyn Engine, workload: Workload, first: u64) -> Result<(f64, f64)> {
    let (failed, enough) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (mut written, start) = (0_u32, Instant::now());
            while !enough.load(Ordering::Relaxed) {
                let done = block(engine, workload, first + u64::from(written));
                if let Err(error) = done {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                written += 1;
            }
            Ok(f64::from(written) / start.elapsed().as_secs_f64())
        });
        let reads = read_rate(engine, workload, &failed).and_then(|reads| {
            for _ in 0..SNAPSHOTS_CHECKED {
                checked_head(engine, workload)?;
            }
            Ok(reads)
        });
        enough.store(true, Ordering::Relaxed);
        let written = writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
        Ok((reads?, written))
    })
}

/// Commits blocks for ever and prints each number once its commit has returned.
pub(crate) fn victim(kind: Kind, folder: &Path, workload: Workload) -> Result<()> {
    let engine = kind.open(folder)?;
    let mut out = std::io::stdout();
    for number in head(&*engine)? + 1.. {
        block(&*engine, workload, number)?;
        writeln!(out, "{number}")?;
        out.flush()?;
    }
    Ok(())
}

/// Opens and checks every row of the head's block, and that the next one left none.
pub(crate) fn check(kind: Kind, folder: &Path, workload: Workload) -> Result<Checked> {
    let (engine, open) = timed(|| kind.open(folder))?;
    Ok(Checked { open_ms: millis(open), head: checked_head(&*engine, workload)? })
}

fn checked_head(engine: &dyn Engine, workload: Workload) -> Result<u64> {
    let mut head = 0;
    engine.read(&mut |snapshot| {
        head = workload::check(workload, snapshot)?;
        Ok(())
    })?;
    Ok(head)
}

/// Fills the file system that the folder lies in, then frees some of it and goes on.
pub(crate) fn full(kind: Kind, folder: &Path, workload: Workload) -> Result<Filled> {
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0xba; BALLAST_BYTES])?;
    let data = folder.join("data");
    load(kind, &data, workload)?;
    let engine = kind.open(&data)?;
    let (mut acknowledged, mut error) = (0, None);
    while error.is_none() && acknowledged < FULL_BLOCKS {
        match block(&*engine, workload, acknowledged + 1) {
            Ok(_) => acknowledged += 1,
            Err(found) => error = Some(found),
        }
    }
    let error = error.context("the file system is too large to be filled")?;
    let read_after_error = said(checked_head(&*engine, workload));
    std::fs::remove_file(&ballast)?;
    let again = checked_head(&*engine, workload)
        .and_then(|head| block(&*engine, workload, head + 1).map(|_| head + 1));
    let commit_after_space = said(again);
    drop(engine);
    // The error was for the block after `acknowledged`: it may be there, but wholly.
    let Checked { head, .. } = check(kind, &data, workload).context("after the reopening")?;
    anyhow::ensure!(head >= acknowledged, "block {acknowledged} was acknowledged, head is {head}");
    Ok(Filled {
        blocks_before_error: acknowledged,
        error: format!("{error:#}"),
        read_after_error,
        commit_after_space,
        head,
    })
}

fn said(result: Result<u64>) -> String {
    match result {
        Ok(head) => format!("ok, block {head}"),
        Err(error) => format!("{error:#}"),
    }
}

/// Reads that the node does for a block.
pub(crate) const READS_A_BLOCK: usize = ACCOUNTS_PER_BLOCK + SLOTS_PER_BLOCK;
