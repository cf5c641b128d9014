//! An embedded L1 with its server, and transactions to it.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip4844, TxEip4844WithSidecar};
use alloy_eips::{
    BlockNumberOrTag::Latest, eip2718::Encodable2718, eip4844::Blob,
    eip7594::BlobTransactionSidecarEip7594,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, address};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use seam_chain::{
    Chain, Running, Settings, SimulatedClock,
    blobs::kzg,
    engine::{EmbeddedL1, Recipe, slots_of, start},
    pool::PoolLimits,
    rpc::{RpcServer, RpcSettings, serve},
};
use seam_genesis::{ChainGenesis, dev};
use seam_l1::{L1Access, L1At, L1Client, L1Limits, access::HttpAccess};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// Account 0 of the usual mnemonic.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
pub(crate) const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
pub(crate) const TIME: u64 = 1_700_000_000;
const GWEI: u128 = 1_000_000_000;

/// A chain that runs in a directory of its own.
pub(crate) struct Node {
    pub(crate) url: String,
    _server: RpcServer,
    _running: Running,
    _directory: tempfile::TempDir,
}

impl Node {
    pub(crate) async fn start(
        genesis: ChainGenesis,
        recipe: Arc<dyn Recipe>,
        settings: impl FnOnce(&Chain) -> RpcSettings,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let running = start(Settings {
            name: "test",
            rules: genesis.rules,
            genesis: genesis.sealed.header,
            state: genesis.state,
            directory: directory.path().to_owned(),
            store: Default::default(),
            pool: PoolLimits::default(),
            clock: Arc::new(SimulatedClock::starting_at(Duration::from_secs(TIME))),
            recipe,
        })
        .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = settings(&running.chain);
        let server = serve(listener, running.chain.clone(), settings).await.unwrap();
        let url = format!("http://{}", server.local_addr);
        Self { url, _server: server, _running: running, _directory: directory }
    }
}

/// What runs an L1.
enum Process {
    Seam { _node: Node },
    Anvil(Child),
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Self::Anvil(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// An L1 that makes a block when it is told.
pub(crate) struct L1 {
    pub(crate) url: String,
    pub(crate) client: L1Client,
    /// Where it does not tell.
    pub(crate) slot_seconds: Option<u64>,
    raw: HttpAccess,
    _process: Process,
}

impl L1 {
    pub(crate) async fn start() -> Self {
        let genesis = dev::l1_genesis(TIME, &[ALICE]).unwrap();
        let genesis = ChainGenesis::from_genesis(&genesis).unwrap();
        let recipe = EmbeddedL1::new(12, 64, slots_of(&genesis.sealed.header));
        let development = |_: &Chain| RpcSettings { development: true, ..RpcSettings::default() };
        let node = Node::start(genesis, Arc::new(recipe), development).await;
        Self::at(node.url.clone(), Process::Seam { _node: node }).await
    }

    /// The anvil of this path.
    pub(crate) async fn start_anvil(path: &str) -> Self {
        let mut command = Command::new(path);
        command.args(["--port", "0", "--chain-id", "900"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        Self::at(format!("http://{}", address.unwrap()), Process::Anvil(child)).await
    }

    async fn at(url: String, process: Process) -> Self {
        // To load a KZG setup takes seconds: a transaction that is sent twice would be refused.
        let limits = L1Limits { timeout: Duration::from_secs(120), ..L1Limits::default() };
        let client = L1Client::connect(&[&url], Some(900), limits.clone()).unwrap();
        let raw = HttpAccess::new(&url, &limits).unwrap();
        // Anvil takes the block's hash for a slot.
        let slot_seconds = matches!(process, Process::Anvil(_)).then_some(12);
        let l1 = Self { url, client, slot_seconds, raw, _process: process };
        l1.tell("evm_setAutomine", json!([false])).await;
        l1.tell("evm_setIntervalMining", json!([0])).await;
        l1
    }

    async fn tell(&self, method: &str, params: Value) {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let answer = self.raw.exchange(body.to_string().into_bytes()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
    }

    /// Sends it, makes a block with it, and says where it is.
    async fn include(&self, raw: Vec<u8>) -> L1At {
        let hash = self.client.send_raw(&raw.into()).await.unwrap();
        self.tell("evm_mine", json!([])).await;
        let receipt = self.client.receipt(hash).await.unwrap().unwrap();
        assert!(receipt.success);
        let block = self.client.block(receipt.block_number).await.unwrap().unwrap();
        L1At { number: block.number, hash: block.hash(), timestamp: block.timestamp }
    }

    /// A transaction with this input.
    pub(crate) async fn call(&self, to: Address, input: Bytes) -> L1At {
        let transaction = TxEip1559 {
            chain_id: 900,
            nonce: self.client.nonce(ALICE, Latest).await.unwrap(),
            gas_limit: 5_000_000,
            max_fee_per_gas: 100 * GWEI,
            max_priority_fee_per_gas: GWEI,
            to: TxKind::Call(to),
            input,
            ..TxEip1559::default()
        };
        let signature = signer().sign_hash_sync(&transaction.signature_hash()).unwrap();
        self.include(transaction.into_signed(signature).encoded_2718()).await
    }

    /// A transaction with these blobs: where it is, and their versioned hashes.
    pub(crate) async fn post(&self, to: Address, blobs: &[Blob]) -> (L1At, Vec<B256>) {
        let sidecar = BlobTransactionSidecarEip7594::try_from_blobs_with_settings(
            blobs.to_vec(),
            kzg::settings(),
        );
        let sidecar = sidecar.unwrap();
        let hashes: Vec<B256> = sidecar.versioned_hashes().collect();
        let tx = TxEip4844 {
            chain_id: 900,
            nonce: self.client.nonce(ALICE, Latest).await.unwrap(),
            gas_limit: 100_000,
            max_fee_per_gas: 100 * GWEI,
            max_priority_fee_per_gas: GWEI,
            max_fee_per_blob_gas: GWEI,
            to,
            blob_versioned_hashes: hashes.clone(),
            ..TxEip4844::default()
        };
        let signature = signer().sign_hash_sync(&tx.signature_hash()).unwrap();
        let transaction = TxEip4844WithSidecar { tx, sidecar }.into_signed(signature);
        (self.include(transaction.encoded_2718()).await, hashes)
    }
}

fn signer() -> PrivateKeySigner {
    KEY.parse().unwrap()
}
