//! A follower has what its sequencer signed.

use crate::clock::{GENESIS_TIME, frozen};
use alloy_consensus::{SignableTransaction as _, TxEip1559};
use alloy_eips::Encodable2718 as _;
use alloy_genesis::Genesis;
use alloy_primitives::{Address, Bytes, TxHash, TxKind, U256, keccak256};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use jsonrpsee::{
    core::client::{ClientT as _, Error},
    rpc_params,
    ws_client::WsClientBuilder,
};
use seam_chain::{
    Chain, Running, Settings, SteppedClock,
    engine::{EmbeddedL1, Recipe, Unproduced, slots_of},
    pool::PoolLimits,
    rpc::{RpcServer, RpcSettings, serve},
    start,
    stream::BlockSigner,
};
use seam_genesis::{ChainGenesis, dev};
use seam_rollup::stream::{Follower, SequencerPort, StreamError, StreamLimits, StreamStatus};
use seam_storage::StoreOptions;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

fn key(name: &str) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&keccak256(name)).unwrap()
}

fn genesis() -> ChainGenesis {
    static GENESIS: OnceLock<Genesis> = OnceLock::new();
    let make = || dev::l1_genesis(GENESIS_TIME, &[key("rich").address()]).unwrap();
    ChainGenesis::from_genesis(GENESIS.get_or_init(make)).unwrap()
}

/// A chain in a directory of its own.
struct Site {
    running: Running,
    clock: Arc<SteppedClock>,
    _directory: TempDir,
}

impl Site {
    fn new(recipe: Arc<dyn Recipe>) -> Self {
        let (directory, clock, genesis) = (tempfile::tempdir().unwrap(), frozen(), genesis());
        let running = start(Settings {
            name: "test",
            rules: genesis.rules,
            genesis: genesis.sealed.header,
            state: genesis.state,
            directory: directory.path().to_owned(),
            store: StoreOptions::default(),
            pool: PoolLimits::default(),
            clock: clock.clone(),
            recipe,
        });
        Self { running: running.unwrap(), clock, _directory: directory }
    }

    /// Makes a block when the test says so; none is ever safe.
    fn sequencer() -> Self {
        let slots = slots_of(&genesis().sealed.header);
        Self::new(Arc::new(EmbeddedL1::new(1, 1 << 40, slots)))
    }

    fn follower() -> Self {
        Self::new(Arc::new(Unproduced { reversible: true }))
    }

    fn chain(&self) -> &Chain {
        &self.running.chain
    }

    async fn make_blocks(&self, count: u64) {
        let number = self.chain().head().number() + count;
        self.clock.advance(Duration::from_secs(count));
        let mut events = self.chain().subscribe();
        while self.chain().head().number() < number {
            let _ = events.recv().await;
        }
    }

    async fn serve(&self, settings: RpcSettings) -> (RpcServer, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, self.chain().clone(), settings).await.unwrap();
        let url = format!("http://{}", server.local_addr);
        (server, url)
    }
}

/// Signs with the key of this name.
fn signing(name: &str) -> RpcSettings {
    let signer = BlockSigner::new(key(name), genesis().rules.chain_id);
    RpcSettings { stream: Some(Arc::new(signer)), ..RpcSettings::default() }
}

fn quick() -> StreamLimits {
    let back_off = Duration::from_millis(1);
    StreamLimits { back_off, max_back_off: back_off, ..StreamLimits::default() }
}

/// A follower that listens, until it is dropped.
struct Listening {
    site: Site,
    signer: watch::Sender<Address>,
    status: watch::Receiver<StreamStatus>,
    task: JoinHandle<StreamError>,
}

impl Listening {
    fn to(urls: &[String], signer: &str) -> Self {
        let site = Site::follower();
        let (signer, known) = watch::channel(key(signer).address());
        let follower = Follower::new(site.chain().clone(), urls, known, quick()).unwrap();
        let status = follower.status();
        Self { site, signer, status, task: tokio::spawn(follower.run()) }
    }

