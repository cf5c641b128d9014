//! A node as a process of its own: what is started, and what it uses, by `/proc`.

use crate::{
    clock,
    http::{Connection, quantity},
    stf::contracts::CHAIN_ID,
};
use anyhow::{Context, Result, bail};
use rustix::{
    param::clock_ticks_per_second,
    process::{Pid, Signal, kill_process},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Longest wait until a node answers: a large genesis takes its time.
const START: Duration = Duration::from_secs(600);

/// Longest wait until it hardly works.
const SETTLE: Duration = Duration::from_secs(30);

/// Which node it is, with where its binary is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// `seam node`.
    Seam(PathBuf),
    /// Foundry's development node.
    Anvil(PathBuf),
}

impl Node {
    /// As the report calls it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Seam(_) => "Seam",
            Self::Anvil(_) => "anvil",
        }
    }
}

/// What a node is started with.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The `genesis.json`.
    pub genesis: &'a Path,
    /// Whole seconds between blocks.
    pub block_time: u64,
    /// Gas of a block, as in the genesis; anvil wants to be told.
    pub gas_limit: u64,
    /// For its data and its log.
    pub directory: &'a Path,
}

/// A running node; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    /// What it keeps on disk.
    pub data: PathBuf,
}

impl Process {
    /// Starts a node and waits until it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub fn start(node: &Node, setting: Setting<'_>) -> Result<Self> {
        let data = setting.directory.join(node.name());
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data)?;
        match node {
            Node::Seam(path) => {
                let block_time = setting.block_time.to_string();
                let args = ["node", "--http-port", "0", "--block-time", &block_time, "--genesis"];
                let mut args = args.map(OsStr::new).to_vec();
                args.push(setting.genesis.as_os_str());
                Ok(Self::seam(path, &args, data, "/http")?.0)
            }
            Node::Anvil(path) => anvil(path, setting, data),
        }
    }

    /// Starts `seam` with these arguments, with `data` as its data directory; what it says when it is
    /// ready. `http` is the JSON pointer in that to where it answers.
    ///
    /// # Errors
    /// If it does not start.
    pub fn seam(
        binary: &Path,
        args: &[&OsStr],
        data: PathBuf,
        http: &str,
    ) -> Result<(Self, Value)> {
        let log = File::create(data.with_extension("log"))?;
        let mut command = Command::new(binary);
        command.args(args).arg("--json").arg("--data-dir").arg(&data);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().with_context(|| {
            let path = binary.display();
            format!("{path}: `cargo build --release` makes it, or name it with --seam")
        })?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut line)?;
        let ready: Value =
            serde_json::from_str(&line).context("seam did not start; see its log")?;
        let address = address(&ready, http)?;
        Ok((Self { child, address, data }, ready))
    }

    /// What it has used by now.
    ///
    /// # Errors
    /// If it is gone.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id())
    }

    /// Waits until what it does at its start is over: until it hardly works, or for half a minute,
    /// since a node may work all the time.
    ///
    /// # Errors
    /// If it is gone.
    pub fn settle(&self) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < SETTLE {
            let before = self.usage()?;
            clock::rest(Duration::from_secs(2));
            if self.usage()?.since(&before) < Duration::from_millis(100) {
                break;
            }
        }
        Ok(())
    }

    /// From now on the peak is counted anew.
    ///
    /// # Errors
    /// If it is gone.
    pub fn forget_peak(&self) -> Result<()> {
        // proc_pid_clear_refs(5): 5 resets the peak resident set size.
        Ok(fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }

    /// Most resident memory since the peak was forgotten, in bytes.
    ///
    /// # Errors
    /// If it is gone.
    pub fn peak_memory(&self) -> Result<u64> {
        self.memory("VmHWM:")
    }

    /// Resident memory now, in bytes.
    ///
    /// # Errors
    /// If it is gone.
    pub fn resident(&self) -> Result<u64> {
        self.memory("VmRSS:")
    }

    /// A line of proc_pid_status(5) that is in kB, in bytes.
    fn memory(&self, name: &'static str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line.and_then(|line| line.split_whitespace().next()).context(name)?;
        Ok(kib.parse::<u64>()? << 10)
    }

    /// Ends it cleanly, so that all it has to write is on disk.
    ///
    /// # Errors
    /// If it ends with an error.
    pub fn stop(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("no pid")?;
        kill_process(pid, Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() && status.code().is_some() {
            bail!("the node ended with {status}");
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a node answers, as it said at this JSON pointer.
///
/// # Errors
/// If it did not.
pub fn address(ready: &Value, pointer: &str) -> Result<SocketAddr> {
    let url = ready.pointer(pointer).and_then(Value::as_str);
    let address = url.and_then(|url| url.strip_prefix("http://")).context("no address")?;
    Ok(address.parse()?)
}

/// anvil with what makes it fastest without losing what is asked of it: transactions in the order of
/// their arrival, no states of old blocks, no log lines, and no files.
const ANVIL: [&str; 8] =
    ["--order", "fifo", "--prune-history", "--accounts", "1", "--quiet", "--hardfork", "osaka"];

fn anvil(path: &Path, setting: Setting<'_>, data: PathBuf) -> Result<Process> {
    let log = File::create(data.with_extension("log"))?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut command = Command::new(path);
    command.args(ANVIL).args(["--block-time", &setting.block_time.to_string()]);
    command.args(["--chain-id", &CHAIN_ID.to_string()]);
    command.args(["--gas-limit", &setting.gas_limit.to_string()]);
    command.args(["--port", &port.to_string(), "--init"]).arg(setting.genesis);
    let errors = log.try_clone()?;
    let child = command.stdout(log).stderr(errors).spawn().with_context(|| {
        format!("{}: `npm ci` in benches/peers fetches it, or name it with --anvil", path.display())
    })?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut process = Process { child, address, data };
    let started = Instant::now();
    while started.elapsed() < START {
        if let Some(status) = process.child.try_wait()? {
            bail!("anvil ended with {status}; see its log");
        }
        let number = Connection::open(address)
            .and_then(|mut connection| connection.call("eth_blockNumber", &json!([])));
        if let Ok(number) = number {
            quantity(&number)?;
            return Ok(process);
        }
        clock::rest(Duration::from_millis(50));
    }
    bail!("anvil does not answer after {START:?}")
}

/// Processor time of a process.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// Of all its threads, also those that have ended.
    pub cpu: Duration,
    /// Of each thread that is there, with its name.
    threads: BTreeMap<u32, (String, Duration)>,
}

impl Usage {
    fn of(pid: u32) -> Result<Self> {
        let (_, cpu) = times(&fs::read_to_string(format!("/proc/{pid}/stat"))?)?;
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
            let id = entry.file_name().to_string_lossy().parse()?;
            // It may have ended meanwhile.
            if let Ok(stat) = fs::read_to_string(entry.path().join("stat")) {
                threads.insert(id, times(&stat)?);
            }
        }
        Ok(Self { cpu, threads })
    }

    /// Takes over what threads have used that have ended by now.
    pub fn remember(&mut self, earlier: Self) {
        for (id, thread) in earlier.threads {
            self.threads.entry(id).or_insert(thread);
        }
    }

    /// Processor time since `before`.
    pub fn since(&self, before: &Self) -> Duration {
        self.cpu.saturating_sub(before.cpu)
    }

    /// The same by name of thread, with how many of that name have worked; the busiest first. What
    /// is missing to the whole was used by threads that ended before anybody looked.
    pub fn threads_since(&self, before: &Self) -> Vec<(String, usize, Duration)> {
        let mut names: BTreeMap<&str, (usize, Duration)> = BTreeMap::new();
        for (id, (name, cpu)) in &self.threads {
            let start = before.threads.get(id).map_or(Duration::ZERO, |(_, cpu)| *cpu);
            let used = cpu.saturating_sub(start);
            if !used.is_zero() {
                let entry = names.entry(name).or_default();
                *entry = (entry.0 + 1, entry.1 + used);
            }
        }
        let mut threads: Vec<_> =
            names.into_iter().map(|(name, (count, cpu))| (name.to_owned(), count, cpu)).collect();
        threads.sort_by_key(|(_, _, cpu)| std::cmp::Reverse(*cpu));
        threads
    }
}

/// Name and processor time of a `/proc/…/stat` (proc_pid_stat(5): `utime` and `stime` are fields 14
/// and 15; the name is in brackets and may hold any character).
fn times(stat: &str) -> Result<(String, Duration)> {
    let (start, end) = (stat.find('(').context("stat")?, stat.rfind(')').context("stat")?);
    let fields: Vec<_> = stat[end + 1..].split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("stat")?.parse()?) };
    let ticks = ticks(11)? + ticks(12)?;
    let cpu = Duration::from_millis(ticks * 1_000 / clock_ticks_per_second());
    Ok((stat[start + 1..end].to_owned(), cpu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_is_read_whatever_the_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20";
        let (name, cpu) = times(stat).unwrap();
        assert_eq!(name, "a) b (c");
        assert_eq!(cpu, Duration::from_millis(300_000 / clock_ticks_per_second()));
    }

    #[test]
    fn this_process_has_used_time_and_has_this_thread() {
        let before = Usage::of(std::process::id()).unwrap();
        let until = before.cpu + Duration::from_millis(60);
        let mut after = before.clone();
        while after.cpu < until {
            std::hint::black_box((0..1_000_000_u64).sum::<u64>());
            after = Usage::of(std::process::id()).unwrap();
        }
        assert!(after.since(&before) >= Duration::from_millis(60));
        assert!(!after.threads_since(&before).is_empty());
    }
}
