//! Asks for the data of batches.

use super::{BatchBytes, DataError, L1At, both, calldata, check_hashes};
use crate::blob_store::BlobStore;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{Address, B256, Bytes};
use seam_l1::{BeaconClient, L1Client};
use seam_primitives::batch::BatchKind;
use seam_stf::derive::inbox::PostedBatch;
use std::{collections::HashMap, sync::Arc};
use tokio::{sync::Semaphore, task::spawn_blocking};

/// Batches that are fetched at a time; others wait. An answer with blobs takes up to 64 MiB.
const FETCHES: usize = 4;

/// Where the data of batches come from. Cheap to clone; clones share their limit.
#[derive(Debug, Clone)]
pub struct BatchSource {
    l1: L1Client,
    inbox: Address,
    store: Option<Arc<BlobStore>>,
    beacon: Option<BeaconClient>,
    archives: Option<BeaconClient>,
    turns: Arc<Semaphore>,
}

impl BatchSource {
    /// The L1, and where blobs are: in the store that this node keeps, at beacon nodes, and at
    /// archives. With none of them, batches in blobs cannot be had.
    pub fn new(
        l1: L1Client,
        inbox: Address,
        store: Option<Arc<BlobStore>>,
        beacon: Option<BeaconClient>,
        archives: Option<BeaconClient>,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(FETCHES));
        Self { l1, inbox, store, beacon, archives, turns }
    }

    /// The data of a batch that is in this L1 block, checked.
    ///
    /// # Errors
    ///
    /// [`DataError`]. After one of [`Severity::Retry`](seam_l1::Severity::Retry) the caller asks again,
    /// for ever, and says so: without the data there is no next block.
    pub async fn fetch(&self, at: &L1At, batch: &PostedBatch) -> Result<BatchBytes, DataError> {
        check_hashes(batch)?;
        // It is never closed.
        let _turn = self.turns.acquire().await.ok();
        match batch.kind {
            BatchKind::Calldata => self.calldata(at, batch).await.map(BatchBytes::Calldata),
            BatchKind::Blobs => self.blobs(at, batch).await.map(BatchBytes::Blobs),
        }
    }

    async fn calldata(&self, at: &L1At, batch: &PostedBatch) -> Result<Bytes, DataError> {
        let hash = batch.data_hash;
        let read = |input: &[u8]| calldata::read(input, hash);
        let found = self.l1.find_input(at.hash, self.inbox, &read).await;
        found.map_err(|error| DataError::Calldata { index: batch.index, error })
    }

    async fn blobs(&self, at: &L1At, batch: &PostedBatch) -> Result<Vec<Box<Blob>>, DataError> {
        let wanted = &batch.versioned_hashes;
        let mut found = self.kept(at.timestamp, wanted).await;
        let mut errors = Vec::new();
        for client in [&self.beacon, &self.archives].into_iter().flatten() {
            let missing: Vec<B256> =
                wanted.iter().filter(|hash| !found.contains_key(*hash)).copied().collect();
            if missing.is_empty() {
                break;
            }
            if let (Some(beacon), Some(archives)) = (&self.beacon, &self.archives) {
                archives.share_clock(beacon);
            }
            let (blobs, error) = client.some_blobs(at, &missing).await;
            self.keep(at.timestamp, &blobs).await;
            found.extend(blobs);
            errors.extend(error);
        }
        let blobs = wanted.iter().map(|hash| found.get(hash).cloned());
        blobs.collect::<Option<Vec<_>>>().ok_or_else(|| both(batch, at, &errors))
    }

    /// Those that this node keeps; from now on for as long as one in this L1 block is.
    async fn kept(&self, timestamp: u64, wanted: &[B256]) -> HashMap<B256, Box<Blob>> {
        let Some(store) = self.store.clone() else { return HashMap::new() };
        let wanted = wanted.to_vec();
        let read = move || {
            let blob = |hash: B256| store.get(&hash).map(|blob| (hash, blob));
            let found: HashMap<B256, Box<Blob>> = wanted.into_iter().filter_map(blob).collect();
            put(&store, timestamp, &found);
            found
        };
        spawn_blocking(read).await.unwrap_or_default()
    }

    /// Keeps blobs. If that fails they are there all the same.
    async fn keep(&self, timestamp: u64, blobs: &HashMap<B256, Box<Blob>>) {
        if let (Some(store), false) = (self.store.clone(), blobs.is_empty()) {
            let blobs = blobs.clone();
            let done = spawn_blocking(move || put(&store, timestamp, &blobs)).await;
            debug_assert!(done.is_ok());
        }
    }
}

fn put(store: &BlobStore, timestamp: u64, blobs: &HashMap<B256, Box<Blob>>) {
    let blobs = blobs.iter().map(|(hash, blob)| (*hash, &**blob));
    if let Err(error) = store.put(timestamp, blobs) {
        tracing::warn!(%error, "blobs are not kept: they will be fetched again");
    }
}
