//! Starts each part in a process of its own, kills some, and prints the table.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;

use crate::{
    Arguments,
    engine::Kind,
    phases::{Checked, Loaded, READS_A_BLOCK, Ran},
};

/// Blocks that a child commits before it may be killed.
const BLOCKS_BEFORE_KILL: usize = 5;

/// How much later each kill comes than the one before, so that they hit a block at other places.
const KILL_STEP: Duration = Duration::from_millis(23);

/// All figures of one engine.
struct Outcome {
    kind: Kind,
    loaded: Loaded,
    ran: Ran,
    reopened: Checked,
    crashes: Vec<Checked>,
}

/// Runs every part for every engine that was asked for.
pub(crate) fn all(arguments: &Arguments) -> Result<()> {
    let mut outcomes = Vec::new();
    for kind in arguments.engine.kinds() {
        let folder = arguments.dir.join(kind.name());
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let start = Instant::now();
        let outcome = one(kind, &folder, arguments).with_context(|| kind.name())?;
        eprintln!("{}: {:.0} s", kind.name(), start.elapsed().as_secs_f64());
        outcomes.push(outcome);
        std::fs::remove_dir_all(&folder)?;
    }
    print(arguments, &outcomes);
    Ok(())
}

fn one(kind: Kind, folder: &Path, arguments: &Arguments) -> Result<Outcome> {
    let loaded = report(kind, folder, arguments, "load")?;
    let ran = report(kind, folder, arguments, "run")?;
    let reopened = report(kind, folder, arguments, "check")?;
    let mut crashes = Vec::new();
    for kill in 0..arguments.kills {
        let acknowledged = crash(kind, folder, arguments, KILL_STEP * kill)?;
        let found: Checked = report(kind, folder, arguments, "check")?;
        let kept = found.head >= acknowledged;
        anyhow::ensure!(kept, "block {acknowledged} was acknowledged, head is {}", found.head);
        crashes.push(found);
    }
    Ok(Outcome { kind, loaded, ran, reopened, crashes })
}

fn command(kind: Kind, folder: &Path, arguments: &Arguments, phase: &str) -> Result<Command> {
    let program: PathBuf = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.args(["--phase", phase, "--engine", kind.name()]);
    command.arg("--accounts").arg(arguments.accounts.to_string());
    command.arg("--blocks").arg(arguments.blocks.to_string());
    command.arg("--dir").arg(folder).stdout(Stdio::piped());
    Ok(command)
}

fn report<T: DeserializeOwned>(
    kind: Kind,
    folder: &Path,
    arguments: &Arguments,
    phase: &str,
) -> Result<T> {
    let output = command(kind, folder, arguments, phase)?.stderr(Stdio::inherit()).output()?;
    anyhow::ensure!(output.status.success(), "{phase} failed");
    let text = String::from_utf8(output.stdout)?;
    eprint!("{} {phase}: {text}", kind.name());
    Ok(serde_json::from_str(text.trim())?)
}

/// Kills a child this long after its fifth block; the last block that it acknowledged.
fn crash(kind: Kind, folder: &Path, arguments: &Arguments, delay: Duration) -> Result<u64> {
    let mut child = command(kind, folder, arguments, "victim")?.spawn()?;
    let numbers = numbers(&mut child)?;
    let mut last = 0;
    for _ in 0..BLOCKS_BEFORE_KILL {
        last = numbers.recv().context("the child ended by itself")?;
    }
    let until = Instant::now() + delay;
    while let Ok(number) = numbers.recv_timeout(until.saturating_duration_since(Instant::now())) {
        last = number;
    }
    child.kill()?;
    child.wait()?;
    Ok(numbers.iter().last().unwrap_or(last))
}

/// The numbers that a child prints, as they come.
fn numbers(child: &mut Child) -> Result<Receiver<u64>> {
    let out = child.stdout.take().context("the child's output is not piped")?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // A line that was cut by the kill was not acknowledged.
            let Ok(number) = line.parse() else { return };
            if sender.send(number).is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

fn print(arguments: &Arguments, outcomes: &[Outcome]) {
    println!(
        "{} accounts, {} blocks, {READS_A_BLOCK} reads a block",
        arguments.accounts, arguments.blocks
    );
    let names: Vec<_> = outcomes.iter().map(|outcome| outcome.kind.name()).collect();
    println!("\n| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()));
    let row = |name: &str, value: &dyn Fn(&Outcome) -> String| {
        let values: Vec<_> = outcomes.iter().map(value).collect();
        println!("| {name} | {} |", values.join(" | "));
    };
    row("commit, p50, ms", &|o| format!("{:.1}", o.ran.commit_p50));
    row("commit, p99, ms", &|o| format!("{:.1}", o.ran.commit_p99));
    row("commit with trie flush, p50, ms", &|o| format!("{:.1}", o.ran.flush_p50));
    row("a block's reads, p50, ms", &|o| format!("{:.1}", o.ran.block_reads_p50));
    row("account reads/s, alone", &|o| format!("{:.0}", o.ran.reads_per_s));
    row("account reads/s, beside a writer", &|o| format!("{:.0}", o.ran.reads_beside_writer_per_s));
    row("blocks/s of that writer", &|o| format!("{:.2}", o.ran.blocks_beside_reader_per_s));
    row("peak resident, MiB", &|o| o.ran.peak_rss_mib.to_string());
    row("of it anonymous, peak, MiB", &|o| o.ran.peak_anonymous_mib.to_string());
    row("resident at the end, MiB", &|o| o.ran.rss_at_end_mib.to_string());
    row("on disk, loaded, MiB", &|o| o.loaded.loaded_mib.to_string());
    row("on disk, after the blocks, MiB", &|o| o.ran.disk_mib.to_string());
    row("load, s", &|o| format!("{:.1}", o.loaded.load_s));
    row("open, closed cleanly, ms", &|o| format!("{:.1}", o.reopened.open_ms));
    row("open after SIGKILL, least..most, ms", &|o| spread(&o.crashes));
    row("kills survived whole", &|o| o.crashes.len().to_string());
}

fn spread(crashes: &[Checked]) -> String {
    let least = crashes.iter().map(|crash| crash.open_ms).fold(f64::INFINITY, f64::min);
    let most = crashes.iter().map(|crash| crash.open_ms).fold(0.0, f64::max);
    format!("{least:.1}..{most:.1}")
}
