//! `eth_simulateV1(simulation, block?)`: blocks of calls that nobody signed, one on the other, on the state after a block.

mod answer;
mod request;

use super::call::overrides_of;
use crate::rpc::{
    context::Context,
    error::{Failure, INTERNAL_ERROR, INVALID_PARAMS},
    method::{Answer, json},
    params::{Args, BlockId, Object},
};
use answer::SimulatedBlockJson;
use request::SimulationJson;
use seam_stf::call::{
    CallError,
    simulate::{Bounds, Refusal, SimulateError, simulate},
};
use std::time::Instant;

// Codes of the execution-apis for `eth_simulateV1`.
const NONCE_TOO_LOW: i32 = -38_010;
const NONCE_TOO_HIGH: i32 = -38_011;
const FEE_TOO_LOW: i32 = -38_012;
const INTRINSIC_GAS: i32 = -38_013;
const INSUFFICIENT_FUNDS: i32 = -38_014;
const BLOCK_GAS: i32 = -38_015;
const BLOCK_NUMBER: i32 = -38_020;
const BLOCK_TIMESTAMP: i32 = -38_021;
const MOVED_TO_ITSELF: i32 = -38_022;
const MOVED_TO_SAME: i32 = -38_023;
const INIT_CODE_SIZE: i32 = -38_025;
const CLIENT_LIMIT: i32 = -38_026;
/// Of a call in an answer: it ended by a fault.
const VM_ERROR: i32 = -32_015;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let Object(wanted) = args.required::<Object<SimulationJson>>(0)?;
    let block = args.optional::<BlockId>(1)?.unwrap_or_default();
    let settings = &context.settings;
    if wanted.block_state_calls.is_empty() {
        return Err(Failure::params("empty input"));
    }
    if wanted.block_state_calls.len() as u64 > settings.simulate_blocks {
        return Err(SimulateError::TooManyBlocks.into());
    }
    let view = context.view(block)?;
    let rules = context.chain.rules();
    let full = wanted.return_full_transactions;
    let simulation = wanted.read(rules.chain_id)?;
    let started = Instant::now();
    let bounds = Bounds {
        blocks: settings.simulate_blocks,
        gas: settings.call_gas,
        // As JSON every byte takes two.
        output_bytes: settings.response_bytes as usize / 2,
        go_on: &mut || started.elapsed() < settings.simulate_time,
    };
    let blocks = simulate(rules, view.header(), simulation, view.scratch()?, bounds)?;
    let blocks: Vec<_> =
        blocks.into_iter().map(|block| SimulatedBlockJson::new(block, full)).collect();
    json(&blocks)
}

impl From<SimulateError> for Failure {
    fn from(error: SimulateError) -> Self {
        let code = match &error {
            SimulateError::Number { .. } => BLOCK_NUMBER,
            SimulateError::Timestamp { .. } => BLOCK_TIMESTAMP,
            SimulateError::TooManyBlocks | SimulateError::Output(_) => CLIENT_LIMIT,
            SimulateError::BlockGas { .. } => BLOCK_GAS,
            SimulateError::Refused { reason, .. } => code_of(reason),
            SimulateError::Call(CallError::MovedToItself(_)) => MOVED_TO_ITSELF,
            SimulateError::Call(CallError::AlreadyOverridden(_)) => MOVED_TO_SAME,
            SimulateError::Call(call) => return call.clone().into(),
            SimulateError::Time | SimulateError::Block(_) => {
                return Self::server(error.to_string());
            }
        };
        Self::new(code, error.to_string())
    }
}

/// As geth's `txValidationError`.
const fn code_of(reason: &Refusal) -> i32 {
    match reason {
        Refusal::NonceTooHigh { .. } => NONCE_TOO_HIGH,
        Refusal::NonceTooLow { .. } => NONCE_TOO_LOW,
        Refusal::FeeTooLow { .. } => FEE_TOO_LOW,
        Refusal::TipAboveFee { .. } => INVALID_PARAMS,
        Refusal::InsufficientFunds { .. } => INSUFFICIENT_FUNDS,
        Refusal::IntrinsicGas { .. } => INTRINSIC_GAS,
        Refusal::InitCodeSize { .. } => INIT_CODE_SIZE,
        Refusal::NonceMax { .. }
        | Refusal::BlobFeeTooLow { .. }
        | Refusal::FloorGas { .. }
        | Refusal::Other(_) => INTERNAL_ERROR,
    }
}
