//! Faults of a call, in geth's words, which wallets and libraries know.

use alloc::string::String;
use op_revm::OpHaltReason;
use revm::context_interface::result::{HaltReason, OutOfGasError};

/// A fault that ended a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The gas limit was too low.
    #[error("out of gas")]
    OutOfGas,
    /// A length or an offset beyond what any gas can pay for.
    #[error("gas uint64 overflow")]
    GasOverflow,
    /// The opcode 0xfe (EIP-141), as Solidity before 0.8 used it for a failed assertion.
    #[error("invalid opcode: INVALID")]
    Invalid,
    /// An opcode that does not exist, or not yet.
    #[error("invalid opcode")]
    UnknownOpcode,
    /// A jump to anything but a `JUMPDEST`.
    #[error("invalid jump destination")]
    InvalidJump,
    /// More taken from the stack than there was.
    #[error("stack underflow")]
    StackUnderflow,
    /// More than 1024 words on the stack.
    #[error("stack limit reached 1024 (1024)")]
    StackOverflow,
    /// `RETURNDATACOPY` beyond the end.
    #[error("return data out of bounds")]
    ReturnDataOutOfBounds,
    /// The new contract's address is taken.
    #[error("contract address collision")]
    Collision,
    /// A creator's nonce can go no higher (EIP-2681).
    #[error("nonce uint64 overflow")]
    NonceOverflow,
    /// A new contract larger than EIP-170 allows.
    #[error("max code size exceeded")]
    CodeSize,
    /// A new contract's code that begins with 0xef (EIP-3541).
    #[error("invalid code: must not begin with 0xef")]
    InvalidCode,
    /// Init code larger than EIP-3860 allows.
    #[error("max initcode size exceeded")]
    InitCodeSize,
    /// A change inside a static call.
    #[error("write protection")]
    WriteProtection,
    /// More value than the account has.
    #[error("insufficient balance for transfer")]
    InsufficientBalance,
    /// More than 1024 calls inside each other.
    #[error("max call depth exceeded")]
    Depth,
    /// Input that a precompiled contract refuses.
    #[error("{0}")]
    Precompile(String),
    /// Only a deposit can end so.
    #[error("deposit failed")]
    Deposit,
}

impl From<HaltReason> for Halt {
    fn from(reason: HaltReason) -> Self {
        match reason {
            HaltReason::OutOfGas(OutOfGasError::InvalidOperand) => Self::GasOverflow,
            HaltReason::OutOfGas(_) => Self::OutOfGas,
            HaltReason::OpcodeNotFound | HaltReason::NotActivated => Self::UnknownOpcode,
            HaltReason::InvalidFEOpcode => Self::Invalid,
            HaltReason::InvalidJump => Self::InvalidJump,
            HaltReason::StackUnderflow => Self::StackUnderflow,
            HaltReason::StackOverflow => Self::StackOverflow,
            HaltReason::OutOfOffset => Self::ReturnDataOutOfBounds,
            HaltReason::CreateCollision => Self::Collision,
            HaltReason::PrecompileError => Self::Precompile("precompile failed".into()),
            HaltReason::PrecompileErrorWithContext(reason) => Self::Precompile(reason),
            HaltReason::NonceOverflow => Self::NonceOverflow,
            HaltReason::CreateContractSizeLimit => Self::CodeSize,
            HaltReason::CreateContractStartingWithEF => Self::InvalidCode,
            HaltReason::CreateInitCodeSizeLimit => Self::InitCodeSize,
            HaltReason::OverflowPayment | HaltReason::OutOfFunds => Self::InsufficientBalance,
            HaltReason::StateChangeDuringStaticCall | HaltReason::CallNotAllowedInsideStatic => {
                Self::WriteProtection
            }
            HaltReason::CallTooDeep => Self::Depth,
        }
    }
}

impl From<OpHaltReason> for Halt {
    fn from(reason: OpHaltReason) -> Self {
        match reason {
            OpHaltReason::Base(reason) => reason.into(),
            OpHaltReason::FailedDeposit => Self::Deposit,
        }
    }
}
