//! Where and when a benchmark ran.

use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command, thread};

/// One line of Markdown: cores, processor, memory, and the date (`YYYY-MM-DD`; `None`: today).
///
/// # Errors
/// If the machine does not tell, as one without `/proc` does not.
pub fn describe(date: Option<&str>) -> Result<String> {
    let cores = thread::available_parallelism().context("number of cores")?;
    let cpu = fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    let model = field(&cpu, "model name").unwrap_or("processor of unknown model");
    let memory = fs::read_to_string("/proc/meminfo").context("/proc/meminfo")?;
    let kib: f64 = field(&memory, "MemTotal")
        .and_then(|value| value.trim_end_matches("kB").trim().parse().ok())
        .context("MemTotal in /proc/meminfo")?;
    let gib = kib / f64::from(1 << 20);
    let date = date.map_or_else(today, |date| Ok(date.to_owned()))?;
    Ok(format!("{cores} cores of {model}, {gib:.0} GiB of memory; {date}."))
}

/// The value of the first line `name : value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next()
}

fn today() -> Result<String> {
    let output = Command::new("date").args(["-u", "+%F"]).output().context("running `date`")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Bytes that a directory's files take; a sparse file counts with what is in it.
pub fn disk(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => disk(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let text = "model\t\t: 85\nmodel name\t: A processor\nmodel name\t: another\n";
        assert_eq!(field(text, "model name"), Some("A processor"));
        assert_eq!(field(text, "name"), None);
    }
}
