//! The unlocked accounts of a development chain: keys from a mnemonic that everybody knows, and what
//! they sign. Nothing of worth may ever be sent to them.

mod transaction;

pub(crate) use transaction::unsigned;
pub use transaction::{BuiltTransaction, UnsignedTransaction, build};

use alloy_dyn_abi::TypedData;
use alloy_primitives::{Address, B256, Signature};
use alloy_signer::SignerSync;
use alloy_signer_local::{LocalSignerError, MnemonicBuilder, PrivateKeySigner};
use thiserror::Error;

/// The phrase that anvil and Hardhat use too, so that their users find the accounts they know.
pub const DEFAULT_MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Why there is no signature.
#[derive(Debug, Error)]
pub enum WalletError {
    /// Not a phrase of BIP-39 in English: the number of words, a word or the checksum is wrong.
    #[error("invalid mnemonic: {0}")]
    Mnemonic(#[source] LocalSignerError),
    /// The key of this address is not here.
    #[error("unknown account {0}")]
    UnknownAccount(Address),
    /// Signing failed.
    #[error("signing failed: {0}")]
    Signing(#[from] alloy_signer::Error),
    /// The JSON is not that of EIP-712: `types`, `primaryType`, `domain`, `message`.
    #[error("invalid typed data: {0}")]
    TypedDataJson(#[source] serde_json::Error),
    /// The message does not fit its types.
    #[error("invalid typed data: {0}")]
    TypedData(#[source] alloy_dyn_abi::Error),
    /// The request lacks a field that its type of transaction has, or has a wrong one.
    #[error("incomplete transaction: {0}")]
    Incomplete(String),
}

/// Accounts whose keys come from a mnemonic, in the order of their derivation. `Debug` shows
/// addresses, not keys.
#[derive(Debug, Clone)]
pub struct DevAccounts {
    signers: Vec<PrivateKeySigner>,
}

impl DevAccounts {
    /// The first `count` accounts of a phrase (BIP-39, English, no password), at
    /// `m/44'/60'/0'/0/i` (BIP-44).
    ///
    /// # Errors
    ///
    /// [`WalletError::Mnemonic`].
    pub fn from_mnemonic(phrase: &str, count: u32) -> Result<Self, WalletError> {
        // The path of the builder is m/44'/60'/0'/0/0: its parent has the accounts as children.
        let parent = MnemonicBuilder::from_phrase(phrase).build_parent_key();
        let parent = parent.map_err(WalletError::Mnemonic)?;
        let signer = |index| parent.child(index).map(|key| key.signer());
        let signers = (0..count).map(signer).collect::<Result<_, _>>();
        Ok(Self { signers: signers.map_err(WalletError::Mnemonic)? })
    }

    /// The addresses, in order.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = Address> {
        self.signers.iter().map(PrivateKeySigner::address)
    }

    /// Whether the key of an address is here.
    pub fn contains(&self, address: Address) -> bool {
        self.addresses().any(|known| known == address)
    }

    /// The private key of the account with an index, for printing.
    pub fn private_key(&self, index: usize) -> Option<B256> {
        self.signers.get(index).map(PrivateKeySigner::to_bytes)
    }

    /// Signs a message as `personal_sign` and `eth_sign` do (EIP-191, version `0x45`).
    /// [`Signature::as_bytes`] is what they answer.
    ///
    /// # Errors
    ///
    /// [`WalletError::UnknownAccount`].
    pub fn sign_message(&self, from: Address, message: &[u8]) -> Result<Signature, WalletError> {
        Ok(self.signer(from)?.sign_message_sync(message)?)
    }

    /// Signs typed data as `eth_signTypedData_v4` does (EIP-712): an object, or a string with its
    /// JSON, which some clients send.
    ///
    /// # Errors
    ///
    /// [`WalletError::UnknownAccount`], or the JSON is not that of typed data.
    pub fn sign_typed_data_v4(
        &self,
        from: Address,
        data: serde_json::Value,
    ) -> Result<Signature, WalletError> {
        let data: TypedData = serde_json::from_value(data).map_err(WalletError::TypedDataJson)?;
        let hash = data.eip712_signing_hash().map_err(WalletError::TypedData)?;
        self.sign_hash(from, hash)
    }

    fn sign_hash(&self, from: Address, hash: B256) -> Result<Signature, WalletError> {
        Ok(self.signer(from)?.sign_hash_sync(&hash)?)
    }

    fn signer(&self, address: Address) -> Result<&PrivateKeySigner, WalletError> {
        let found = self.signers.iter().find(|signer| signer.address() == address);
        found.ok_or(WalletError::UnknownAccount(address))
    }
}

#[cfg(test)]
mod tests;
