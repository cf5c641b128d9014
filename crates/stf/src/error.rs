//! Why a block, or a transaction in it, is refused.

use crate::state::StateError;
use alloc::string::String;
use alloy_primitives::{B256, TxHash};
use op_revm::OpTransactionError;
use revm::context_interface::result::InvalidTransaction;
use seam_primitives::Fork;

/// Why a transaction cannot be in this block at this place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// The chain does not have this type, or not yet.
    #[error("type {ty} is not accepted at {fork:?} on this chain")]
    TypeNotAccepted {
        /// EIP-2718 type.
        ty: u8,
        /// The newest fork of the block.
        fork: Fork,
    },
    /// The signature is for another chain, or replay protection did not exist yet (EIP-155).
    #[error("signed for chain {0}, which this block does not accept")]
    WrongChain(u64),
    /// The block has no room for it. Try the next block.
    #[error("gas limit {gas_limit} is above the {available} left in the block")]
    BlockGasExhausted {
        /// The transaction's gas limit.
        gas_limit: u64,
        /// Gas left in the block.
        available: u64,
    },
    /// The block has no room for its blobs. Try the next block.
    #[error("{blobs} blobs do not fit: the block has {used} of at most {max}")]
    BlobsExhausted {
        /// The transaction's blobs.
        blobs: u64,
        /// Blobs in the block before it.
        used: u64,
        /// The block's limit.
        max: u64,
    },
    /// Refused by Ethereum's rules: nonce, balance, fee, size and the like.
    #[error("{0}")]
    Invalid(InvalidTransaction),
    /// Refused by the OP Stack's rules.
    #[error("{0}")]
    OpInvalid(OpTransactionError),
}

impl TransactionError {
    /// Whether another block, or another state, may take the transaction: it lacks room, funds, its turn or a price.
    pub const fn may_fit_later(&self) -> bool {
        let reason = match self {
            Self::BlockGasExhausted { .. } | Self::BlobsExhausted { .. } => return true,
            Self::TypeNotAccepted { .. } | Self::WrongChain(_) => return false,
            Self::Invalid(reason) | Self::OpInvalid(OpTransactionError::Base(reason)) => reason,
            Self::OpInvalid(_) => return false,
        };
        matches!(
            reason,
            InvalidTransaction::CallerGasLimitMoreThanBlock
                | InvalidTransaction::GasPriceLessThanBasefee
                | InvalidTransaction::BlobGasPriceGreaterThanMax { .. }
                | InvalidTransaction::LackOfFundForMaxFee { .. }
                | InvalidTransaction::NonceTooHigh { .. }
                | InvalidTransaction::NonceTooLow { .. }
                | InvalidTransaction::RejectCallerWithCode
        )
    }
}

/// Why a block is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// A field of the header is not what the parent and the block's content make it.
    #[error("{field} is {claimed}, computed {computed}")]
    FieldMismatch {
        /// The field's name in the RPC.
        field: &'static str,
        /// What the header says.
        claimed: String,
        /// What it must be.
        computed: String,
    },
    /// A rule between the header and its parent is broken.
    #[error("header: {0}")]
    Header(HeaderError),
    /// An ommer breaks a rule.
    #[error("ommer {hash}: {reason}")]
    Ommer {
        /// The ommer's hash.
        hash: B256,
        /// The rule.
        reason: &'static str,
    },
    /// A signature from which no sender follows.
    #[error("transaction {index} ({hash}): the signature is not valid")]
    Signature {
        /// Place in the block.
        index: usize,
        /// The transaction.
        hash: TxHash,
    },
    /// A transaction that cannot be where it is.
    #[error("transaction {index} ({hash}): {reason}")]
    Transaction {
        /// Place in the block.
        index: usize,
        /// The transaction.
        hash: TxHash,
        /// Why.
        reason: TransactionError,
    },
    /// A contract that the rules call did not do its part (EIP-7002, EIP-7251, EIP-6110).
    #[error("system contract {contract}: {reason}")]
    SystemContract {
        /// Which.
        contract: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// The EVM itself gave up; no rule of a chain explains it.
    #[error("EVM: {0}")]
    Evm(String),
    /// A number left its range, which no real chain can reach.
    #[error("{0} does not fit its range")]
    OutOfRange(&'static str),
    /// State could not be read.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A rule between a header and its parent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Time must go forward.
    #[error("timestamp {timestamp} is not after the parent's {parent}")]
    Timestamp {
        /// The block's, in seconds.
        timestamp: u64,
        /// The parent's, in seconds.
        parent: u64,
    },
    /// The gas limit may move by less than 1/1024 per block, and not below 5,000.
    #[error("gas limit {gas_limit} is out of reach from the parent's {parent}")]
    GasLimit {
        /// The block's.
        gas_limit: u64,
        /// The parent's (times the elasticity where London starts).
        parent: u64,
    },
    /// At most 32 bytes; on an OP Stack chain since Holocene, version 0 and non-zero EIP-1559
    /// parameters in exactly 9.
    #[error("extraData: {0}")]
    ExtraData(&'static str),
    /// Since the merge difficulty and nonce are zero and there are no ommers.
    #[error("{0} must be zero since the merge")]
    NotZero(&'static str),
    /// Fields of Shanghai, Cancun or proof of work that this chain never has.
    #[error("{0} cannot be given on this chain at this block")]
    NotAllowed(&'static str),
    /// EIP-7934.
    #[error("the block has {size} bytes, more than {max}")]
    TooLarge {
        /// RLP bytes of the block.
        size: usize,
        /// The limit.
        max: usize,
    },
}

impl From<HeaderError> for BlockError {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}
