//! Transactions that a development account signs.

use super::{DevAccounts, WalletError};
use crate::{blobs::AnySidecar, dev::no_signature};
use alloy_consensus::{
    EthereumTypedTransaction, SignableTransaction, Signed, TxEip4844, TypedTransaction,
    transaction::TxEip4844Variant,
};
use alloy_primitives::{Address, Signature};
use alloy_rpc_types_eth::TransactionRequest;
use seam_primitives::Transaction;

/// A transaction of any type that a key can sign; a blob transaction is without its sidecar, which
/// the signature does not cover.
pub type UnsignedTransaction = EthereumTypedTransaction<TxEip4844>;

/// What [`build`] made of a request.
#[derive(Debug, Clone)]
pub struct BuiltTransaction {
    /// Ready to be signed.
    pub transaction: UnsignedTransaction,
    /// The blobs of a blob transaction, unchecked; none if the request named versioned hashes alone.
    pub sidecar: Option<AnySidecar>,
}

/// The transaction that a request with all fields filled in describes. Its type is what the request
/// says, or follows from the fields it has.
///
/// # Errors
///
/// [`WalletError::Incomplete`] names the field that is missing.
pub fn build(request: TransactionRequest) -> Result<BuiltTransaction, WalletError> {
    // alloy would take it for Ethereum's.
    if request.chain_id.is_none() {
        return Err(WalletError::Incomplete("missing 'chainId' field".to_owned()));
    }
    let typed =
        request.build_consensus_tx().map_err(|error| WalletError::Incomplete(error.error))?;
    let (transaction, sidecar) = match typed {
        TypedTransaction::Legacy(tx) => (tx.into(), None),
        TypedTransaction::Eip2930(tx) => (tx.into(), None),
        TypedTransaction::Eip1559(tx) => (tx.into(), None),
        TypedTransaction::Eip7702(tx) => (tx.into(), None),
        TypedTransaction::Eip4844(TxEip4844Variant::TxEip4844(tx)) => (tx.into(), None),
        TypedTransaction::Eip4844(TxEip4844Variant::TxEip4844WithSidecar(tx)) => {
            (tx.tx.into(), Some(tx.sidecar))
        }
    };
    Ok(BuiltTransaction { transaction, sidecar })
}

/// A transaction of `from` that nobody signs, for a sender that is impersonated.
pub(crate) fn unsigned(from: Address, transaction: UnsignedTransaction) -> Transaction {
    let signature = no_signature(from);
    match transaction {
        UnsignedTransaction::Legacy(tx) => Transaction::Legacy(tx.into_signed(signature)),
        UnsignedTransaction::Eip2930(tx) => Transaction::Eip2930(tx.into_signed(signature)),
        UnsignedTransaction::Eip1559(tx) => Transaction::Eip1559(tx.into_signed(signature)),
        UnsignedTransaction::Eip4844(tx) => Transaction::Eip4844(tx.into_signed(signature)),
        UnsignedTransaction::Eip7702(tx) => Transaction::Eip7702(tx.into_signed(signature)),
    }
}

impl DevAccounts {
    /// Signs a transaction with the key of `from`. A legacy transaction with a chain id is signed as
    /// EIP-155 says.
    ///
    /// # Errors
    ///
    /// [`WalletError::UnknownAccount`].
    pub fn sign_transaction(
        &self,
        from: Address,
        transaction: UnsignedTransaction,
    ) -> Result<Transaction, WalletError> {
        Ok(match transaction {
            UnsignedTransaction::Legacy(tx) => Transaction::Legacy(self.signed(from, tx)?),
            UnsignedTransaction::Eip2930(tx) => Transaction::Eip2930(self.signed(from, tx)?),
            UnsignedTransaction::Eip1559(tx) => Transaction::Eip1559(self.signed(from, tx)?),
            UnsignedTransaction::Eip4844(tx) => Transaction::Eip4844(self.signed(from, tx)?),
            UnsignedTransaction::Eip7702(tx) => Transaction::Eip7702(self.signed(from, tx)?),
        })
    }

    fn signed<T: SignableTransaction<Signature>>(
        &self,
        from: Address,
        transaction: T,
    ) -> Result<Signed<T>, WalletError> {
        let signature = self.sign_hash(from, transaction.signature_hash())?;
        Ok(transaction.into_signed(signature))
    }
}
