//! What only Seam has: `seam_reorg`, and the stream of signed blocks.

pub(crate) mod get_blocks;
pub(crate) mod reorg;
pub(crate) mod subscribe_blocks;
