//! The accounts of a development network.

use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, Result};
use seam_chain::wallet::{DEFAULT_MNEMONIC, DevAccounts};
use seam_genesis::config::Roles;
use std::sync::Arc;

/// Accounts with ether, for whoever develops.
const UNLOCKED: u32 = 10;
/// Those that follow act for the rollup: owner, batcher, proposer, guardian, unsafe signer. They are
/// apart, so that a developer's transactions and the rollup's do not take each other's nonces.
const ACTING: u32 = 5;

/// Those of them that this process acts for all the time, by their place after the unlocked ones.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Acting {
    /// Posts batches.
    Batcher = 1,
    /// Signs blocks before they are on L1.
    UnsafeSigner = 4,
}

/// Keys that everybody knows.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// Have ether, and the node signs for them.
    pub(crate) unlocked: Arc<DevAccounts>,
    /// Who acts for the rollup.
    pub(crate) roles: Roles,
    /// All of them, to sign what the rollup does.
    all: DevAccounts,
}

impl Accounts {
    /// Derives them.
    pub(crate) fn new() -> Result<Self> {
        let unlocked = Arc::new(DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, UNLOCKED)?);
        let all = DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, UNLOCKED + ACTING)?;
        let acting: Vec<Address> = all.addresses().skip(unlocked.addresses().len()).collect();
        let acting: [Address; ACTING as usize] =
            acting.try_into().ok().context("accounts of the rollup")?;
        let [owner, batcher, proposer, guardian, unsafe_signer] = acting;
        let roles = Roles { owner, l2_owner: None, batcher, proposer, guardian, unsafe_signer };
        Ok(Self { unlocked, roles, all })
    }

    /// Who has ether on L1: those with ether everywhere, and those that act for the rollup there.
    pub(crate) fn on_l1(&self) -> Vec<Address> {
        self.all.addresses().collect()
    }

    /// All accounts, those that act for the rollup too.
    pub(crate) const fn signing(&self) -> &DevAccounts {
        &self.all
    }

    /// The key of one that acts for the rollup.
    pub(crate) fn acting_key(&self, who: Acting) -> Result<PrivateKeySigner> {
        let index = UNLOCKED as usize + who as usize;
        let key = self.all.private_key(index).context("accounts of the rollup")?;
        Ok(PrivateKeySigner::from_bytes(&key)?)
    }

    /// The addresses with ether.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        self.unlocked.addresses().collect()
    }

    /// Addresses and private keys of those with ether.
    pub(crate) fn with_keys(&self) -> impl Iterator<Item = (Address, B256)> {
        let key = |index| self.unlocked.private_key(index).unwrap_or_default();
        self.unlocked.addresses().enumerate().map(move |(index, address)| (address, key(index)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::address;

    #[test]
    fn the_accounts_are_those_that_anvil_shows_and_none_of_them_acts_for_the_rollup() {
        let accounts = Accounts::new().unwrap();
        let addresses = accounts.addresses();
        assert_eq!(addresses.len(), 10);
        assert_eq!(addresses[0], address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(addresses[9], address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"));
        let Roles { owner, batcher, proposer, guardian, unsafe_signer, .. } = accounts.roles;
        let key = |who| accounts.acting_key(who).unwrap().address();
        assert_eq!((key(Acting::Batcher), key(Acting::UnsafeSigner)), (batcher, unsafe_signer));
        for acting in [owner, batcher, proposer, guardian, unsafe_signer] {
            assert!(!addresses.contains(&acting));
        }
        let (address, key) = accounts.with_keys().next().unwrap();
        assert_eq!(address, addresses[0]);
        assert!(key.to_string().starts_with("0xac0974bec39a17e36ba4a6b4d238ff94"));
    }
}
