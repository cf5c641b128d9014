//! Contracts that users and wallets expect on every chain, and two that the protocol needs.

use super::Alloc;
use crate::{
    GenesisError,
    addresses::{self as at},
    artifacts,
};
use alloy_primitives::{Address, Bytes};
use seam_stf::construct::MapAccount;

impl Alloc<'_> {
    /// Puts every preinstall in place.
    pub(super) fn preinstalls(&mut self) -> Result<(), GenesisError> {
        for (name, address, init_code) in with_constructor()? {
            self.construct(name, address, init_code)?;
        }
        for (address, code) in as_deployed()? {
            self.state.insert(address, MapAccount { nonce: 1, code, ..Default::default() });
        }
        // What sends the deployment of these two elsewhere has sent it: sent here as well, it
        // could only fail.
        for sender in [at::BEACON_ROOTS_SENDER, at::HISTORY_STORAGE_SENDER] {
            self.state.entry(sender).or_default().nonce = 1;
        }
        Ok(())
    }
}

/// Name, address and creation code. None has constructor arguments.
fn with_constructor() -> Result<[(&'static str, Address, Bytes); 12], GenesisError> {
    use artifacts as code;
    Ok([
        ("BeaconBlockRoots", at::BEACON_ROOTS, code::BEACON_ROOTS.code()?),
        ("HistoryStorage", at::HISTORY_STORAGE, code::HISTORY_STORAGE.code()?),
        ("DeterministicDeploymentProxy", at::CREATE2_PROXY, code::CREATE2_PROXY.code()?),
        ("SafeSingletonFactory", at::SAFE_SINGLETON_FACTORY, code::CREATE2_PROXY.code()?),
        ("Permit2", at::PERMIT2, code::permit2_creation()?),
        ("Safe", at::SAFE, code::SAFE.artifact()?.creation),
        ("SafeL2", at::SAFE_L2, code::SAFE_L2.artifact()?.creation),
        ("MultiSend", at::MULTI_SEND, code::MULTI_SEND.artifact()?.creation),
        (
            "MultiSendCallOnly",
            at::MULTI_SEND_CALL_ONLY,
            code::MULTI_SEND_CALL_ONLY.artifact()?.creation,
        ),
        ("EntryPoint 0.6", at::ENTRY_POINT_0_6, code::ENTRY_POINT_0_6.artifact()?.creation),
        ("EntryPoint 0.7", at::ENTRY_POINT_0_7, code::ENTRY_POINT_0_7.artifact()?.creation),
        ("EntryPoint 0.8", at::ENTRY_POINT_0_8, code::ENTRY_POINT_0_8.artifact()?.creation),
    ])
}

/// Address and runtime code of those whose creation code no published package has. Neither keeps
/// anything in storage or has immutables.
fn as_deployed() -> Result<[(Address, Bytes); 2], GenesisError> {
    Ok([
        (at::MULTICALL3, artifacts::MULTICALL3.code()?),
        (at::CREATE2_DEPLOYER, artifacts::CREATE2_DEPLOYER.code()?),
    ])
}
