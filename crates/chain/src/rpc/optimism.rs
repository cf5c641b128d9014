//! What op-node serves of a rollup, in its shapes: `optimism_version`, `optimism_outputAtBlock`,
//! `optimism_rollupConfig`, `optimism_syncStatus`. Numbers are plain JSON numbers there.

pub(crate) mod output_at_block;
pub(crate) mod rollup_config;
pub(crate) mod sync_status;

mod references;

use super::{
    context::Context,
    method::{Answer, json},
    params::Args,
};

/// `optimism_version`: of this software.
pub(crate) fn version(_: &Context, _: &Args) -> Answer {
    json(concat!("v", env!("CARGO_PKG_VERSION"), "-seam"))
}
