//! The next batches' data, fetched and decoded while the blocks of those before are made.

use super::BatchData;
use crate::data::{BatchBytes, DataError, L1At};
use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use seam_stf::{
    batch::{self, BatchBlock},
    derive::{
        L1Block, PostedBatch,
        range::{self, Ungiven},
    },
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::JoinHandle;

/// Batches that are fetched before their turn. Decoded ones take up to `seam_stf::batch`'s limits in memory.
pub(super) const MAX_AHEAD: usize = 3;
/// L1 blocks that are looked at for them after the one that is read.
pub(super) const BLOCKS_AHEAD: u64 = 64;

/// What a batch gives of its blocks, or why it gives nothing; an error if its data are not to be had now.
pub(super) type Given = Result<Result<Vec<BatchBlock>, Ungiven>, DataError>;

/// Batches on their way.
#[derive(Debug)]
pub(super) struct Ahead {
    data: Arc<dyn BatchData>,
    /// The next L1 block to look at.
    next: u64,
    /// By the hash of their L1 block, and their index.
    batches: BTreeMap<(B256, u64), Fetching>,
}

impl Ahead {
    pub(super) fn new(data: Arc<dyn BatchData>) -> Self {
        Self { data, next: 0, batches: BTreeMap::new() }
    }

    /// The next L1 block that is worth a look while block `read` is read, if there is room.
    pub(super) fn next(&mut self, read: u64) -> Option<u64> {
        let last = read.saturating_add(BLOCKS_AHEAD);
        if self.next < read || self.next > last.saturating_add(1) {
            self.next = read;
        }
        (self.batches.len() < MAX_AHEAD && self.next <= last).then_some(self.next)
    }

    /// Begins to fetch what was posted in the block.
    pub(super) fn look_at(&mut self, block: &L1Block) {
        for batch in &block.batches {
            let place = (block.hash, batch.index);
            let fetch = || Fetching::start(self.data.clone(), at(block), batch.clone());
            self.batches.entry(place).or_insert_with(fetch);
        }
        self.next = block.header.number + 1;
    }

    /// Waits for a batch; it is fetched now if it was not before.
    pub(super) async fn take(&mut self, block: &L1Block, batch: &PostedBatch) -> Given {
        let begun = self.batches.remove(&(block.hash, batch.index));
        let begin = || Fetching::start(self.data.clone(), at(block), batch.clone());
        begun.unwrap_or_else(begin).done().await
    }

    /// L1 is read from somewhere else.
    pub(super) fn forget(&mut self) {
        self.batches.clear();
        self.next = 0;
    }
}

fn at(block: &L1Block) -> L1At {
    L1At { number: block.header.number, hash: block.hash, timestamp: block.header.timestamp }
}

/// A batch on its way; given up when this is dropped.
#[derive(Debug)]
struct Fetching(JoinHandle<Given>);

impl Fetching {
    fn start(data: Arc<dyn BatchData>, at: L1At, batch: PostedBatch) -> Self {
        Self(tokio::spawn(async move {
            let posted = data.fetch(&at, &batch).await?;
            Ok(super::blocking(move || given(&batch, posted)).await)
        }))
    }

    async fn done(mut self) -> Given {
        match (&mut self.0).await {
            Ok(given) => given,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn given(batch: &PostedBatch, posted: BatchBytes) -> Result<Vec<BatchBlock>, Ungiven> {
    range::given(batch, || match posted {
        BatchBytes::Calldata(bytes) => batch::decode(&bytes),
        BatchBytes::Blobs(blobs) => {
            let blobs: Vec<&Blob> = blobs.iter().map(|blob| &**blob).collect();
            batch::decode(&batch::blobs::unpack(&blobs)?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::Header;
    use seam_l1::timer::BoxFuture;
    use seam_primitives::{BatchHeader, BatchKind};
    use std::sync::Mutex;

    /// Gives nothing, and remembers what was asked for.
    #[derive(Debug, Default)]
    struct Asked(Mutex<Vec<u64>>);

    impl BatchData for Asked {
        fn fetch<'a>(
            &'a self,
            _: &'a L1At,
            batch: &'a PostedBatch,
        ) -> BoxFuture<'a, Result<BatchBytes, DataError>> {
            self.0.lock().unwrap().push(batch.index);
            Box::pin(async { Ok(BatchBytes::Calldata(Default::default())) })
        }
    }

    /// An L1 block with one batch, of the same number.
    fn block(number: u64, branch: u8) -> L1Block {
        let header = BatchHeader {
            version: 1,
            first_block: number,
            last_block: number,
            l1_number: 0,
            l1_hash: B256::ZERO,
            prev_accumulator: B256::ZERO,
        };
        let batch = PostedBatch {
            index: number,
            poster: Default::default(),
            kind: BatchKind::Calldata,
            header,
            accumulator: B256::ZERO,
            data_hash: B256::ZERO,
            versioned_hashes: Vec::new(),
        };
        L1Block {
            hash: B256::with_last_byte(branch),
            header: Header { number, ..Header::default() },
            batches: vec![batch],
            ..L1Block::default()
        }
    }

    async fn look(ahead: &mut Ahead, read: u64, head: u64) {
        while let Some(next) = ahead.next(read).filter(|next| *next <= head) {
            ahead.look_at(&block(next, 0));
        }
    }

    #[tokio::test]
    async fn each_batch_is_fetched_once_and_never_more_than_some_before_their_turn() {
        let asked = Arc::new(Asked::default());
        let mut ahead = Ahead::new(asked.clone());
        for read in 1..=20 {
            look(&mut ahead, read, 18).await;
            assert!(ahead.batches.len() <= MAX_AHEAD);
            let block = block(read, 0);
            assert!(ahead.take(&block, &block.batches[0]).await.is_ok());
        }
        let mut asked = asked.0.lock().unwrap().clone();
        asked.sort_unstable();
        assert_eq!(asked, (1..=20).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn what_was_fetched_from_a_block_that_is_gone_is_not_taken_for_the_new_one() {
        let asked = Arc::new(Asked::default());
        let mut ahead = Ahead::new(asked.clone());
        look(&mut ahead, 1, 2).await;
        let other = block(1, 9);
        assert!(ahead.take(&other, &other.batches[0]).await.is_ok());
        assert!(ahead.batches.contains_key(&(B256::ZERO, 1)));
        ahead.forget();
        assert!(ahead.batches.is_empty());
        look(&mut ahead, 1, 2).await;
        assert_eq!(ahead.batches.len(), 2);
    }
}
