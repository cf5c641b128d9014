//! `seam node --rollup`: a rollup on an L1 elsewhere, as its sequencer or following it.

pub(crate) mod posting;

use crate::{
    args::{Role, RollupFlags, SequencerKeys},
    key,
    metrics::{Metrics, RollupMetrics},
    on_l1::{self, L1Side, Places},
    store,
};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, Error, Result, bail};
use posting::Posting;
use seam_chain::{
    Chain,
    engine::{Part, Rollup},
    rpc::RpcSettings,
    stream::BlockSigner,
};
use seam_fixtures::read_text;
use seam_genesis::{ChainGenesis, RollupConfig, rollup_genesis_json, rollup_rules};
use seam_l1::SendLimits;
use seam_rollup::{
    deploy::RollupFile,
    derivation::DerivationStatus,
    stream::{Follower, NamedSigner, SequencerPort, StreamLimits},
};
use seam_storage::StoreOptions;
use std::{future::pending, path::Path, sync::Arc};
use tokio::sync::watch;

/// A rollup's node, beside its chain.
#[derive(Debug)]
pub(crate) struct RollupNode {
    /// How its blocks are made.
    pub(crate) recipe: Arc<Rollup>,
    l1: L1Side,
    config: RollupConfig,
    places: Places,
    /// Who is listened to before blocks are on L1.
    sequencers: Vec<String>,
    batcher: Option<PrivateKeySigner>,
    signer: Option<PrivateKeySigner>,
    limits: SendLimits,
    metrics: Option<RollupMetrics>,
}

/// The rollup of a `rollup.json`, with its genesis.
pub(crate) fn load(path: &Path) -> Result<(RollupConfig, ChainGenesis)> {
    let file = read_rollup(path)?;
    let genesis = ChainGenesis::from_genesis(&rollup_genesis_json(&file.config)?)?;
    let (ours, theirs) = (genesis.sealed.header.hash_slow(), file.l2.genesis_hash);
    if ours != theirs {
        bail!(
            "{}: the genesis block is {ours}, not {theirs} as the file says: it was changed, or made \
             by another version of Seam",
            path.display()
        );
    }
    Ok((file.config, genesis))
}

/// What `seam deploy` and `seam up` write of a rollup.
pub(crate) fn read_rollup(path: &Path) -> Result<RollupFile> {
    serde_json::from_str(&read_text(path)?)
        .with_context(|| format!("{} is not a rollup.json", path.display()))
}

impl RollupNode {
    /// Nothing is asked of the L1 yet. `directory` is where the chain is kept, `folder` where all else is.
    pub(crate) fn new(
        flags: &RollupFlags,
        config: &RollupConfig,
        genesis: &ChainGenesis,
        directory: &Path,
        folder: &Path,
        options: StoreOptions,
    ) -> Result<Self> {
        let part = part(flags)?;
        let (batcher, signer) = keys(&flags.keys, config)?;
        let rules = rollup_rules(config)?;
        let places = Places::within(folder);
        let (reader, _) = store::open(directory, &genesis.sealed.header, &genesis.state, options)?;
        let needed = on_l1::needed(&reader, &rules, &places.cursor)?;
        drop(reader);
        let l1 = L1Side::new(&flags.l1, config, &rules, needed, &places.blobs)?;
        let confirmations = if part == Part::Sequencer { flags.l1_confirmations } else { 0 };
        let recipe = Arc::new(Rollup::new(rules, Arc::new(l1.blocks(confirmations)), part));
        let limits = key::paying(flags.keys.max_fee_gwei);
        let max_blob_fee = key::gwei(flags.keys.max_blob_fee_gwei);
        let limits = SendLimits { max_blob_fee, ..limits };
        let (config, sequencers) = (config.clone(), flags.sequencer.clone());
        let metrics = None;
        Ok(Self { recipe, l1, config, places, sequencers, batcher, signer, limits, metrics })
    }

    /// Has it counted on this page.
    pub(crate) fn count(&mut self, page: &mut Metrics, chain: &'static str) {
        page.add_blobs(&self.l1.store.metrics());
        self.metrics = Some(RollupMetrics::in_page(page, &[chain]));
    }

    /// What its server does beside serving the chain.
    pub(crate) fn settings(&self, settings: RpcSettings) -> Result<RpcSettings> {
        let forward = match &self.sequencers[..] {
            [] => None,
            urls => Some(Arc::new(SequencerPort::new(urls, StreamLimits::default())?) as Arc<_>),
        };
        let chain = self.config.l2.chain_id;
        let signer = self.signer.clone().map(|key| Arc::new(BlockSigner::new(key, chain)));
        Ok(RpcSettings {
            forward,
            stream: signer,
            blob_archive: Some(self.l1.store.clone()),
            ..settings
        })
    }

