//! What test suites ask of a development chain: `evm_*`, and `anvil_*` with Hardhat's names for the
//! same. Only with [`development`](super::RpcSettings::development), and only for programs of the
//! same machine.

mod automine;
mod drop_transaction;
mod impersonate;
mod metadata;
mod mine;
mod params;
mod set_account;
mod snapshot;
mod time;

use super::method::{Cost, Method};

macro_rules! dev_methods {
    ($($($name:literal)|+, $most:literal, $run:path;)+) => {
        &[$($(Method { name: $name, most: $most, cost: Cost::Read, run: $run },)+)+]
    };
}

/// Every method with its other names, its most parameters, and what it does.
pub(crate) const METHODS: &[Method] = dev_methods! {
    "evm_mine", 1, mine::one;
    "anvil_mine" | "hardhat_mine", 2, mine::many;
    "evm_snapshot" | "anvil_snapshot", 0, snapshot::take;
    "evm_revert" | "anvil_revert", 1, snapshot::revert;
    "evm_increaseTime" | "anvil_increaseTime", 1, time::increase;
    "evm_setTime" | "anvil_setTime", 1, time::set;
    "evm_setNextBlockTimestamp" | "anvil_setNextBlockTimestamp", 1, time::next_block;
    "evm_setAutomine" | "anvil_setAutomine", 1, automine::set;
    "anvil_getAutomine" | "hardhat_getAutomine", 0, automine::get;
    "evm_setIntervalMining" | "anvil_setIntervalMining", 1, automine::set_interval;
    "anvil_setBalance" | "hardhat_setBalance", 2, set_account::balance;
    "anvil_setCode" | "hardhat_setCode", 2, set_account::code;
    "anvil_setNonce" | "hardhat_setNonce", 2, set_account::nonce;
    "anvil_setStorageAt" | "hardhat_setStorageAt", 3, set_account::storage;
    "anvil_impersonateAccount" | "hardhat_impersonateAccount", 1, impersonate::start;
    "anvil_stopImpersonatingAccount" | "hardhat_stopImpersonatingAccount", 1, impersonate::stop;
    "anvil_autoImpersonateAccount", 1, impersonate::everyone;
    "anvil_dropTransaction" | "hardhat_dropTransaction", 1, drop_transaction::one;
    "anvil_dropAllTransactions", 0, drop_transaction::all;
    "anvil_metadata" | "hardhat_metadata", 0, metadata::run;
};
