//! On a real chain over HTTP: the embedded L1, as `seam up` runs it, and anvil.

use crate::client::block_on;
use alloy_eips::{
    BlockNumberOrTag::{Finalized, Latest, Pending},
    eip4844::Blob,
};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address, hex};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_signer_local::PrivateKeySigner;
use seam_chain::{
    Running, Settings, SimulatedClock,
    engine::{EmbeddedL1, slots_of, start},
    pool::PoolLimits,
    rpc::{RpcServer, RpcSettings, serve},
    wallet::{DEFAULT_MNEMONIC, DevAccounts},
};
use seam_genesis::{ChainGenesis, dev};
use seam_l1::{
    L1Access, L1Client, L1Error, L1Limits, LogQuery, SendLimits, Sender, TxRequest, WatchLimits,
    WatchSettings, Watcher, access::HttpAccess,
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

/// Account 0 of the usual mnemonic.
const KEY: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const ALICE: Address = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
const TIME: u64 = 1_700_000_000;

/// An L1 that makes a block when it is told.
struct Node {
    raw: HttpAccess,
    client: L1Client,
    _process: Process,
}

/// What runs it.
enum Process {
    Seam { _server: RpcServer, _running: Running, _directory: tempfile::TempDir },
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

impl Node {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let genesis = dev::l1_genesis(TIME, &[ALICE]).unwrap();
        let chain = ChainGenesis::from_genesis(&genesis).unwrap();
        let slots = slots_of(&chain.sealed.header);
        let running = start(Settings {
            name: "l1",
            rules: chain.rules,
            genesis: chain.sealed.header,
            state: chain.state,
            directory: directory.path().to_owned(),
            store: Default::default(),
            pool: PoolLimits::default(),
            clock: Arc::new(SimulatedClock::starting_at(Duration::from_secs(TIME))),
            recipe: Arc::new(EmbeddedL1::new(12, 64, slots)),
        })
        .unwrap();
        let accounts = DevAccounts::from_mnemonic(DEFAULT_MNEMONIC, 1).unwrap();
        let settings = RpcSettings {
            development: true,
            accounts: Some(Arc::new(accounts)),
            ..RpcSettings::default()
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, running.chain.clone(), settings).await.unwrap();
        let address = server.local_addr.to_string();
        let (_server, _running, _directory) = (server, running, directory);
        Self::at(&address, Process::Seam { _server, _running, _directory }).await
    }

    /// The anvil of this path.
    async fn start_anvil(path: &str) -> Self {
        let mut command = Command::new(path);
        command.args(["--port", "0", "--chain-id", "900"]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut lines = lines.map(|line| line.unwrap());
        let address = lines.find_map(|line| Some(line.strip_prefix("Listening on ")?.to_owned()));
        Self::at(&address.unwrap(), Process::Anvil(child)).await
    }

    async fn at(address: &str, process: Process) -> Self {
        let url = format!("http://{address}");
        let raw = HttpAccess::new(&url, &L1Limits::default()).unwrap();
        let client = L1Client::connect(&[url], Some(900), L1Limits::default()).unwrap();
        let node = Self { raw, client, _process: process };
        // From here on there are blocks only when they are asked for.
        node.tell("evm_setAutomine", json!([false])).await;
        node.tell("evm_setIntervalMining", json!([0])).await;
        node
    }

    /// What test suites ask of a development chain.
    async fn tell(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": method, "params": params });
        let answer = self.raw.exchange(body.to_string().into_bytes()).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    async fn mine(&self, blocks: u64) {
        for _ in 0..blocks {
            self.tell("evm_mine", json!([])).await;
        }
    }
}

/// A contract whose code emits a log with the topic 0 on each call: `log1(0, 0, 0)`.
fn log_maker() -> Bytes {
    // PUSH5 <code> PUSH0 MSTORE PUSH1 5 PUSH1 27 RETURN
    hex!("645f5f5fa1005f526005601bf3").into()
}

fn call(to: Address) -> TxRequest {
    TxRequest { to: Some(to), gas_limit: 60_000, ..TxRequest::default() }
}

#[test]
fn a_contract_is_deployed_and_called_its_logs_are_watched_and_a_reorg_is_followed() {
    block_on(async { live(Node::start().await).await });
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn the_same_on_anvil() {
    let path = std::env::var("SEAM_ANVIL").unwrap();
    block_on(async { live(Node::start_anvil(&path).await).await });
}

async fn live(node: Node) {
    let client = node.client.clone();
    let base = tempfile::tempdir().unwrap();
    let signer: PrivateKeySigner = KEY.parse().unwrap();
    let limits = SendLimits { poll: Duration::ZERO, ..SendLimits::default() };
    let journal = base.path().join("journal");
    let sender = Sender::open(&journal, client.clone(), signer, 900, limits).await.unwrap();

    let create = TxRequest { input: log_maker(), gas_limit: 200_000, ..TxRequest::default() };
    sender.submit("create", &create).await.unwrap();
    assert_eq!(client.nonce(ALICE, Pending).await.unwrap(), 1);
    node.mine(1).await;
    let made = sender.wait("create").await.unwrap();
    let maker = made.contract.unwrap();
    assert_eq!(client.code(maker, Latest).await.unwrap(), Bytes::from_static(&hex!("5f5f5fa100")));
    let had = client.balance(ALICE, made.block_number - 1).await.unwrap();
    assert_eq!(client.balance(ALICE, Latest).await.unwrap(), had - made.cost());

    let blobs = vec![Blob::ZERO, Blob::repeat_byte(1)];
    let with_blobs =
        TxRequest { to: Some(ALICE), gas_limit: 30_000, blobs, ..TxRequest::default() };
    sender.submit("blobs", &with_blobs).await.unwrap();
    node.mine(1).await;
    let mined = sender.wait("blobs").await.unwrap();
    assert_eq!((mined.kind, mined.blob_gas_used, mined.success), (3, 2 * 131_072, true));

    let settings = WatchSettings {
        start: 0,
        start_hash: Some(client.block(0).await.unwrap().unwrap().hash()),
        events: vec![(maker, B256::ZERO), (Address::repeat_byte(1), B256::ZERO)],
        limits: WatchLimits::default(),
    };
    let mut watcher = Watcher::new(client.clone(), settings);
    let view = watcher.watched();
    let snapshot = node.tell("evm_snapshot", json!([])).await;
    for id in ["a", "b"] {
        sender.submit(id, &call(maker)).await.unwrap();
    }
    node.mine(1).await;
    let mined = sender.wait("b").await.unwrap();
    node.mine(2).await;
    watcher.step().await.unwrap();
    let block = view.block(mined.block_number).unwrap();
    assert_eq!(block.logs.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(block.hash, mined.block_hash);

    // The branch with both is gone.
    assert_eq!(node.tell("evm_revert", json!([snapshot])).await, true);
    node.mine(1).await;
    watcher.step().await.unwrap();
    assert!(view.block(mined.block_number).is_none_or(|block| block.hash != mined.block_hash));
    node.mine(4).await;
    watcher.step().await.unwrap();
    let head = client.block(Latest).await.unwrap().unwrap();
    assert_eq!(view.head().unwrap().hash, head.hash());
    let found = client.logs(LogQuery::Range(0, head.number), &[maker]).await.unwrap();
    let watched = (0..=head.number).map(|number| view.block(number).unwrap().logs.len());
    assert_eq!(watched.sum::<usize>(), found.len());
}

#[test]
fn what_is_asked_is_answered() {
    block_on(async {
        let node = Node::start().await;
        let client = &node.client;
        node.mine(3).await;
        assert_eq!(client.chain_id().await.unwrap(), 900);
        let head = client.block(Latest).await.unwrap().unwrap();
        assert_eq!(head.hash(), head.inner().hash_slow());
        assert_eq!(client.block_by_hash(head.hash()).await.unwrap().unwrap(), head);
        assert_eq!(client.block(head.number + 1).await.unwrap(), None);
        assert_eq!(client.block(Finalized).await.unwrap().unwrap().number, 0);
        assert_eq!(client.receipts_of(&[&head]).await.unwrap(), [Vec::new()]);
        assert_eq!(client.receipt(head.hash()).await.unwrap(), None);
        assert!(client.storage(ALICE, U256::ZERO, Latest).await.unwrap().is_zero());
        let fees = client.fees().await.unwrap();
        assert!(fees.base_fee > 0 && fees.priority_fee > 0 && fees.blob_base_fee > 0, "{fees:?}");

        let to = dev_multicall();
        // getBasefee()
        let ask = TransactionRequest {
            to: Some(TxKind::Call(to)),
            input: Bytes::from_static(&hex!("3e64a696")).into(),
            ..TransactionRequest::default()
        };
        assert_eq!(client.call(&ask, Latest).await.unwrap().len(), 32);
        let wrong = TransactionRequest { input: Bytes::from_static(&[1, 2, 3, 4]).into(), ..ask };
        let error = client.call(&wrong, Latest).await.unwrap_err();
        assert!(matches!(error, L1Error::Refused { code: 3, .. }), "{error}");
        let pay = TransactionRequest {
            from: Some(ALICE),
            to: Some(TxKind::Call(Address::repeat_byte(9))),
            value: Some(U256::from(1)),
            ..TransactionRequest::default()
        };
        assert_eq!(client.estimate_gas(&pay).await.unwrap(), 21_000);
        let (payee, wei) = (Some(Address::repeat_byte(9)), U256::from(1));
        let half_more = client.gas_limit(ALICE, payee, wei, &Bytes::new()).await.unwrap();
        assert_eq!(half_more, 31_500);
    });
}

const fn dev_multicall() -> Address {
    address!("cA11bde05977b3631167028862bE2a173976CA11")
}
