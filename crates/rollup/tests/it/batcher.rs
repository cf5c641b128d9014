//! The batcher against the real inbox.

use crate::site::{SLOT, Site, key};
use alloy_eips::{Encodable2718, eip4844::Blob};
use alloy_primitives::Bytes;
use seam_genesis::dev::L1_CHAIN_ID;
use seam_l1::{LogQuery, SendLimits, Sender};
use seam_primitives::batch::{BatchHeader, BatchKind};
use seam_rollup::batcher::{Batcher, BatcherSettings, BatcherStatus, Estimator, Format, inbox};
use seam_stf::{
    batch::{BatchBlock, OriginStep},
    derive,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// Blocks one after the other, as they are: a number of bytes, then the step and the transactions.
#[derive(Debug)]
struct Plain;

impl Format for Plain {
    fn encode(&self, blocks: &[BatchBlock]) -> Result<Vec<u8>, String> {
        Ok(blocks.iter().flat_map(bytes_of).collect())
    }

    fn pack(&self, data: &[u8]) -> Vec<Blob> {
        let blob = |data: &[u8]| {
            let mut blob = Blob::ZERO;
            for (word, data) in blob.0.chunks_mut(32).zip(data.chunks(31)) {
                word[1..=data.len()].copy_from_slice(data);
            }
            blob
        };
        data.chunks(self.bytes_per_blob()).map(blob).collect()
    }

    fn bytes_per_blob(&self) -> usize {
        4_096 * 31
    }

    fn max_blocks(&self) -> usize {
        10_000
    }

    fn estimator(&self) -> Box<dyn Estimator> {
        Box::new(Sum(0))
    }
}

#[derive(Debug)]
struct Sum(usize);

impl Estimator for Sum {
    fn push(&mut self, block: &BatchBlock) {
        self.0 += bytes_of(block).len();
    }

    fn bytes(&self) -> usize {
        self.0
    }
}

fn bytes_of(block: &BatchBlock) -> Vec<u8> {
    let mut bytes = vec![u8::from(block.step == OriginStep::Next)];
    block.transactions.iter().for_each(|transaction| transaction.encode_2718(&mut bytes));
    [u32::try_from(bytes.len()).unwrap().to_be_bytes().to_vec(), bytes].concat()
}

fn settings(site: &Site) -> BatcherSettings {
    BatcherSettings {
        max_age: 10 * SLOT,
        poll: Duration::ZERO,
        ..BatcherSettings::of(&site.config, &SendLimits::default()).unwrap()
    }
}

async fn batcher(site: &Site, settings: &BatcherSettings) -> Batcher {
    let limits = SendLimits { resend: Duration::ZERO, ..SendLimits::default() };
    let limits = settings.send_limits(limits);
    let (journal, client) = (site.base.path().join("batches"), site.client.clone());
    let sender = Sender::open(&journal, client.clone(), key(1), L1_CHAIN_ID, limits).await.unwrap();
    Batcher::new(settings.clone(), site.l2.clone(), client, sender, Arc::new(Plain))
}

/// Looks and lets L1 go on, so often.
async fn go_on(site: &mut Site, batcher: &mut Batcher, blocks: u64) -> BatcherStatus {
    for _ in 0..blocks {
        batcher.step().await.unwrap();
        site.mine().await;
    }
    batcher.step().await.unwrap();
    batcher.status().borrow().clone()
}

/// The batches on L1, each following on the one before, all by the batcher; the last block, and how
/// many have blobs.
async fn check(site: &Site, settings: &BatcherSettings) -> (u64, u64, usize) {
    let head = inbox::newest(&site.client).await.unwrap();
    let logs = site.client.logs(LogQuery::Range(0, head.number), &[settings.inbox]).await.unwrap();
    let first = seam_primitives::batch::first_accumulator(
        L1_CHAIN_ID,
        settings.inbox,
        site.config.l2.chain_id,
    );
    let (mut count, mut last, mut accumulator, mut with_blobs) = (0, 0, first, 0);
    for batch in logs.iter().filter_map(|log| derive::inbox::read(&log.inner)) {
        let header = batch.header;
        assert_eq!((batch.index, batch.poster), (count + 1, key(1).address()));
        assert_eq!((header.first_block, header.prev_accumulator), (last + 1, accumulator));
        accumulator = header.accumulator(batch.kind, batch.data_hash);
        assert_eq!(batch.accumulator, accumulator);
        if batch.kind == BatchKind::Calldata {
            let hash = alloy_primitives::keccak256(expected(site, &header));
            assert_eq!(batch.data_hash, hash, "{header:?}");
        } else {
            let blobs = Plain.pack(&expected(site, &header));
            let hashes = seam_l1::sender::versioned_hashes(&blobs).unwrap();
            assert_eq!(batch.versioned_hashes, hashes, "{header:?}");
            with_blobs += 1;
        }
        (count, last) = (batch.index, header.last_block);
    }
    (count, last, with_blobs)
}

/// The data of a batch with these of the rollup's blocks.
fn expected(site: &Site, header: &BatchHeader) -> Bytes {
    use seam_rollup::batcher::Source;
    let blocks = (header.first_block..=header.last_block).map(|number| {
        let block = Source::block(&site.l2, number).unwrap().unwrap();
        assert!(block.origin.number <= header.l1_number);
        block.batch
    });
    Plain.encode(&blocks.collect::<Vec<_>>()).unwrap().into()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap().block_on(future)
}

/// Blobs, calldata, a restart, a reorg of the L1 with batches in it, an account that is empty: the inbox
/// has every block once.
#[test]
fn the_inbox_has_every_block_once() {
    block_on(async {
        let mut site = Site::new().await;
        let mut settings = settings(&site);
        site.mine().await;
        let mut first = batcher(&site, &settings).await;
        let status = go_on(&mut site, &mut first, 15).await;
        assert!(status.posted_batches >= 1 && !status.spent.is_zero(), "{status:?}");
        assert!(status.last_error.is_none() && !status.starved, "{status:?}");
        let (count, last, with_blobs) = check(&site, &settings).await;
        assert_eq!((count, last), (status.posted_batches, status.inbox_last_block));
        assert!(with_blobs >= 1, "{with_blobs}");

        // Another process goes on, on an L1 that loses its newest blocks.
        let snapshot = site.tell("evm_snapshot", json!([])).await;
        go_on(&mut site, &mut first, 12).await;
        let before = check(&site, &settings).await;
        assert!(before.0 > count);
        drop(first);
        settings.max_age = 5 * SLOT;
        assert_eq!(site.tell("evm_revert", json!([snapshot])).await, true);
        site.mine().await;
        let mut second = batcher(&site, &settings).await;
        let status = go_on(&mut site, &mut second, 30).await;
        let (count, last, _) = check(&site, &settings).await;
        assert!(last > before.1 && count > before.0, "{status:?}");

        // Without ether it says so, and goes on when there is some.
        let had = site.client.balance(key(1).address(), alloy_eips::BlockNumberOrTag::Latest);
        let had = had.await.unwrap();
        site.tell("anvil_setBalance", json!([key(1).address(), "0x1"])).await;
        let status = go_on(&mut site, &mut second, 12).await;
        assert!(status.starved && status.waiting.unwrap().contains("has 1 wei"));
        assert_eq!(status.runway_hours.map(|hours| hours < 1.0), Some(true));
        site.tell("anvil_setBalance", json!([key(1).address(), had])).await;

        // An L1 without blobs, as far as it knows.
        settings.blobs.clear();
        drop(second);
        let mut third = batcher(&site, &settings).await;
        let (before, _, with_blobs) = check(&site, &settings).await;
        let status = go_on(&mut site, &mut third, 15).await;
        let (count, last, now) = check(&site, &settings).await;
        assert!(count - before > (now - with_blobs) as u64, "{status:?}");
        assert_eq!((count, last), (status.posted_batches, status.inbox_last_block));
        assert!(status.oldest_pending_seconds <= settings.max_age + 5 * SLOT, "{status:?}");
    });
}

#[test]
fn whoever_is_not_the_batcher_waits_and_says_so() {
    block_on(async {
        let mut site = Site::new().await;
        let settings = settings(&site);
        let limits = settings.send_limits(SendLimits::default());
        let (journal, client) = (site.base.path().join("other"), site.client.clone());
        let open = Sender::open(&journal, client.clone(), key(0), L1_CHAIN_ID, limits);
        let sender = open.await.unwrap();
        let mut batcher = Batcher::new(settings, site.l2.clone(), client, sender, Arc::new(Plain));
        let status = go_on(&mut site, &mut batcher, 12).await;
        assert!(status.waiting.unwrap().contains("the inbox's batcher is"));
        assert_eq!(status.posted_batches, 0);
    });
}
