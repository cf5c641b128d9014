//! Why a call cannot be in its block, in geth's order and words: nonce, fees, funds; then what the EVM itself refuses.

use super::Call;
use crate::{error::TransactionError, state::Account};
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_primitives::{Address, U256};
use op_revm::OpTransactionError;
use revm::context_interface::result::InvalidTransaction;

/// Why a call cannot be in its block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say what the fields are
pub enum Refusal {
    #[error("nonce too high: address {address}, tx: {tx} state: {state}")]
    NonceTooHigh { address: Address, tx: u64, state: u64 },
    #[error("nonce too low: address {address}, tx: {tx} state: {state}")]
    NonceTooLow { address: Address, tx: u64, state: u64 },
    #[error("nonce has max value: address {address}, nonce: {nonce}")]
    NonceMax { address: Address, nonce: u64 },
    #[error(
        "max priority fee per gas higher than max fee per gas: address {address}, maxPriorityFeePerGas: {tip}, \
         maxFeePerGas: {most}"
    )]
    TipAboveFee { address: Address, tip: u128, most: u128 },
    #[error(
        "max fee per gas less than block base fee: address {address}, maxFeePerGas: {most}, baseFee: {base_fee}"
    )]
    FeeTooLow { address: Address, most: u128, base_fee: u64 },
    #[error(
        "max fee per blob gas less than block blob gas fee: address {address} blobGasFeeCap: {most}, \
         blobBaseFee: {price}"
    )]
    BlobFeeTooLow { address: Address, most: u128, price: u128 },
    #[error(
        "insufficient funds for gas * price + value: address {address} have {have} want {want}"
    )]
    InsufficientFunds { address: Address, have: U256, want: U256 },
    #[error("intrinsic gas too low: have {have}, want {want}")]
    IntrinsicGas { have: u64, want: u64 },
    #[error("insufficient gas for floor data gas cost: have {have}, want {want}")]
    FloorGas { have: u64, want: u64 },
    #[error("max initcode size exceeded: code size {size}")]
    InitCodeSize { size: usize },
    #[error("{0}")]
    Other(TransactionError),
}

/// What a call is checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) validation: bool,
    /// Of the block; none before London.
    pub(super) base_fee: Option<u64>,
    /// Of the block, in wei per blob gas.
    pub(super) blob_price: u128,
    pub(super) nonce: u64,
    pub(super) gas_limit: u64,
}

/// Nonce, fees and funds.
pub(super) fn check(call: &Call, account: &Account, terms: Terms) -> Result<(), Refusal> {
    if terms.validation {
        check_nonce(call.from, terms.nonce, account.nonce)?;
    }
    check_fees(call, terms)?;
    check_funds(call, account.balance, terms.gas_limit)
}

fn check_nonce(address: Address, tx: u64, state: u64) -> Result<(), Refusal> {
    if tx > state {
        return Err(Refusal::NonceTooHigh { address, tx, state });
    }
    if tx < state {
        return Err(Refusal::NonceTooLow { address, tx, state });
    }
    if state == u64::MAX {
        return Err(Refusal::NonceMax { address, nonce: state });
    }
    Ok(())
}

fn check_fees(call: &Call, terms: Terms) -> Result<(), Refusal> {
    let (address, most) = (call.from, call.max_gas_price());
    let tip = call.max_priority_fee_per_gas.unwrap_or_default();
    if let Some(base_fee) = terms.base_fee.filter(|_| terms.validation || most != 0 || tip != 0) {
        if tip > most {
            return Err(Refusal::TipAboveFee { address, tip, most });
        }
        if most < u128::from(base_fee) {
            return Err(Refusal::FeeTooLow { address, most, base_fee });
        }
    }
    let (most, price) = (call.max_fee_per_blob_gas.unwrap_or_default(), terms.blob_price);
    let priced = !call.blob_versioned_hashes.is_empty() && (terms.validation || most != 0);
    if priced && most < price {
        return Err(Refusal::BlobFeeTooLow { address, most, price });
    }
    Ok(())
}

fn check_funds(call: &Call, have: U256, gas_limit: u64) -> Result<(), Refusal> {
    let blob_gas =
        U256::from(call.blob_versioned_hashes.len()).saturating_mul(U256::from(DATA_GAS_PER_BLOB));
    let blobs = blob_gas.saturating_mul(U256::from(call.max_fee_per_blob_gas.unwrap_or_default()));
    let gas = U256::from(gas_limit).saturating_mul(U256::from(call.max_gas_price()));
    let want = gas.saturating_add(blobs).saturating_add(call.value);
    if have < want {
        return Err(Refusal::InsufficientFunds { address: call.from, have, want });
    }
    Ok(())
}

impl Refusal {
    /// What the EVM refused of this sender, in the same words as far as it tells enough; `size` are bytes of init code.
    pub fn of(address: Address, size: usize, reason: TransactionError) -> Self {
        let (TransactionError::Invalid(invalid)
        | TransactionError::OpInvalid(OpTransactionError::Base(invalid))) = &reason
        else {
            return Self::Other(reason);
        };
        match *invalid {
            InvalidTransaction::NonceTooHigh { tx, state } => {
                Self::NonceTooHigh { address, tx, state }
            }
            InvalidTransaction::NonceTooLow { tx, state } => {
                Self::NonceTooLow { address, tx, state }
            }
            InvalidTransaction::CallGasCostMoreThanGasLimit { initial_gas, gas_limit } => {
                Self::IntrinsicGas { have: gas_limit, want: initial_gas }
            }
            InvalidTransaction::GasFloorMoreThanGasLimit { gas_floor, gas_limit } => {
                Self::FloorGas { have: gas_limit, want: gas_floor }
            }
            InvalidTransaction::CreateInitCodeSizeLimit => Self::InitCodeSize { size },
            _ => Self::Other(reason),
        }
    }
}
