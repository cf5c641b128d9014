//! How much gas a transaction needs, by geth's algorithm (`eth/gasestimator`): the answers are the same, and wallets are
//! used to how they round.

use super::{Call, CallError, CallOutcome, CallResult, Halt, prepare};
use crate::{
    error::TransactionError,
    evm::Machine,
    state::{StateError, StateReader},
};
use alloy_consensus::Header;
use alloy_eips::{eip4844::DATA_GAS_PER_BLOB, eip7825::MAX_TX_GAS_LIMIT_OSAKA};
use alloy_primitives::{Bytes, TxKind, U256};
use op_revm::OpTransactionError;
use revm::context_interface::result::InvalidTransaction;
use seam_primitives::{ChainRules, Fork};

/// Gas of any transaction (Yellow Paper, appendix G).
const TRANSACTION_GAS: u64 = 21_000;
/// Gas that a call with value gives its callee for free, which it must have beforehand.
const CALL_STIPEND: u64 = 2_300;
/// How far above the least gas an estimate may be, in thousandths of itself: geth's `estimateGasErrorRatio`.
const TOLERANCE: u64 = 15;

/// Why there is no estimate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EstimateError {
    /// The transaction reverts with any gas.
    #[error("execution reverted")]
    Reverted {
        /// What the contract returned.
        output: Bytes,
    },
    /// The transaction ends with a fault other than a lack of gas.
    #[error("{0}")]
    Halted(Halt),
    /// More gas is needed than the sender can pay for, a transaction may have, or the caller allows.
    #[error("gas required exceeds allowance ({0})")]
    ExceedsAllowance(u64),
    /// The sender has not even the value and the price of the blobs.
    #[error("insufficient funds for transfer")]
    InsufficientFunds,
    /// It did not run.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl From<StateError> for EstimateError {
    fn from(error: StateError) -> Self {
        Self::Call(error.into())
    }
}

/// A gas limit with which the transaction succeeds, and not much above the lowest (1.5 %): at most the header's gas limit
/// or that of the request, what the sender can pay for if there is a price, and `cap`.
///
/// # Errors
/// [`EstimateError`] if it fails with any gas in that range.
pub fn estimate_gas<R: StateReader>(
    rules: &ChainRules,
    header: &Header,
    request: &Call,
    reader: R,
    cap: u64,
) -> Result<u64, EstimateError> {
    let mut machine = prepare(rules, header, request, reader)?;
    let allowance = affordable(request, &mut machine)?.unwrap_or(u64::MAX);
    let high = limit(rules, header, request).min(allowance).min(cap);
    let mut search = Search { machine, request, low: 0, high };
    if search.is_transfer()? && search.succeeds(TRANSACTION_GAS) == Ok(true) {
        return Ok(TRANSACTION_GAS);
    }
    search.begin()?;
    search.finish()
}

/// The most gas that a transaction may have in this block.
fn limit(rules: &ChainRules, header: &Header, request: &Call) -> u64 {
    let limit = request.gas.filter(|gas| *gas >= TRANSACTION_GAS).unwrap_or(header.gas_limit);
    let osaka = rules.is_active(Fork::Osaka, header.number, header.timestamp);
    if osaka { limit.min(MAX_TX_GAS_LIMIT_OSAKA) } else { limit }
}

/// The most gas that the sender can pay for; `None` if gas costs nothing.
fn affordable<R: StateReader>(
    request: &Call,
    machine: &mut Machine<R>,
) -> Result<Option<u64>, EstimateError> {
    let price = U256::from(request.max_gas_price());
    if price.is_zero() {
        return Ok(None);
    }
    let balance = machine.state().account(request.from)?.unwrap_or_default().balance;
    let blobs = U256::from(request.blob_versioned_hashes.len());
    let blob_price = U256::from(request.max_fee_per_blob_gas.unwrap_or_default());
    let blob_gas = blobs.saturating_mul(U256::from(DATA_GAS_PER_BLOB));
    let fixed = request.value.saturating_add(blob_gas.saturating_mul(blob_price));
    let left = balance.checked_sub(fixed).filter(|left| !left.is_zero());
    let left = left.ok_or(EstimateError::InsufficientFunds)?;
    let gas = left.checked_div(price).unwrap_or_default();
    Ok(Some(u64::try_from(gas).unwrap_or(u64::MAX)))
}

/// The least gas is above `low`, and at most `high`.
struct Search<'a, R: StateReader> {
    machine: Machine<R>,
    request: &'a Call,
    low: u64,
    high: u64,
}

impl<R: StateReader> Search<'_, R> {
    /// Whether the call is a transfer to an account without code.
    fn is_transfer(&mut self) -> Result<bool, EstimateError> {
        let TxKind::Call(to) = self.request.to else { return Ok(false) };
        let account = self.machine.state().account(to)?.unwrap_or_default();
        Ok(self.request.input.is_empty()
            && account.code_hash == crate::Account::default().code_hash)
    }

    /// Runs with `gas`; `None` if that is not enough to begin with.
    fn run(&mut self, gas: u64) -> Result<Option<CallOutcome>, CallError> {
        match self.machine.call(self.request, gas) {
            Ok(outcome) => Ok(Some(outcome)),
            Err(CallError::Refused(reason)) if is_too_little_gas(&reason) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn succeeds(&mut self, gas: u64) -> Result<bool, CallError> {
        let outcome = self.run(gas)?;
        Ok(outcome.is_some_and(|outcome| matches!(outcome.result, CallResult::Success { .. })))
    }

    /// Runs with all gas, which tells whether there is an answer and how low it can be.
    fn begin(&mut self) -> Result<(), EstimateError> {
        let exceeded = EstimateError::ExceedsAllowance(self.high);
        let outcome = self.run(self.high)?.ok_or(exceeded.clone())?;
        match outcome.result {
            CallResult::Success { .. } => {}
            CallResult::Revert { output } => return Err(EstimateError::Reverted { output }),
            CallResult::Halt { reason: Halt::OutOfGas } => return Err(exceeded),
            CallResult::Halt { reason } => return Err(EstimateError::Halted(reason)),
        }
        self.low = outcome.gas_used.saturating_sub(1);
        // Most often what was used, with what a contract must keep back for itself (EIP-150), is enough.
        let needed = outcome.gas_used.saturating_add(outcome.gas_refunded);
        let likely = needed.saturating_add(CALL_STIPEND).saturating_mul(64) / 63;
        if likely < self.high {
            self.narrow(likely)?;
        }
        Ok(())
    }

    fn narrow(&mut self, gas: u64) -> Result<(), CallError> {
        let bound = if self.succeeds(gas)? { &mut self.high } else { &mut self.low };
        *bound = gas;
        Ok(())
    }

    fn finish(mut self) -> Result<u64, EstimateError> {
        while self.low.saturating_add(1) < self.high {
            let range = self.high.saturating_sub(self.low);
            if range.saturating_mul(1_000) < self.high.saturating_mul(TOLERANCE) {
                break;
            }
            // The answer is more often near what was used than near the limit.
            let middle = self.low.saturating_add(range / 2);
            self.narrow(middle.min(self.low.saturating_mul(2)))?;
        }
        Ok(self.high)
    }
}

fn is_too_little_gas(reason: &TransactionError) -> bool {
    let (TransactionError::Invalid(reason)
    | TransactionError::OpInvalid(OpTransactionError::Base(reason))) = reason
    else {
        return false;
    };
    matches!(
        reason,
        InvalidTransaction::CallGasCostMoreThanGasLimit { .. }
            | InvalidTransaction::GasFloorMoreThanGasLimit { .. }
    )
}
