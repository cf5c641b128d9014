//! Signed transactions in through JSON-RPC until they are in a durable block with its state root:
//! Seam as users run it, anvil with the same load, and what `stf` alone could do on one core.
//!
//! | module | what |
//! |---|---|
//! | `ground` | the genesis: accounts, contracts, tokens for everyone |
//! | `batches` | a load's transactions as the bytes of requests |
//! | `flow` | handing them in, with back pressure |
//! | `watch` | which blocks appear when, and how long receipts take |
//! | `verdict` | every transaction is in a block and has succeeded, or there is no report; of anvil's receipts a hundred are looked at |
//! | `ceiling` | the same transactions through `stf` alone |
//! | `report` | Markdown |

pub(crate) mod batches;
mod ceiling;
pub(crate) mod flow;
pub(crate) mod ground;
pub(crate) mod report;
mod verdict;
pub(crate) mod watch;

use crate::{
    clock, machine,
    process::{Node, Process, Setting, Usage},
    stf::Load,
};
use anyhow::{Result, ensure};
use batches::{Signed, Wires};
use ceiling::Ceiling;
use flow::Flow;
use ground::Ground;
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use verdict::Receipts;
use watch::Watched;

/// How large the measurement is.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Accounts with wei and tokens in the genesis
    #[arg(long, default_value_t = 1_000_000)]
    pub accounts: usize,
    /// Accounts that send
    #[arg(long, default_value_t = 4_000)]
    pub senders: usize,
    /// Transactions of each load
    #[arg(long, default_value_t = 200_000)]
    pub transactions: usize,
    /// Only this load
    #[arg(long)]
    pub only: Option<Load>,
    /// Small: 20,000 accounts, 2,000 senders, 20,000 transactions
    #[arg(long)]
    pub quick: bool,
    /// Connections that hand in
    #[arg(long, default_value_t = 4)]
    pub connections: usize,
    /// Transactions in a request; 1 sends them without a batch
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
    /// Most transactions that Seam has and has not in a block; its mempool takes 20,000
    #[arg(long, default_value_t = 16_000)]
    pub outstanding: usize,
    /// The same for anvil, whose mempool has no limit
    #[arg(long, default_value_t = 64_000)]
    pub anvil_outstanding: usize,
    /// Whole seconds between blocks
    #[arg(long, default_value_t = 1)]
    pub block_time: u64,
    /// The same for anvil: with a million accounts it needs seconds for each state root, and takes
    /// nothing in meanwhile
    #[arg(long, default_value_t = 12)]
    pub anvil_block_time: u64,
    /// Gas of a block
    #[arg(long, default_value_t = 3_000_000_000)]
    pub gas_limit: u64,
    /// The built node; by default the one beside this benchmark
    #[arg(long)]
    pub seam: Option<PathBuf>,
    /// anvil's binary; by default the one that `npm ci` put in benches/peers
    #[arg(long)]
    pub anvil: Option<PathBuf>,
    /// Seam alone
    #[arg(long)]
    pub no_anvil: bool,
    /// Where genesis, chains and logs are kept
    #[arg(long, default_value = "target/bench-chain")]
    pub directory: PathBuf,
    /// The date in the report, YYYY-MM-DD; without it, today
    #[arg(long)]
    pub date: Option<String>,
}

impl Options {
    fn sized(&self) -> Self {
        let mut sized = self.clone();
        if self.quick {
            (sized.accounts, sized.senders, sized.transactions) = (20_000, 2_000, 20_000);
            (sized.anvil_block_time, sized.anvil_outstanding) = (self.block_time, self.outstanding);
        }
        sized
    }

    const fn wires(&self) -> Wires {
        Wires { connections: self.connections, batch: self.batch }
    }

    fn loads(&self) -> impl Iterator<Item = Load> {
        let only = self.only;
        Load::ALL.into_iter().filter(move |load| only.is_none_or(|only| only == *load))
    }

    /// The contenders, in the order in which they run.
    fn nodes(&self) -> Result<Vec<Node>> {
        let mut nodes = vec![Node::Seam(seam_binary(self.seam.as_deref())?)];
        if !self.no_anvil {
            nodes.push(Node::Anvil(self.anvil.clone().unwrap_or_else(|| ANVIL.into())));
        }
        Ok(nodes)
    }

    /// Most transactions that a node has outside blocks, and the seconds between its blocks.
    const fn pace_of(&self, node: &Node) -> (usize, u64) {
        match node {
            Node::Seam(_) => (self.outstanding, self.block_time),
            Node::Anvil(_) => (self.anvil_outstanding, self.anvil_block_time),
        }
    }
}

