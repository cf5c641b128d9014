//! `seam node --role sequencer`: a rollup on an L1 elsewhere.

use crate::{args::RollupNode, store};
use anyhow::{Context, Result, bail};
use seam_chain::{Chain, engine::Rollup};
use seam_fixtures::read_text;
use seam_genesis::{ChainGenesis, RollupConfig, rollup_genesis_json, rollup_rules};
use seam_l1::{L1Client, L1Limits, WatchError, WatchLimits, WatchSettings, Watched, Watcher};
use seam_primitives::L1Attributes;
use seam_rollup::{deploy::RollupFile, watched::WatchedBlocks};
use seam_stf::derive::RollupRules;
use seam_storage::{Reader, StoreOptions};
use std::{path::Path, sync::Arc, time::Duration};

/// L1 blocks below the one that the newest block stands on that are watched too: more than an L1
/// takes to be final (Ethereum: 64 to 96), so that a reorg that happened meanwhile is seen.
const ORIGINS_BEHIND: u64 = 256;
/// How often it is looked which L1 blocks are needed no more.
const FORGET_EVERY: Duration = Duration::from_secs(60);

/// A rollup and the L1 that it follows.
#[derive(Debug)]
pub(crate) struct Sequencer {
    /// How its blocks are made.
    pub(crate) recipe: Arc<Rollup>,
    watcher: Watcher,
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

impl Sequencer {
    /// Nothing is asked of the L1 yet. `directory` is where the rollup is kept.
    pub(crate) fn new(
        flags: &RollupNode,
        config: &RollupConfig,
        genesis: &ChainGenesis,
        directory: &Path,
        options: StoreOptions,
    ) -> Result<Self> {
        let client =
            L1Client::connect(&flags.l1_rpc, Some(config.l1.chain_id), L1Limits::default())?;
        let rules = rollup_rules(config)?;
        let (reader, _) = store::open(directory, &genesis.sealed.header, &genesis.state, options)?;
        let settings = watch_settings(&rules, &reader, config.l1.block_time)?;
        let watcher = Watcher::new(client, settings);
        let (contracts, confirmations) = (rules.contracts, flags.l1_confirmations);
        let blocks = WatchedBlocks::new(watcher.watched(), contracts, confirmations);
        Ok(Self { recipe: Arc::new(Rollup::new(rules, Arc::new(blocks))), watcher })
    }

    /// Follows the L1 until that cannot go on, and says why.
    pub(crate) async fn run(mut self, chain: Chain) -> WatchError {
        let watched = self.watcher.watched();
        tokio::select! {
            error = self.watcher.run() => error,
            () = forget(&watched, &chain) => unreachable!("it never ends"),
        }
    }
}

fn watch_settings(
    rules: &RollupRules,
    reader: &Reader,
    l1_block_time: u64,
) -> Result<WatchSettings> {
    let genesis = rules.genesis_l1;
    let origin = origin(reader)?.unwrap_or(genesis.number);
    let start = origin.saturating_sub(ORIGINS_BEHIND).max(genesis.number);
    let poll = Duration::from_secs(l1_block_time.clamp(1, 12)) / 2;
    Ok(WatchSettings {
        start,
        start_hash: (start == genesis.number).then_some(genesis.hash),
        addresses: vec![rules.contracts.portal, rules.contracts.system_config],
        limits: WatchLimits { poll, ..WatchLimits::default() },
    })
}

/// Number of the L1 block that the newest block stands on; none for the genesis block.
fn origin(reader: &Reader) -> Result<Option<u64>> {
    let head = reader.block(reader.head())?.context("the chain has no head")?;
    let Some(first) = head.block.transactions.first() else { return Ok(None) };
    let attributes = L1Attributes::of_transaction(first);
    Ok(Some(attributes.context("the chain's newest block is not that of a rollup")?.number))
}

/// Lets go of L1 blocks that no block can stand on any more.
async fn forget(watched: &Watched, chain: &Chain) {
    loop {
        tokio::time::sleep(FORGET_EVERY).await;
        let attributes = chain.head().l1_attributes;
        let origin = attributes.map_or(0, |attributes| attributes.number);
        watched.keep_from(origin.saturating_sub(ORIGINS_BEHIND));
    }
}
