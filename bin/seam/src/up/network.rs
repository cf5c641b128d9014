//! The two chains: what they are made from, starting and stopping them.

use super::{Accounts, contracts};
use crate::{
    args::L1Flags,
    clock::RestartTime,
    config::Effective,
    data_dir::DataDir,
    on_l1::{self, L1Side, Places},
    service, store,
};
use alloy_genesis::Genesis;
use anyhow::{Context, Error, Result, anyhow};
use seam_chain::{
    Chain, Clock, RealClock, Running, Settings,
    engine::{EmbeddedL1, Part, Recipe, Rollup, slots_of},
    l1::EmbeddedBlocks,
    pool::PoolLimits,
    start,
};
use seam_genesis::{ChainGenesis, dev, rollup_rules};
use seam_primitives::Header;
use seam_rollup::deploy::Deployment;
use seam_stf::derive::RollupRules;
use seam_storage::StoreOptions;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

/// The chains with their threads: the L1, the rollup as its sequencer makes it, and the rollup as it
/// follows from the L1.
#[derive(Debug)]
pub(crate) struct Network {
    l1: Running,
    l2: Running,
    follower: Running,
    /// What is read from the L1.
    pub(crate) l1_side: Option<L1Side>,
    /// Heads before this start.
    before: (u64, u64),
    /// The genesis block of each.
    pub(crate) genesis: (Header, Header),
    /// The rollup's contracts on L1.
    pub(crate) deployment: Deployment,
}

impl Network {
    /// Opens all stores, and starts the chains only if all are in order. `l1_url` is where the L1 will be
    /// served.
    pub(crate) fn start(
        directory: &DataDir,
        effective: &Effective,
        accounts: &Accounts,
        l1_url: String,
    ) -> Result<Self> {
        let times = effective.block_times();
        let options =
            StoreOptions { history: effective.config.history_blocks.into(), ..Default::default() };
        let timestamp = directory.meta.genesis_timestamp;
        let l1_genesis = dev::l1_genesis(timestamp, &accounts.on_l1())?;
        let l1 = chain(&l1_genesis)?;
        let l1_hash = l1.sealed.header.hash_slow();
        let rollup = dev::rollup_config(timestamp, l1_hash, times, accounts.roles.clone());
        let deployment = Deployment::new(dev::prefunded(rollup, &accounts.addresses()))?;
        let block_one = contracts::transactions(&deployment, &l1_genesis, accounts)?;
        let l2 = deployment.chain.clone();
        let genesis = (l1.sealed.header.clone(), l2.sealed.header.clone());
        let at = |name| directory.chain(name);
        let rules = rollup_rules(&deployment.config)?;
        let places = Places::within(&directory.rollup());
        let chains = [(at("l1"), &l1), (at("l2"), &l2), (at("follower"), &l2)];
        let Opened { heads, needed } = open_all(chains, options, &rules, &places)?;
        let restart = RestartTime { l1: heads.0.timestamp, l2: heads.1.timestamp };
        let clock = |now| -> Arc<dyn Clock> { Arc::new(RealClock::starting_at(now)) };
        let site = Site { options, clock: clock(restart.after(times.l1)) };

        let depth = effective.config.l1_finality_depth;
        let recipe = EmbeddedL1::new(times.l1, depth, slots_of(&genesis.0));
        let recipe = recipe.beginning_with(block_one);
        let l1 = site.start("l1", at("l1"), l1, Arc::new(recipe))?;
        let flags = L1Flags { l1_rpc: vec![l1_url], ..L1Flags::default() };
        let l1_side = L1Side::new(&flags, &deployment.config, &rules, needed, &places.blobs)?;
        let blocks = EmbeddedBlocks::new(l1.chain.clone(), rules.contracts);
        let sequenced = Rollup::new(rules.clone(), Arc::new(blocks), Part::Sequencer);
        let followed = Rollup::new(rules, Arc::new(l1_side.blocks(0)), Part::Follower);
        let site = Site { options, clock: clock(restart.of_l2(times.l1)) };
        let follower = site.start("follower", at("follower"), l2.clone(), Arc::new(followed))?;
        let l2 = site.start("l2", at("l2"), l2, Arc::new(sequenced))?;
        let before = (heads.0.number, heads.1.number);
        let l1_side = Some(l1_side);
        Ok(Self { l1, l2, follower, l1_side, before, genesis, deployment })
    }

