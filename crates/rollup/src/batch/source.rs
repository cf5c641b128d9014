//! A transaction as the encoder takes it.

use alloy_consensus::Transaction as _;
use alloy_eips::{Typed2718 as _, eip7702::SignedAuthorization};
use alloy_primitives::{Address, Signature, TxHash, U256};
use seam_primitives::Transaction;
use seam_stf::batch::{
    frame::SIGNATURE_BYTES,
    recent::Price,
    shape::{Kind, WORD},
};

/// Why blocks cannot be posted as one batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Deposits come from L1, and blobs do not exist on a rollup. Leave the transaction out.
    #[error("transaction {hash} is of type {transaction_type}, which no batch carries")]
    Type {
        /// Its hash.
        hash: TxHash,
        /// Its EIP-2718 type.
        transaction_type: u8,
    },
    /// `s` of 2^255 and more, which no chain accepts (EIP-2). Leave the transaction out.
    #[error("transaction {0} has a signature that no chain accepts (EIP-2)")]
    Signature(TxHash),
    /// More than one batch holds. Seal a batch earlier.
    #[error("{found} {what} are more than a batch's {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many a batch holds.
        limit: usize,
    },
}

impl EncodeError {
    pub(super) const fn at_most(
        what: &'static str,
        found: usize,
        limit: usize,
    ) -> Result<(), Self> {
        if found <= limit { Ok(()) } else { Err(Self::TooMany { what, found, limit }) }
    }
}

/// A transaction in parts.
pub(super) struct Source<'a> {
    pub(super) kind: u8,
    pub(super) chain_id: Option<u64>,
    pub(super) to: Option<Address>,
    pub(super) nonce: u64,
    pub(super) gas: u64,
    pub(super) price: Price,
    pub(super) value: U256,
    pub(super) calldata: &'a [u8],
    /// Access list and authorizations as words; empty if there are none.
    pub(super) lists: Vec<u8>,
    pub(super) signature: [u8; SIGNATURE_BYTES],
}

impl<'a> Source<'a> {
    pub(super) fn new(transaction: &'a Transaction) -> Result<Self, EncodeError> {
        let (kind, signature) = kind_and_signature(transaction)?;
        let signature =
            compact(signature).ok_or_else(|| EncodeError::Signature(transaction.hash()))?;
        let tip = transaction.max_priority_fee_per_gas().unwrap_or_default();
        let lists = lists(transaction);
        let bits = [
            (transaction.to().is_none(), Kind::CREATES),
            (transaction.value().is_zero(), Kind::NO_VALUE),
            (!lists.is_empty(), Kind::LISTS),
        ];
        let bits = bits.into_iter().filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit);
        Ok(Self {
            kind: kind | bits,
            chain_id: transaction.chain_id(),
            to: transaction.to(),
            nonce: transaction.nonce(),
            gas: transaction.gas_limit(),
            price: Price::new(transaction.max_fee_per_gas(), tip),
            value: transaction.value(),
            calldata: transaction.input(),
            lists,
            signature,
        })
    }
}

fn kind_and_signature(transaction: &Transaction) -> Result<(u8, &Signature), EncodeError> {
    Ok(match transaction {
        Transaction::Legacy(tx) => (u8::from(tx.tx().chain_id.is_some()), tx.signature()),
        Transaction::Eip2930(tx) => (2, tx.signature()),
        Transaction::Eip1559(tx) => (3, tx.signature()),
        Transaction::Eip7702(tx) => (4, tx.signature()),
        Transaction::Eip4844(_) | Transaction::Deposit(_) => {
            let transaction_type = transaction.ty();
            return Err(EncodeError::Type { hash: transaction.hash(), transaction_type });
        }
    })
}

/// `r`, then `s` with the parity of `y` in its highest bit (EIP-2098).
fn compact(signature: &Signature) -> Option<[u8; SIGNATURE_BYTES]> {
    let mut s = signature.s();
    if s.bit(255) {
        return None;
    }
    s.set_bit(255, signature.v());
    let mut bytes = [0; SIGNATURE_BYTES];
    let (first, second) = bytes.split_at_mut(SIGNATURE_BYTES / 2);
    first.copy_from_slice(&signature.r().to_be_bytes::<32>());
    second.copy_from_slice(&s.to_be_bytes::<32>());
    Some(bytes)
}

/// Access list and authorizations as words.
fn lists(transaction: &Transaction) -> Vec<u8> {
    let access = transaction.access_list().map(|list| list.0.as_slice()).unwrap_or_default();
    let authorizations = transaction.authorization_list().unwrap_or_default();
    if access.is_empty() && authorizations.is_empty() {
        return Vec::new();
    }
    let mut words = Vec::new();
    number(&mut words, access.len() as u64);
    for item in access {
        words.extend_from_slice(item.address.into_word().as_slice());
        number(&mut words, item.storage_keys.len() as u64);
        item.storage_keys.iter().for_each(|key| words.extend_from_slice(key.as_slice()));
    }
    authorizations.iter().for_each(|signed| authorization(&mut words, signed));
    words
}

fn authorization(words: &mut Vec<u8>, signed: &SignedAuthorization) {
    words.extend_from_slice(&signed.chain_id.to_be_bytes::<WORD>());
    words.extend_from_slice(signed.address.into_word().as_slice());
    number(words, signed.nonce);
    number(words, signed.y_parity().into());
    words.extend_from_slice(&signed.r().to_be_bytes::<WORD>());
    words.extend_from_slice(&signed.s().to_be_bytes::<WORD>());
}

fn number(words: &mut Vec<u8>, number: u64) {
    words.extend_from_slice(&U256::from(number).to_be_bytes::<WORD>());
}
