//! What a caller is told when a call fails: codes of JSON-RPC and of EIP-1474, words of geth.

use crate::{
    chain::SubmitError,
    engine::{DevError, ImportError},
    wallet::WalletError,
};
use alloy_primitives::Bytes;
use jsonrpsee::types::ErrorObjectOwned;
use seam_stf::{
    StateError,
    call::{CallError, EstimateError},
};
use seam_storage::StorageError;

/// Of everything that geth has no other code for.
pub(crate) const SERVER_ERROR: i32 = -32_000;
/// EIP-1474: more than a limit allows.
pub(crate) const LIMIT_EXCEEDED: i32 = -32_005;
/// As the server has it for an answer beyond the limit.
pub(crate) const TOO_LARGE: i32 = -32_008;
/// JSON-RPC 2.0.
pub(crate) const METHOD_NOT_FOUND: i32 = -32_601;
/// JSON-RPC 2.0.
pub(crate) const INVALID_PARAMS: i32 = -32_602;
/// JSON-RPC 2.0.
pub(crate) const INTERNAL_ERROR: i32 = -32_603;
/// The call ran and reverted; the data is what it returned.
pub(crate) const REVERTED: i32 = 3;
/// What is asked for was kept once, and is not any more (execution-apis, as for EIP-4444).
pub(crate) const PRUNED: i32 = 4_444;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: i32,
    pub(crate) message: String,
    /// What a revert returned.
    pub(crate) data: Option<Bytes>,
}

impl Failure {
    pub(crate) fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(crate) fn server(message: impl Into<String>) -> Self {
        Self::new(SERVER_ERROR, message)
    }

    pub(crate) fn params(message: impl Into<String>) -> Self {
        Self::new(INVALID_PARAMS, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(LIMIT_EXCEEDED, message)
    }

    /// As geth tells of a revert: the reason in the message, what was returned in the data.
    pub(crate) fn reverted(output: Bytes) -> Self {
        let message = match super::revert::reason(&output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        };
        Self { code: REVERTED, message, data: Some(output) }
    }
}

impl From<Failure> for ErrorObjectOwned {
    fn from(failure: Failure) -> Self {
        Self::owned(failure.code, failure.message, failure.data)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::NoState { .. } => {
                Self::new(PRUNED, format!("pruned history unavailable: {error}"))
            }
            StorageError::TooFarForProof { .. } => Self::server(error.to_string()),
            error => Self::new(INTERNAL_ERROR, error.to_string()),
        }
    }
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(INTERNAL_ERROR, error.to_string())
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::State(error) => error.into(),
            error => Self::server(error.to_string()),
        }
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::State(error) => error.into(),
            CallError::Refused(reason) => Self::server(super::revert::refused(&reason)),
            error => Self::server(error.to_string()),
        }
    }
}

impl From<EstimateError> for Failure {
    fn from(error: EstimateError) -> Self {
        match error {
            EstimateError::Reverted { output } => Self::reverted(output),
            EstimateError::Call(error) => error.into(),
            error => Self::server(error.to_string()),
        }
    }
}

impl From<WalletError> for Failure {
    fn from(error: WalletError) -> Self {
        match error {
            WalletError::UnknownAccount(_) => Self::server("unknown account"),
            WalletError::TypedDataJson(_)
            | WalletError::TypedData(_)
            | WalletError::Incomplete(_) => Self::params(error.to_string()),
            error => Self::server(error.to_string()),
        }
    }
}

impl From<DevError> for Failure {
    fn from(error: DevError) -> Self {
        match error {
            DevError::Chain(error) => error.into(),
            error => Self::params(error.to_string()),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        Self::server(error.to_string())
    }
}
