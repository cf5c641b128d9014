//! An L1 with a rollup's contracts, and the rollup.

use crate::{
    clock::{GENESIS_TIME, frozen},
    layer1::Layer1,
    traffic,
};
use alloy_primitives::{Address, B256};
use alloy_signer_local::PrivateKeySigner;
use seam_chain::{
    Chain, Running, Settings, SteppedClock,
    engine::{EmbeddedL1, Part, Rollup, slots_of, start},
    pool::PoolLimits,
    wallet::{DEFAULT_MNEMONIC, DevAccounts},
};
use seam_genesis::{
    ChainGenesis, RollupConfig,
    config::Roles,
    dev::{self, BlockTimes, L1_CHAIN_ID},
    rollup_rules,
};
use seam_l1::{L1Client, L1Limits, SendLimits, Sender};
use seam_rollup::deploy::{Deployer, Deployment, Order};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// Sent every four seconds.
const TRANSACTIONS: u64 = 3;
/// Seconds between blocks of the L1; the rollup's have one.
pub(crate) const SLOT: u64 = 12;

/// Account of the usual mnemonic: 0 owns the rollup, 1 is its batcher, the others are users.
pub(crate) fn key(index: u32) -> PrivateKeySigner {
    let accounts = DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, index + 1).unwrap();
    let key = accounts.private_key(usize::try_from(index).unwrap()).unwrap();
    PrivateKeySigner::from_bytes(&key).unwrap()
}

/// All of it. The L1 makes a block when it is told.
pub(crate) struct Site {
    pub(crate) client: L1Client,
    pub(crate) config: RollupConfig,
    pub(crate) l2: Chain,
    pub(crate) l1: Layer1,
    clock: Arc<SteppedClock>,
    nonces: Vec<u64>,
    /// Transactions so far.
    sent: u64,
    pub(crate) base: TempDir,
    _running: Running,
}

impl Site {
    pub(crate) async fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let l1 = Layer1::seam(&base.path().join("l1")).await;
        Self::on(l1, base).await
    }

    /// On the anvil that the environment names.
    pub(crate) async fn on_anvil() -> Self {
        let path = std::env::var("SEAM_ANVIL").unwrap();
        Self::on(Layer1::anvil(&path).await, tempfile::tempdir().unwrap()).await
    }

    async fn on(mut l1: Layer1, base: TempDir) -> Self {
        let urls = [l1.url.clone()];
        let client = L1Client::connect(&urls, Some(L1_CHAIN_ID), L1Limits::default()).unwrap();
        l1.tell("evm_setIntervalMining", json!([0])).await;
        l1.tell("evm_setAutomine", json!([true])).await;
        let config = config(l1.hash(0).await);
        deploy(&client, &config, base.path()).await;
        l1.tell("evm_setAutomine", json!([false])).await;
        let clock = frozen();
        let rules = rollup_rules(&config).unwrap();
        let blocks = l1.blocks(&client, rules.contracts);
        let recipe = Arc::new(Rollup::new(rules, blocks, Part::Sequencer));
        let settings = settings(l2_genesis(&config), &base.path().join("l2"), "l2");
        let running = start(Settings { clock: clock.clone(), recipe, ..settings }).unwrap();
        let l2 = running.chain.clone();
        let nonces = vec![0; 4];
        Self { client, config, l2, l1, clock, nonces, sent: 0, base, _running: running }
    }

    pub(crate) async fn tell(&self, method: &str, params: Value) -> Value {
        self.l1.tell(method, params).await
    }

    /// A block of the L1, and the rollup's blocks up to its time, with some transactions.
    pub(crate) async fn mine(&mut self) {
        self.tell("evm_mine", json!([])).await;
        self.l1.look().await;
        let time = self.l1.time().await;
        while self.l2.head().header().timestamp < time {
            self.transact();
            self.clock.advance(Duration::from_secs(4));
            let until = self.clock.allowed().as_secs();
            self.l2.wake();
            while self.l2.head().header().timestamp < until {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// Transactions on the rollup: transfers, creations, calls, reverts and delegations by turns.
    fn transact(&mut self) {
        for _ in 0..TRANSACTIONS {
            let user = usize::try_from(self.sent % 4).unwrap();
            let signer = key(2 + u32::try_from(user).unwrap());
            let raw = traffic::transaction(&signer, self.nonces[user], self.sent);
            self.nonces[user] += traffic::nonces(self.sent);
            self.sent += 1;
            self.l2.submit_raw(&raw).unwrap();
        }
    }
}

pub(crate) fn settings(genesis: ChainGenesis, directory: &Path, name: &'static str) -> Settings {
    let slots = slots_of(&genesis.sealed.header);
    Settings {
        name,
        rules: genesis.rules,
        genesis: genesis.sealed.header,
        state: genesis.state,
        directory: directory.to_owned(),
        store: Default::default(),
        pool: PoolLimits::default(),
        clock: frozen(),
        recipe: Arc::new(EmbeddedL1::new(SLOT, 64, slots)),
    }
}

fn config(genesis: B256) -> RollupConfig {
    let role = Address::repeat_byte;
    let roles = Roles {
        owner: key(0).address(),
        l2_owner: None,
        batcher: key(1).address(),
        proposer: role(3),
        guardian: role(4),
        unsafe_signer: role(5),
    };
    dev::rollup_config(GENESIS_TIME, genesis, BlockTimes { l1: SLOT, l2: 1 }, roles)
}

async fn deploy(client: &L1Client, config: &RollupConfig, base: &Path) {
    let deployment = Deployment::new(config.clone()).unwrap();
    let deployer = Deployer::new(client.clone());
    let survey = deployer.survey(&deployment).await.unwrap();
    let limits = SendLimits { poll: Duration::from_millis(5), ..SendLimits::default() };
    let journal: PathBuf = base.join("deployment");
    let sender = Sender::open(&journal, client.clone(), key(0), L1_CHAIN_ID, limits).await.unwrap();
    deployer.execute(&deployment, &survey, &sender, Order::OneByOne, &mut |_| ()).await.unwrap();
}

/// The rollup's genesis, in which its users have ether.
pub(crate) fn l2_genesis(config: &RollupConfig) -> ChainGenesis {
    let users: Vec<Address> = (2..6).map(|index| key(index).address()).collect();
    ChainGenesis::from_genesis(&dev::l2_genesis(config, &users).unwrap()).unwrap()
}

/// A chain that makes no blocks by itself.
pub(crate) fn start_follower(directory: &Path, config: &RollupConfig, recipe: Rollup) -> Running {
    let recipe = Arc::new(recipe);
    start(Settings { recipe, ..settings(l2_genesis(config), directory, "follower") }).unwrap()
}
