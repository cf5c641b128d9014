//! Calls that never become part of a block: `eth_call` and `eth_estimateGas`.
//!
//! They run as geth runs them: in the block environment of a header, on whatever state is given, without a signature and
//! without the rules that only protect a block. The nonce is not checked, a contract may be the sender (EIP-3607 is off),
//! and neither the block's gas limit nor the one of EIP-7825 holds. Without a gas price gas costs nothing and `BASEFEE`
//! gives zero; with one the sender must be able to pay. No chain takes a fee for data on L1. The sender must have the
//! value it sends in any case.

mod estimate;
mod halt;
mod machine;
mod precompiles;
pub mod simulate;

pub use estimate::{EstimateError, estimate_gas};
pub use halt::Halt;

use crate::{
    error::{BlockError, TransactionError},
    evm::{Failure, Machine, Watch},
    overlay::Overlay,
    state::{StateError, StateReader},
};
use alloc::{collections::BTreeMap, string::String, string::ToString, vec::Vec};
use alloy_consensus::{Header, constants::EIP4844_TX_TYPE_ID};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256};
use revm::context_interface::result::InvalidTransaction;
use seam_primitives::ChainRules;

/// Gas of a call that does not say how much; what geth allows by default (`--rpc.gascap`).
pub const DEFAULT_CALL_GAS: u64 = 50_000_000;

/// What is asked of the EVM: a transaction that nobody signed. Amounts are in wei.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Call {
    /// The sender; the zero address if nobody is named.
    pub from: Address,
    /// The account called, or the creation of a contract.
    pub to: TxKind,
    /// Gas limit; [`DEFAULT_CALL_GAS`], or in an estimate the header's gas limit, if there is none.
    pub gas: Option<u64>,
    /// Price of gas, of transactions before EIP-1559. Not together with the two fields that follow.
    pub gas_price: Option<u128>,
    /// EIP-1559.
    pub max_fee_per_gas: Option<u128>,
    /// EIP-1559.
    pub max_priority_fee_per_gas: Option<u128>,
    /// Sent along.
    pub value: U256,
    /// Calldata, or init code.
    pub input: Bytes,
    /// Not compared with the account's.
    pub nonce: Option<u64>,
    /// EIP-2930.
    pub access_list: AccessList,
    /// EIP-7702.
    pub authorization_list: Vec<SignedAuthorization>,
    /// EIP-4844; without it blobs cost nothing.
    pub max_fee_per_blob_gas: Option<u128>,
    /// EIP-4844.
    pub blob_versioned_hashes: Vec<B256>,
    /// What differs from the given state.
    pub overrides: BTreeMap<Address, AccountOverride>,
}

/// How an account differs from the given state, for one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountOverride {
    /// In wei.
    pub balance: Option<U256>,
    /// Transactions sent, or contracts created.
    pub nonce: Option<u64>,
    /// Its code.
    pub code: Option<Bytes>,
    /// All of its storage: every other slot is zero.
    pub storage: Option<BTreeMap<U256, U256>>,
    /// Slots of its storage; all others stay.
    pub slots: BTreeMap<U256, U256>,
    /// Where the precompiled contract goes that is at this address. An account that is overridden in any way is no
    /// precompiled contract any more.
    pub move_precompile_to: Option<Address>,
}

/// What a call did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOutcome {
    /// Gas that a transaction would pay for, after refunds.
    pub gas_used: u64,
    /// Gas refunded, which a transaction needs before it gets it back.
    pub gas_refunded: u64,
    /// Most gas that was used at a time, before refunds.
    pub max_gas_used: u64,
    /// Logs emitted; none if the call did not succeed.
    pub logs: Vec<Log>,
    /// How it ended.
    pub result: CallResult,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallResult {
    /// Well.
    Success {
        /// What was returned; the code, for a creation.
        output: Bytes,
    },
    /// By `REVERT`.
    Revert {
        /// What was returned with it.
        output: Bytes,
    },
    /// By a fault, which takes all gas.
    Halt {
        /// Which.
        reason: Halt,
    },
}

/// Why a call did not run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Something about the call itself: more value than the sender has, too little gas to begin with, a fee below the
    /// base fee, a type that the chain does not have.
    #[error("{0}")]
    Refused(TransactionError),
    /// The code of an override cannot be an account's code.
    #[error("the code given for account {0} is not a valid delegation (EIP-7702)")]
    OverrideCode(Address),
    /// What is to be moved is no precompiled contract.
    #[error("account {0} is not a precompile")]
    NotPrecompile(Address),
    /// A precompiled contract cannot be moved to where it is.
    #[error("account {0} cannot be moved to itself")]
    MovedToItself(Address),
    /// A precompiled contract cannot go where something else is put.
    #[error("account {0} is already overridden")]
    AlreadyOverridden(Address),
    /// State could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The EVM itself gave up.
    #[error("EVM: {0}")]
    Evm(String),
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => Self::Refused(reason),
            Failure::Block(BlockError::State(error)) => Self::State(error),
            Failure::Block(error) => Self::Evm(error.to_string()),
        }
    }
}

/// Runs a call in the block environment of `header`, on the state that `reader` reads, which for a block that exists is
/// usually the state after it. Nothing is kept.
///
/// # Errors
/// [`CallError`] if it did not run. A call that ran and failed is no error: [`CallResult`] tells.
pub fn call<R: StateReader>(
    rules: &ChainRules,
    header: &Header,
    request: &Call,
    reader: R,
) -> Result<CallOutcome, CallError> {
    let mut machine = prepare(rules, header, request, reader)?;
    machine.call(request, request.gas.unwrap_or(DEFAULT_CALL_GAS))
}

/// The machine for this call, with gas limits of any size.
fn prepare<R: StateReader>(
    rules: &ChainRules,
    header: &Header,
    request: &Call,
    reader: R,
) -> Result<Machine<R>, CallError> {
    let mut machine = Machine::new(rules, header, Overlay::new(reader));
    set_up(rules, header, request, &mut machine)?;
    Ok(machine)
}

/// Makes a machine ready for this call.
pub(crate) fn set_up<R: StateReader, I: Watch<R>>(
    rules: &ChainRules,
    header: &Header,
    request: &Call,
    machine: &mut Machine<R, I>,
) -> Result<(), CallError> {
    check_type(rules, header, request).map_err(CallError::Refused)?;
    for (address, change) in &request.overrides {
        machine.state().replace(*address, change)?;
    }
    machine.move_precompiles(&request.overrides)?;
    machine.relax(request);
    Ok(())
}

/// What the EVM itself does not refuse: blobs on a chain without any, and creations by types that only call.
fn check_type(rules: &ChainRules, header: &Header, request: &Call) -> Result<(), TransactionError> {
    let blobs = !request.blob_versioned_hashes.is_empty();
    if blobs && rules.is_op_stack() {
        let fork = rules.fork_at(header.number, header.timestamp);
        return Err(TransactionError::TypeNotAccepted { ty: EIP4844_TX_TYPE_ID, fork });
    }
    match (request.to.is_create(), request.authorization_list.is_empty()) {
        (true, false) => {
            Err(TransactionError::Invalid(InvalidTransaction::AuthorizationListInvalidFields))
        }
        (true, true) if blobs => {
            Err(TransactionError::Invalid(InvalidTransaction::BlobCreateTransaction))
        }
        _ => Ok(()),
    }
}
