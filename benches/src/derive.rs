//! A follower that starts with nothing: how fast it has the rollup's blocks on disk, from L1 alone; and
//! what posting those blocks cost.
//!
//! A `seam up` is filled with each load in turn, up to the gas limit of its blocks. When its batcher has
//! posted all of them, a `seam node --role follower` is started beside it, which reads the L1 of the
//! `seam up` over HTTP: headers, receipts, blobs.
//!
//! | module | what |
//! |---|---|
//! | `ground` | the network, its accounts, contracts and tokens, all by its public RPC |
//! | `blocks` | what is in the rollup's blocks |
//! | `costs` | batches on L1, and what they used |
//! | `report` | Markdown |

mod blocks;
mod costs;
pub(crate) mod ground;
mod report;

use crate::{
    chain::{batches, batches::Wires, flow, flow::Flow, seam_binary},
    clock,
    http::{Connection, quantity},
    machine,
    process::Process,
    stf::Load,
};
use anyhow::{Result, bail, ensure};
use blocks::Block;
use ground::{Ground, Plan};
use serde_json::json;
use std::{
    ffi::OsStr,
    path::PathBuf,
    time::{Duration, Instant},
};

/// How large the measurement is.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Full blocks of each load
    #[arg(long, default_value_t = 100)]
    pub blocks: usize,
    /// Accounts that send
    #[arg(long, default_value_t = 2_000)]
    pub senders: usize,
    /// Only this load
    #[arg(long)]
    pub only: Option<Load>,
    /// Connections that hand in
    #[arg(long, default_value_t = 2)]
    pub connections: usize,
    /// Transactions in a request
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
    /// Most transactions outside blocks
    #[arg(long, default_value_t = 12_000)]
    pub outstanding: usize,
    /// Times that a follower starts with nothing
    #[arg(long, default_value_t = 3)]
    pub repeats: usize,
    /// The built node; by default the one beside this benchmark
    #[arg(long)]
    pub seam: Option<PathBuf>,
    /// Where chains and logs are kept
    #[arg(long, default_value = "target/bench-derive")]
    pub directory: PathBuf,
    /// The date in the report, YYYY-MM-DD; without it, today
    #[arg(long)]
    pub date: Option<String>,
}

impl Options {
    const fn wires(&self) -> Wires {
        Wires { connections: self.connections, batch: self.batch }
    }

    fn plan(&self) -> Plan<'_> {
        Plan {
            seam: self.seam.as_deref(),
            directory: &self.directory,
            flags: &["--no-traffic", "--no-earnings", "--no-web"],
            senders: self.senders,
            wires: self.wires(),
            outstanding: self.outstanding,
        }
    }
}

/// How often the follower's newest block is asked for.
const POLL: Duration = Duration::from_millis(5);
/// Longest wait for the batcher, and for the follower's next block.
const PATIENCE: Duration = Duration::from_secs(300);

/// One load, and the blocks that hold it.
#[derive(Debug)]
struct Span {
    load: Load,
    first: u64,
    last: u64,
}

/// What a follower did: when it had which block.
#[derive(Debug)]
struct Run {
    /// Until it answered.
    start: Duration,
    /// After its start, with its newest block by then.
    seen: Vec<(Duration, u64)>,
    /// Processor time, all of it.
    cpu: Duration,
}

impl Run {
    /// The blocks of a span that came between two looks, with the time between those.
    fn within(&self, span: &Span) -> Option<(u64, u64, Duration)> {
        let (began, first) = self.seen.iter().find(|(_, head)| *head >= span.first)?;
        let (ended, last) = self.seen.iter().rev().find(|(_, head)| *head <= span.last)?;
        (last > first).then(|| (*first, *last, ended.saturating_sub(*began)))
    }
}

