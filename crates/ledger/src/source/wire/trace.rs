//! What `debug_traceBlockByHash` tells: state differences (`prestateTracer` with `diffMode`) and calls (`callTracer`).

use super::unreadable;
use crate::source::{Changes, Payments};
use alloy_primitives::{Address, U256};
use seam_l1::Fault;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

#[derive(Deserialize)]
struct Traced<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Difference {
    pre: BTreeMap<Address, State>,
    post: BTreeMap<Address, State>,
}

#[derive(Default, Deserialize)]
struct State {
    #[serde(default)]
    balance: Option<U256>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    value: Option<U256>,
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    /// Not read at once: calls may lie deeper in one another than a reader that calls itself could follow.
    #[serde(default, borrow)]
    calls: Option<Vec<&'a RawValue>>,
}

/// Most nodes of all call trees of a block that are read: more than any block has gas for.
pub const MAX_CALLS: usize = 1 << 20;

fn results(answer: &RawValue) -> Result<Vec<Traced<'_>>, Fault> {
    serde_json::from_str(answer.get()).map_err(|error| unreadable("trace", error))
}

/// For each transaction the accounts whose ether it changed, with what they had before and after.
///
/// # Errors
/// [`Fault::Unreadable`].
pub fn read_changes(answer: &RawValue) -> Result<Vec<Changes>, Fault> {
    results(answer)?.iter().map(|traced| changes(traced.result)).collect()
}

fn changes(result: &RawValue) -> Result<Changes, Fault> {
    let Difference { pre, post } = serde_json::from_str(result.get())
        .map_err(|error| unreadable("state difference", error))?;
    let mut found = BTreeMap::new();
    for (account, state) in &post {
        let before = pre.get(account).and_then(|state| state.balance).unwrap_or_default();
        // What did not change is not told.
        if let Some(after) = state.balance {
            found.insert(*account, (before, after));
        }
    }
    for (account, state) in pre {
        if !post.contains_key(&account) {
            // It is gone.
            found.insert(account, (state.balance.unwrap_or_default(), U256::ZERO));
        }
    }
    found.retain(|_, (before, after)| before != after);
    Ok(found)
}

/// For each transaction what contracts paid in it, in order, and arrived.
///
/// # Errors
/// [`Fault::Unreadable`], also beyond [`MAX_CALLS`].
pub fn read_payments(answer: &RawValue) -> Result<Vec<Payments>, Fault> {
    let mut left = MAX_CALLS;
    results(answer)?.iter().map(|traced| payments(traced.result, &mut left)).collect()
}

fn payments(result: &RawValue, left: &mut usize) -> Result<Payments, Fault> {
    let (mut found, mut open) = (Vec::new(), vec![result]);
    let mut is_outermost = true;
    while let Some(text) = open.pop() {
        *left = left.checked_sub(1).ok_or_else(|| unreadable("calls", "there are too many"))?;
        let call: Call<'_> =
            serde_json::from_str(text.get()).map_err(|error| unreadable("call", error))?;
        // What failed undid all that it had done.
        if call.error.is_some() {
            is_outermost = false;
            continue;
        }
        let moves = matches!(&*call.kind, "CALL" | "CREATE" | "CREATE2" | "SELFDESTRUCT");
        let value = call.value.unwrap_or_default();
        if let Some(to) = call.to.filter(|_| moves && !is_outermost && !value.is_zero()) {
            found.push((call.from, to, value));
        }
        is_outermost = false;
        open.extend(call.calls.into_iter().flatten().rev());
    }
    Ok(found)
}
