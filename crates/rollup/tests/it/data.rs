//! What was posted is what is fetched, from wherever it comes.

use crate::l1::{ALICE, L1, Node, TIME};
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use seam_chain::{engine::Unproduced, rpc::RpcSettings};
use seam_genesis::{ChainGenesis, config::Roles, dev};
use seam_l1::{BeaconClient, BeaconError, BeaconSettings, BlobSource, L1At, Severity};
use seam_primitives::batch::{BatchHeader, BatchKind, blobs_data_hash};
use seam_rollup::{
    batcher::inbox::post_calldata,
    blob_store::{BlobStore, retention},
    data::{BatchBytes, BatchSource, DataError},
};
use seam_stf::derive::inbox::PostedBatch;
use std::sync::Arc;

const INBOX: Address = Address::repeat_byte(0x1b);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

fn batch(kind: BatchKind, data_hash: B256, versioned_hashes: Vec<B256>) -> PostedBatch {
    PostedBatch {
        index: 17,
        poster: ALICE,
        kind,
        header: BatchHeader::default(),
        accumulator: B256::ZERO,
        data_hash,
        versioned_hashes,
    }
}

fn in_blobs(hashes: &[B256]) -> PostedBatch {
    batch(BatchKind::Blobs, blobs_data_hash(hashes), hashes.to_vec())
}

fn beacon(l1: &L1) -> BeaconClient {
    let settings = BeaconSettings { slot_seconds: l1.slot_seconds, ..BeaconSettings::default() };
    BeaconClient::connect(BlobSource::Beacon, &[&l1.url], settings).unwrap()
}

fn boxed(blobs: &[Blob]) -> BatchBytes {
    BatchBytes::Blobs(blobs.iter().map(|blob| Box::new(*blob)).collect())
}

/// An anvil of the path that the environment gives.
async fn anvil() -> L1 {
    L1::start_anvil(&std::env::var("SEAM_ANVIL").unwrap()).await
}

