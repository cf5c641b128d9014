//! Times, this process's memory, and the bytes of a folder.

use std::{
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// What a call gives and how long it took.
pub(crate) fn timed<T>(call: impl FnOnce() -> Result<T>) -> Result<(T, Duration)> {
    let start = Instant::now();
    let given = call()?;
    Ok((given, start.elapsed()))
}

/// Milliseconds, with their fraction.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The time below which this share (0 to 1) of the times lie, in milliseconds; 0 of none.
pub(crate) fn percentile(times: &[Duration], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let skipped = sorted.iter().enumerate();
    // The count of times is far below where a float would lose one.
    #[allow(clippy::cast_precision_loss)]
    let mut beyond =
        skipped.skip_while(|(index, _)| ((index + 1) as f64) < share * sorted.len() as f64);
    beyond.next().map_or(0.0, |(_, time)| millis(*time))
}

/// A line of `/proc/self/status`, in MiB.
pub(crate) fn memory_mib(line: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let value = status.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let kib = value.and_then(|value| value.split_whitespace().next()).context("no such line")?;
    Ok(kib.parse::<u64>()? / 1024)
}

/// Blocks of the disk that a folder's files hold, in MiB.
pub(crate) fn disk_mib(folder: &Path) -> Result<u64> {
    Ok(disk_bytes(folder)? >> 20)
}

fn disk_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { disk_bytes(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(bytes)
}
