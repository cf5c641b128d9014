//! A day of blocks with traffic: what is in memory and open stays flat, what is on disk is explained.

use crate::support::{call_counter, producing_with, transfer, wait_for};
use alloy_primitives::Address;
use seam_chain::{Chain, SimulatedClock};
use std::{fs, path::Path, sync::Arc, time::Duration};

/// Blocks of 2 s in 24 hours.
const DAY: u64 = 43_200;
/// The day is looked at this many times.
const SAMPLES: u64 = 24;
/// Transactions a block, from ten people: transfers to ever new accounts, and calls.
const PER_BLOCK: u64 = 10;

#[derive(Debug, Clone, Copy)]
struct Sample {
    block: u64,
    resident_mib: u64,
    handles: u64,
    disk_kib: u64,
}

fn resident_mib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn handles() -> u64 {
    fs::read_dir("/proc/self/fd").unwrap().count() as u64
}

/// Space in use: the log of commits is a sparse file.
fn disk_kib(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => disk_kib(&entry.path()),
        Ok(metadata) => metadata.blocks() / 2,
        Err(_) => 0, // compaction has removed it
    };
    entries.flatten().map(size).sum()
}

/// Sends what one block takes; the pool holds a few blocks of it ahead.
fn send(chain: &Chain, nonce: u64) {
    for from in 0..u8::try_from(PER_BLOCK).unwrap() {
        let pooled = match from % 2 {
            0 => {
                let mut to = [0x77; 20];
                to[..8].copy_from_slice(&(nonce * PER_BLOCK + u64::from(from)).to_be_bytes());
                transfer(from, nonce, Address::from(to), 1)
            }
            _ => call_counter(from, nonce),
        };
        chain.submit(pooled).unwrap();
    }
}

fn run_day(directory: &Path, blocks: u64) -> (Vec<Sample>, u64) {
    let now = Duration::from_secs(crate::support::GENESIS_TIME);
    let running = producing_with(directory, Arc::new(SimulatedClock::starting_at(now)));
    let chain = &running.chain;
    let (mut samples, mut nonce) = (Vec::new(), 0);
    while chain.head().number() < blocks {
        // Simulated time runs ahead of whoever sends, so the load is what can be sent meanwhile.
        send(chain, nonce);
        nonce += 1;
        if chain.pool().status().waiting() > 2_000 {
            wait_for(chain, chain.head().number() + 1);
        }
        if chain.head().number() >= blocks / SAMPLES * (samples.len() as u64 + 1) {
            let (resident_mib, handles) = (resident_mib(), handles());
            let block = chain.head().number();
            samples.push(Sample { block, resident_mib, handles, disk_kib: disk_kib(directory) });
        }
    }
    running.stop().unwrap();
    (samples, nonce * PER_BLOCK)
}

#[test]
fn a_day_with_traffic_leaves_memory_and_handles_flat() {
    let blocks = if std::env::var_os("SEAM_SOAK").is_some() { DAY } else { DAY / 48 };
    let directory = tempfile::tempdir().unwrap();
    let (samples, transactions) = run_day(directory.path(), blocks);
    for sample in &samples {
        eprintln!("{sample:?}");
    }
    let last = samples.last().unwrap();
    let per_block = last.disk_kib * 1024 / last.block;
    let per_transaction = last.disk_kib * 1024 / transactions.max(1);
    eprintln!(
        "{transactions} transactions; {per_block} bytes a block, {per_transaction} a transaction"
    );
    // The first quarter fills caches that have a limit; after it nothing may grow.
    let (early, late) = samples.split_at(samples.len() / 4);
    let most = |of: &[Sample], what: fn(&Sample) -> u64| of.iter().map(what).max().unwrap();
    let handles = (most(early, |sample| sample.handles), most(late, |sample| sample.handles));
    assert!(handles.1 <= handles.0 + 300, "file handles: {handles:?}");
    let middle = &samples[samples.len() / 4..samples.len() / 2];
    let end = &samples[samples.len() * 3 / 4..];
    let resident = (most(middle, |it| it.resident_mib), most(end, |it| it.resident_mib));
    assert!(resident.1 <= resident.0 + resident.0 / 4 + 32, "resident MiB: {resident:?}");
}
