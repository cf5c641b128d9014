//! Which blocks appear when, and how long it takes until a transaction's receipt is served.

use super::flow::Flow;
use crate::{
    clock,
    http::{self, Connection, quantity},
};
use alloy_primitives::B256;
use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

/// How often the newest block's number is asked for.
const POLL: Duration = Duration::from_millis(5);

/// Without any new transaction in a block for so long, something is wrong.
const STALL: Duration = Duration::from_secs(120);

/// A transaction whose receipt is waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) hash: B256,
    pub(crate) handed_in: Instant,
}

/// A block that holds load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) number: u64,
    pub(crate) at: Instant,
    pub(crate) transactions: u64,
}

/// All that was seen.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The blocks with transactions, in their order.
    pub(crate) blocks: Vec<Seen>,
    /// Of each sample, when its receipt was there, and how long after it was handed in.
    pub(crate) to_receipt: Vec<(Instant, Duration)>,
    /// How often a full mempool refused.
    pub(super) refused: u64,
}

impl Watched {
    /// Times to the receipt, sorted.
    pub(super) fn times_to_receipt(&self) -> Vec<Duration> {
        let mut times: Vec<_> = self.to_receipt.iter().map(|(_, time)| *time).collect();
        times.sort();
        times
    }

    /// Transactions in each block.
    pub(super) fn block_sizes(&self) -> Vec<usize> {
        self.blocks.iter().filter_map(|block| block.transactions.try_into().ok()).collect()
    }

    /// The window in which the chain was saturated, and the transactions that became durable in it:
    /// from the first block with load to the last but one, since the last is what was left.
    pub(super) fn window(&self) -> (u64, Duration) {
        let blocks = match self.blocks.as_slice() {
            [first @ .., _] if first.len() > 2 => first,
            all => all,
        };
        let [first, rest @ ..] = blocks else { return (0, Duration::ZERO) };
        let Some(last) = rest.last() else { return (0, Duration::ZERO) };
        (rest.iter().map(|block| block.transactions).sum(), last.at.duration_since(first.at))
    }
}

struct Watcher {
    connection: Connection,
    newest: u64,
    pending: HashMap<B256, Instant>,
    watched: Watched,
}

/// What is read of a block.
#[derive(Deserialize)]
struct Block {
    transactions: Vec<B256>,
}

/// Watches until the whole load is in blocks.
pub(crate) fn run(flow: &Flow, node: SocketAddr, samples: &Receiver<Sample>) -> Result<Watched> {
    let mut connection = Connection::open(node)?;
    let newest = quantity(&connection.call("eth_blockNumber", &json!([]))?)?;
    let watched = Watched { blocks: Vec::new(), to_receipt: Vec::new(), refused: 0 };
    let mut watcher = Watcher { connection, newest, pending: HashMap::new(), watched };
    let ask = http::request(&http::call(0, "eth_blockNumber", &json!([])));
    let (mut included, mut progress) = (0, Instant::now());
    let mut before = Vec::new();
    while included < flow.total() {
        if flow.has_failed() {
            bail!("handing in has failed");
        }
        if progress.elapsed() > STALL {
            bail!("{included} of {} transactions are in blocks, no more come", flow.total());
        }
        let answer = watcher.connection.exchange(&ask)?;
        if answer == before {
            clock::rest(POLL);
            continue;
        }
        before = answer.to_vec();
        let at = Instant::now();
        let answer: Value = serde_json::from_slice(answer)?;
        let head = quantity(&answer["result"])?;
        watcher.pending.extend(samples.try_iter().map(|sample| (sample.hash, sample.handed_in)));
        let before = included;
        for number in watcher.newest + 1..=head {
            included += watcher.look(number, flow.own(), at)?;
            flow.include(included);
        }
        watcher.newest = head;
        if included > before {
            progress = at;
            eprint!("\r{included} transactions in blocks up to {head} ");
        }
    }
    eprintln!();
    watcher.watched.refused = flow.refused();
    Ok(watcher.watched)
}

impl Watcher {
    /// Looks at a block; how many transactions it holds beside the chain's `own`. A block is announced with all its receipts,
    /// so that one of them stands for all.
    fn look(&mut self, number: u64, own: u64, at: Instant) -> Result<u64> {
        let block = self
            .connection
            .call("eth_getBlockByNumber", &json!([format!("{number:#x}"), false]))?;
        let block: Block = serde_json::from_value(block)?;
        let transactions = (block.transactions.len() as u64).saturating_sub(own);
        if transactions > 0 {
            self.watched.blocks.push(Seen { number, at, transactions });
        }
        let samples: Vec<_> = block
            .transactions
            .iter()
            .filter_map(|hash| Some((*hash, self.pending.remove(hash)?)))
            .collect();
        if let Some((hash, _)) = samples.last() {
            let receipt = self.connection.call("eth_getTransactionReceipt", &json!([hash]))?;
            ensure!(!receipt.is_null(), "block {number} is there and a receipt of it is not");
            let served = Instant::now();
            let waits =
                samples.iter().map(|(_, handed_in)| (served, served.duration_since(*handed_in)));
            self.watched.to_receipt.extend(waits);
        }
        Ok(transactions)
    }
}
