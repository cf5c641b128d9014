//! `eth_getStorageAt(address, key, block?)`: one slot; `eth_getStorageValues(keys, block?)`: many, of
//! many accounts.

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, Argument as _, BlockId, StorageKey},
};
use alloy_primitives::{Address, B256};
use seam_stf::StateReader as _;
use serde_json::Value;
use std::collections::BTreeMap;

/// `eth_getStorageAt`.
pub(crate) fn at(context: &Context, args: &Args) -> Answer {
    let address = args.required(0)?;
    let missing = || Failure::params("missing value for required argument 1");
    let key = StorageKey::parse(args.raw(1).ok_or_else(missing)?)?;
    let block = args.optional::<BlockId>(2)?.unwrap_or_default();
    json(&B256::from(context.view(block)?.storage(address, key.slot)?))
}

/// `eth_getStorageValues`.
pub(crate) fn values(context: &Context, args: &Args) -> Answer {
    let wanted = wanted(args)?;
    if wanted.is_empty() {
        return Err(Failure::params("empty request"));
    }
    let most = context.settings.proof_slots;
    if wanted.values().map(Vec::len).sum::<usize>() > most {
        return Err(Failure::params(format!("too many slots (max {most})")));
    }
    let block = args.optional::<BlockId>(1)?.unwrap_or_default();
    let mut view = context.view(block)?;
    let mut found: BTreeMap<Address, Vec<B256>> = BTreeMap::new();
    for (address, keys) in wanted {
        let value = |key: StorageKey| Ok(view.storage(address, key.slot)?.into());
        let values = keys.into_iter().map(value).collect::<Result<_, Failure>>()?;
        found.insert(address, values);
    }
    json(&found)
}

fn wanted(args: &Args) -> Result<BTreeMap<Address, Vec<StorageKey>>, Failure> {
    let wrong = || Failure::params("invalid argument 0: not an object of arrays");
    let accounts = args.raw(0).and_then(Value::as_object).ok_or_else(wrong)?;
    let mut wanted = BTreeMap::new();
    for (address, keys) in accounts {
        let address = Address::from_value(&Value::String(address.clone()));
        let address = address.map_err(|m| Failure::params(format!("invalid argument 0: {m}")))?;
        let keys = keys.as_array().ok_or_else(wrong)?;
        let keys = keys.iter().map(StorageKey::parse).collect::<Result<_, _>>()?;
        wanted.insert(address, keys);
    }
    Ok(wanted)
}