    /// Does its part until that cannot go on, and says why.
    pub(crate) async fn run(self, chain: Chain) -> Error {
        match self.start(chain).await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn start(self, chain: Chain) -> Result<std::convert::Infallible> {
        let derivation = self.l1.derivation(&chain, &self.places.cursor)?;
        let status = derivation.status();
        let posting = self.posting(&chain);
        if let Some(metrics) = &self.metrics {
            let posting = posting.as_ref().map(|posting| posting.status.subscribe());
            metrics.show(std::slice::from_ref(&status), posting);
        }
        let signer = NamedSigner::new(self.l1.client.clone(), &self.config)?;
        let follower = match self.sequencers.is_empty() {
            true => None,
            false => {
                let limits = StreamLimits::default();
                Some(Follower::new(chain.clone(), &self.sequencers, signer.named(), limits)?)
            }
        };
        tokio::select! {
            error = derivation.run() => Err(error.into()),
            error = post(posting) => Err(error),
            error = follow(follower) => Err(error),
            never = signer.run() => match never {},
            () = say(status.clone()) => unreachable!("it never ends"),
            error = self.l1.run(chain, vec![status]) => Err(error.into()),
        }
    }

    fn posting(&self, chain: &Chain) -> Option<Posting> {
        let Some(key) = self.batcher.clone() else {
            if self.recipe.part() == Part::Sequencer {
                tracing::warn!(
                    "nothing is posted on L1 without --batcher-key: followers see no block, and after \
                     {} L1 blocks anyone may post in the sequencer's place",
                    self.config.inbox.sequencer_timeout
                );
            }
            return None;
        };
        Some(Posting {
            config: self.config.clone(),
            chain: chain.clone(),
            client: self.l1.client.clone(),
            key,
            limits: self.limits.clone(),
            journal: self.places.journal.clone(),
            status: watch::Sender::default(),
        })
    }
}

/// What the node does in the rollup, if the flags go with that.
pub(crate) fn part(flags: &RollupFlags) -> Result<Part> {
    let keys = &flags.keys;
    match flags.role {
        Some(Role::Sequencer) if !flags.sequencer.is_empty() => {
            bail!("a sequencer follows nobody: leave out --sequencer, or give --role follower")
        }
        Some(Role::Sequencer) => Ok(Part::Sequencer),
        Some(Role::Follower) if keys.has_any() => {
            bail!("a follower has no key: leave out --batcher-key and --signer-key")
        }
        Some(Role::Follower) => Ok(Part::Follower),
        None => bail!("say what the node does in the rollup: --role sequencer or --role follower"),
    }
}

/// The batcher's and the signer's, checked against who the rollup says they are.
fn keys(
    keys: &SequencerKeys,
    config: &RollupConfig,
) -> Result<(Option<PrivateKeySigner>, Option<PrivateKeySigner>)> {
    let batcher =
        key::optional(&keys.place, keys.batcher_key.as_deref(), keys.batcher_key_file.as_deref())?;
    let signer =
        key::optional(&keys.place, keys.signer_key.as_deref(), keys.signer_key_file.as_deref())?;
    let roles = &config.roles;
    for (key, expected, what) in
        [(&batcher, roles.batcher, "posts batches"), (&signer, roles.unsafe_signer, "signs blocks")]
    {
        if let Some(key) = key.as_ref().filter(|key| key.address() != expected) {
            let address = key.address();
            tracing::warn!(
                "{address} {what} here, and rollup.json names {expected}: SystemConfig on L1 must name \
                 the new one"
            );
        }
    }
    Ok((batcher, signer))
}

async fn post(posting: Option<Posting>) -> Error {
    match posting {
        Some(posting) => posting.run().await,
        None => pending().await,
    }
}

async fn follow(follower: Option<Follower>) -> Error {
    match follower {
        Some(follower) => follower.run().await.into(),
        None => pending().await,
    }
}

/// Logs from time to time how far the chain follows from L1.
async fn say(status: watch::Receiver<DerivationStatus>) {
    loop {
        tokio::time::sleep(crate::service::STATUS_EVERY).await;
        let status = status.borrow().clone();
        tracing::info!(
            safe = status.safe,
            finalized = status.finalized,
            batches = status.batch,
            l1 = status.l1_read,
            l1_head = status.l1_head,
            waits = status.waits,
            "derived from L1"
        );
    }
}
