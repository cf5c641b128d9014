//! The inspector behind every tracer: it measures what is noted and ends execution where that is too much.

use super::{Limits, PrestateOptions, TraceError, Tracer, steps::Steps};
use alloc::string::ToString;
use alloy_primitives::{Address, Log, U256};
use revm::{
    Inspector,
    context::{ContextError, ContextTr, JournalTr},
    inspector::JournalExt,
    interpreter::{
        CallInputs, CallOutcome, CreateInputs, CreateOutcome, Interpreter,
        interpreter_types::LoopControl,
    },
};
use revm_inspectors::{
    access_list::AccessListInspector,
    tracing::{FourByteInspector, TracingInspector, TracingInspectorConfig},
};

/// JSON of a call without its data, and what it takes while it is noted.
const CALL_BYTES: usize = 600;
/// JSON of a log without its data.
const LOG_BYTES: usize = 500;
/// What a call costs for each that it is inside of: its place in `flatCallTracer`.
const DEPTH_BYTES: usize = 12;
/// Steps between questions whether to stop.
const POLL_STEPS: u32 = 1_024;

/// What is noted so far against what may be.
pub(super) struct Budget<'a> {
    limits: Limits<'a>,
    pub(super) spent: usize,
    steps: u32,
    ended: Option<TraceError>,
}

impl<'a> Budget<'a> {
    const fn new(limits: Limits<'a>) -> Self {
        Self { limits, spent: 0, steps: 0, ended: None }
    }

    /// Counts bytes that are noted.
    pub(super) fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
        if self.spent > self.limits.bytes && self.ended.is_none() {
            self.ended = Some(TraceError::TooLarge(self.limits.bytes));
        }
    }

    /// Asks whether to stop.
    pub(super) fn poll(&mut self) {
        if self.ended.is_none() && (self.limits.stop)() {
            self.ended = Some(TraceError::Stopped);
        }
    }

    fn step(&mut self) {
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(POLL_STEPS) {
            self.poll();
        }
    }

    /// Whether all is well.
    pub(super) fn check(&self) -> Result<(), TraceError> {
        self.ended.clone().map_or(Ok(()), Err)
    }
}

/// Notes what the tracers of one transaction ask for. Its budget is that of all transactions it is used for.
pub(super) struct Watcher<'a> {
    pub(super) budget: Budget<'a>,
    pub(super) steps: Option<Steps>,
    pub(super) calls: Option<TracingInspector>,
    /// Apart from those, as it leaves precompiled contracts out.
    pub(super) flat: Option<TracingInspector>,
    pub(super) selectors: Option<FourByteInspector>,
    pub(super) access: Option<AccessListInspector>,
    /// Whether `calls` notes the outermost one alone.
    top_only: bool,
    depth: usize,
}

impl<'a> Watcher<'a> {
    pub(super) const fn new(limits: Limits<'a>) -> Self {
        Self {
            budget: Budget::new(limits),
            steps: None,
            calls: None,
            flat: None,
            selectors: None,
            access: None,
            top_only: false,
            depth: 0,
        }
    }

    /// Gets ready for another transaction.
    pub(super) fn begin(&mut self, tracer: &Tracer) {
        (self.steps, self.calls, self.flat) = (None, None, None);
        (self.selectors, self.access) = (None, None);
        (self.top_only, self.depth) = (false, 0);
        self.add(tracer);
    }

    fn add(&mut self, tracer: &Tracer) {
        match tracer {
            Tracer::Steps(options) => self.steps = Some(Steps::new(*options)),
            Tracer::Calls(options) => {
                self.top_only = options.only_top_call.unwrap_or_default();
                let config = TracingInspectorConfig::from_geth_call_config(options);
                self.calls = Some(TracingInspector::new(config));
            }
            Tracer::FlatCalls(options) => {
                let config = TracingInspectorConfig::from_flat_call_config(options);
                self.flat = Some(TracingInspector::new(config));
            }
            Tracer::Selectors => self.selectors = Some(FourByteInspector::default()),
            Tracer::Many(tracers) => tracers.iter().for_each(|(_, tracer)| self.add(tracer)),
            Tracer::Prestate(PrestateOptions { .. }) | Tracer::Nothing => {}
        }
    }

    /// Those that note a call which begins or ends at this depth.
    fn noting(&mut self) -> impl Iterator<Item = &mut TracingInspector> {
        let inside = self.top_only && self.depth > 0;
        self.calls.as_mut().filter(|_| !inside).into_iter().chain(&mut self.flat)
    }