    /// The L1.
    pub(crate) const fn l1(&self) -> &Chain {
        &self.l1.chain
    }

    /// The rollup as it follows from the L1.
    pub(crate) const fn follower(&self) -> &Chain {
        &self.follower.chain
    }

    /// The Layer 2.
    pub(crate) const fn l2(&self) -> &Chain {
        &self.l2.chain
    }

    /// Waits until each chain has a block that it did not have before this start.
    pub(crate) async fn produced(&self) {
        tokio::join!(
            service::block_after(self.l1(), self.before.0),
            service::block_after(self.l2(), self.before.1),
        );
    }

    /// Waits until a chain cannot go on, and says why.
    pub(crate) async fn failed(&self) -> Error {
        tokio::select! {
            error = service::failed(self.l1(), "the L1 has stopped") => error,
            error = service::failed(self.l2(), "the L2 has stopped") => error,
            error = service::failed(self.follower(), "the follower has stopped") => error,
        }
    }

    /// Ends both; the numbers of the last blocks, which are on disk.
    pub(crate) fn stop(self) -> Result<(u64, u64)> {
        let (l1, l2) = (self.l1.chain.clone(), self.l2.chain.clone());
        // The rollup reads the L1.
        let stopped =
            [("follower", self.follower.stop()), ("L2", self.l2.stop()), ("L1", self.l1.stop())];
        for (name, result) in stopped {
            result.map_err(|error| anyhow!("the {name} has stopped: {error}"))?;
        }
        Ok((l1.head().number(), l2.head().number()))
    }
}

/// What a chain is started with.
struct Site {
    options: StoreOptions,
    clock: Arc<dyn Clock>,
}

impl Site {
    fn start(
        &self,
        name: &'static str,
        directory: PathBuf,
        chain: ChainGenesis,
        recipe: Arc<dyn Recipe>,
    ) -> Result<Running> {
        let running = start(Settings {
            name,
            rules: chain.rules,
            genesis: chain.sealed.header,
            state: chain.state,
            directory,
            store: self.options,
            pool: PoolLimits::default(),
            clock: self.clock.clone(),
            recipe,
        });
        running.with_context(|| format!("starting the {}", name.to_uppercase()))
    }
}

fn chain(genesis: &Genesis) -> Result<ChainGenesis> {
    ChainGenesis::from_genesis(genesis).context("the genesis of the development network")
}

/// What is on disk before anything runs.
struct Opened {
    /// The newest blocks of the L1 and the L2.
    heads: (Header, Header),
    /// The lowest L1 block that the rollup needs.
    needed: u64,
}

/// Opens the L1, the L2 and the follower: all stores are made, or one is refused, before anything runs on
/// them.
fn open_all(
    chains: [(PathBuf, &ChainGenesis); 3],
    options: StoreOptions,
    rules: &RollupRules,
    places: &Places,
) -> Result<Opened> {
    let open = |(directory, chain): &(PathBuf, &ChainGenesis), cursor: Option<&Path>| {
        let opened = store::open(directory, &chain.sealed.header, &chain.state, options);
        let (reader, head) = opened?;
        let needed = cursor.map(|cursor| on_l1::needed(&reader, rules, cursor)).transpose()?;
        anyhow::Ok((head, needed.unwrap_or(u64::MAX)))
    };
    let [l1, l2, follower] = &chains;
    // To make a store is to wait for the disk hundreds of times: at the same time for all.
    let (l1, l2, follower) = thread::scope(|scope| {
        let l2 = scope.spawn(|| open(l2, Some(&places.cursor)));
        let follower = scope.spawn(|| open(follower, Some(&places.follower)));
        (open(l1, None), l2.join(), follower.join())
    });
    let l2 = l2.map_err(|_| anyhow!("opening the L2 has panicked"))??;
    let follower = follower.map_err(|_| anyhow!("opening the follower has panicked"))??;
    Ok(Opened { heads: (l1?.0, l2.0), needed: l2.1.min(follower.1) })
}
