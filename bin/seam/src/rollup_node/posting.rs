//! The batcher of a sequencer, with its key and journal.

use alloy_signer_local::PrivateKeySigner;
use anyhow::{Error, Result};
use seam_chain::Chain;
use seam_genesis::RollupConfig;
use seam_l1::{L1Client, SendLimits, Sender, Severity};
use seam_rollup::{
    batch::Columns,
    batcher::{Batcher, BatcherSettings, BatcherStatus},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long it is waited for an L1 that does not answer.
const REST: Duration = Duration::from_secs(2);

/// What it takes to post a chain's blocks.
#[derive(Debug)]
pub(crate) struct Posting {
    pub(crate) config: RollupConfig,
    pub(crate) chain: Chain,
    pub(crate) client: L1Client,
    pub(crate) key: PrivateKeySigner,
    pub(crate) limits: SendLimits,
    /// The sender's.
    pub(crate) journal: PathBuf,
    /// How it goes.
    pub(crate) status: watch::Sender<BatcherStatus>,
}

impl Posting {
    /// Posts until that cannot go on, and says why.
    pub(crate) async fn run(self) -> Error {
        let batcher = match self.batcher().await {
            Ok(batcher) => batcher,
            Err(error) => return error,
        };
        let mut status = batcher.status();
        tokio::select! {
            error = batcher.run() => error.into(),
            () = async {
                while status.changed().await.is_ok() {
                    self.status.send_replace(status.borrow_and_update().clone());
                }
                std::future::pending().await
            } => unreachable!("it never ends"),
        }
    }

    /// Waits for an L1 that does not answer yet.
    async fn batcher(&self) -> Result<Batcher> {
        let settings = BatcherSettings::of(&self.config, &self.limits)?;
        let limits = settings.send_limits(self.limits.clone());
        let (chain_id, mut told) = (self.config.l1.chain_id, false);
        let sender = loop {
            let (client, key) = (self.client.clone(), self.key.clone());
            match Sender::open(&self.journal, client, key, chain_id, limits.clone()).await {
                Ok(sender) => break sender,
                Err(error) if error.severity() == Severity::Halt => return Err(error.into()),
                Err(error) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, "the batcher waits for L1");
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        };
        let (chain, client) = (self.chain.clone(), self.client.clone());
        Ok(Batcher::new(settings, chain, client, sender, Arc::new(Columns)))
    }
}