#[test]
fn calldata_is_found_in_its_block() {
    block_on(async { calldata_on(L1::start().await).await });
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn calldata_is_found_in_its_block_on_anvil() {
    block_on(async { calldata_on(anvil().await).await });
}

async fn calldata_on(l1: L1) {
    let header = BatchHeader {
        version: 1,
        first_block: 1,
        last_block: 2,
        l1_number: 0,
        l1_hash: B256::ZERO,
        prev_accumulator: B256::ZERO,
    };
    let data = Bytes::from(vec![7; 100_000]);
    let input = post_calldata(&header, data.clone());
    l1.call(INBOX, Bytes::from_static(b"something else")).await;
    let at = l1.call(INBOX, input.clone()).await;
    let elsewhere = l1.call(Address::repeat_byte(9), input).await;
    let source = BatchSource::new(l1.client.clone(), INBOX, None, None, None);
    let posted = batch(BatchKind::Calldata, keccak256(&data), Vec::new());
    assert_eq!(source.fetch(&at, &posted).await, Ok(BatchBytes::Calldata(data)));
    let error = source.fetch(&elsewhere, &posted).await.unwrap_err();
    assert!(matches!(error, DataError::Calldata { index: 17, .. }), "{error}");
    assert_eq!(error.severity(), Severity::Retry);
}

#[test]
fn blobs_come_from_the_l1_then_from_the_store_and_then_from_a_node_that_keeps_them() {
    block_on(async { blobs_on(L1::start().await).await });
}

#[test]
#[ignore = "needs SEAM_ANVIL, the path of an anvil"]
fn blobs_come_from_anvil_then_from_the_store_and_then_from_a_node_that_keeps_them() {
    block_on(async { blobs_on(anvil().await).await });
}

async fn blobs_on(l1: L1) {
    let blobs = [Blob::repeat_byte(1), Blob::repeat_byte(2)];
    l1.call(INBOX, Bytes::new()).await;
    let (at, hashes) = l1.post(INBOX, &blobs).await;
    let client = beacon(&l1);
    // In any order, and each as often as it is named.
    let again = client.blobs(&at, &[hashes[1], hashes[0], hashes[1]]).await.unwrap();
    assert_eq!(again.iter().map(|blob| **blob).collect::<Vec<_>>(), [blobs[1], blobs[0], blobs[1]]);

    let directory = tempfile::tempdir().unwrap();
    let config = rollup();
    let keep = retention(&config.settlement);
    let store = Arc::new(BlobStore::open(directory.path(), keep).unwrap());
    let source = |store: Option<Arc<BlobStore>>, beacon, archives| {
        BatchSource::new(l1.client.clone(), INBOX, store, beacon, archives)
    };
    let posted = in_blobs(&hashes);
    let from_l1 = source(Some(store.clone()), Some(client.clone()), None);
    assert_eq!(from_l1.fetch(&at, &posted).await, Ok(boxed(&blobs)));
    assert_eq!(store.count(), 2);
    let kept = source(Some(store.clone()), None, None);
    assert_eq!(kept.fetch(&at, &posted).await, Ok(boxed(&blobs)));

    // For L1 they are gone: it is asked for another block.
    let gone = L1At { hash: B256::repeat_byte(9), timestamp: TIME, ..at };
    let error = source(None, Some(client.clone()), None).fetch(&gone, &posted).await.unwrap_err();
    assert!(matches!(&error, DataError::Gone { missing, .. } if *missing == hashes), "{error}");
    let node = archive(&config, store).await;
    let archives =
        BeaconClient::connect(BlobSource::Archive, &[&node.url], BeaconSettings::default());
    let archives = archives.unwrap();
    let from_node = source(None, Some(client), Some(archives.clone()));
    assert_eq!(from_node.fetch(&gone, &posted).await, Ok(boxed(&blobs)));
    // Without a beacon node to say which slot it is, too.
    assert_eq!(
        source(None, None, Some(archives.clone())).fetch(&gone, &posted).await,
        Ok(boxed(&blobs))
    );

    let unknown = [B256::repeat_byte(1)];
    let error = archives.blobs(&at, &unknown).await.unwrap_err();
    assert!(matches!(error, BeaconError::Gone { .. }), "{error}");
    let error = source(None, None, None).fetch(&at, &posted).await.unwrap_err();
    assert_eq!(error, DataError::NoSource { index: 17, block: at.number });
}

#[test]
fn a_torn_blob_in_the_store_is_fetched_again() {
    block_on(async {
        let l1 = L1::start().await;
        let blobs = [Blob::repeat_byte(3)];
        let (at, hashes) = l1.post(INBOX, &blobs).await;
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(BlobStore::open(directory.path(), 1_000_000).unwrap());
        let client = beacon(&l1);
        let source =
            BatchSource::new(l1.client.clone(), INBOX, Some(store.clone()), Some(client), None);
        source.fetch(&at, &in_blobs(&hashes)).await.unwrap();
        let day = directory.path().join((at.timestamp / 86_400).to_string());
        let file = std::fs::read_dir(day).unwrap().next().unwrap().unwrap().path();
        std::fs::write(&file, "torn").unwrap();
        assert_eq!(source.fetch(&at, &in_blobs(&hashes)).await, Ok(boxed(&blobs)));
        assert!(store.get(&hashes[0]).is_some());
    });
}

fn rollup() -> seam_genesis::RollupConfig {
    let roles = Roles {
        owner: Address::repeat_byte(1),
        l2_owner: None,
        batcher: Address::repeat_byte(2),
        proposer: Address::repeat_byte(3),
        guardian: Address::repeat_byte(4),
        unsafe_signer: Address::repeat_byte(5),
    };
    dev::rollup_config(TIME, B256::repeat_byte(1), dev::BlockTimes { l1: 12, l2: 1 }, roles)
}

/// A node of a rollup that serves what is in a store.
async fn archive(config: &seam_genesis::RollupConfig, store: Arc<BlobStore>) -> Node {
    let genesis = ChainGenesis::from_genesis(&dev::l2_genesis(config, &[]).unwrap()).unwrap();
    let settings = RpcSettings { blob_archive: Some(store), ..RpcSettings::default() };
    Node::start(genesis, Arc::new(Unproduced::default()), |_| settings).await
}
