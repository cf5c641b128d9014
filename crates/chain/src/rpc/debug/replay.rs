//! A block to be executed again: itself, and the state it was executed on.

use super::options::Options;
use crate::{
    chain::Head,
    rpc::{
        context::Context,
        error::{Failure, PRUNED},
    },
};
use alloy_primitives::B256;
use seam_primitives::{Block, ChainRules, Recovered, Transaction};
use seam_stf::{
    StateError,
    block::recover_senders,
    trace::{Limits, Place, Trace, TraceError, trace_block, trace_transaction},
};
use seam_storage::{StorageError, StoredBlock, View};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;
use std::time::{Duration, Instant};

/// A block to be executed again.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) block: Block,
    pub(crate) hash: B256,
    pub(crate) transactions: Vec<Recovered<Transaction>>,
    /// The state after the parent.
    pub(crate) parent: View,
}

impl Replay {
    /// A block of the chain.
    pub(crate) fn of(head: &Head, stored: StoredBlock) -> Result<Self, Failure> {
        let StoredBlock { block, hash, senders } = stored;
        let pairs = block.transactions.iter().cloned().zip(senders);
        let transactions = pairs.map(|(tx, sender)| Recovered::new_unchecked(tx, sender)).collect();
        let parent = block.header.number.checked_sub(1);
        let parent = parent.ok_or_else(|| Failure::server("genesis is not traceable"))?;
        let parent = View::at(head.reader.clone(), parent)?;
        Ok(Self { block, hash, transactions, parent })
    }

    /// A block that somebody brings; its parent is of the chain.
    pub(crate) fn brought(head: &Head, block: Block) -> Result<Self, Failure> {
        let hash = block.header.hash_slow();
        if block.header.number == 0 {
            return Err(Failure::server("genesis is not traceable"));
        }
        let known = head.reader.number(block.header.parent_hash)?;
        let parent = known.filter(|number| number.checked_add(1) == Some(block.header.number));
        let parent = parent.filter(|number| *number <= head.number()).ok_or_else(|| {
            Failure::server(format!("parent {} not found", block.header.parent_hash))
        })?;
        let parent = View::at(head.reader.clone(), parent)?;
        let transactions = recover_senders(block.transactions.clone());
        let transactions = transactions.map_err(|error| Failure::server(error.to_string()))?;
        Ok(Self { block, hash, transactions, parent })
    }

    pub(crate) fn place<'a>(&'a self, rules: &'a ChainRules) -> Place<'a> {
        Place { rules, header: &self.block.header, hash: self.hash }
    }

    /// Traces all transactions.
    pub(crate) fn trace_all(
        &self,
        context: &Context,
        options: &Options,
    ) -> Result<Vec<Trace>, Failure> {
        let place = self.place(context.chain.rules());
        within(context, options.timeout, |limits| {
            let state = self.parent.clone();
            trace_block(place, &self.transactions, &options.tracer, state, limits)
        })
    }

    /// Traces the transaction at `index`, which must be there.
    pub(crate) fn trace(
        &self,
        context: &Context,
        index: usize,
        options: &Options,
    ) -> Result<Trace, Failure> {
        let place = self.place(context.chain.rules());
        let trace = within(context, options.timeout, |limits| {
            let state = self.parent.clone();
            trace_transaction(place, &self.transactions, index, &options.tracer, state, limits)
        })?;
        trace.ok_or_else(|| Failure::server("transaction not found"))
    }
}

/// Runs a trace with the limits of the settings, for at most so long and never longer than a request may take.
pub(crate) fn within<T>(
    context: &Context,
    timeout: Duration,
    run: impl FnOnce(Limits<'_>) -> Result<T, TraceError>,
) -> Result<T, Failure> {
    let started = Instant::now();
    let timeout = timeout.min(context.settings.request_time);
    let stop = || started.elapsed() >= timeout;
    run(Limits { bytes: context.settings.trace_bytes, stop: &stop }).map_err(Failure::from)
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        match error {
            TraceError::TooLarge(bytes) => Self::limit(format!(
                "the trace is larger than the limit of {bytes} bytes (trace_bytes): trace one \
                 transaction, or less of it"
            )),
            TraceError::Call(error) => error.into(),
            error => Self::server(format!("tracing failed: {error}")),
        }
    }
}

/// State that is not kept is no fault of the node.
pub(crate) fn state_failure(error: StorageError) -> Failure {
    match error {
        StorageError::TooFarForProof { .. } => Failure::new(PRUNED, error.to_string()),
        StorageError::State(StateError::Database(error)) => Failure::server(error),
        error => error.into(),
    }
}

/// A trace as JSON.
#[derive(Debug)]
pub(crate) struct TraceJson(pub(crate) Trace);

impl Serialize for TraceJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}

/// One of several, by reference.
struct Part<'a>(&'a Trace);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.0, serializer)
    }
}

fn write<S: Serializer>(trace: &Trace, serializer: S) -> Result<S::Ok, S::Error> {
    match trace {
        Trace::Frame(frame) => frame.serialize(serializer),
        Trace::Many(all) => {
            let mut map = serializer.serialize_map(Some(all.len()))?;
            for (name, trace) in all {
                map.serialize_entry(name, &Part(trace))?;
            }
            map.end()
        }
        Trace::Steps(steps) => {
            let list = RawValue::from_string(format!("[{}]", steps.steps));
            let list = list.map_err(serde::ser::Error::custom)?;
            let mut map = serializer.serialize_map(Some(4))?;
            map.serialize_entry("gas", &steps.gas)?;
            map.serialize_entry("failed", &steps.failed)?;
            map.serialize_entry("returnValue", &steps.return_value)?;
            map.serialize_entry("structLogs", &list)?;
            map.end()
        }
    }
}