/// Measures everything and prints the report to stdout.
///
/// # Errors
/// If a transaction fails, or a follower stops or has another block than the sequencer.
pub fn run(options: &Options) -> Result<()> {
    ensure!(options.blocks > 0 && options.repeats > 0, "nothing to measure");
    let ground = Ground::start(options.plan())?;
    ground.lay_out(options.plan())?;
    let mut spans = Vec::new();
    let mut index = options.senders;
    for load in Load::ALL.into_iter().filter(|load| options.only.is_none_or(|only| only == *load)) {
        spans.push(fill(options, &ground, load, &mut index)?);
    }
    let last = spans.last().map_or(0, |span| span.last);
    wait_until_safe(&ground, last)?;
    let blocks = blocks::read(ground.l2(), last)?;
    let batches = costs::read(&ground, &blocks)?;
    let runs: Result<Vec<_>> =
        (1..=options.repeats).map(|repeat| follow(options, &ground, repeat, last)).collect();
    let runs = runs?;
    println!("{}\n", machine::describe(options.date.as_deref())?);
    print!("{}", report::markdown(&spans, &blocks, &runs, &batches));
    ground.stop()
}

/// Fills blocks with a load; transactions from `index` on are signed.
fn fill(options: &Options, ground: &Ground, load: Load, index: &mut usize) -> Result<Span> {
    let wanted = options.blocks * ground.gas_limit / gas_of(load);
    let count = wanted.next_multiple_of(options.senders);
    eprintln!("{}: {count} transactions", load.name());
    let signed = batches::sign(ground.cast(), load, *index..*index + count)?;
    *index += count;
    let requests = batches::requests(&signed, options.senders, options.wires());
    let before = head(ground.l2())?;
    let flow = Flow::new(count as u64, options.outstanding).beside(1);
    flow::run(&flow, ground.l2(), requests)?;
    Ok(Span { load, first: before + 1, last: head(ground.l2())? })
}

/// About the gas of a transaction (docs/benchmarks.md, stf).
const fn gas_of(load: Load) -> usize {
    match load {
        Load::Transfers => 21_000,
        Load::Erc20 => 35_000,
        Load::Swaps => 97_000,
    }
}

fn head(node: std::net::SocketAddr) -> Result<u64> {
    quantity(&Connection::open(node)?.call("eth_blockNumber", &json!([]))?)
}

fn wait_until_safe(ground: &Ground, number: u64) -> Result<()> {
    eprintln!("waiting until block {number} is on L1");
    let mut connection = Connection::open(ground.l2())?;
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        let block = connection.call("eth_getBlockByNumber", &json!(["safe", false]))?;
        if quantity(&block["number"])? >= number {
            return Ok(());
        }
        clock::rest(Duration::from_millis(200));
    }
    bail!("block {number} is not on L1 after {PATIENCE:?}; see the log of `seam up`")
}

/// Starts a follower with nothing and watches until it has block `last`, which must be the sequencer's.
fn follow(options: &Options, ground: &Ground, repeat: usize, last: u64) -> Result<Run> {
    eprintln!("follower {repeat}");
    let data = options.directory.join("follower");
    let _ = std::fs::remove_dir_all(&data);
    let l1 = format!("http://{}", ground.l1());
    let rollup = ground.rollup();
    let mut args = ["node", "--role", "follower", "--http-port", "0", "--l1-rpc", &l1, "--rollup"]
        .map(OsStr::new)
        .to_vec();
    args.push(rollup.as_os_str());
    let began = Instant::now();
    let (process, _) = Process::seam(&seam_binary(options.seam.as_deref())?, &args, data, "/http")?;
    let start = began.elapsed();
    let mut connection = Connection::open(process.address)?;
    let mut seen: Vec<(Duration, u64)> = vec![(began.elapsed(), 0)];
    while seen.last().is_none_or(|(_, head)| *head < last) {
        let head = quantity(&connection.call("eth_blockNumber", &json!([]))?)?;
        let (at, before) = seen.last().copied().unwrap_or_default();
        if head > before {
            seen.push((began.elapsed(), head));
        } else if began.elapsed().saturating_sub(at) > PATIENCE {
            bail!("the follower stays at block {head}; see its log");
        }
        clock::rest(POLL);
    }
    let cpu = process.usage()?.cpu;
    let ours = blocks::hash(ground.l2(), last)?;
    ensure!(blocks::hash(process.address, last)? == ours, "the follower has another block {last}");
    process.stop()?;
    Ok(Run { start, seen, cpu })
}

impl Span {
    fn blocks<'a>(&self, blocks: &'a [Block]) -> impl Iterator<Item = &'a Block> {
        let (first, last) = (self.first, self.last);
        blocks.iter().filter(move |block| (first..=last).contains(&block.number))
    }
}
