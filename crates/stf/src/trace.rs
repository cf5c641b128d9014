//! Watching what a transaction or a call does: the tracers of geth's `debug_trace…`, and access lists (with the feature
//! `trace`).
//!
//! A transaction of a block is traced where it stands: the block's own system calls and the transactions before it run
//! first, unwatched, as [`BlockBuilder`](crate::BlockBuilder) runs them. A trace can be many times larger than what it is
//! of, so it is measured while it grows: [`Limits`].
//!
//! | tracer | of whom |
//! |---|---|
//! | steps of the interpreter | our own, written out as they happen |
//! | calls, flat calls, selectors, access lists | `revm-inspectors` |
//! | state before, state before and after | our own, from the state that a transaction leaves: fees included |

mod access_list;
mod calls;
mod prestate;
mod replay;
mod steps;
mod watcher;

pub use access_list::{AccessListOutcome, create_access_list};
pub use replay::{Place, trace_block, trace_call, trace_transaction};
pub use steps::StepTrace;

pub use alloy_rpc_types_trace::geth::{
    AccountState, CallConfig, CallFrame, DiffMode, FlatCallConfig, FourByteFrame,
    GethDefaultTracingOptions, GethTrace, NoopFrame, PreStateFrame, PreStateMode,
};

use crate::{call::CallError, error::BlockError, state::StateError};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// What a trace may take.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Bytes of all that is traced together, about as many as its JSON has.
    pub bytes: usize,
    /// Asked from time to time whether to stop.
    pub stop: &'a dyn Fn() -> bool,
}

impl fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// What to note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tracer {
    /// Every step of the interpreter, as geth's struct logger does.
    Steps(GethDefaultTracingOptions),
    /// The tree of calls (`callTracer`).
    Calls(CallConfig),
    /// The list of calls (`flatCallTracer`).
    FlatCalls(FlatCallConfig),
    /// Accounts and slots before, or before and after (`prestateTracer`).
    Prestate(PrestateOptions),
    /// Function selectors and lengths of arguments (`4byteTracer`).
    Selectors,
    /// Nothing (`noopTracer`).
    Nothing,
    /// Several at once, each under its name (`muxTracer`).
    Many(Vec<(String, Self)>),
}

/// What `prestateTracer` tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PrestateOptions {
    /// Of what.
    pub mode: PrestateMode,
    /// Without code.
    pub disable_code: bool,
    /// Without storage.
    pub disable_storage: bool,
    /// With accounts that did not exist before.
    pub include_empty: bool,
}

/// What `prestateTracer` tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PrestateMode {
    /// All that was touched, as it was before.
    #[default]
    Before,
    /// What was changed, as it was before and after (`diffMode`).
    Difference,
}

/// What was noted of a transaction or a call.
#[allow(clippy::large_enum_variant)] // one for each transaction, which is larger
#[derive(Debug, Clone, PartialEq)]
pub enum Trace {
    /// Of [`Tracer::Steps`].
    Steps(StepTrace),
    /// Of all others.
    Frame(GethTrace),
    /// Of [`Tracer::Many`].
    Many(Vec<(String, Self)>),
}

/// Why there is no trace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// The trace outgrew [`Limits::bytes`].
    #[error("the trace is larger than {0} bytes")]
    TooLarge(usize),
    /// [`Limits::stop`] said so.
    #[error("execution timeout")]
    Stopped,
    /// A call traced did not run.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A transaction of the block did not run.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The access list went on changing whenever it was tried.
    #[error("no access list holds still: after {0} rounds it still changes")]
    NotStable(u32),
}

impl From<StateError> for TraceError {
    fn from(error: StateError) -> Self {
        Self::Block(error.into())
    }
}
