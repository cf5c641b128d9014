//! Who signs blocks before they are on L1, as L1 says now.

use alloy_eips::BlockNumberOrTag;
use alloy_primitives::Address;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::SolCall as _;
use seam_genesis::{
    GenesisError, RollupConfig,
    l1::{L1Addresses, calls::SystemConfig},
};
use seam_l1::{L1Client, L1Error};
use std::{convert::Infallible, time::Duration};
use tokio::sync::watch;

/// How often L1 is asked: a key that was taken away is believed for so long at most.
const ASK_EVERY: Duration = Duration::from_secs(12);

/// The signer of unsafe blocks that `SystemConfig` names.
#[derive(Debug)]
pub struct NamedSigner {
    client: L1Client,
    system_config: Address,
    named: watch::Sender<Address>,
}

impl NamedSigner {
    /// Begins with the one that the configuration names. Nothing is asked yet.
    ///
    /// # Errors
    /// [`GenesisError`] if the configuration is not valid.
    pub fn new(client: L1Client, config: &RollupConfig) -> Result<Self, GenesisError> {
        let system_config = L1Addresses::of(config)?.system_config;
        let named = watch::Sender::new(config.roles.unsafe_signer);
        Ok(Self { client, system_config, named })
    }

    /// The signer, now and later.
    pub fn named(&self) -> watch::Receiver<Address> {
        self.named.subscribe()
    }

    /// Keeps it up to date, for ever.
    pub async fn run(&self) -> Infallible {
        loop {
            match self.ask().await {
                Ok(Some(named)) => {
                    if self.named.send_if_modified(|old| std::mem::replace(old, named) != named) {
                        tracing::info!(%named, "L1 names another signer of unsafe blocks");
                    }
                }
                Ok(None) => tracing::warn!("SystemConfig does not say who signs unsafe blocks"),
                Err(error) => tracing::debug!(%error, "L1 does not say who signs unsafe blocks"),
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    async fn ask(&self) -> Result<Option<Address>, L1Error> {
        let call = SystemConfig::unsafeBlockSignerCall {}.abi_encode();
        let request = TransactionRequest::default().to(self.system_config).input(call.into());
        let answer = self.client.call(&request, BlockNumberOrTag::Latest).await?;
        Ok(SystemConfig::unsafeBlockSignerCall::abi_decode_returns(&answer).ok())
    }
}
