//! What `eth_sendRawTransaction` gets: one EIP-2718 transaction, and with a blob transaction its
//! sidecar.

use super::{AnySidecar, Sidecar, SidecarError, check};
use alloy_consensus::{EthereumTxEnvelope, Signed, TxEip4844WithSidecar};
use alloy_eips::{
    Decodable2718, Encodable2718,
    eip2718::Eip2718Error,
    eip4844::{BYTES_PER_BLOB, BYTES_PER_COMMITMENT, BYTES_PER_PROOF},
    eip7594::CELLS_PER_EXT_BLOB,
};
use alloy_rlp::Header;
use seam_primitives::{BlobRules, ChainRules, Recovered, Transaction};
use thiserror::Error;

/// First byte of a blob transaction (EIP-4844).
const BLOB_TYPE: u8 = 3;
/// Bytes from here on start an RLP string, so they are no type (EIP-2718).
const RLP_STRING: u8 = 0x80;
/// Bytes from here on start an RLP list: a legacy transaction.
const RLP_LIST: u8 = 0xc0;

/// Most bytes of a transaction without its blobs. As in geth's and reth's pools: four slots of
/// 32 KiB.
pub const MAX_TRANSACTION_BYTES: usize = 128 * 1024;
/// Most blobs of a transaction since Osaka (EIP-7594).
pub const MAX_BLOBS: usize = 6;
/// Bytes that one blob adds to a wrapped transaction: itself, its commitment, the proofs of its
/// cells, each with its RLP header.
pub const SIDECAR_BYTES_PER_BLOB: usize =
    4 + BYTES_PER_BLOB + 1 + BYTES_PER_COMMITMENT + CELLS_PER_EXT_BLOB * (1 + BYTES_PER_PROOF);
/// RLP headers of the wrapper and of its three lists, and its version.
const WRAPPER_BYTES: usize = 4 * 4 + 1;

/// What may be given at all; more is refused before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a transaction without its sidecar.
    pub transaction_bytes: usize,
    /// Most blobs of a transaction; zero where the chain takes no blob transactions.
    pub blobs: usize,
}

impl Default for Limits {
    /// Ethereum's since Osaka: [`MAX_TRANSACTION_BYTES`] and [`MAX_BLOBS`].
    fn default() -> Self {
        Self { transaction_bytes: MAX_TRANSACTION_BYTES, blobs: MAX_BLOBS }
    }
}

impl Limits {
    /// Of a chain at a time (seconds): as many blobs as its rules let a transaction have then. An
    /// OP Stack chain takes none, whatever its blob schedule.
    pub fn at(rules: &ChainRules, timestamp: u64) -> Self {
        let schedule = if rules.is_op_stack() { None } else { rules.blobs_at(timestamp) };
        let most = |blobs: &BlobRules| usize::try_from(blobs.max_per_transaction);
        let blobs = schedule.map_or(0, |blobs| most(blobs).unwrap_or(usize::MAX));
        Self { blobs, ..Self::default() }
    }

    /// Most bytes of a transaction with its sidecar: 933 KiB since Osaka.
    pub const fn bytes(&self) -> usize {
        let sidecar = self.blobs.saturating_mul(SIDECAR_BYTES_PER_BLOB);
        self.transaction_bytes.saturating_add(sidecar).saturating_add(WRAPPER_BYTES)
    }

    fn check(&self, bytes: &[u8]) -> Result<(), RawTransactionError> {
        let limit = match bytes.first() {
            // Not that it is too large, which it is in any case with its blobs.
            Some(&BLOB_TYPE) if self.blobs == 0 => {
                return Err(RawTransactionError::UnsupportedType);
            }
            Some(&BLOB_TYPE) => self.bytes(),
            _ => self.transaction_bytes,
        };
        within(bytes.len(), limit)
    }
}

const fn within(size: usize, limit: usize) -> Result<(), RawTransactionError> {
    if size > limit { Err(RawTransactionError::TooLarge { size, limit }) } else { Ok(()) }
}

