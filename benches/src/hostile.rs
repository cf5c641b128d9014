//! A `seam up`, an honest client that sends transactions at a steady pace, and attacks one after the
//! other: the time from sending to the receipt, and the node's memory, before and during each.

mod attacks;
mod client;
mod node;

use anyhow::{Context, Result, ensure};
use attacks::ATTACKS;
use client::Client;
use node::Node;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Between two transactions.
const PACE: Duration = Duration::from_millis(50);
/// Between two questions for receipts.
const PAUSE: Duration = Duration::from_millis(10);
/// A transaction that takes longer is lost.
const LOST: Duration = Duration::from_secs(120);

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Seconds of each attack, and of the peace before
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Threads that attack
    #[arg(long, default_value_t = 8)]
    threads: usize,
    /// The node's program; by default the one that was built beside this one
    #[arg(long)]
    seam: Option<PathBuf>,
}

/// Times from sending to the receipt, sorted, and the most memory that was seen.
struct Seen {
    times: Vec<Duration>,
    resident: u64,
}

impl Seen {
    fn line(&self, name: &str) -> String {
        let at = |percent: usize| {
            let index = (self.times.len() * percent / 100).min(self.times.len().saturating_sub(1));
            self.times.get(index).map_or(0, Duration::as_millis)
        };
        let (count, mebibytes) = (self.times.len(), self.resident >> 20);
        format!("| {name} | {count} | {} | {} | {} | {mebibytes} |", at(50), at(99), at(100))
    }
}

/// Runs everything and prints a table.
///
/// # Errors
/// If the node does not start, ends, or loses a transaction.
pub fn run(options: &Options) -> Result<()> {
    let mut node = Node::start(options.seam.clone())?;
    let mut honest = Honest::prepare(&node, options)?;
    println!("{}", crate::machine::describe(None)?);
    println!("\n| attack | receipts | p50, ms | p99, ms | most, ms | memory, MiB |");
    println!("|---|---|---|---|---|---|");
    let time = Duration::from_secs(options.seconds);
    println!("{}", honest.live(&node, time)?.line("none"));
    for (name, attack) in ATTACKS {
        let ending = AtomicBool::new(false);
        let seen = thread::scope(|scope| {
            for _ in 0..options.threads {
                scope.spawn(|| {
                    while !ending.load(Ordering::Relaxed) {
                        // The node may close the connection at any time.
                        let _ = attack(node.address(), &ending);
                    }
                });
            }
            let seen = honest.live(&node, time);
            ending.store(true, Ordering::Relaxed);
            seen
        })?;
        node.check()?;
        println!("{}", seen.line(name));
    }
    println!("{}", honest.live(&node, time)?.line("none again"));
    Ok(())
}

/// Who sends.
struct Honest {
    client: Client,
    /// Signed transactions that were not sent, the next one last.
    signed: Vec<Value>,
}

impl Honest {
    fn prepare(node: &Node, options: &Options) -> Result<Self> {
        let mut client = Client::connect(node.address())?;
        let phases = ATTACKS.len() as u64 + 2;
        let per_second = u64::try_from(Duration::from_secs(1).as_millis() / PACE.as_millis())?;
        let account = node.account();
        let sign = |nonce: u64| {
            let transaction = json!([{
                "from": account, "to": account, "value": "0x1", "gas": "0x5208",
                "nonce": format!("{nonce:#x}"),
                "maxFeePerGas": "0x174876e800", "maxPriorityFeePerGas": "0x3b9aca00",
            }]);
            Ok(client.call("eth_signTransaction", &transaction)?["raw"].take())
        };
        let count = phases * per_second * (options.seconds + 1);
        let mut signed = (0..count).map(sign).collect::<Result<Vec<_>>>()?;
        signed.reverse();
        Ok(Self { client, signed })
    }

    /// Sends at its pace for so long, and waits for all receipts.
    fn live(&mut self, node: &Node, time: Duration) -> Result<Seen> {
        let (start, mut next) = (Instant::now(), Instant::now());
        let mut waiting: Vec<(Value, Instant)> = Vec::new();
        let mut seen = Seen { times: Vec::new(), resident: 0 };
        while start.elapsed() < time || !waiting.is_empty() {
            if start.elapsed() < time && Instant::now() >= next {
                let raw = self.signed.pop().context("all transactions are sent")?;
                let sent = Instant::now();
                let hash = self.client.patiently("eth_sendRawTransaction", &json!([raw]))?;
                waiting.push((hash, sent));
                next += PACE;
            }
            let Some((hash, sent)) = waiting.first() else { continue };
            ensure!(sent.elapsed() < LOST, "a transaction is lost");
            // They are mined in the order of their nonces.
            let receipt = self.client.patiently("eth_getTransactionReceipt", &json!([hash]))?;
            if receipt.is_null() {
                thread::park_timeout(PAUSE);
            } else {
                seen.times.push(sent.elapsed());
                waiting.remove(0);
            }
            seen.resident = seen.resident.max(node.resident());
        }
        seen.times.sort_unstable();
        Ok(seen)
    }
}
