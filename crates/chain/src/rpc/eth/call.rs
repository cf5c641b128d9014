//! `eth_call(transaction, block?, state?, header?)`: what it returns, without being sent.

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, Argument, BlockId, Object},
};
use alloy_primitives::{TxKind, U256};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{AccountOverride as AccountOverrideJson, StateOverride},
};
use seam_primitives::Header;
use seam_stf::call::{AccountOverride, Call, CallResult, call};
use seam_storage::View;
use serde_json::Value;
use std::collections::BTreeMap;

/// A transaction that nobody signed, as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Request(pub(crate) TransactionRequest);

impl Argument for Request {
    fn from_value(value: &Value) -> Result<Self, String> {
        let Object(request) = Object::<TransactionRequest>::from_value(value)?;
        Ok(Self(request))
    }
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let request: Request = args.required(0)?;
    let (header, view, mut request) = in_environment(context, args, request)?;
    let most = context.settings.call_gas;
    request.gas = Some(request.gas.unwrap_or(most).min(most));
    let outcome = call(context.chain.rules(), &header, &request, view)?;
    match outcome.result {
        CallResult::Success { output } => json(&output),
        CallResult::Revert { output } => Err(Failure::reverted(output)),
        CallResult::Halt { reason } => Err(Failure::server(reason.to_string())),
    }
}

/// The call of the first argument, the state of the second, changed as the others say.
pub(crate) fn in_environment(
    context: &Context,
    args: &Args,
    Request(request): Request,
) -> Result<(Header, View, Call), Failure> {
    let block = args.optional::<BlockId>(1)?.unwrap_or_default();
    let (mut header, view) = context.environment(block)?;
    if let Some(Object(overrides)) = args.optional::<Object<BlockOverrides>>(3)? {
        change_header(&mut header, overrides)?;
    }
    let mut call = call_of(request, context.chain.rules().chain_id)?;
    if let Some(Object(overrides)) = args.optional::<Object<StateOverride>>(2)? {
        call.overrides = overrides_of(overrides)?;
    }
    Ok((header, view, call))
}

/// What the EVM is asked for.
pub(crate) fn call_of(request: TransactionRequest, chain_id: u64) -> Result<Call, Failure> {
    let dynamic = request.max_fee_per_gas.or(request.max_priority_fee_per_gas).is_some();
    if request.gas_price.is_some() && dynamic {
        let both = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
        return Err(Failure::server(both));
    }
    if let Some(have) = request.chain_id.filter(|id| *id != chain_id) {
        let message = format!("chainId does not match node's (have={have}, want={chain_id})");
        return Err(Failure::server(message));
    }
    let blobs = request.sidecar.as_ref().map(|sidecar| sidecar.versioned_hashes().collect());
    let input = request.input.try_into_unique_input().map_err(|_| {
        Failure::server(
            "both \"data\" and \"input\" are set and not equal. Please use \"input\" to pass \
             transaction call data",
        )
    })?;
    Ok(Call {
        from: request.from.unwrap_or_default(),
        to: request.to.unwrap_or(TxKind::Create),
        gas: request.gas,
        gas_price: request.gas_price,
        max_fee_per_gas: request.max_fee_per_gas,
        max_priority_fee_per_gas: request.max_priority_fee_per_gas,
        value: request.value.unwrap_or_default(),
        input: input.unwrap_or_default(),
        nonce: request.nonce,
        access_list: request.access_list.unwrap_or_default(),
        authorization_list: request.authorization_list.unwrap_or_default(),
        max_fee_per_blob_gas: request.max_fee_per_blob_gas,
        blob_versioned_hashes: request.blob_versioned_hashes.or(blobs).unwrap_or_default(),
        overrides: BTreeMap::new(),
    })
}

/// The accounts that are other than they are on the chain.
pub(crate) fn overrides_of(
    overrides: StateOverride,
) -> Result<BTreeMap<alloy_primitives::Address, AccountOverride>, Failure> {
    let change = |(address, json): (_, AccountOverrideJson)| {
        if json.state.is_some() && json.state_diff.is_some() {
            let both = format!("account {address} has both 'state' and 'stateDiff'");
            return Err(Failure::params(both));
        }
        let slots = |slots: &mut dyn Iterator<Item = (alloy_primitives::B256, _)>| {
            let number = |(key, value): (alloy_primitives::B256, alloy_primitives::B256)| {
                (U256::from_be_bytes(key.0), U256::from_be_bytes(value.0))
            };
            slots.map(number).collect::<BTreeMap<U256, U256>>()
        };
        let account = AccountOverride {
            balance: json.balance,
            nonce: json.nonce,
            code: json.code,
            storage: json.state.map(|all| slots(&mut all.into_iter())),
            slots: json.state_diff.map(|all| slots(&mut all.into_iter())).unwrap_or_default(),
            move_precompile_to: json.move_precompile_to,
        };
        Ok((address, account))
    };
    overrides.into_iter().map(change).collect()
}

/// Makes of a header what the block environment is to be.
pub(crate) fn change_header(header: &mut Header, overrides: BlockOverrides) -> Result<(), Failure> {
    let too_large = |what| move |_| Failure::params(format!("{what} is too large"));
    let unsupported = overrides.blob_base_fee.is_some() || overrides.block_hash.is_some();
    if unsupported {
        return Err(Failure::params("blobBaseFee and blockHash cannot be overridden"));
    }
    if let Some(number) = overrides.number {
        header.number = u64::try_from(number).map_err(too_large("number"))?;
    }
    if let Some(fee) = overrides.base_fee {
        header.base_fee_per_gas = Some(u64::try_from(fee).map_err(too_large("baseFeePerGas"))?);
    }
    header.timestamp = overrides.time.unwrap_or(header.timestamp);
    header.gas_limit = overrides.gas_limit.unwrap_or(header.gas_limit);
    header.beneficiary = overrides.coinbase.unwrap_or(header.beneficiary);
    header.mix_hash = overrides.random.unwrap_or(header.mix_hash);
    header.difficulty = overrides.difficulty.unwrap_or(header.difficulty);
    header.parent_beacon_block_root = overrides.beacon_root.or(header.parent_beacon_block_root);
    Ok(())
}
