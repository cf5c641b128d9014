//! What can be said of a newcomer without looking at the pool or the state.

use super::{
    error::PoolError,
    intrinsic::{floor_gas, intrinsic_gas},
    limits::PoolLimits,
    market::{Market, TransactionRules},
    transaction::PoolTransaction,
};
use alloy_consensus::{Transaction as _, Typed2718};
use alloy_eips::eip4844::BLOB_TX_MIN_BLOB_GASPRICE;
use seam_primitives::{Fork, Transaction};

/// EIP-3860: twice the size of the largest code.
const MAX_INIT_CODE_BYTES: usize = 49_152;

/// Refuses what could be in no block under the market's rules, and what the limits exclude. That a
/// blob or set-code transaction creates nothing is left to their types, which cannot say so.
pub(super) fn check(
    tx: &PoolTransaction,
    limits: &PoolLimits,
    market: &Market,
) -> Result<(), PoolError> {
    check_type(tx.transaction().inner(), &market.rules)?;
    check_size(tx, limits, market.rules.fork)?;
    check_gas(tx, market)?;
    check_fees(tx, limits)?;
    check_blobs(tx, &market.rules)
}

fn check_type(tx: &Transaction, rules: &TransactionRules) -> Result<(), PoolError> {
    let since = match tx {
        Transaction::Legacy(_) => Fork::Frontier,
        Transaction::Eip2930(_) => Fork::Berlin,
        Transaction::Eip1559(_) => Fork::London,
        Transaction::Eip4844(_) => Fork::Cancun,
        Transaction::Eip7702(_) => Fork::Prague,
        Transaction::Deposit(_) => return Err(PoolError::Deposit),
    };
    let blobs_missing = matches!(tx, Transaction::Eip4844(_)) && rules.max_blobs.is_none();
    if rules.fork < since || blobs_missing {
        return Err(PoolError::TypeNotSupported { ty: tx.ty(), fork: rules.fork });
    }
    match tx.chain_id() {
        // Without a chain id it is valid on every chain, as before EIP-155; known deployments need it.
        None => Ok(()),
        Some(have) if have == rules.chain_id && rules.fork >= Fork::SpuriousDragon => Ok(()),
        Some(have) => Err(PoolError::WrongChain { have, want: rules.chain_id }),
    }
}

fn check_size(tx: &PoolTransaction, limits: &PoolLimits, fork: Fork) -> Result<(), PoolError> {
    let (size, limit) = (tx.encoded_bytes(), limits.max_transaction_bytes);
    if size > limit {
        return Err(PoolError::Oversized { size, limit });
    }
    let (size, limit) = (tx.transaction().input().len(), MAX_INIT_CODE_BYTES);
    if fork >= Fork::Shanghai && tx.transaction().is_create() && size > limit {
        return Err(PoolError::InitCodeTooLarge { size, limit });
    }
    Ok(())
}

fn check_gas(tx: &PoolTransaction, market: &Market) -> Result<(), PoolError> {
    let (gas, fork) = (tx.transaction().gas_limit(), market.rules.fork);
    if let Some(cap) = market.rules.max_tx_gas.filter(|cap| gas > *cap) {
        return Err(PoolError::GasLimitTooHigh { cap, gas });
    }
    if gas > market.gas_limit {
        return Err(PoolError::ExceedsBlockGasLimit);
    }
    let needed = intrinsic_gas(tx.transaction().inner(), fork);
    if gas < needed {
        return Err(PoolError::IntrinsicGas { gas, needed });
    }
    let needed = floor_gas(tx.transaction().inner(), fork);
    if gas < needed {
        return Err(PoolError::FloorDataGas { gas, needed });
    }
    Ok(())
}

fn check_fees(tx: &PoolTransaction, limits: &PoolLimits) -> Result<(), PoolError> {
    let (tip, fee) = (tx.max_tip(), tx.max_fee());
    if tip > fee {
        return Err(PoolError::TipAboveFee { tip, fee });
    }
    if tx.nonce() == u64::MAX {
        return Err(PoolError::NonceMax);
    }
    let needed = limits.min_tip;
    if tip < needed {
        return Err(PoolError::Underpriced { what: "gas tip cap", given: tip, needed });
    }
    let (what, needed) = ("blob fee cap", BLOB_TX_MIN_BLOB_GASPRICE);
    match tx.max_blob_fee().filter(|given| *given < needed) {
        Some(given) => Err(PoolError::Underpriced { what, given, needed }),
        None => Ok(()),
    }
}

fn check_blobs(tx: &PoolTransaction, rules: &TransactionRules) -> Result<(), PoolError> {
    if tx.transaction().authorization_list().is_some_and(<[_]>::is_empty) {
        return Err(PoolError::EmptyAuthorizationList);
    }
    let Some(hashes) = tx.transaction().blob_versioned_hashes() else {
        return if tx.sidecar().is_some() { Err(PoolError::UnexpectedSidecar) } else { Ok(()) };
    };
    if hashes.is_empty() {
        return Err(PoolError::NoBlobs);
    }
    let have = u64::try_from(hashes.len()).unwrap_or(u64::MAX);
    let permitted = rules.max_blobs.unwrap_or(0);
    if have > permitted {
        return Err(PoolError::TooManyBlobs { have, permitted });
    }
    let sidecar = tx.sidecar().ok_or(PoolError::MissingSidecar)?;
    let (blobs, commitments) = (sidecar.blobs.len(), sidecar.commitments.len());
    if blobs != hashes.len() || commitments != hashes.len() {
        return Err(PoolError::SidecarLength { blobs, commitments, hashes: hashes.len() });
    }
    for (index, (computed, claimed)) in sidecar.versioned_hashes().zip(hashes).enumerate() {
        if computed != *claimed {
            return Err(PoolError::BlobHash { index, computed, claimed: *claimed });
        }
    }
    Ok(())
}
