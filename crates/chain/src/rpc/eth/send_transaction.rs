//! `eth_sendTransaction(transaction)` and `eth_signTransaction(transaction)`, for the unlocked accounts
//! of a development chain. What the transaction does not say is filled in.

use super::{
    accounts::unlocked,
    call::{Request, call_of},
    fees::tip,
    send_raw_transaction::check_fee,
};
use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag},
    types::TransactionJson,
};
use crate::{
    blobs::{AnySidecar, Pooled, Sidecar, check},
    chain::SubmitError,
    wallet::{BuiltTransaction, DevAccounts, build, unsigned},
};
use alloy_consensus::Transaction as _;
use alloy_eips::Encodable2718 as _;
use alloy_primitives::{Address, Bytes, TxKind};
use alloy_rpc_types_eth::TransactionRequest;
use seam_primitives::{Fork, Recovered, Transaction};
use seam_stf::call::estimate_gas;
use serde::Serialize;
use std::sync::PoisonError;

/// Legacy, and the type of EIP-2930: with a gas price.
const PRICED_TYPES: [u8; 2] = [0, 1];

#[derive(Debug, Serialize)]
struct Signed {
    raw: Bytes,
    tx: TransactionJson,
}

/// `eth_sendTransaction`: the hash.
pub(crate) fn send(context: &Context, args: &Args) -> Answer {
    // Two at once must not choose the same nonce.
    let _one_at_a_time = context.sending.lock().unwrap_or_else(PoisonError::into_inner);
    let pooled = signed(context, args)?;
    check_fee(pooled.transaction.inner(), context.settings.fee_cap)?;
    json(&context.chain.submit(pooled)?)
}

/// `eth_signTransaction`: the EIP-2718 bytes, and the fields.
pub(crate) fn sign(context: &Context, args: &Args) -> Answer {
    let transaction = signed(context, args)?.transaction;
    let raw = transaction.inner().encoded_2718().into();
    let tx = TransactionJson::new(transaction.inner(), transaction.signer(), None, None);
    json(&Signed { raw, tx })
}

fn signed(context: &Context, args: &Args) -> Result<Pooled, Failure> {
    let Request(mut request) = args.required(0)?;
    let from = request.from.ok_or_else(|| Failure::params("invalid argument 0: no 'from'"))?;
    let accounts = signers(context, from)?;
    fill(context, from, &mut request)?;
    let BuiltTransaction { transaction, sidecar } = build(request)?;
    let signed = match accounts {
        Some(accounts) => accounts.sign_transaction(from, transaction)?,
        None => unsigned(from, transaction),
    };
    let sidecar = sidecar.map(|sidecar| checked(context, &signed, sidecar)).transpose()?;
    Ok(Pooled { transaction: Recovered::new_unchecked(signed, from), sidecar })
}

/// The accounts that have the sender's key; none if it is impersonated.
fn signers(context: &Context, from: Address) -> Result<Option<&DevAccounts>, Failure> {
    match unlocked(context, from) {
        Ok(accounts) => Ok(Some(accounts)),
        Err(_) if context.chain.0.dev.is_impersonated(from) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn checked(
    context: &Context,
    transaction: &Transaction,
    sidecar: AnySidecar,
) -> Result<Sidecar, Failure> {
    let limits = crate::blobs::Limits::at(context.chain.rules(), context.chain.next_timestamp());
    let hashes = transaction.blob_versioned_hashes().unwrap_or_default();
    let checked = check(sidecar, hashes, limits.blobs);
    checked.map_err(|error| SubmitError::Raw(error.into()).into())
}

fn fill(context: &Context, from: Address, request: &mut TransactionRequest) -> Result<(), Failure> {
    let chain = &context.chain;
    // A creation is what has no recipient.
    request.to = Some(request.to.unwrap_or(TxKind::Create));
    request.normalize_input();
    if request.chain_id.is_none() {
        request.chain_id = Some(chain.rules().chain_id);
    }
    if request.nonce.is_none() {
        let latest = BlockId::Tag(BlockTag::Latest);
        let nonce = context.account(from, latest)?.nonce;
        request.nonce = Some(chain.pool().pending_nonce(from, nonce));
    }
    fill_fees(context, request)?;
    if request.gas.is_none() {
        let call = call_of(request.clone(), chain.rules().chain_id)?;
        let (header, view) = context.environment(BlockId::Tag(BlockTag::Pending))?;
        let most = context.settings.call_gas;
        request.gas = Some(estimate_gas(chain.rules(), &header, &call, view, most)?);
    }
    Ok(())
}

/// Fees with room for the base fee to double.
fn fill_fees(context: &Context, request: &mut TransactionRequest) -> Result<(), Failure> {
    let head = context.chain.head();
    let market = context.chain.market(&head);
    let base_fee = u128::from(market.base_fee);
    let blobs = request.sidecar.is_some() || request.blob_versioned_hashes.is_some();
    if blobs && request.max_fee_per_blob_gas.is_none() {
        request.max_fee_per_blob_gas = Some(market.blob_base_fee.saturating_mul(2));
    }
    let london = market.rules.fork >= Fork::London;
    let priced = request.transaction_type.is_some_and(|ty| PRICED_TYPES.contains(&ty));
    if request.gas_price.is_some() {
        return Ok(());
    }
    if priced || !london {
        request.gas_price = Some(base_fee.saturating_mul(2) + tip(context, &head)?);
        return Ok(());
    }
    let most = request.max_fee_per_gas;
    let tip = match request.max_priority_fee_per_gas {
        Some(tip) => tip,
        None => tip(context, &head)?.min(most.unwrap_or(u128::MAX)),
    };
    request.max_priority_fee_per_gas = Some(tip);
    let fee = base_fee.saturating_mul(2).saturating_add(tip);
    request.max_fee_per_gas = Some(most.unwrap_or(fee));
    Ok(())
}
