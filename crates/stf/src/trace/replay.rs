//! Running what is traced: a transaction where it stands in its block, or a call.

use super::{
    CallConfig, CallFrame, GethTrace, Limits, NoopFrame, PrestateOptions, StepTrace, Trace,
    TraceError, Tracer, calls, prestate, watcher::Watcher,
};
use crate::{
    call::{Call, CallResult, DEFAULT_CALL_GAS, set_up},
    error::BlockError,
    evm::{Failure, Machine, Watch},
    overlay::Overlay,
    rewards,
    state::StateReader,
    system,
};
use alloc::vec::Vec;
use alloy_consensus::{Header, Transaction as _};
use alloy_evm::Evm;
use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_trace::parity::LocalizedTransactionTrace;
use revm::{DatabaseCommit, state::EvmState};
use seam_primitives::{ChainRules, Recovered, Transaction};

/// The block in which, or after which, something is traced.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The chain.
    pub rules: &'a ChainRules,
    /// The block's header.
    pub header: &'a Header,
    /// Its hash.
    pub hash: B256,
}

/// Traces every transaction of a block. `reader` has the state of its parent.
///
/// # Errors
/// [`TraceError`]; of all transactions together if the limits are passed.
pub fn trace_block<R: StateReader>(
    place: Place<'_>,
    transactions: &[Recovered<Transaction>],
    tracer: &Tracer,
    reader: R,
    limits: Limits<'_>,
) -> Result<Vec<Trace>, TraceError> {
    let mut replay = Replay::begin(place, reader, limits)?;
    let trace = |(index, tx)| replay.trace(index, tx, tracer);
    transactions.iter().enumerate().map(trace).collect()
}

/// Traces the transaction at `index` of a block; `None` if the block has none there. `reader` has the state of the
/// block's parent.
///
/// # Errors
/// [`TraceError`].
pub fn trace_transaction<R: StateReader>(
    place: Place<'_>,
    transactions: &[Recovered<Transaction>],
    index: usize,
    tracer: &Tracer,
    reader: R,
    limits: Limits<'_>,
) -> Result<Option<Trace>, TraceError> {
    let Some(transaction) = transactions.get(index) else { return Ok(None) };
    let mut replay = Replay::begin(place, reader, limits)?;
    for (index, before) in transactions.iter().take(index).enumerate() {
        replay.pass(index, before)?;
    }
    replay.trace(index, transaction, tracer).map(Some)
}

/// Traces a call in the block environment of `header`. `reader` has the state it runs on; with `before`, that of the
/// block's parent, and these transactions of the block run first.
///
/// # Errors
/// [`TraceError`].
pub fn trace_call<R: StateReader>(
    place: Place<'_>,
    header: &Header,
    before: Option<&[Recovered<Transaction>]>,
    request: &Call,
    tracer: &Tracer,
    reader: R,
    limits: Limits<'_>,
) -> Result<Trace, TraceError> {
    let reader = match before {
        None => Overlay::new(reader),
        Some(transactions) => {
            let mut replay = Replay::begin(place, reader, limits)?;
            for (index, before) in transactions.iter().enumerate() {
                replay.pass(index, before)?;
            }
            replay.machine.into_state()
        }
    };
    let machine = Machine::watched(place.rules, header, reader, Watcher::new(limits));
    let mut replay = Replay { place, machine };
    set_up(place.rules, header, request, &mut replay.machine)?;
    replay.call(request, tracer)
}

/// A block that is executed again.
struct Replay<'a, R: StateReader> {
    place: Place<'a>,
    machine: Machine<R, Watcher<'a>>,
}

/// What a transaction or a call did, as far as traces tell.
struct Done {
    success: bool,
    gas_limit: u64,
    gas_used: u64,
    output: Bytes,
    state: EvmState,
    /// Hash and index of a transaction.
    transaction: Option<(B256, usize)>,
}

impl<R: StateReader, I: Watch<R>> Machine<R, I> {
    /// From now on somebody watches, or nobody.
    fn set_watched(&mut self, watched: bool) {
        match self {
            Self::Ethereum(evm) => evm.set_inspector_enabled(watched),
            Self::OpStack(evm) => evm.set_inspector_enabled(watched),
        }
    }

    /// Whoever watches, and the state.
    pub(super) fn watcher(&mut self) -> (&mut I, &mut Overlay<R>) {
        let (state, watcher) = match self {
            Self::Ethereum(evm) => {
                let (state, watcher, _) = evm.components_mut();
                (state, watcher)
            }
            Self::OpStack(evm) => {
                let (state, watcher, _) = evm.components_mut();
                (state, watcher)
            }
        };
        (watcher, state)
    }

    /// Runs something while it is watched.
    pub(super) fn while_watched<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        self.set_watched(true);
        let result = run(self);
        self.set_watched(false);
        result
    }
}

impl<'a, R: StateReader> Replay<'a, R> {
    /// Does what comes before a block's first transaction.
    fn begin(place: Place<'a>, reader: R, limits: Limits<'a>) -> Result<Self, TraceError> {
        let Place { rules, header, .. } = place;
        let state = Overlay::new(reader);
        let mut machine = Machine::watched(rules, header, state, Watcher::new(limits));
        rewards::apply_dao_fork(rules, header.number, machine.state())?;
        system::begin(rules, header, &mut machine)?;
        Ok(Self { place, machine })
    }

