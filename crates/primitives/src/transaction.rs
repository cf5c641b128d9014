//! [`Transaction`]: every type that an Ethereum or an OP Stack chain carries.

use alloy_consensus::{
    Sealed, Signed, TransactionEnvelope, TxEip1559, TxEip2930, TxEip4844, TxEip7702, TxLegacy,
    crypto::RecoveryError,
    transaction::{Recovered, SignerRecoverable, TxHashRef},
};
use alloy_primitives::{Address, TxHash};
use op_alloy_consensus::TxDeposit;

/// A transaction as it stands in a block (EIP-2718). A blob transaction stands there without its
/// sidecar. Which types a chain accepts at a block is for `seam-stf` to say.
// `serde_cfg(any())`: never, else it would come and go with a feature of another crate.
#[derive(Debug, Clone, TransactionEnvelope)]
#[envelope(tx_type_name = TransactionType, serde_cfg(any()))]
pub enum Transaction {
    /// Before EIP-2718; with or without a chain id (EIP-155).
    #[envelope(ty = 0)]
    Legacy(Signed<TxLegacy>),
    /// With an access list.
    #[envelope(ty = 1)]
    Eip2930(Signed<TxEip2930>),
    /// With a fee cap and a tip.
    #[envelope(ty = 2)]
    Eip1559(Signed<TxEip1559>),
    /// With blobs.
    #[envelope(ty = 3)]
    Eip4844(Signed<TxEip4844>),
    /// Sets the code of accounts.
    #[envelope(ty = 4)]
    Eip7702(Signed<TxEip7702>),
    /// From L1, without a signature; OP Stack chains only.
    #[envelope(ty = 126)]
    Deposit(Sealed<TxDeposit>),
}

impl Transaction {
    /// The hash by which the transaction is known.
    pub fn hash(&self) -> TxHash {
        *self.tx_hash()
    }

    /// The deposit, if it is one.
    pub const fn as_deposit(&self) -> Option<&Sealed<TxDeposit>> {
        match self {
            Self::Deposit(deposit) => Some(deposit),
            _ => None,
        }
    }
}

impl TxHashRef for Transaction {
    fn tx_hash(&self) -> &TxHash {
        match self {
            Self::Legacy(tx) => tx.hash(),
            Self::Eip2930(tx) => tx.hash(),
            Self::Eip1559(tx) => tx.hash(),
            Self::Eip4844(tx) => tx.hash(),
            Self::Eip7702(tx) => tx.hash(),
            Self::Deposit(tx) => tx.hash_ref(),
        }
    }
}

impl SignerRecoverable for Transaction {
    fn recover_signer(&self) -> Result<Address, RecoveryError> {
        match self {
            Self::Legacy(tx) => SignerRecoverable::recover_signer(tx),
            Self::Eip2930(tx) => SignerRecoverable::recover_signer(tx),
            Self::Eip1559(tx) => SignerRecoverable::recover_signer(tx),
            Self::Eip4844(tx) => SignerRecoverable::recover_signer(tx),
            Self::Eip7702(tx) => SignerRecoverable::recover_signer(tx),
            Self::Deposit(tx) => Ok(tx.from),
        }
    }

    /// Without the check of EIP-2 that `s` is in the lower half; Frontier's rule.
    fn recover_signer_unchecked(&self) -> Result<Address, RecoveryError> {
        match self {
            Self::Legacy(tx) => SignerRecoverable::recover_signer_unchecked(tx),
            Self::Eip2930(tx) => SignerRecoverable::recover_signer_unchecked(tx),
            Self::Eip1559(tx) => SignerRecoverable::recover_signer_unchecked(tx),
            Self::Eip4844(tx) => SignerRecoverable::recover_signer_unchecked(tx),
            Self::Eip7702(tx) => SignerRecoverable::recover_signer_unchecked(tx),
            Self::Deposit(tx) => Ok(tx.from),
        }
    }
}

/// The transaction with its sender, recovered from the signature (EIP-2) or, for a deposit, named.
pub fn recover(transaction: Transaction) -> Result<Recovered<Transaction>, RecoveryError> {
    let sender = transaction.recover_signer()?;
    Ok(Recovered::new_unchecked(transaction, sender))
}
