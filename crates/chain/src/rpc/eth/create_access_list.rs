//! `eth_createAccessList(transaction, block?, state?)`: accounts and slots that a transaction uses, by geth's rules. A
//! call that fails has its reason in `error`, and its list all the same.

use super::call::{Request, in_environment};
use crate::rpc::{
    context::Context,
    debug::replay::within,
    method::{Answer, json},
    params::{Args, quantity},
};
use alloy_eips::eip2930::AccessList;
use alloy_primitives::U256;
use seam_stf::{call::CallResult, trace::create_access_list};
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    access_list: AccessList,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    gas_used: U256,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let request: Request = args.required(0)?;
    let (header, view, mut call) = in_environment(context, args, request)?;
    let most = context.settings.call_gas;
    call.gas = Some(call.gas.unwrap_or(most).min(most));
    let rules = context.chain.rules();
    let found = within(context, context.settings.request_time, |limits| {
        create_access_list(rules, &header, &call, view, limits)
    })?;
    let error = match found.outcome.result {
        CallResult::Success { .. } => None,
        CallResult::Revert { .. } => Some("execution reverted".to_owned()),
        CallResult::Halt { reason } => Some(reason.to_string()),
    };
    json(&Created { access_list: found.list, error, gas_used: quantity(found.outcome.gas_used) })
}