    /// Between transactions, however short they are.
    fn may_go_on(&mut self) -> Result<(), TraceError> {
        let budget = &mut self.machine.watcher().0.budget;
        budget.poll();
        budget.check()
    }

    /// Runs a transaction that nobody asked about.
    fn pass(&mut self, index: usize, tx: &Recovered<Transaction>) -> Result<(), TraceError> {
        self.may_go_on()?;
        let outcome = self.machine.transact(tx).map_err(|failure| failed(failure, index, tx))?;
        self.machine.state().commit(outcome.state);
        Ok(())
    }

    fn trace(
        &mut self,
        index: usize,
        tx: &Recovered<Transaction>,
        tracer: &Tracer,
    ) -> Result<Trace, TraceError> {
        self.may_go_on()?;
        self.machine.watcher().0.begin(tracer);
        let result = self.machine.while_watched(|machine| machine.transact(tx));
        self.machine.watcher().0.budget.check()?;
        let outcome = result.map_err(|failure| failed(failure, index, tx))?;
        let done = Done {
            success: outcome.success,
            gas_limit: tx.inner().gas_limit(),
            gas_used: outcome.gas_used,
            output: outcome.output,
            state: outcome.state,
            transaction: Some((tx.inner().hash(), index)),
        };
        let trace = self.tell(tracer, &done)?;
        self.machine.state().commit(done.state);
        Ok(trace)
    }

    fn call(&mut self, request: &Call, tracer: &Tracer) -> Result<Trace, TraceError> {
        self.machine.watcher().0.begin(tracer);
        let gas_limit = request.gas.unwrap_or(DEFAULT_CALL_GAS);
        let run = |machine: &mut Machine<R, _>| machine.call_with_state(request, gas_limit);
        let result = self.machine.while_watched(run);
        self.machine.watcher().0.budget.check()?;
        let (outcome, state) = result?;
        let (success, output) = match outcome.result {
            CallResult::Success { output } => (true, output),
            CallResult::Revert { output } => (false, output),
            CallResult::Halt { .. } => (false, Bytes::new()),
        };
        let gas_used = outcome.gas_used;
        let done = Done { success, gas_limit, gas_used, output, state, transaction: None };
        self.tell(tracer, &done)
    }

    /// What a tracer noted.
    fn tell(&mut self, tracer: &Tracer, done: &Done) -> Result<Trace, TraceError> {
        Ok(match tracer {
            Tracer::Steps(_) => Trace::Steps(self.steps(done)),
            Tracer::Calls(options) => Trace::Frame(self.calls(*options, done).into()),
            Tracer::FlatCalls(_) => Trace::Frame(GethTrace::FlatCallTracer(self.flat_calls(done))),
            Tracer::Prestate(options) => Trace::Frame(self.prestate(*options, done)?),
            Tracer::Selectors => {
                let selectors = self.machine.watcher().0.selectors.as_ref();
                let frame = selectors.map(super::FourByteFrame::from).unwrap_or_default();
                Trace::Frame(frame.into())
            }
            Tracer::Nothing => Trace::Frame(NoopFrame::default().into()),
            Tracer::Many(tracers) => {
                let mut all = Vec::new();
                for (name, tracer) in tracers {
                    all.push((name.clone(), self.tell(tracer, done)?));
                }
                Trace::Many(all)
            }
        })
    }

    fn steps(&mut self, done: &Done) -> StepTrace {
        let steps = self.machine.watcher().0.steps.take();
        StepTrace {
            gas: done.gas_used,
            failed: !done.success,
            return_value: done.output.clone(),
            steps: steps.map(|steps| steps.written).unwrap_or_default(),
        }
    }

    fn prestate(&mut self, options: PrestateOptions, done: &Done) -> Result<GethTrace, TraceError> {
        let (watcher, state) = self.machine.watcher();
        Ok(prestate::frame(options, &done.state, state, &mut watcher.budget)?.into())
    }

    fn calls(&mut self, options: CallConfig, done: &Done) -> CallFrame {
        let Some(calls) = &mut self.machine.watcher().0.calls else { return CallFrame::default() };
        calls.set_transaction_gas_limit(done.gas_limit);
        calls::frame(calls.traces().nodes(), options, done.gas_used)
    }

    fn flat_calls(&mut self, done: &Done) -> Vec<LocalizedTransactionTrace> {
        let Some(calls) = self.machine.watcher().0.flat.take() else { return Vec::new() };
        let block = done.transaction.map(|_| (self.place.hash, self.place.header.number));
        let calls = calls.with_transaction_gas_limit(done.gas_limit);
        let calls = calls.with_transaction_gas_used(done.gas_used).into_parity_builder();
        let localized = |trace| LocalizedTransactionTrace {
            trace,
            transaction_hash: done.transaction.map(|(hash, _)| hash),
            transaction_position: done
                .transaction
                .map(|(_, index)| u64::try_from(index).unwrap_or(u64::MAX)),
            block_number: block.map(|(_, number)| number),
            block_hash: block.map(|(hash, _)| hash),
        };
        calls.into_transaction_traces_iter().map(localized).collect()
    }
}

fn failed(failure: Failure, index: usize, tx: &Recovered<Transaction>) -> TraceError {
    TraceError::Block(match failure {
        Failure::Block(error) => error,
        Failure::Refused(reason) => {
            BlockError::Transaction { index, hash: tx.inner().hash(), reason }
        }
    })
}
