//! The accounts of the benchmark's chain. The same on every run.

use super::contracts::CHAIN_ID;
use alloy_consensus::{SignableTransaction, Signed, TxEip1559};
use alloy_primitives::{Address, B256, Signature, keccak256};
use anyhow::{Context, Result};
use secp256k1::{Message, SECP256K1, SecretKey};

/// Account 0 deploys, the next ones send, the rest only have wei.
#[derive(Debug)]
pub(crate) struct People {
    chain_id: u64,
    keys: Vec<SecretKey>,
    addresses: Vec<Address>,
}

/// Who deploys and pays out.
pub(crate) const DEPLOYER: usize = 0;

impl People {
    /// `accounts` of them, beside the deployer, of whom the first `senders` have keys.
    pub(crate) fn new(accounts: usize, senders: usize) -> Result<Self> {
        let key = |index| {
            SecretKey::from_slice(seed(index).as_slice()).context("a hash that is no secret key")
        };
        let keys = (0..=senders).map(key).collect::<Result<Vec<_>>>()?;
        let with_key = keys.iter().map(|key| {
            let public = key.public_key(SECP256K1).serialize_uncompressed();
            Address::from_raw_public_key(public.split_at(1).1)
        });
        let without = (senders + 1..=accounts).map(|index| Address::from_word(seed(index)));
        let addresses = with_key.chain(without).collect();
        Ok(Self { chain_id: CHAIN_ID, keys, addresses })
    }

    /// The same people on another chain than the benchmark's own.
    pub(crate) fn on(self, chain_id: u64) -> Self {
        Self { chain_id, ..self }
    }

    /// Those who can send but for the deployer: 1, 2, … to this one.
    pub(crate) fn senders(&self) -> usize {
        self.keys.len() - 1
    }

    /// All addresses; the first is the deployer's.
    pub(crate) fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The transaction, signed by `who` for their chain.
    pub(crate) fn sign(&self, who: usize, transaction: TxEip1559) -> Signed<TxEip1559> {
        let transaction = TxEip1559 { chain_id: self.chain_id, ..transaction };
        let message = Message::from_digest(transaction.signature_hash().0);
        let signature = SECP256K1.sign_ecdsa_recoverable(&message, &self.keys[who]);
        let (recovery, bytes) = signature.serialize_compact();
        let odd = i32::from(recovery) & 1 == 1;
        transaction.into_signed(Signature::from_bytes_and_parity(&bytes, odd))
    }
}

fn seed(index: usize) -> B256 {
    keccak256(format!("seam-benches account {index}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_leads_back_to_the_sender() {
        let people = People::new(4, 2).unwrap();
        for who in 0..=people.senders() {
            let signed = people.sign(who, TxEip1559 { nonce: 7, ..TxEip1559::default() });
            assert_eq!(signed.recover_signer().unwrap(), people.addresses()[who]);
        }
        assert_eq!(people.addresses().len(), 5);
    }
}
