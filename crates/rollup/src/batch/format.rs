//! The format as the batcher uses it.

use super::{Estimator, encode};
use crate::batcher;
use alloy_eips::eip4844::Blob;
use seam_stf::batch::{BatchBlock, MAX_BLOCKS, blobs};

/// Columns, compressed: `docs/spec/batch.md`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Columns;

impl batcher::Format for Columns {
    fn encode(&self, blocks: &[BatchBlock]) -> Result<Vec<u8>, String> {
        encode(blocks).map_err(|error| error.to_string())
    }

    fn pack(&self, data: &[u8]) -> Vec<Blob> {
        blobs::pack(data)
    }

    fn bytes_per_blob(&self) -> usize {
        blobs::BYTES_PER_BLOB
    }

    fn max_blocks(&self) -> usize {
        MAX_BLOCKS
    }

    fn estimator(&self) -> Box<dyn batcher::Estimator> {
        Box::new(Pending::default())
    }
}

/// The size of pending blocks; once they are not one batch any more, no batch holds them.
#[derive(Debug, Default)]
struct Pending {
    size: Estimator,
    too_many: bool,
}

impl batcher::Estimator for Pending {
    fn push(&mut self, block: &BatchBlock) {
        self.too_many |= self.size.push(block).is_err();
    }

    fn bytes(&self) -> usize {
        if self.too_many { usize::MAX } else { self.size.bytes() }
    }
}
