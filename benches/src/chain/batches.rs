//! A load's transactions, signed, and as the bytes of requests: all before time is taken.

use crate::{
    http,
    stf::{Load, load::Cast},
};
use alloy_consensus::{TxEip1559, transaction::Recovered};
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, hex};
use anyhow::{Result, anyhow};
use std::{ops::Range, thread};

/// A signed transaction with its sender.
pub(crate) type Signed = Recovered<alloy_consensus::Signed<TxEip1559>>;

/// One request.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Head and body.
    pub(super) request: Vec<u8>,
    /// Transactions in it.
    pub(super) count: u64,
    /// The one whose receipt is watched.
    pub(super) sample: Option<B256>,
}

/// Of every so many transactions one is watched.
const SAMPLE_EVERY: usize = 100;

/// How requests are handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wires {
    /// Connections beside one another.
    pub(crate) connections: usize,
    /// Transactions in a request.
    pub(crate) batch: usize,
}

/// These transactions of a load, in the order of their nonces, signed on all cores.
pub(crate) fn sign(cast: Cast<'_>, load: Load, wanted: Range<usize>) -> Result<Vec<Signed>> {
    let cores = thread::available_parallelism()?.get();
    let share = wanted.len().div_ceil(cores);
    let start = |core: usize| (wanted.start + core * share).min(wanted.end);
    let signed = |core: usize| -> Result<Vec<Signed>> {
        let indices = start(core)..start(core + 1);
        indices.map(|index| load.transaction(&cast, index)).collect()
    };
    let parts: Result<Vec<_>> = thread::scope(|scope| {
        let signed = &signed;
        let threads: Vec<_> = (0..cores).map(|core| scope.spawn(move || signed(core))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Result<Vec<Signed>>>| {
            thread.join().map_err(|_| anyhow!("signing has panicked"))?
        };
        threads.into_iter().map(join).collect()
    });
    Ok(parts?.concat())
}

/// The requests of each connection. A sender's transactions stay on one connection, so that they
/// arrive in the order of their nonces.
pub(crate) fn requests(signed: &[Signed], senders: usize, wires: Wires) -> Vec<Vec<Batch>> {
    let connections = wires.connections;
    let of = |connection: usize| {
        let own = signed
            .iter()
            .enumerate()
            .filter(move |(index, _)| (index % senders) % connections == connection);
        let own: Vec<_> = own.map(|(_, signed)| signed).collect();
        own.chunks(wires.batch).enumerate().map(|(at, chunk)| batch(at, chunk)).collect()
    };
    (0..connections).map(of).collect()
}

fn batch(at: usize, transactions: &[&Signed]) -> Batch {
    let body = match transactions {
        [single] => send(0, single),
        many => {
            let calls: Vec<_> =
                many.iter().enumerate().map(|(id, signed)| send(id, signed)).collect();
            format!("[{}]", calls.join(","))
        }
    };
    let watched = transactions.len() > 1 || at.is_multiple_of(SAMPLE_EVERY);
    Batch {
        request: http::request(&body),
        count: transactions.len() as u64,
        sample: transactions.last().filter(|_| watched).map(|signed| *signed.inner().hash()),
    }
}

/// The call that hands a transaction in.
pub(crate) fn send(id: usize, signed: &Signed) -> String {
    let raw = hex::encode(signed.inner().encoded_2718());
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"eth_sendRawTransaction","params":["0x{raw}"]}}"#
    )
}