    /// Waits until both chains have the same head.
    async fn agrees_with(&self, sequencer: &Site) {
        let mut events = self.site.chain().subscribe();
        while self.site.chain().head().hash() != sequencer.chain().head().hash() {
            let _ = events.recv().await;
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn transfer(nonce: u64) -> (Bytes, TxHash) {
    let transaction = TxEip1559 {
        chain_id: genesis().rules.chain_id,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = key("rich").sign_hash_sync(&transaction.signature_hash()).unwrap();
    let signed = transaction.into_signed(signature);
    let envelope = alloy_consensus::TxEnvelope::from(signed);
    (envelope.encoded_2718().into(), *envelope.hash())
}

async fn send(url: &str, bytes: &Bytes) -> Result<TxHash, Error> {
    let client = WsClientBuilder::default().build(url.replace("http", "ws")).await.unwrap();
    client.request("eth_sendRawTransaction", rpc_params![bytes]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_catches_up_in_pieces_follows_and_reorganises() {
    let sequencer = Site::sequencer();
    let (_server, url) = sequencer.serve(signing("signer")).await;
    sequencer.make_blocks(300).await;
    let follower = Listening::to(std::slice::from_ref(&url), "signer");
    follower.agrees_with(&sequencer).await;
    send(&url, &transfer(0).0).await.unwrap();
    sequencer.make_blocks(2).await;
    follower.agrees_with(&sequencer).await;
    for depth in [1, 200] {
        let chain = sequencer.chain().clone();
        // It is obeyed between blocks.
        let reorg = tokio::task::spawn_blocking(move || chain.reorg(depth).unwrap());
        while !reorg.is_finished() {
            sequencer.make_blocks(1).await;
        }
        reorg.await.unwrap();
        follower.agrees_with(&sequencer).await;
    }
    let head = sequencer.chain().head().number();
    assert_eq!(follower.status.borrow().newest.map(|newest| newest <= head), Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_not_followed_and_a_new_signer_is() {
    let sequencer = Site::sequencer();
    sequencer.make_blocks(3).await;
    let (_stranger, of_stranger) = sequencer.serve(signing("stranger")).await;
    let mut follower = Listening::to(std::slice::from_ref(&of_stranger), "signer");
    // It is tried again and again, and never followed.
    for _ in 0..3 {
        let _ = follower.status.changed().await;
        assert_eq!(follower.status.borrow_and_update().connected, None);
    }
    assert_eq!(follower.site.chain().head().number(), 0);
    // L1 names another signer.
    follower.signer.send_replace(key("stranger").address());
    follower.agrees_with(&sequencer).await;
    drop(follower);
    // The next sequencer is asked where the first is of no use.
    let (_server, url) = sequencer.serve(signing("signer")).await;
    let nobody = "ws://127.0.0.1:1".to_owned();
    let follower = Listening::to(&[nobody, of_stranger, url], "signer");
    follower.agrees_with(&sequencer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_comes_back_to_a_sequencer_that_was_away() {
    let sequencer = Site::sequencer();
    let (server, url) = sequencer.serve(signing("signer")).await;
    let follower = Listening::to(&[url], "signer");
    sequencer.make_blocks(2).await;
    follower.agrees_with(&sequencer).await;
    let address = server.local_addr;
    server.stop().await;
    sequencer.make_blocks(5).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let _again = serve(listener, sequencer.chain().clone(), signing("signer")).await.unwrap();
    follower.agrees_with(&sequencer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_go_to_the_sequencer_with_its_answers() {
    let (sequencer, follower) = (Site::sequencer(), Site::follower());
    let (server, url) = sequencer.serve(RpcSettings::default()).await;
    let port = SequencerPort::new(&[&url], quick()).unwrap();
    let settings = RpcSettings { forward: Some(Arc::new(port)), ..RpcSettings::default() };
    let (_node, node_url) = follower.serve(settings).await;
    let (bytes, hash) = transfer(0);
    assert_eq!(send(&node_url, &bytes).await.unwrap(), hash);
    assert!(sequencer.chain().pool().get(&hash).is_some());
    assert!(follower.chain().pool().get(&hash).is_none());
    // What the sequencer says no to.
    let mut words = Vec::new();
    for url in [&url, &node_url] {
        let Err(Error::Call(refused)) = send(url, &bytes).await else { panic!("taken twice") };
        words.push((refused.code(), refused.message().to_owned()));
    }
    assert_eq!(words[0], words[1]);
    server.stop().await;
    let Err(Error::Call(failed)) = send(&node_url, &bytes).await else { panic!("nobody is there") };
    assert!(failed.message().contains("the sequencer is unreachable"), "{failed:?}");
}

#[test]
fn a_url_that_cannot_be_used_is_refused_at_once() {
    let known = || watch::channel(Address::ZERO).1;
    let site = Site::follower();
    let refused = |urls: &[&str]| {
        Follower::new(site.chain().clone(), urls, known(), quick()).unwrap_err().to_string()
    };
    assert!(refused(&[]).contains("--sequencer URL"));
    assert!(refused(&["ftp://host"]).contains("--sequencer"));
    assert!(SequencerPort::new::<&str>(&[], quick()).is_err());
}
