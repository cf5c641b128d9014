//! The methods whose names begin with `debug_`: bytes as they are, traces, witnesses. Options and
//! defaults are geth's.

pub(crate) mod bad_blocks;
pub(crate) mod execution_witness;
pub(crate) mod options;
pub(crate) mod raw;
pub(crate) mod replay;
pub(crate) mod trace_block;
pub(crate) mod trace_call;
pub(crate) mod trace_transaction;
