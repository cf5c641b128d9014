//! Sends transactions of one key so that an interruption never sends one twice.
//!
//! A transaction is signed, written to a journal and synced there, and only then sent. After a
//! restart the same bytes are sent again: they have the same nonce, so the L1 takes them once. One
//! that is in no block for long is replaced by one of the same nonce that pays more; whichever of
//! them is mined, it is the same transaction to whoever waits for it. One that a reorg removes is sent
//! again.
//!
//! Whoever waits drives it: [`Sender::wait`] looks at the L1 and acts. [`Sender::run`] does so for
//! those who do not wait.
//!
//! A transaction with blobs goes with the proofs that the L1 takes: those of the blobs' cells (EIP-7594),
//! or of the blobs where the L1 is before Osaka (EIP-4844). Its blobs are in files beside the journal
//! until it is done. geth's mempool has only one kind of transaction of an account, with blobs or
//! without: send one kind only after those of the other are in blocks that stay.
//!
//! A key is for one journal, and for nothing else while transactions are in flight: if another
//! transaction takes the nonce of one of ours, the sender stops and says so.

mod journal;
mod service;
mod sidecars;
mod state;
mod transaction;

pub use journal::JournalError;
pub use service::{Handle, Sender};
pub use sidecars::versioned_hashes;

use crate::{
    client::{L1Error, Receipt},
    error::Severity,
};
use alloy_eips::eip4844::{Blob, DATA_GAS_PER_BLOB};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use std::time::Duration;

/// What is to be done on L1, with a fee to be found. It is sent as a transaction of EIP-1559, or, with
/// blobs, of EIP-4844.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TxRequest {
    /// To whom; `None` makes a contract.
    pub to: Option<Address>,
    /// Wei that go along.
    pub value: U256,
    /// Calldata, or the code that makes the contract.
    pub input: Bytes,
    /// Gas that it may use.
    pub gas_limit: u64,
    /// Blobs that go along. Each of their 4,096 words is below the BLS12-381 scalar modulus.
    pub blobs: Vec<Blob>,
}

impl TxRequest {
    /// What makes it the same transaction to the user, whatever it pays: `keccak256(to or 20 zero
    /// bytes ‖ kind ‖ value ‖ input)`, where `kind` is 1 if there is a `to`, else 0. With blobs it is 2,
    /// and their number (8 bytes) and versioned hashes come before the input.
    fn content(&self, versioned_hashes: &[B256]) -> B256 {
        let mut bytes = self.to.unwrap_or_default().to_vec();
        let with_blobs = !versioned_hashes.is_empty();
        bytes.push(if with_blobs { 2 } else { u8::from(self.to.is_some()) });
        bytes.extend_from_slice(&self.value.to_be_bytes::<32>());
        if with_blobs {
            bytes.extend_from_slice(&(versioned_hashes.len() as u64).to_be_bytes());
            versioned_hashes.iter().for_each(|hash| bytes.extend_from_slice(hash.as_slice()));
        }
        bytes.extend_from_slice(&self.input);
        keccak256(bytes)
    }

    /// Blob gas of its blobs.
    fn blob_gas(&self) -> U256 {
        U256::from(self.blobs.len()) * U256::from(DATA_GAS_PER_BLOB)
    }
}

/// A transaction in flight, as the last look at the L1 showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// What it was submitted as.
    pub id: String,
    /// Its nonce.
    pub nonce: u64,
    /// To whom; `None` makes a contract.
    pub to: Option<Address>,
    /// Its calldata.
    pub input: Bytes,
    /// Of its blobs, in order.
    pub versioned_hashes: Vec<B256>,
    /// Once it is in a block, which a reorg may remove.
    pub mined: Option<Receipt>,
    /// Why the L1 did not take it when it was offered last.
    pub refusal: Option<String>,
}

/// How a sender behaves.
///
/// | limit | default |
/// |---|---|
/// | `max_fee` | 500 gwei |
/// | `max_blob_fee` | 100 gwei: 0.0131 ether a blob |
/// | `confirmations` | 1 |
/// | `poll` | 2 s |
/// | `resend` | 12 s |
/// | `bump` | 60 s |
/// | `bump_permille` | 125 |
/// | `blob_bump_permille` | 1,000 |
/// | `max_in_flight` | 16 |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendLimits {
    /// Wei per gas that is never exceeded (`--max-fee-gwei`).
    pub max_fee: u128,
    /// Wei per blob gas that is never exceeded (`--max-blob-fee-gwei`). A blob has 131,072 blob gas.
    pub max_blob_fee: u128,
    /// Blocks, its own included, after which a transaction counts as done.
    pub confirmations: u64,
    /// How often the L1 is looked at.
    pub poll: Duration,
    /// How often a transaction that is in no block is sent again, with the same bytes.
    pub resend: Duration,
    /// How long the next transaction may be in no block before it is replaced by one that pays more.
    pub bump: Duration,
    /// How much more, in thousandths. geth asks for at least 100, others for 125.
    pub bump_permille: u128,
    /// The same for a transaction with blobs, of both fees and the fee for blobs: geth asks for twice
    /// as much.
    pub blob_bump_permille: u128,
    /// Transactions in flight: geth keeps 16 executable ones of an account for sure.
    pub max_in_flight: usize,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self {
            max_fee: 500_000_000_000,
            max_blob_fee: 100_000_000_000,
            confirmations: 1,
            poll: Duration::from_secs(2),
            resend: Duration::from_secs(12),
            bump: Duration::from_secs(60),
            bump_permille: 125,
            blob_bump_permille: 1_000,
            max_in_flight: 16,
        }
    }
}

