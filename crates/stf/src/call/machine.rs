//! Calls on the [`Machine`] that blocks run on.

use super::{AccountOverride, Call, CallError, CallOutcome, CallResult, Halt};
use crate::{
    error::TransactionError,
    evm::{Failure, Machine, Watch, block_error},
    overlay::Overlay,
    state::StateReader,
};
use alloc::vec::Vec;
use alloy_evm::Evm;
use alloy_op_evm::OpTx;
use alloy_primitives::{Address, Bytes, keccak256};
use revm::{
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::{
        result::{EVMError, ExecutionResult},
        transaction::TransactionType,
    },
    state::EvmState,
};

impl<R: StateReader> Overlay<R> {
    /// Puts something else in an account's place.
    pub(crate) fn replace(
        &mut self,
        address: Address,
        change: &AccountOverride,
    ) -> Result<(), CallError> {
        let mut account = self.account(address)?.unwrap_or_default();
        if let Some(code) = &change.code {
            account.code_hash = keccak256(code);
            let code = Bytecode::new_raw_checked(code.clone());
            let code = code.map_err(|_| CallError::OverrideCode(address))?;
            self.put_code(account.code_hash, code);
        }
        account.balance = change.balance.unwrap_or(account.balance);
        account.nonce = change.nonce.unwrap_or(account.nonce);
        if change.storage.is_some() {
            self.wipe(address);
        }
        let slots = change.storage.iter().flatten().chain(&change.slots);
        self.put(address, account, slots);
        Ok(())
    }
}

impl<R: StateReader, I: Watch<R>> Machine<R, I> {
    /// Switches off the rules that protect a block, and prices that the call does not name.
    pub(crate) fn relax(&mut self, request: &Call) {
        match self {
            Self::Ethereum(evm) => {
                let context = evm.ctx_mut();
                relax(&mut context.cfg, &mut context.block, request);
            }
            Self::OpStack(evm) => {
                let context = evm.ctx_mut();
                relax(&mut context.cfg, &mut context.block, request);
            }
        }
    }

    /// Runs the call with this gas limit. The state stays as it was, so another may follow.
    pub(crate) fn call(&mut self, request: &Call, gas: u64) -> Result<CallOutcome, CallError> {
        Ok(self.call_with_state(request, gas)?.0)
    }

    /// The same, with the accounts as the call would leave them.
    pub(crate) fn call_with_state(
        &mut self,
        request: &Call,
        gas: u64,
    ) -> Result<(CallOutcome, EvmState), CallError> {
        match self {
            Self::Ethereum(evm) => match evm.transact_raw(tx_env(request, gas, evm.chain_id())) {
                Ok(done) => Ok((outcome(done.result), done.state)),
                Err(EVMError::Transaction(error)) => {
                    Err(CallError::Refused(TransactionError::Invalid(error)))
                }
                Err(error) => Err(Failure::Block(block_error(error)).into()),
            },
            Self::OpStack(evm) => match evm.transact_raw(op_tx_env(request, gas, evm.chain_id())) {
                Ok(done) => Ok((outcome(done.result), done.state)),
                Err(EVMError::Transaction(error)) => {
                    Err(CallError::Refused(TransactionError::OpInvalid(error.0)))
                }
                Err(error) => Err(Failure::Block(block_error(error)).into()),
            },
        }
    }
}

fn relax<S>(cfg: &mut CfgEnv<S>, block: &mut BlockEnv, request: &Call) {
    cfg.disable_nonce_check = true;
    cfg.disable_eip3607 = true;
    cfg.disable_block_gas_limit = true;
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    if request.max_gas_price() == 0 && request.max_priority_fee_per_gas.unwrap_or_default() == 0 {
        block.basefee = 0;
    }
    if request.max_fee_per_blob_gas.unwrap_or_default() == 0
        && let Some(blobs) = block.blob_excess_gas_and_price.as_mut()
    {
        blobs.blob_gasprice = 0;
    }
}

impl Call {
    /// The most that a unit of gas may cost.
    pub(super) fn max_gas_price(&self) -> u128 {
        self.max_fee_per_gas.or(self.gas_price).unwrap_or_default()
    }

    /// The type of transaction that the call is like.
    fn transaction_type(&self) -> TransactionType {
        if !self.authorization_list.is_empty() {
            TransactionType::Eip7702
        } else if !self.blob_versioned_hashes.is_empty() {
            TransactionType::Eip4844
        } else if self.max_fee_per_gas.is_some() || self.max_priority_fee_per_gas.is_some() {
            TransactionType::Eip1559
        } else if !self.access_list.0.is_empty() {
            TransactionType::Eip2930
        } else {
            TransactionType::Legacy
        }
    }
}

fn tx_env(request: &Call, gas_limit: u64, chain_id: u64) -> TxEnv {
    let ty = request.transaction_type();
    let with_priority = !matches!(ty, TransactionType::Legacy | TransactionType::Eip2930);
    let mut env = TxEnv {
        tx_type: ty.into(),
        caller: request.from,
        gas_limit,
        gas_price: request.max_gas_price(),
        kind: request.to,
        value: request.value,
        data: request.input.clone(),
        nonce: request.nonce.unwrap_or_default(),
        chain_id: Some(chain_id),
        access_list: request.access_list.clone(),
        gas_priority_fee: with_priority.then(|| priority_fee(request)),
        blob_hashes: request.blob_versioned_hashes.clone(),
        max_fee_per_blob_gas: request.max_fee_per_blob_gas.unwrap_or_default(),
        authorization_list: Vec::new(),
    };
    env.set_signed_authorization(request.authorization_list.clone());
    env
}

/// A price from before EIP-1559 is all for the block's builder, beyond the base fee.
fn priority_fee(request: &Call) -> u128 {
    let of_price = request.gas_price.filter(|_| request.max_fee_per_gas.is_none());
    request.max_priority_fee_per_gas.or(of_price).unwrap_or_default()
}

/// Without bytes to be written to L1, so without a fee for those.
fn op_tx_env(request: &Call, gas_limit: u64, chain_id: u64) -> OpTx {
    OpTx(op_revm::OpTransaction {
        base: tx_env(request, gas_limit, chain_id),
        enveloped_tx: Some(Bytes::new()),
        deposit: Default::default(),
    })
}

fn outcome<H: Into<Halt>>(result: ExecutionResult<H>) -> CallOutcome {
    let gas = *result.gas();
    let (gas_used, gas_refunded) = (gas.tx_gas_used(), gas.final_refunded());
    let max_gas_used = gas.total_gas_spent().max(gas.floor_gas());
    let (logs, result) = match result {
        ExecutionResult::Success { logs, output, .. } => {
            (logs, CallResult::Success { output: output.into_data() })
        }
        ExecutionResult::Revert { output, .. } => (Vec::new(), CallResult::Revert { output }),
        ExecutionResult::Halt { reason, .. } => {
            (Vec::new(), CallResult::Halt { reason: reason.into() })
        }
    };
    CallOutcome { gas_used, gas_refunded, max_gas_used, logs, result }
}
