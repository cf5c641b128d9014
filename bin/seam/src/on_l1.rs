//! What a rollup's node has to do with its L1: following it, and deriving the chain from it.

use crate::args::L1Flags;
use anyhow::Result;
use seam_chain::{Chain, engine::attributes_of};
use seam_genesis::{RollupConfig, l1::batch_inbox};
use seam_l1::{
    BeaconClient, L1Client, L1Limits, WatchError, WatchLimits, WatchSettings, Watched, Watcher,
    beacon::{BeaconSettings, BlobSource},
};
use seam_primitives::batch::first_accumulator;
use seam_rollup::{
    blob_store::{BlobStore, retention},
    data::BatchSource,
    derivation::{Derivation, DerivationStatus, Parts, l1_needed},
    watched::WatchedBlocks,
};
use seam_stf::derive::RollupRules;
use seam_storage::{Reader, View};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// L1 blocks below those that are needed that are watched too: more than an L1 takes to be final
/// (Ethereum: 64 to 96), so that a reorg that happened meanwhile is seen.
const BEHIND: u64 = 256;
/// How often it is looked which L1 blocks are needed no more.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// Where a node keeps what it knows of the rollup beside the chain.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Where derivation stands.
    pub(crate) cursor: PathBuf,
    /// Where that of the follower of `seam up` stands.
    pub(crate) follower: PathBuf,
    /// That the chain was changed by hand, if it was.
    pub(crate) changed: PathBuf,
    /// The rollup's blobs.
    pub(crate) blobs: PathBuf,
    /// What the batcher has sent.
    pub(crate) journal: PathBuf,
}

impl Places {
    /// In this folder.
    pub(crate) fn within(folder: &Path) -> Self {
        let at = |name| folder.join(name);
        Self {
            cursor: at("derivation.json"),
            follower: at("follower.json"),
            changed: at("changed-by-hand"),
            blobs: at("blobs"),
            journal: at("batches.journal"),
        }
    }
}

/// A rollup's L1, with all that is read from it.
#[derive(Debug)]
pub(crate) struct L1Side {
    pub(crate) client: L1Client,
    watcher: Watcher,
    /// The rollup's blobs, as far as this node has met them.
    pub(crate) store: Arc<BlobStore>,
    source: BatchSource,
    rules: RollupRules,
    config: RollupConfig,
}

impl L1Side {
    /// Nothing is asked of the L1 yet. `needed` is the lowest of its blocks that is ([`needed`]).
    pub(crate) fn new(
        flags: &L1Flags,
        config: &RollupConfig,
        rules: &RollupRules,
        needed: u64,
        blobs: &Path,
    ) -> Result<Self> {
        let limits = L1Limits::default();
        let client = L1Client::connect(&flags.l1_rpc, Some(config.l1.chain_id), limits)?;
        let settings = watch_settings(rules, needed, config.l1.block_time);
        let watcher = Watcher::new(client.clone(), settings);
        let store = Arc::new(BlobStore::open(blobs, retention(&config.settlement))?);
        let beacon = beacon(&flags.l1_rpc, &flags.l1_beacon, flags.l1_slot_seconds)?;
        let archives = archives(&flags.blob_archive)?;
        let inbox = batch_inbox(config)?.address;
        let source = BatchSource::new(client.clone(), inbox, Some(store.clone()), beacon, archives);
        let (rules, config) = (rules.clone(), config.clone());
        Ok(Self { client, watcher, store, source, rules, config })
    }

    /// The L1 as it is watched.
    pub(crate) fn watched(&self) -> Watched {
        self.watcher.watched()
    }

    /// Its blocks, but for as many of the newest.
    pub(crate) fn blocks(&self, confirmations: u64) -> WatchedBlocks {
        WatchedBlocks::new(self.watched(), self.rules.contracts, confirmations)
    }

    /// Derives a chain from it.
    pub(crate) fn derivation(&self, chain: &Chain, cursor: &Path) -> Result<Derivation> {
        let (l1, l2) = (self.config.l1.chain_id, self.config.l2.chain_id);
        let parts = Parts {
            chain: chain.clone(),
            l1: Arc::new(self.blocks(0)),
            data: Arc::new(self.source.clone()),
            first_accumulator: first_accumulator(l1, self.rules.contracts.batch_inbox, l2),
            poll: poll(self.config.l1.block_time) / 2,
            timer: self.client.timer(),
        };
        Ok(Derivation::open(parts, cursor)?)
    }

    /// Follows the L1 until that cannot go on, and says why. `deriving` says what is still needed.
    pub(crate) async fn run(
        mut self,
        chain: Chain,
        deriving: Vec<watch::Receiver<DerivationStatus>>,
    ) -> WatchError {
        let watched = self.watcher.watched();
        tokio::select! {
            error = self.watcher.run() => error,
            () = forget(&watched, &chain, &deriving) => unreachable!("it never ends"),
        }
    }
}

/// The L1's beacon nodes; where none are named, its endpoints: anvil and `seam up` have both in one.
pub(crate) fn beacon(
    rpc: &[String],
    named: &[String],
    slot_seconds: Option<u64>,
) -> Result<Option<BeaconClient>> {
    endpoints(BlobSource::Beacon, if named.is_empty() { rpc } else { named }, slot_seconds)
}

/// Who has blobs that L1 has dropped, if anybody is named.
pub(crate) fn archives(named: &[String]) -> Result<Option<BeaconClient>> {
    endpoints(BlobSource::Archive, named, None)
}

fn endpoints(
    kind: BlobSource,
    urls: &[String],
    slot_seconds: Option<u64>,
) -> Result<Option<BeaconClient>> {
    if urls.is_empty() {
        return Ok(None);
    }
    let settings = BeaconSettings { slot_seconds, ..BeaconSettings::default() };
    Ok(Some(BeaconClient::connect(kind, urls, settings)?))
}

fn poll(l1_block_time: u64) -> Duration {
    Duration::from_secs(l1_block_time.clamp(1, 12)) / 2
}

fn watch_settings(rules: &RollupRules, needed: u64, l1_block_time: u64) -> WatchSettings {
    let genesis = rules.genesis_l1;
    let start = needed.saturating_sub(BEHIND).max(genesis.number);
    WatchSettings {
        start,
        start_hash: (start == genesis.number).then_some(genesis.hash),
        events: rules.contracts.events().to_vec(),
        limits: WatchLimits { poll: poll(l1_block_time), ..WatchLimits::default() },
    }
}

/// The lowest L1 block that a chain needs, as it is stored; `cursor` says where its derivation stands.
pub(crate) fn needed(reader: &Reader, rules: &RollupRules, cursor: &Path) -> Result<u64> {
    let origin = origin(reader)?.unwrap_or(rules.genesis_l1.number);
    Ok(origin.min(l1_needed(reader, rules, cursor)?))
}

/// Number of the L1 block that the newest block stands on; none for the genesis block.
fn origin(reader: &Reader) -> Result<Option<u64>> {
    let head = View::at(reader.clone(), reader.head())?;
    Ok(attributes_of(&head)?.map(|attributes| attributes.number))
}

/// Lets go of L1 blocks that nothing can come back to.
async fn forget(watched: &Watched, chain: &Chain, deriving: &[watch::Receiver<DerivationStatus>]) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        let attributes = chain.head().l1_attributes;
        let origin = attributes.map_or(0, |attributes| attributes.number);
        let needed = deriving.iter().map(|status| status.borrow().l1_needed).min();
        watched.keep_from(origin.min(needed.unwrap_or(u64::MAX)).saturating_sub(BEHIND));
    }
}