/// Why a transaction was not sent, or it is not known what became of it.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The L1 has no answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// As many are in flight as may be. Wait for one, and submit again.
    #[error("{0} transactions are in flight already: wait for one of them")]
    Full(usize),
    /// Gas costs more than is allowed. Nothing was sent.
    #[error(
        "gas costs {wanted} wei now and at most {limit} is allowed: wait, or raise --max-fee-gwei"
    )]
    FeesTooHigh {
        /// Base fee and priority fee, in wei per gas.
        wanted: u128,
        /// `SendLimits::max_fee`.
        limit: u128,
    },
    /// Blobs cost more than is allowed. Nothing was sent.
    #[error(
        "blob gas costs {wanted} wei now and at most {limit} is allowed: wait, or raise \
         --max-blob-fee-gwei"
    )]
    BlobFeesTooHigh {
        /// Blob base fee, in wei per blob gas.
        wanted: u128,
        /// `SendLimits::max_blob_fee`.
        limit: u128,
    },
    /// The L1 names no price for blobs. Nothing was sent.
    #[error("the L1 has no blobs (EIP-4844): send the data as calldata")]
    NoBlobs,
    /// These cannot be blobs of a transaction. Nothing was sent.
    #[error("the blobs cannot be sent: {0}")]
    Blobs(String),
    /// The account cannot pay. Nothing was sent.
    #[error("{account} has {balance} wei and needs {needed}: send it at least {} more", needed.saturating_sub(*.balance))]
    Funds {
        /// The key's account.
        account: Address,
        /// What it has, in wei.
        balance: U256,
        /// The value, and all gas at the highest price that is offered, in wei.
        needed: U256,
    },
    /// The L1 refuses a transaction that is in the journal. It is offered again later.
    #[error("the L1 refuses transaction {id}: {message}")]
    Refused {
        /// The transaction.
        id: String,
        /// The node's words.
        message: String,
    },
    /// Another transaction has this id.
    #[error(
        "transaction {id} is in the journal with another content: use another id, or another journal"
    )]
    OtherContent {
        /// The id.
        id: String,
    },
    /// Nothing was ever submitted by this id.
    #[error("no transaction {0} was submitted")]
    Unknown(String),
    /// The signer could not sign.
    #[error("the key cannot sign: {0}")]
    Signer(String),
    /// The nonce of one of ours went to a transaction that is not in the journal, so it can never be
    /// mined. Whether what it was for was done by the other, a person has to find out.
    #[error(
        "the nonce {nonce} of transaction {id} was used by a transaction from elsewhere: find out \
         whether {account} was used by another program, then start with another journal"
    )]
    OutsideNonce {
        /// The transaction.
        id: String,
        /// Its nonce.
        nonce: u64,
        /// The key's account.
        account: Address,
    },
    /// The L1 has fewer transactions of this account than were mined and confirmed.
    #[error(
        "the L1 expects nonce {expected} of {account}, but those before {nonce} were confirmed \
         according to the journal: it is another L1 of the same chain id, or its endpoint is far \
         behind; for another L1 start with another journal"
    )]
    NonceGap {
        /// The key's account.
        account: Address,
        /// The nonce that L1 expects next.
        expected: u64,
        /// The lowest nonce that is in flight.
        nonce: u64,
    },
    /// A transaction that was confirmed is not on this L1.
    #[error(
        "transaction {id} ({hash}) was confirmed according to the journal, but is not on this L1"
    )]
    Lost {
        /// The transaction.
        id: String,
        /// Its hash.
        hash: B256,
    },
}

impl SendError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::L1(error) => error.severity(),
            Self::Full(_)
            | Self::FeesTooHigh { .. }
            | Self::BlobFeesTooHigh { .. }
            | Self::NoBlobs
            | Self::Funds { .. }
            | Self::Refused { .. } => Severity::Retry,
            Self::Journal(_)
            | Self::OtherContent { .. }
            | Self::Unknown(_)
            | Self::Signer(_)
            | Self::Blobs(_)
            | Self::OutsideNonce { .. }
            | Self::NonceGap { .. }
            | Self::Lost { .. } => Severity::Halt,
        }
    }
}
