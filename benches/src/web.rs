//! The dashboard with many viewers, on a chain whose blocks are full: how fast pages are answered, how
//! long after a block viewers hear of it, and whether blocks come as they come without viewers.
//!
//! A `seam up` with its books and its dashboard is filled with plain transfers for three phases of equal
//! length: without viewers, with them, and without again, so that what drifts is not taken for theirs.
//!
//! | module | what |
//! |---|---|
//! | `viewer` | one who looks: a page, the stream of events, and the page anew |
//! | `sse` | server-sent events out of the bytes of an answer |
//! | `report` | Markdown |

mod report;
mod sse;
mod viewer;

use crate::{
    chain::{
        batches::{self, Batch, Wires},
        flow::{self, Flow, guarded},
        watch::{self, Watched},
    },
    clock,
    derive::ground::{Ground, Plan},
    http::{self, Connection},
    machine,
    process::Usage,
    stf::Load,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};
use viewer::{Audience, Looked};

/// How large the measurement is.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seconds of each of the three phases; at most 100, as the base fee rises with every full block
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub seconds: u64,
    /// Those who look in the second phase
    #[arg(long, default_value_t = 100)]
    pub viewers: u32,
    /// Seconds after which each asks for its page anew; pages themselves never do so sooner than after 3
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    pub refresh: u64,
    /// Accounts that send
    #[arg(long, default_value_t = 2_000)]
    pub senders: usize,
    /// Connections that hand in
    #[arg(long, default_value_t = 2)]
    pub connections: usize,
    /// Transactions in a request
    #[arg(long, default_value_t = 100)]
    pub batch: usize,
    /// Most transactions outside blocks
    #[arg(long, default_value_t = 12_000)]
    pub outstanding: usize,
    /// The built node; by default the one beside this benchmark
    #[arg(long)]
    pub seam: Option<PathBuf>,
    /// Where chains, books and log are kept
    #[arg(long, default_value = "target/bench-web")]
    pub directory: PathBuf,
    /// The date in the report, YYYY-MM-DD; without it, today
    #[arg(long)]
    pub date: Option<String>,
}

/// Seconds of load before the first phase, until blocks are full.
const WARM_UP: u64 = 10;
/// Seconds that may pass between phases.
const SLACK: u64 = 15;
/// Gas of a transfer.
const TRANSFER_GAS: usize = 21_000;
/// How often a phase looks whether the load goes on.
const LOOK: Duration = Duration::from_millis(100);

impl Options {
    fn plan(&self) -> Plan<'_> {
        Plan {
            seam: self.seam.as_deref(),
            directory: &self.directory,
            flags: &["--no-traffic", "--web-port", "0"],
            senders: self.senders,
            wires: Wires { connections: self.connections, batch: self.batch },
            outstanding: self.outstanding,
        }
    }

    /// More transfers than blocks of one second can hold until the end.
    const fn transfers(&self, gas_limit: usize) -> u64 {
        let blocks = WARM_UP + 3 * self.seconds + SLACK;
        blocks * (gas_limit / TRANSFER_GAS) as u64 + self.outstanding as u64
    }
}

/// One of the three, and what the processes used in it.
#[derive(Debug)]
struct Phase {
    viewers: u32,
    began: Instant,
    ended: Instant,
    /// Processor time of Seam.
    seam: Duration,
    /// Processor time of this benchmark.
    own: Duration,
    /// Resident memory of Seam at its end.
    resident: u64,
    /// By how many blocks the books were behind at its end; none if they had none.
    books_behind: Option<u64>,
}

/// All that was measured.
#[derive(Debug)]
struct Outcome {
    /// The first page after the start, on a chain at rest.
    first_page: Duration,
    /// Gas of a block.
    gas_limit: usize,
    watched: Watched,
    phases: Vec<Phase>,
    looked: Vec<Looked>,
}

/// Measures everything and prints the report to stdout.
///
/// # Errors
/// If a transfer is refused, a page is not answered, or a stream ends.
pub fn run(options: &Options) -> Result<()> {
    let plan = options.plan();
    let ground = Ground::start(plan)?;
    let first_page = timed_page(ground.dashboard()?)?;
    ground.lay_out(plan)?;
    let outcome = measure(options, &ground, first_page)?;
    println!("{}\n", machine::describe(options.date.as_deref())?);
    print!("{}", report::markdown(options, &outcome));
    ground.stop()
}

/// How long the first page takes, on a connection of its own.
fn timed_page(dashboard: SocketAddr) -> Result<Duration> {
    let began = Instant::now();
    let mut connection = Connection::open(dashboard)?;
    connection.exchange(&http::get("/"))?;
    Ok(began.elapsed())
}

