//! A chain that traffic goes to.

use alloy_primitives::Address;
use alloy_signer_local::PrivateKeySigner;
use seam_chain::{
    Running, Settings as ChainSettings, SimulatedClock,
    engine::{EmbeddedL1, slots_of, start},
    pool::PoolLimits,
    rpc::{RpcServer, RpcSettings, serve},
    wallet::{DEFAULT_MNEMONIC, DevAccounts},
};
use seam_economy::{Rate, Report, Settings, Sites, TrafficError, traffic::run_by};
use seam_genesis::{ChainGenesis, dev};
use seam_l1::{L1Access, L1Limits, access::HttpAccess, timer::SimulatedTimer};
use serde_json::{Value, json};
use std::{collections::BTreeSet, future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::watch};

const TIME: u64 = 1_700_000_000;
/// Accounts with ether.
const RICH: u32 = 10;

/// The chain, its server, and what both run on.
pub(crate) struct Node {
    pub(crate) runtime: Runtime,
    directory: TempDir,
    running: Option<Running>,
    server: Option<RpcServer>,
    address: SocketAddr,
    without: Option<Address>,
}

impl Node {
    /// One at a free port, that makes a block for each transaction.
    pub(crate) fn start() -> Self {
        Self::without(None)
    }

    /// One whose genesis lacks an account.
    pub(crate) fn without(account: Option<Address>) -> Self {
        let mut node = Self {
            runtime: Runtime::new().unwrap(),
            directory: tempfile::tempdir().unwrap(),
            running: None,
            server: None,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            without: account,
        };
        node.go_on();
        node
    }

    /// Starts on what is in its directory, at its port.
    pub(crate) fn go_on(&mut self) {
        let mut genesis = dev::l1_genesis(TIME, &addresses()).unwrap();
        genesis.alloc.retain(|account, _| Some(*account) != self.without);
        let chain = ChainGenesis::from_genesis(&genesis).unwrap();
        let slots = slots_of(&chain.sealed.header);
        let running = start(ChainSettings {
            name: "chain",
            rules: chain.rules,
            genesis: chain.sealed.header,
            state: chain.state,
            directory: self.directory.path().to_owned(),
            store: Default::default(),
            pool: PoolLimits::default(),
            clock: Arc::new(SimulatedClock::starting_at(Duration::from_secs(TIME))),
            recipe: Arc::new(EmbeddedL1::new(12, 64, slots)),
        })
        .unwrap();
        let settings = RpcSettings { development: true, ..RpcSettings::default() };
        let server = self.runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
            serve(listener, running.chain.clone(), settings).await.unwrap()
        });
        self.address = server.local_addr;
        (self.running, self.server) = (Some(running), Some(server));
        // A block for each transaction, and none without.
        self.tell("evm_setAutomine", json!([true]));
    }

    /// Stops both.
    pub(crate) fn stop(&mut self) {
        let server = self.server.take().unwrap();
        self.runtime.block_on(server.stop());
        self.running.take().unwrap().stop().unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn sites(&self) -> Sites {
        Sites { rpc: self.url(), l1_rpc: None }
    }

    /// What it answers.
    pub(crate) fn tell(&self, method: &str, params: Value) -> Value {
        let access = HttpAccess::new(&self.url(), &L1Limits::default()).unwrap();
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let answer = access.exchange(body.to_string().into_bytes());
        let answer: Value =
            serde_json::from_slice(&self.runtime.block_on(answer).unwrap()).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The number of its newest block.
    pub(crate) fn head(&self) -> u64 {
        self.running.as_ref().unwrap().chain.head().number()
    }

    /// Waits until it has so many more blocks.
    pub(crate) fn wait_for_blocks(&self, more: u64) {
        let chain = &self.running.as_ref().unwrap().chain;
        let mut events = chain.subscribe();
        let number = chain.head().number() + more;
        while chain.head().number() < number {
            // Also if some were missed: the head is asked again.
            let _ = events.blocking_recv();
        }
    }

    /// The types of all its transactions.
    pub(crate) fn transaction_types(&self) -> BTreeSet<u64> {
        let mut types = BTreeSet::new();
        for number in 1..=self.head() {
            let block = self.tell("eth_getBlockByNumber", json!([format!("{number:#x}"), true]));
            for transaction in block["transactions"].as_array().unwrap() {
                let text = transaction["type"].as_str().unwrap();
                types.insert(u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap());
            }
        }
        types
    }
}

fn accounts() -> DevAccounts {
    DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, RICH).unwrap()
}

fn addresses() -> Vec<Address> {
    accounts().addresses().collect()
}

/// Fast, with the usual payers.
pub(crate) fn settings(seed: u64) -> Settings {
    let accounts = accounts();
    let key = |index| PrivateKeySigner::from_bytes(&accounts.private_key(index).unwrap()).unwrap();
    let payers = (0..RICH as usize).map(key).collect();
    Settings { seed, rate: Rate::MAX, accounts: 10, ..Settings::new(payers) }
}

/// Traffic by a time that passes when it waits.
pub(crate) async fn simulated(
    settings: Settings,
    sites: Sites,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<Report, TrafficError> {
    let (told, _) = watch::channel(Report::default());
    run_by(settings, sites, shutdown, &told, Arc::new(SimulatedTimer::default())).await
}

/// Traffic until it ends by itself.
pub(crate) fn traffic(node: &Node, settings: Settings) -> Result<Report, TrafficError> {
    node.runtime.block_on(simulated(settings, node.sites(), std::future::pending()))
}
