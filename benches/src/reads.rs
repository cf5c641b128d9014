//! A read load of mixed calls on a chain that makes blocks of a light write load: how fast calls are
//! answered, and whether blocks come as they came before.
//!
//! | module | what |
//! |---|---|
//! | `calls` | the mix: which methods, with which parameters |
//! | `report` | Markdown |

mod calls;
mod report;

use crate::{
    chain::{
        batches::{Signed, send},
        flow::{Flow, guarded, has_error},
        ground::Ground,
        seam_binary,
        watch::{self, Sample, Watched},
    },
    clock,
    http::{self, Connection},
    machine,
    process::{Node, Process, Setting, Usage},
    stf::Load,
};
use alloy_primitives::B256;
use anyhow::{Result, anyhow, bail, ensure};
use calls::{Call, Known, METHODS};
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How large the measurement is.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Calls that are made
    #[arg(long, default_value_t = 1_000_000)]
    pub calls: usize,
    /// Accounts with wei and tokens in the genesis
    #[arg(long, default_value_t = 1_000_000)]
    pub accounts: usize,
    /// Accounts that send
    #[arg(long, default_value_t = 1_000)]
    pub senders: usize,
    /// Transactions that are handed in each second, of all three loads by turns
    #[arg(long, default_value_t = 200)]
    pub writes: usize,
    /// Connections that call
    #[arg(long, default_value_t = 16)]
    pub connections: usize,
    /// Seconds with writes alone, before the calls
    #[arg(long, default_value_t = 60)]
    pub before: u64,
    /// Small: 20,000 accounts, 20,000 calls, 15 seconds before them
    #[arg(long)]
    pub quick: bool,
    /// Whole seconds between blocks
    #[arg(long, default_value_t = 1)]
    pub block_time: u64,
    /// The built node; by default the one beside this benchmark
    #[arg(long)]
    pub seam: Option<PathBuf>,
    /// Where genesis, chain and log are kept
    #[arg(long, default_value = "target/bench-reads")]
    pub directory: PathBuf,
    /// The date in the report, YYYY-MM-DD; without it, today
    #[arg(long)]
    pub date: Option<String>,
}

/// Gas of a block: the light load fills little of it.
const GAS_LIMIT: u64 = 60_000_000;
/// Requests of writes in a second.
const BEATS: usize = 10;
/// Most transactions outside blocks.
const OUTSTANDING: usize = 16_000;

impl Options {
    fn sized(&self) -> Self {
        let mut sized = self.clone();
        if self.quick {
            (sized.accounts, sized.calls, sized.before) = (20_000, 20_000, 15);
        }
        sized
    }
}

/// All that was measured.
#[derive(Debug)]
struct Outcome {
    /// Time of each call, by method.
    times: Vec<Vec<Duration>>,
    watched: Watched,
    /// When writes began, when calls began, when they were done.
    phases: [Instant; 3],
    /// At the beginning and the end of the calls.
    usage: (Usage, Usage),
    generator: Duration,
    peak_memory: u64,
}

/// Measures and prints the report to stdout.
///
/// # Errors
/// If a call fails, or a transaction is in no block.
pub fn run(options: &Options) -> Result<()> {
    let options = &options.sized();
    ensure!(options.connections > 0 && options.writes >= BEATS, "nothing to measure");
    eprintln!("a genesis with {} accounts", options.accounts);
    let ground = Ground::new(options.accounts, options.senders, GAS_LIMIT)?;
    let setting = Setting {
        genesis: &ground.write(&options.directory)?,
        block_time: options.block_time,
        gas_limit: GAS_LIMIT,
        directory: &options.directory,
    };
    let process = Process::start(&Node::Seam(seam_binary(options.seam.as_deref())?), setting)?;
    process.settle()?;
    process.forget_peak()?;
    let outcome = measure(options, &ground, &process)?;
    let data = process.data.clone();
    process.stop()?;
    std::fs::remove_dir_all(data)?;
    println!("{}\n", machine::describe(options.date.as_deref())?);
    print!("{}", report::markdown(options, &outcome));
    Ok(())
}

fn measure(options: &Options, ground: &Ground, process: &Process) -> Result<Outcome> {
    let (flow, node) = (Flow::new(u64::MAX, OUTSTANDING), process.address);
    let writer =
        Writer { options, ground, node, sent: Mutex::default(), done: AtomicBool::new(false) };
    let (samples, received) = channel();
    thread::scope(|scope| {
        let (flow, writer) = (&flow, &writer);
        let writing = scope.spawn(move || guarded(flow, || writer.run(flow, &samples)));
        let watching = scope.spawn(move || guarded(flow, || watch::run(flow, node, &received)));
        let began = Instant::now();
        let calls = guarded(flow, || {
            eprintln!("{} s with writes alone", options.before);
            clock::rest(Duration::from_secs(options.before));
            eprintln!("{} calls", options.calls);
            read(options, ground, process, writer)
        });
        writer.done.store(true, Ordering::Release);
        writing.join().map_err(|_| anyhow!("writing has panicked"))??;
        let watched = watching.join().map_err(|_| anyhow!("watching has panicked"))??;
        let calls = calls?;
        Ok(Outcome {
            times: calls.times,
            watched,
            phases: [began, calls.phase.0, calls.phase.1],
            usage: calls.usage,
            generator: calls.generator,
            peak_memory: process.peak_memory()?,
        })
    })
}