    fn spend_on_call(&mut self, input: usize) {
        let tellers = self.noting().count().saturating_add(usize::from(self.selectors.is_some()));
        let depth = self.depth.saturating_mul(DEPTH_BYTES);
        let bytes = CALL_BYTES.saturating_add(depth).saturating_add(input.saturating_mul(2));
        self.budget.spend(bytes.saturating_mul(tellers));
        self.budget.step();
    }

    fn spend_on_output(&mut self, output: usize) {
        let tellers = self.noting().count();
        self.budget.spend(output.saturating_mul(2).saturating_mul(tellers));
    }
}

/// Ends execution if there is a reason to.
fn end_if<CTX: ContextTr>(
    budget: &Budget<'_>,
    interpreter: &mut Interpreter,
    context: &mut CTX,
) -> bool {
    let Err(reason) = budget.check() else { return false };
    if context.error().is_ok() {
        *context.error() = Err(ContextError::Custom(reason.to_string()));
    }
    // A call that the step was about to make, too.
    interpreter.bytecode.action().take();
    interpreter.bytecode.reset_action();
    interpreter.halt_fatal();
    true
}

impl<CTX: ContextTr<Journal: JournalExt>> Inspector<CTX> for Watcher<'_> {
    fn step(&mut self, interpreter: &mut Interpreter, context: &mut CTX) {
        self.budget.step();
        if end_if(&self.budget, interpreter, context) {
            return;
        }
        if let Some(steps) = &mut self.steps {
            steps.begin(interpreter);
        }
        if let Some(access) = &mut self.access {
            access.step(interpreter, context);
        }
    }

    fn step_end(&mut self, interpreter: &mut Interpreter, context: &mut CTX) {
        if let Some(steps) = &mut self.steps {
            steps.end(interpreter, context.journal_ref().depth(), &mut self.budget);
        }
        end_if(&self.budget, interpreter, context);
    }

    fn log(&mut self, context: &mut CTX, log: Log) {
        if self.top_only && self.depth != 1 {
            return;
        }
        if let Some(calls) = self.calls.as_mut().filter(|calls| calls.config().record_logs) {
            self.budget.spend(LOG_BYTES.saturating_add(log.data.data.len().saturating_mul(2)));
            calls.log(context, log);
        }
    }

    fn call(&mut self, context: &mut CTX, inputs: &mut CallInputs) -> Option<CallOutcome> {
        self.spend_on_call(inputs.input.len());
        if self.budget.check().is_ok() {
            let precompile =
                context.journal_ref().precompile_addresses().contains(&inputs.bytecode_address);
            if let Some(selectors) = self.selectors.as_mut().filter(|_| !precompile) {
                selectors.call(context, inputs);
            }
            if let Some(access) = &mut self.access {
                access.call(context, inputs);
            }
        }
        for calls in self.noting() {
            calls.call(context, inputs);
        }
        self.depth = self.depth.saturating_add(1);
        None
    }

    fn call_end(&mut self, context: &mut CTX, inputs: &CallInputs, outcome: &mut CallOutcome) {
        self.depth = self.depth.saturating_sub(1);
        self.spend_on_output(outcome.result.output.len());
        for calls in self.noting() {
            calls.call_end(context, inputs, outcome);
        }
    }

    fn create(&mut self, context: &mut CTX, inputs: &mut CreateInputs) -> Option<CreateOutcome> {
        self.spend_on_call(inputs.init_code().len());
        if let Some(access) = &mut self.access {
            access.create(context, inputs);
        }
        for calls in self.noting() {
            calls.create(context, inputs);
        }
        self.depth = self.depth.saturating_add(1);
        None
    }

    fn create_end(
        &mut self,
        context: &mut CTX,
        inputs: &CreateInputs,
        outcome: &mut CreateOutcome,
    ) {
        self.depth = self.depth.saturating_sub(1);
        self.spend_on_output(outcome.result.output.len());
        for calls in self.noting() {
            calls.create_end(context, inputs, outcome);
        }
    }

    fn selfdestruct(&mut self, contract: Address, target: Address, value: U256) {
        let calls = self.calls.as_mut().filter(|_| !self.top_only);
        for calls in calls.into_iter().chain(&mut self.flat) {
            self.budget.spend(CALL_BYTES);
            <TracingInspector as Inspector<CTX>>::selfdestruct(calls, contract, target, value);
        }
    }
}