/// Why bytes are no transaction that may wait for a block. The words are geth's where it has some:
/// clients look for them.
#[derive(Debug, Error)]
pub enum RawTransactionError {
    /// Nothing was given.
    #[error("typed transaction too short")]
    Empty,
    /// More bytes than [`Limits`] allow.
    #[error("oversized data: transaction size {size}, limit {limit}")]
    TooLarge {
        /// Bytes given.
        size: usize,
        /// Most bytes.
        limit: usize,
    },
    /// A type that the chain does not know, or that nobody may send: a deposit.
    #[error("transaction type not supported")]
    UnsupportedType,
    /// Not the RLP of a transaction.
    #[error("rlp: {0}")]
    Rlp(#[from] alloy_rlp::Error),
    /// Bytes follow the transaction.
    #[error("rlp: input contains more than one value")]
    TrailingBytes,
    /// The same transaction has another encoding, which is the one that counts.
    #[error("rlp: non-canonical encoding")]
    NonCanonical,
    /// A blob transaction in the form that blocks have. Its sender has to send the blobs with it.
    #[error("missing sidecar in blob transaction")]
    MissingSidecar,
    /// No key signed this; or `s` is in the upper half (EIP-2).
    #[error("invalid sender: invalid transaction v, r, s values")]
    InvalidSignature,
    /// The sidecar does not belong to the transaction, or does not prove its blobs.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
}

impl From<Eip2718Error> for RawTransactionError {
    fn from(error: Eip2718Error) -> Self {
        match error {
            Eip2718Error::RlpError(error) => Self::Rlp(error),
            _ => Self::UnsupportedType,
        }
    }
}

/// A transaction that may wait for a block, with its sender. Whether it fits the chain and the
/// sender's account is for the pool.
#[derive(Debug, Clone)]
pub struct Pooled {
    /// As it will stand in a block.
    pub transaction: Recovered<Transaction>,
    /// With a blob transaction, and only then; checked.
    pub sidecar: Option<Sidecar>,
}

/// A [`Pooled`] whose blobs nobody has looked at. What is cheap (nonce, balance, fees) is better
/// looked at first.
#[derive(Debug, Clone)]
pub struct Unchecked {
    /// As it will stand in a block.
    pub transaction: Recovered<Transaction>,
    /// With a blob transaction, and only then. Unchecked: anything of the right shape.
    pub sidecar: Option<AnySidecar>,
    max_blobs: usize,
}

impl Unchecked {
    /// Checks the sidecar: see [`check`](super::check()), also for how long it takes.
    ///
    /// # Errors
    ///
    /// The sidecar is refused.
    pub fn check(self) -> Result<Pooled, SidecarError> {
        let Self { transaction, sidecar, max_blobs } = self;
        let sidecar = match (&*transaction, sidecar) {
            (Transaction::Eip4844(tx), Some(sidecar)) => {
                Some(check(sidecar, &tx.tx().blob_versioned_hashes, max_blobs)?)
            }
            _ => None,
        };
        Ok(Pooled { transaction, sidecar })
    }
}

/// [`decode`], then [`Unchecked::check`].
///
/// # Errors
///
/// See [`RawTransactionError`]; the sender's mistakes, all of them.
pub fn decode_raw(bytes: &[u8], limits: Limits) -> Result<Pooled, RawTransactionError> {
    Ok(decode(bytes, limits)?.check()?)
}

/// Decodes a transaction of any type but a deposit, and recovers its sender (EIP-2 holds). A legacy
/// transaction without a chain id (before EIP-155) is taken: such ones deploy contracts at the same
/// address on every chain. A blob transaction comes in the network's wrapper: of EIP-4844,
/// `3 ‖ [tx, blobs, commitments, proofs]`, or of EIP-7594,
/// `3 ‖ [tx, 1, blobs, commitments, cell_proofs]`. No KZG is computed.
///
/// # Errors
///
/// See [`RawTransactionError`]. Anything but the one canonical encoding is refused.
pub fn decode(bytes: &[u8], limits: Limits) -> Result<Unchecked, RawTransactionError> {
    let max_blobs = limits.blobs;
    limits.check(bytes)?;
    let (transaction, sidecar) = match *bytes.first().ok_or(RawTransactionError::Empty)? {
        BLOB_TYPE if max_blobs > 0 => {
            let (transaction, sidecar) = decode_wrapped(bytes)?;
            within(transaction.encode_2718_len(), limits.transaction_bytes)?;
            (transaction, Some(sidecar))
        }
        1 | 2 | 4 => (decode_exact(bytes)?, None),
        RLP_LIST.. => (Transaction::Legacy(decode_exact(bytes)?), None),
        RLP_STRING..RLP_LIST => return Err(alloy_rlp::Error::UnexpectedString.into()),
        _ => return Err(RawTransactionError::UnsupportedType),
    };
    let transaction = seam_primitives::transaction::recover(transaction)
        .map_err(|_| RawTransactionError::InvalidSignature)?;
    Ok(Unchecked { transaction, sidecar, max_blobs })
}

/// Whether a blob transaction's list starts with a list: the transaction, in its wrapper. That of
/// one without starts with the chain id.
fn is_wrapped(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(1..).unwrap_or_default();
    let list = Header::decode(&mut rest).is_ok_and(|header| header.list);
    list && rest.first().is_some_and(|byte| *byte >= RLP_LIST)
}

fn decode_wrapped(bytes: &[u8]) -> Result<(Transaction, AnySidecar), RawTransactionError> {
    if !is_wrapped(bytes) {
        decode_exact::<Transaction>(bytes)?;
        return Err(RawTransactionError::MissingSidecar);
    }
    let wrapped: EthereumTxEnvelope<TxEip4844WithSidecar<AnySidecar>> = decode_exact(bytes)?;
    let EthereumTxEnvelope::Eip4844(signed) = wrapped else {
        return Err(RawTransactionError::UnsupportedType);
    };
    let (wrapped, signature, _) = signed.into_parts();
    // The hash is that of the transaction alone.
    let transaction = Transaction::Eip4844(Signed::new_unhashed(wrapped.tx, signature));
    Ok((transaction, wrapped.sidecar))
}

/// All of the bytes, in the encoding that the value has.
fn decode_exact<T: Decodable2718 + Encodable2718>(bytes: &[u8]) -> Result<T, RawTransactionError> {
    let mut rest = bytes;
    let value = T::decode_2718(&mut rest)?;
    if !rest.is_empty() {
        return Err(RawTransactionError::TrailingBytes);
    }
    if value.encoded_2718() != bytes {
        return Err(RawTransactionError::NonCanonical);
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