fn measure(options: &Options, ground: &Ground, first_page: Duration) -> Result<Outcome> {
    let total = options.transfers(ground.gas_limit);
    eprintln!("signing {total} transfers");
    // The set-up took the first two nonces.
    let from = options.senders;
    let load = from..from + usize::try_from(total)?;
    let signed = batches::sign(ground.cast(), Load::Transfers, load)?;
    let requests = batches::requests(&signed, options.senders, options.plan().wires);
    drop(signed);
    let flow = Flow::new(u64::MAX, options.outstanding).beside(1);
    let mut looked = Vec::new();
    let (phases, watched) = under_load(&flow, ground.l2(), requests, || {
        pass(&flow, Duration::from_secs(WARM_UP))?;
        let phases = phases(options, ground, &flow, &mut looked)?;
        ensure!(flow.handed_in() < total, "the load has ended before the phases");
        Ok(phases)
    })?;
    Ok(Outcome { first_page, gas_limit: ground.gas_limit, watched, phases, looked })
}

/// Does `work` while requests are handed in, then waits for what is outside blocks.
fn under_load<T>(
    flow: &Flow,
    node: SocketAddr,
    requests: Vec<Vec<Batch>>,
    work: impl FnOnce() -> Result<T>,
) -> Result<(T, Watched)> {
    let (samples, received) = channel();
    thread::scope(|scope| {
        let connections: Vec<_> = requests
            .into_iter()
            .map(|batches| {
                let samples = samples.clone();
                let hand_in = move || flow::hand_in(flow, node, &batches, &samples);
                scope.spawn(move || guarded(flow, hand_in))
            })
            .collect();
        drop(samples);
        let watching = scope.spawn(move || guarded(flow, || watch::run(flow, node, &received)));
        let done = guarded(flow, work);
        flow.stop();
        for connection in connections {
            connection.join().map_err(|_| anyhow!("a connection has panicked"))??;
        }
        flow.end();
        let watched = watching.join().map_err(|_| anyhow!("watching has panicked"))?;
        // What went wrong first says most.
        let done = done?;
        Ok((done, watched?))
    })
}

/// The three of them; what viewers saw in the second goes into `looked`.
fn phases(
    options: &Options,
    ground: &Ground,
    flow: &Flow,
    looked: &mut Vec<Looked>,
) -> Result<Vec<Phase>> {
    let time = Duration::from_secs(options.seconds);
    let audience = Audience {
        dashboard: ground.dashboard()?,
        viewers: options.viewers,
        refresh: Duration::from_secs(options.refresh),
        time,
    };
    let without = || phase(ground, 0, || pass(flow, time));
    let before = without()?;
    let with = phase(ground, options.viewers, || {
        *looked = viewer::look(audience)?;
        Ok(())
    })?;
    Ok(vec![before, with, without()?])
}

/// One of them.
fn phase(ground: &Ground, viewers: u32, work: impl FnOnce() -> Result<()>) -> Result<Phase> {
    eprintln!("\n{viewers} viewers");
    let process = ground.process();
    let used = || -> Result<(Usage, Duration)> { Ok((process.usage()?, clock::process_cpu())) };
    let (before, began) = (used()?, Instant::now());
    work()?;
    let (after, ended) = (used()?, Instant::now());
    Ok(Phase {
        viewers,
        began,
        ended,
        seam: after.0.since(&before.0),
        own: after.1.saturating_sub(before.1),
        resident: process.resident()?,
        books_behind: books_behind(ground.dashboard()?)?,
    })
}

/// Lets time go by as long as the load goes on.
fn pass(flow: &Flow, time: Duration) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < time {
        if flow.has_failed() {
            bail!("the load has failed");
        }
        clock::rest(LOOK.min(time.saturating_sub(began.elapsed())));
    }
    Ok(())
}

/// By how many blocks the books of the rollup are behind its head, as the dashboard says.
fn books_behind(dashboard: SocketAddr) -> Result<Option<u64>> {
    let mut connection = Connection::open(dashboard)?;
    let network: Value =
        serde_json::from_slice(connection.exchange(&http::get("/api/v1/network"))?)?;
    let rollup = &network["l2"];
    let head = rollup["latest"]["number"].as_u64().context("no head")?;
    let books = network["books"].as_array().context("no books")?;
    let own = books.iter().find(|booked| booked["chain"] == rollup["chain_id"]);
    let booked = own.and_then(|booked| booked["block"].as_u64());
    Ok(booked.map(|booked| head.saturating_sub(booked)))
}
