//! The access list (EIP-2930) with which a call runs as it does, by geth's algorithm for `eth_createAccessList`.

use super::{Limits, TraceError, watcher::Watcher};
use crate::{
    call::{Call, CallOutcome, DEFAULT_CALL_GAS, set_up},
    evm::Machine,
    overlay::Overlay,
    state::StateReader,
};
use alloy_consensus::Header;
use alloy_eips::eip2930::AccessList;
use revm_inspectors::access_list::AccessListInspector;
use seam_primitives::ChainRules;

/// Most times that a call is run anew since its list changed. Few calls need more than two; geth goes on for ever.
const MAX_ROUNDS: u32 = 16;

/// A list, and what the call does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessListOutcome {
    /// Accounts other than the sender, the one called and precompiled contracts, and slots of any; by address.
    pub list: AccessList,
    /// What the call did.
    pub outcome: CallOutcome,
}

/// Runs a call until the list of what it touches, given along, is what it touches. Which gas it needs depends on the list,
/// and what it touches may depend on gas.
///
/// # Errors
/// [`TraceError`]. A call that ran and failed is none.
pub fn create_access_list<R: StateReader>(
    rules: &ChainRules,
    header: &Header,
    request: &Call,
    reader: R,
    limits: Limits<'_>,
) -> Result<AccessListOutcome, TraceError> {
    let watcher = Watcher::new(limits);
    let mut machine = Machine::watched(rules, header, Overlay::new(reader), watcher);
    let mut request = request.clone();
    set_up(rules, header, &request, &mut machine)?;
    for _ in 0..MAX_ROUNDS {
        let given = request.access_list.clone();
        machine.watcher().0.access = Some(AccessListInspector::new(given.clone()));
        let gas = request.gas.unwrap_or(DEFAULT_CALL_GAS);
        let result = machine.while_watched(|machine| machine.call(&request, gas));
        let (watcher, _) = machine.watcher();
        watcher.budget.check()?;
        let outcome = result?;
        let touched = watcher.access.take().map(AccessListInspector::into_access_list);
        let list = sorted(touched.unwrap_or_default());
        if list == sorted(given) {
            return Ok(AccessListOutcome { list, outcome });
        }
        request.access_list = list;
    }
    Err(TraceError::NotStable(MAX_ROUNDS))
}

fn sorted(mut list: AccessList) -> AccessList {
    for item in &mut list.0 {
        item.storage_keys.sort_unstable();
        item.storage_keys.dedup();
    }
    list.0.sort_unstable_by_key(|item| item.address);
    list
}