/// Where `npm ci` puts anvil.
const ANVIL: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/peers/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
);

/// The node's binary: `given`, or the one that is built beside this one.
///
/// # Errors
/// If this process does not know where its own is.
pub(crate) fn seam_binary(given: Option<&Path>) -> Result<PathBuf> {
    match given {
        Some(path) => Ok(path.to_owned()),
        None => Ok(std::env::current_exe()?.with_file_name("seam")),
    }
}

/// What one load did to one node.
#[derive(Debug)]
struct Run {
    node: &'static str,
    watched: Watched,
    /// Gas of all transactions.
    gas: u64,
    usage: (Usage, Usage),
    /// Processor time of handing in and watching.
    generator: Duration,
    peak_memory: u64,
    /// Bytes on disk before and after; nothing for a node in memory.
    disk: Option<(u64, u64)>,
}

/// One load with all its runs.
#[derive(Debug)]
struct Outcome {
    load: Load,
    transactions: usize,
    runs: Vec<Run>,
    ceiling: Ceiling,
}

/// Measures everything and prints the report to stdout.
///
/// # Errors
/// If a transaction is lost or fails, or a node does not work.
pub fn run(options: &Options) -> Result<()> {
    let options = &options.sized();
    let nodes = options.nodes()?;
    ensure!(options.transactions >= options.batch && options.batch > 0, "nothing to measure");
    ensure!(options.outstanding >= options.connections * options.batch, "raise --outstanding");
    eprintln!("a genesis with {} accounts", options.accounts);
    let ground = Ground::new(options.accounts, options.senders, options.gas_limit)?;
    let genesis = ground.write(&options.directory)?;
    let mut outcomes = Vec::new();
    for load in options.loads() {
        eprintln!("{}: signing", load.name());
        let signed = batches::sign(ground.cast(), load, 0..options.transactions)?;
        let mut runs = Vec::new();
        for node in &nodes {
            eprintln!("{}: {}", load.name(), node.name());
            runs.push(measure(options, node, &genesis, &signed)?);
        }
        eprintln!("{}: stf alone", load.name());
        let ceiling = ceiling::measure(&ground, &signed, &runs[0].watched.block_sizes())?;
        outcomes.push(Outcome { load, transactions: options.transactions, runs, ceiling });
    }
    println!("{}\n", machine::describe(options.date.as_deref())?);
    print!("{}", report::markdown(options, &outcomes));
    Ok(())
}

/// One load on one node, from its genesis.
fn measure(options: &Options, node: &Node, genesis: &Path, signed: &[Signed]) -> Result<Run> {
    let ((outstanding, block_time), gas_limit) = (options.pace_of(node), options.gas_limit);
    let directory = options.directory.as_path();
    let process = Process::start(node, Setting { genesis, block_time, gas_limit, directory })?;
    let batches = batches::requests(signed, options.senders, options.wires());
    let durable = matches!(node, Node::Seam(_));
    process.settle()?;
    process.forget_peak()?;
    let disk_before = machine::disk(&process.data);
    let (before, own) = (process.usage()?, clock::process_cpu());
    let flow = Flow::new(signed.len() as u64, outstanding);
    let (watched, seen) = watching_usage(&process, || flow::run(&flow, process.address, batches));
    let (watched, mut after) = (watched?, process.usage()?);
    after.remember(seen);
    let generator = clock::process_cpu().saturating_sub(own);
    let peak_memory = process.peak_memory()?;
    // anvil needs minutes for the receipts of a block of tens of thousands.
    let receipts = if durable { Receipts::All } else { Receipts::Some(100) };
    let gas = verdict::check(process.address, signed, receipts)?;
    let data = process.data.clone();
    process.stop()?;
    let disk = durable.then(|| (disk_before, machine::disk(&data)));
    std::fs::remove_dir_all(&data)?;
    let usage = (before, after);
    Ok(Run { node: node.name(), watched, gas, usage, generator, peak_memory, disk })
}

/// Does `work`, and looks meanwhile at what the node's threads use, also those that end.
pub(crate) fn watching_usage<T>(process: &Process, work: impl FnOnce() -> T) -> (T, Usage) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut seen = Usage::default();
            while !done.load(Ordering::Acquire) {
                // Without the node, the work fails as well.
                if let Ok(mut usage) = process.usage() {
                    usage.remember(seen);
                    seen = usage;
                }
                clock::rest(Duration::from_secs(1));
            }
            seen
        });
        let result = work();
        done.store(true, Ordering::Release);
        (result, watching.join().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests;
