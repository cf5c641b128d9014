//! What a [`Site`](crate::site::Site) stands on: our embedded L1, or Foundry's anvil.

use crate::{
    clock::GENESIS_TIME,
    site::{SLOT, key, settings},
};
use alloy_primitives::B256;
use seam_chain::{
    Chain, Running,
    engine::start,
    l1::{EmbeddedBlocks, L1Blocks},
    rpc::{RpcServer, RpcSettings, serve},
    wallet::{DEFAULT_MNEMONIC, DevAccounts},
};
use seam_genesis::{ChainGenesis, dev};
use seam_l1::{
    L1Access, L1Client, L1Limits, WatchLimits, WatchSettings, Watcher, access::HttpAccess,
    watcher::Progress,
};
use seam_rollup::watched::WatchedBlocks;
use seam_stf::derive::L1Contracts;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};

/// An L1 that makes a block when it is told.
pub(crate) struct Layer1 {
    pub(crate) url: String,
    raw: HttpAccess,
    process: Process,
}

enum Process {
    Seam {
        chain: Chain,
        _running: Running,
        _server: RpcServer,
    },
    Anvil {
        child: Child,
        /// Where the rollup's sequencer looks.
        watcher: Option<Watcher>,
    },
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::Anvil { child, .. } = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Layer1 {
    pub(crate) async fn seam(directory: &Path) -> Self {
        let people = [0, 1].map(|index| key(index).address());
        let genesis = dev::l1_genesis(GENESIS_TIME, &people).unwrap();
        let genesis = ChainGenesis::from_genesis(&genesis).unwrap();
        let running = start(settings(genesis, directory, "l1")).unwrap();
        let accounts = DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, 1).unwrap();
        let rpc =
            RpcSettings { development: true, accounts: Some(Arc::new(accounts)), ..<_>::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, running.chain.clone(), rpc).await.unwrap();
        let url = format!("http://{}", server.local_addr);
        let chain = running.chain.clone();
        let process = Process::Seam { chain, _running: running, _server: server };
        Self::at(url, process)
    }

    /// The anvil of this path.
    pub(crate) async fn anvil(path: &str) -> Self {
        let mut command = Command::new(path);
        let (id, time) = (dev::L1_CHAIN_ID.to_string(), GENESIS_TIME.to_string());
        command.args(["--port", "0", "--chain-id", &id, "--timestamp", &time, "--no-mining"]);
        // States that it keeps in memory. By itself it writes old ones to files, and has lost the contracts' code when it
        // takes a block back after some thousand (1.7.1).
        command.args(["--prune-history", "2000"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        // It goes on writing, and would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let url = format!("http://{}", address.unwrap());
        let l1 = Self::at(url, Process::Anvil { child, watcher: None });
        l1.tell("anvil_setBlockTimestampInterval", json!([SLOT])).await;
        l1
    }

    fn at(url: String, process: Process) -> Self {
        let raw = HttpAccess::new(&url, &L1Limits::default()).unwrap();
        Self { url, raw, process }
    }

    /// What is to be said of it where it does not tell: anvil does not.
    pub(crate) fn slot_seconds(&self) -> Option<u64> {
        matches!(self.process, Process::Anvil { .. }).then_some(SLOT)
    }

    /// Where its blocks are for a sequencer.
    pub(crate) fn blocks(
        &mut self,
        client: &L1Client,
        contracts: L1Contracts,
    ) -> Arc<dyn L1Blocks> {
        match &mut self.process {
            Process::Seam { chain, .. } => Arc::new(EmbeddedBlocks::new(chain.clone(), contracts)),
            Process::Anvil { watcher, .. } => {
                let events = contracts.events().to_vec();
                let limits = WatchLimits::default();
                let from = WatchSettings { start: 0, start_hash: None, events, limits };
                let new = watcher.insert(Watcher::new(client.clone(), from));
                Arc::new(WatchedBlocks::new(new.watched(), contracts, 0))
            }
        }
    }

    /// Takes in what there is to see.
    pub(crate) async fn look(&mut self) {
        if let Process::Anvil { watcher: Some(watcher), .. } = &mut self.process {
            while watcher.step().await.unwrap() == Progress::More {}
        }
    }

    /// Replaces its newest blocks by others, without transactions.
    pub(crate) async fn reorg(&self, depth: u64) {
        match &self.process {
            Process::Seam { chain, .. } => drop(chain.reorg(depth).unwrap()),
            Process::Anvil { .. } => drop(self.tell("anvil_reorg", json!([depth, []])).await),
        }
    }

    pub(crate) async fn hash(&self, number: u64) -> B256 {
        let block = self.block(&format!("{number:#x}")).await;
        serde_json::from_value(block["hash"].clone()).unwrap()
    }

    /// Seconds of its newest block.
    pub(crate) async fn time(&self) -> u64 {
        let time = self.block("latest").await["timestamp"].as_str().unwrap().to_owned();
        u64::from_str_radix(time.trim_start_matches("0x"), 16).unwrap()
    }

    async fn block(&self, which: &str) -> Value {
        self.tell("eth_getBlockByNumber", json!([which, false])).await
    }

    pub(crate) async fn tell(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let answer = self.raw.exchange(body.to_string().into_bytes()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }
}
