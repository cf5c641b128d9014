//! Precompiled contracts that overrides move, or put something else in the place of.

use super::{AccountOverride, CallError};
use crate::{
    evm::{Machine, Watch},
    state::StateReader,
};
use alloc::collections::BTreeMap;
use alloy_evm::{Evm, precompiles::PrecompilesMap};
use alloy_primitives::{Address, map::AddressSet};
use revm::context_interface::JournalTr;

impl<R: StateReader, I: Watch<R>> Machine<R, I> {
    /// Moves precompiled contracts as the overrides say. Addresses that were warm stay so, and others do not become warm
    /// (EIP-2929): those are what the fork says.
    pub(crate) fn move_precompiles(
        &mut self,
        overrides: &BTreeMap<Address, AccountOverride>,
    ) -> Result<(), CallError> {
        if overrides.is_empty() {
            return Ok(());
        }
        match self {
            Self::Ethereum(evm) => {
                let warm = addresses(evm.precompiles_mut());
                evm.ctx_mut().journaled_state.warm_precompiles(warm);
                apply(evm.precompiles_mut(), overrides)
            }
            Self::OpStack(evm) => {
                let warm = addresses(evm.precompiles_mut());
                evm.ctx_mut().journaled_state.warm_precompiles(warm);
                apply(evm.precompiles_mut(), overrides)
            }
        }
    }
}

fn addresses(precompiles: &PrecompilesMap) -> AddressSet {
    precompiles.addresses().copied().collect()
}

fn apply(
    precompiles: &mut PrecompilesMap,
    overrides: &BTreeMap<Address, AccountOverride>,
) -> Result<(), CallError> {
    for (address, change) in overrides {
        let mut found = None;
        if precompiles.get(address).is_some() {
            precompiles.apply_precompile(address, |precompile| {
                found = precompile;
                None
            });
        }
        let Some(to) = change.move_precompile_to else { continue };
        let found = found.ok_or(CallError::NotPrecompile(*address))?;
        if to == *address {
            return Err(CallError::MovedToItself(to));
        }
        if overrides.contains_key(&to) {
            return Err(CallError::AlreadyOverridden(to));
        }
        precompiles.apply_precompile(&to, |_| Some(found));
    }
    Ok(())
}
