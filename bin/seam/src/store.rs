//! Opening a chain's data.

use anyhow::{Context, Result};
use seam_primitives::Header;
use seam_stf::StateChanges;
use seam_storage::{Reader, Store, StoreOptions};
use std::path::Path;

/// The chain in a directory as it is now, and its newest block. Without a chain there, one is begun
/// with `genesis`, of which `state` is the state.
pub(crate) fn open(
    directory: &Path,
    genesis: &Header,
    state: &StateChanges,
    options: StoreOptions,
) -> Result<(Reader, Header)> {
    let reader = Store::open(directory, genesis, state, options)?.reader()?;
    let (_, head) = reader.header(reader.head())?.context("the chain has no head")?;
    Ok((reader, head))
}
