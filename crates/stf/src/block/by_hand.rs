//! What no transaction does, for development chains (with the feature `call`): state that is changed
//! by hand, and transactions that nobody signed. A block that was made so has right roots, but
//! cannot be executed again from its transactions.

use super::BlockBuilder;
use crate::{
    call::{AccountOverride, CallError},
    error::BlockError,
    evm::Machine,
    state::{StateCommitment, StateReader},
};
use alloy_primitives::Address;
use seam_primitives::{Recovered, Transaction};

impl<R: StateCommitment> BlockBuilder<'_, R> {
    /// Changes an account, as part of what the block does to the state. An account that is empty
    /// afterwards is gone (EIP-161), unless it was given storage.
    ///
    /// # Errors
    /// [`CallError::OverrideCode`] if the code cannot be an account's; [`CallError::State`] if the
    /// account cannot be read.
    pub fn edit(&mut self, address: Address, change: &AccountOverride) -> Result<(), CallError> {
        let state = self.machine.state();
        state.replace(address, change)?;
        state.keep(address);
        Ok(())
    }

    /// As [`BlockBuilder::push`], for a transaction that was not signed by its sender, which may
    /// have code (EIP-3607 is off).
    ///
    /// # Errors
    /// Those of [`BlockBuilder::push`].
    pub fn push_unsigned(&mut self, transaction: Recovered<Transaction>) -> Result<(), BlockError> {
        self.machine.let_code_send(true);
        let pushed = self.push(transaction).map(|_| ());
        self.machine.let_code_send(false);
        pushed
    }
}

impl<R: StateReader> Machine<R> {
    /// Whether accounts with code may send transactions: EIP-3607 forbids it.
    fn let_code_send(&mut self, allowed: bool) {
        match self {
            Self::Ethereum(evm) => evm.ctx_mut().cfg.disable_eip3607 = allowed,
            Self::OpStack(evm) => evm.ctx_mut().cfg.disable_eip3607 = allowed,
        }
    }
}
