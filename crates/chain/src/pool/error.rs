//! Why the pool does not take a transaction.

use alloy_primitives::{Address, B256, U256};
use seam_primitives::Fork;

/// Why the pool does not take a transaction. Wallets and bots recognise these cases by geth's
/// words, so each message begins with those.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// It is in the pool already; there is nothing to do.
    #[error("already known")]
    AlreadyKnown,
    /// The chain does not have this type, or not yet.
    #[error("transaction type not supported: type {ty} rejected, the chain is at {fork:?}")]
    TypeNotSupported {
        /// EIP-2718 type.
        ty: u8,
        /// The newest fork.
        fork: Fork,
    },
    /// Deposits come from L1 and nowhere else.
    #[error("transaction type not supported: deposits come from L1 only")]
    Deposit,
    /// Signed for another chain.
    #[error("invalid chain id for signer: have {have} want {want}")]
    WrongChain {
        /// The transaction's.
        have: u64,
        /// The chain's.
        want: u64,
    },
    /// Larger than the pool takes, see `PoolLimits::max_transaction_bytes`.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    Oversized {
        /// Bytes without the sidecar.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// EIP-3860.
    #[error("max initcode size exceeded: code size {size}, limit {limit}")]
    InitCodeTooLarge {
        /// Bytes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// EIP-7825.
    #[error("transaction gas limit too high (cap: {cap}, tx: {gas})")]
    GasLimitTooHigh {
        /// The limit.
        cap: u64,
        /// The transaction's.
        gas: u64,
    },
    /// No block can take so much gas.
    #[error("exceeds block gas limit")]
    ExceedsBlockGasLimit,
    /// EIP-1559.
    #[error(
        "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, \
         maxFeePerGas: {fee}"
    )]
    TipAboveFee {
        /// The tip, in wei per gas.
        tip: u128,
        /// The fee, in wei per gas.
        fee: u128,
    },
    /// EIP-2681.
    #[error("nonce has max value")]
    NonceMax,
    /// EIP-2028, EIP-2930, EIP-3860, EIP-7702.
    #[error("intrinsic gas too low: gas {gas}, minimum needed {needed}")]
    IntrinsicGas {
        /// The transaction's gas limit.
        gas: u64,
        /// What it takes before the first instruction.
        needed: u64,
    },
    /// EIP-7623.
    #[error("insufficient gas for floor data gas cost: gas {gas}, minimum needed {needed}")]
    FloorDataGas {
        /// The transaction's gas limit.
        gas: u64,
        /// What its data costs at least.
        needed: u64,
    },
    /// Pays less than the pool or the chain asks for. Raise the fee.
    #[error("transaction underpriced: {what} {given}, minimum needed {needed}")]
    Underpriced {
        /// The fee's name.
        what: &'static str,
        /// The transaction's, in wei.
        given: u128,
        /// The minimum, in wei.
        needed: u128,
    },
    /// EIP-4844: at least one.
    #[error("blobless blob transaction")]
    NoBlobs,
    /// More blobs than a transaction may have at this block.
    #[error("blob transaction has too many blobs: have {have}, permitted {permitted}")]
    TooManyBlobs {
        /// The transaction's.
        have: u64,
        /// The limit.
        permitted: u64,
    },
    /// A blob transaction comes with its blobs.
    #[error("missing sidecar in blob transaction")]
    MissingSidecar,
    /// Only a blob transaction has a sidecar.
    #[error("unexpected sidecar: the transaction has no blobs")]
    UnexpectedSidecar,
    /// Not as many blobs or commitments as hashes.
    #[error(
        "invalid number of {blobs} blobs and {commitments} commitments compared to {hashes} blob hashes"
    )]
    SidecarLength {
        /// Blobs in the sidecar.
        blobs: usize,
        /// Commitments in the sidecar.
        commitments: usize,
        /// Hashes in the transaction.
        hashes: usize,
    },
    /// The sidecar belongs to another transaction.
    #[error("blob {index}: computed hash {computed} mismatches transaction one {claimed}")]
    BlobHash {
        /// Which blob.
        index: usize,
        /// Hash of the commitment.
        computed: B256,
        /// Hash in the transaction.
        claimed: B256,
    },
    /// EIP-7702: at least one.
    #[error("EIP-7702 transaction with empty auth list")]
    EmptyAuthorizationList,
    /// EIP-3607.
    #[error("sender not an eoa: address {0}")]
    SenderNotEoa(Address),
    /// The nonce is used, by the state or by a block that is about to be announced.
    #[error("nonce too low: next nonce {next}, tx nonce {nonce}")]
    NonceTooLow {
        /// The first nonce that is free or can be replaced.
        next: u64,
        /// The transaction's.
        nonce: u64,
    },
    /// Blobs wait only where they can be used: no gap before them. Send the earlier ones first.
    #[error("nonce too high: tx nonce {nonce}, gapped nonce {gap}")]
    NonceGap {
        /// The transaction's.
        nonce: u64,
        /// The first nonce that is missing.
        gap: u64,
    },
    /// The balance does not cover this transaction.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}, overshot {}",
        .cost.saturating_sub(*.balance)
    )]
    InsufficientFunds {
        /// In wei.
        balance: U256,
        /// The most the transaction can take, in wei.
        cost: U256,
    },
    /// The balance does not cover it along with the sender's executable ones.
    #[error(
        "insufficient funds for gas * price + value: balance {balance}, queued cost {queued}, tx \
         cost {cost}, overshot {}",
        .queued.saturating_add(*.cost).saturating_sub(*.balance)
    )]
    InsufficientFundsForAll {
        /// In wei.
        balance: U256,
        /// The most that the sender's other executable transactions can take, in wei.
        queued: U256,
        /// The most this one can take, in wei.
        cost: U256,
    },
    /// Another transaction with this nonce waits and pays too much to be replaced by this one.
    #[error("replacement transaction underpriced: {what} {given}, minimum needed {needed}")]
    ReplacementUnderpriced {
        /// The fee's name.
        what: &'static str,
        /// The newcomer's, in wei.
        given: u128,
        /// The minimum, in wei.
        needed: u128,
    },
    /// The sender has as many in the pool as one sender may.
    #[error("account limit exceeded: pooled {0} txs")]
    AccountLimit(usize),
    /// The pool is full and this one has a gap before it or is too large. Try again later.
    #[error("txpool is full")]
    Full,
    /// The pool is full of transactions that pay as much or more. Raise the fee.
    #[error(
        "transaction underpriced: the txpool is full and asks for a gas price above {needed}, offered {offered}"
    )]
    FullUnderpriced {
        /// In wei per gas at the next base fee, the least of this one and those that must come
        /// before it.
        offered: u128,
        /// The lowest in the pool, likewise.
        needed: u128,
    },
}