/// Hands in a few transactions, again and again.
#[derive(Debug)]
struct Writer<'a> {
    options: &'a Options,
    ground: &'a Ground,
    node: SocketAddr,
    /// What was handed in, in its order.
    sent: Mutex<Vec<B256>>,
    done: AtomicBool,
}

impl Writer<'_> {
    fn run(&self, flow: &Flow, samples: &Sender<Sample>) -> Result<()> {
        let mut connection = Connection::open(self.node)?;
        let each = self.options.writes / BEATS;
        let (began, beat) = (Instant::now(), Duration::from_secs(1) / 10);
        for (number, due) in (0..).zip(std::iter::successors(Some(beat), |due| Some(*due + beat))) {
            if self.done.load(Ordering::Acquire) || flow.has_failed() {
                break;
            }
            let signed = self.sign(number * each..(number + 1) * each)?;
            let calls: Vec<_> = signed.iter().enumerate().map(|(id, one)| send(id, one)).collect();
            let request = http::request(&format!("[{}]", calls.join(",")));
            clock::rest(due.saturating_sub(began.elapsed()));
            flow.take_room(each as u64)?;
            let hashes: Vec<_> = signed.iter().map(|one| *one.inner().hash()).collect();
            if let Some(hash) = hashes.last() {
                samples.send(Sample { hash: *hash, handed_in: Instant::now() })?;
            }
            let answer = connection.exchange(&request)?;
            ensure!(
                !has_error(answer),
                "a transaction is refused: {}",
                String::from_utf8_lossy(answer)
            );
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).extend(hashes);
        }
        flow.end();
        Ok(())
    }

    fn sign(&self, indices: std::ops::Range<usize>) -> Result<Vec<Signed>> {
        let cast = self.ground.cast();
        let load = |index: usize| Load::ALL[index % Load::ALL.len()];
        indices.map(|index| load(index).transaction(&cast, index)).collect()
    }
}

struct Calls {
    times: Vec<Vec<Duration>>,
    phase: (Instant, Instant),
    usage: (Usage, Usage),
    generator: Duration,
}

/// Makes all calls, on all connections.
fn read(
    options: &Options,
    ground: &Ground,
    process: &Process,
    writer: &Writer<'_>,
) -> Result<Calls> {
    let known = known(ground, process.address, writer)?;
    let (before, own, began) = (process.usage()?, clock::process_cpu(), Instant::now());
    let times: Vec<Vec<Vec<Duration>>> = thread::scope(|scope| {
        let known = &known;
        let caller = |connection: usize| {
            let numbers = (connection..options.calls).step_by(options.connections);
            scope.spawn(move || call_all(known, process.address, numbers))
        };
        let callers: Vec<_> = (0..options.connections).map(caller).collect();
        let join = |caller: thread::ScopedJoinHandle<'_, Result<Vec<Vec<Duration>>>>| {
            caller.join().map_err(|_| anyhow!("a caller has panicked"))?
        };
        callers.into_iter().map(join).collect::<Result<_>>()
    })?;
    let phase = (began, Instant::now());
    let usage = (before, process.usage()?);
    let generator = clock::process_cpu().saturating_sub(own);
    let mut merged = vec![Vec::new(); METHODS.len()];
    for times in times {
        for (all, some) in merged.iter_mut().zip(times) {
            all.extend(some);
        }
    }
    merged.iter_mut().for_each(|times| times.sort());
    Ok(Calls { times: merged, phase, usage, generator })
}

/// What calls may be about: the chain as it is when they begin.
fn known<'a>(ground: &'a Ground, node: SocketAddr, writer: &Writer<'_>) -> Result<Known<'a>> {
    let head = Connection::open(node)?.call("eth_blockNumber", &serde_json::json!([]))?;
    let head = http::quantity(&head)?;
    let sent = writer.sent.lock().unwrap_or_else(PoisonError::into_inner);
    // The newest are not in a block yet.
    let old = sent.len().saturating_sub(writer.options.writes * 5);
    ensure!(old > 0 && head > 1, "no transaction is in a block: raise --before");
    Ok(Known { ground, head, transactions: sent[..old].to_vec() })
}

fn call_all(
    known: &Known<'_>,
    node: SocketAddr,
    numbers: impl Iterator<Item = usize>,
) -> Result<Vec<Vec<Duration>>> {
    let mut connection = Connection::open(node)?;
    let mut times = vec![Vec::new(); METHODS.len()];
    for number in numbers {
        let Call { method, body } = known.call(number);
        let request = http::request(&body);
        let started = Instant::now();
        let answer = connection.exchange(&request)?;
        times[method].push(started.elapsed());
        if has_error(answer) || answer.ends_with(b"\"result\":null}") {
            bail!("{body} is answered {}", String::from_utf8_lossy(answer));
        }
    }
    Ok(times)
}
