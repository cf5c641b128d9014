//! Handing in, with back pressure: never more transactions outside blocks than the node can hold.

use super::{
    batches::Batch,
    watch::{self, Sample, Watched},
};
use crate::{
    clock,
    http::{self, Connection},
};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::{
    net::SocketAddr,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How often a connection that must wait looks again.
const WAIT: Duration = Duration::from_millis(2);

/// Pause before what a full mempool refused is handed in again.
const REFUSED: Duration = Duration::from_millis(50);

/// What all connections and the watcher share.
#[derive(Debug)]
pub(crate) struct Flow {
    /// Transactions of the whole load.
    total: AtomicU64,
    outstanding: u64,
    /// Transactions that the chain itself puts into each block.
    own: u64,
    handed_in: AtomicU64,
    included: AtomicU64,
    refused: AtomicU64,
    stopped: AtomicBool,
    failed: AtomicBool,
}

impl Flow {
    pub(crate) const fn new(total: u64, outstanding: usize) -> Self {
        Self {
            total: AtomicU64::new(total),
            outstanding: outstanding as u64,
            own: 0,
            handed_in: AtomicU64::new(0),
            included: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        }
    }

    /// On a chain that itself puts so many transactions into each block.
    pub(crate) const fn beside(self, own: u64) -> Self {
        Self { own, ..self }
    }

    /// Transactions that the chain itself puts into each block.
    pub(super) const fn own(&self) -> u64 {
        self.own
    }

    /// Transactions of the whole load; more than anybody hands in as long as that is open.
    pub(super) fn total(&self) -> u64 {
        self.total.load(Ordering::Acquire)
    }

    /// No more transactions will come than were handed in.
    pub(crate) fn end(&self) {
        self.total.store(self.handed_in.load(Ordering::Acquire), Ordering::Release);
    }

    /// Nothing more is to be handed in, whatever is left.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Transactions that were handed in by now.
    pub(crate) fn handed_in(&self) -> u64 {
        self.handed_in.load(Ordering::Acquire)
    }

    /// Transactions that are in blocks by now.
    pub(super) fn include(&self, transactions: u64) {
        self.included.store(transactions, Ordering::Release);
    }

    /// Whether a part of the benchmark cannot go on.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// How often a full mempool refused a transaction.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Waits until there is room for `count`, and takes it.
    pub(crate) fn take_room(&self, count: u64) -> Result<()> {
        loop {
            let handed_in = self.handed_in.load(Ordering::Acquire);
            let included = self.included.load(Ordering::Acquire);
            if handed_in + count <= included + self.outstanding {
                let next = handed_in + count;
                let swap = self.handed_in.compare_exchange(
                    handed_in,
                    next,
                    Ordering::AcqRel,
                    Ordering::Acquire,
                );
                if swap.is_ok() {
                    return Ok(());
                }
                continue;
            }
            if self.has_failed() {
                bail!("another part has failed");
            }
            clock::rest(WAIT);
        }
    }
}

/// Hands everything in and watches until it is in blocks.
pub(crate) fn run(flow: &Flow, node: SocketAddr, batches: Vec<Vec<Batch>>) -> Result<Watched> {
    let (samples, watched) = channel();
    thread::scope(|scope| {
        let connections: Vec<_> = batches
            .into_iter()
            .map(|batches| {
                let samples = samples.clone();
                scope.spawn(move || guarded(flow, || hand_in(flow, node, &batches, &samples)))
            })
            .collect();
        drop(samples);
        let watched = guarded(flow, || watch::run(flow, node, &watched));
        for connection in connections {
            connection.join().map_err(|_| anyhow!("a connection has panicked"))??;
        }
        watched
    })
}

/// Work of which the other parts must know when it fails.
pub(crate) fn guarded<T>(flow: &Flow, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = work();
    if result.is_err() {
        flow.failed.store(true, Ordering::Release);
    }
    result
}

/// Hands requests in, one after the other, until there are none or it is stopped.
pub(crate) fn hand_in(
    flow: &Flow,
    node: SocketAddr,
    batches: &[Batch],
    samples: &Sender<Sample>,
) -> Result<()> {
    let mut connection = Connection::open(node)?;
    for batch in batches {
        if flow.stopped.load(Ordering::Acquire) {
            break;
        }
        flow.take_room(batch.count)?;
        if let Some(hash) = batch.sample {
            samples.send(Sample { hash, handed_in: Instant::now() })?;
        }
        let answer = connection.exchange(&batch.request)?;
        if has_error(answer) {
            let answer = serde_json::from_slice(answer)?;
            hand_in_again(flow, &mut connection, &batch.request, answer)?;
        }
    }
    Ok(())
}

/// Results of this method are hashes, so that the word stands in an error alone.
pub(crate) fn has_error(answer: &[u8]) -> bool {
    answer.windows(7).any(|window| window == b"\"error\"")
}

/// Hands in again what a full mempool refused, until it is taken.
fn hand_in_again(
    flow: &Flow,
    connection: &mut Connection,
    request: &[u8],
    answer: Value,
) -> Result<()> {
    let body = request.windows(4).position(|window| window == b"\r\n\r\n").context("no body")?;
    let calls = listed(serde_json::from_slice(&request[body + 4..])?);
    for answer in listed(answer).into_iter().filter(|answer| answer.get("error").is_some()) {
        let call = calls.iter().find(|call| call["id"] == answer["id"]).context("no such call")?;
        let again = http::request(&call.to_string());
        let mut answer = answer;
        while let Some(error) = answer.get("error") {
            let message = error["message"].as_str().unwrap_or_default();
            if !message.contains("txpool is full") {
                bail!("a transaction is refused: {error}");
            }
            if flow.has_failed() {
                bail!("another part has failed");
            }
            flow.refused.fetch_add(1, Ordering::Relaxed);
            clock::rest(REFUSED);
            answer = serde_json::from_slice(connection.exchange(&again)?)?;
        }
    }
    Ok(())
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        single => vec![single],
    }
}
