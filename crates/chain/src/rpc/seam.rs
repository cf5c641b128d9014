//! What only Seam has: `seam_reorg`.

pub(crate) mod reorg;
