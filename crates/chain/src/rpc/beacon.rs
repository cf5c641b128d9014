//! The Beacon API of an L1: what those ask who read blobs.
//!
//! | route | what |
//! |---|---|
//! | `/eth/v1/beacon/genesis` | when slot 0 was |
//! | `/eth/v1/beacon/headers/{id}` | the header of a block |
//! | `/eth/v1/beacon/blobs/{id}?versioned_hashes=` | blobs of a block |
//! | `/eth/v1/beacon/blob_sidecars/{id}?indices=` | the same with commitments and proofs |
//! | `/eth/v1/config/spec` | constants |
//! | `/eth/v1/node/version` | name and version |

use super::{archive, context::Context, error::Failure, server::Page};
use crate::blobs::{
    Bytes48, Sidecar,
    beacon::{self, BeaconError, BeaconHeader, BlockId},
    kzg, stored,
};
use crate::chain::{Chain, Head};
use alloy_primitives::B256;
use seam_primitives::Header;
use seam_storage::StorageError;
use serde::Serialize;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Blocks whose proofs are remembered: some 48 bytes for each blob.
const PROVEN_BLOCKS: usize = 256;
/// How far back a block is looked for by its root: as far as the system contract of EIP-4788 knows.
const ROOTS: u64 = 8_191;

/// Proofs of blobs by block: 40 ms each to compute.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<VecDeque<(B256, Arc<Vec<Bytes48>>)>>);

impl Proofs {
    fn get(&self, block: B256, sidecars: &[Sidecar]) -> Result<Arc<Vec<Bytes48>>, Failure> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, proofs)) = known.iter().find(|(hash, _)| *hash == block) {
            return Ok(proofs.clone());
        }
        drop(known);
        let proofs = sidecars.iter().map(kzg::blob_proofs).collect::<Result<Vec<_>, _>>();
        let proofs = proofs.map_err(|error| Failure::server(error.to_string()))?;
        let proofs = Arc::new(proofs.concat());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((block, proofs.clone()));
        while known.len() > PROVEN_BLOCKS {
            known.pop_front();
        }
        Ok(proofs)
    }
}

/// Why a page is not what was asked for.
enum Trouble {
    Beacon(BeaconError),
    Other(Failure),
}

impl From<BeaconError> for Trouble {
    fn from(error: BeaconError) -> Self {
        Self::Beacon(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Self {
        Self::Other(error.into())
    }
}

/// The page at a path. It may read and compute.
pub(crate) fn page(context: &Context, path: &str, query: &str) -> Page {
    let chain = &context.chain;
    if chain.rules().is_op_stack() {
        return match &context.settings.blob_archive {
            Some(archive) if path.starts_with("/eth/v1/beacon/blobs/") => {
                archive::page(archive.as_ref(), query)
            }
            _ => missing("a rollup has no beacon chain: ask its L1"),
        };
    }
    let answer = match path.strip_prefix("/eth/v1/").unwrap_or_default() {
        "beacon/genesis" => Ok(Page::new(200, &beacon::genesis(chain.slots()))),
        "config/spec" => Ok(spec(chain)),
        "node/version" => Ok(Page::new(200, &beacon::node_version())),
        path => match path.strip_prefix("beacon/").and_then(|path| path.split_once('/')) {
            Some(("headers", id)) => header(chain, id),
            Some(("blobs", id)) => blobs(chain, id, query),
            Some(("blob_sidecars", id)) => sidecars(context, id, query),
            _ => return missing("not served here"),
        },
    };
    answer.unwrap_or_else(|trouble| match trouble {
        Trouble::Beacon(error) => Page::new(error.code(), &error.body()),
        Trouble::Other(failure) => error(500, failure.message),
    })
}

fn missing(message: &str) -> Page {
    error(404, message.to_owned())
}

fn error(code: u16, message: String) -> Page {
    Page::new(code, &beacon::ErrorBody { code, message })
}

fn ok<T: Serialize>(value: &T) -> Result<Page, Trouble> {
    Ok(Page::new(200, value))
}

fn spec(chain: &Chain) -> Page {
    let blobs = chain.rules().blobs_at(chain.next_timestamp()).map_or(0, |blobs| blobs.max);
    Page::new(200, &beacon::chain_spec(chain.slots(), chain.rules().chain_id, blobs))
}

fn header(chain: &Chain, id: &str) -> Result<Page, Trouble> {
    let found = Block::find(chain, id)?;
    ok(&beacon::header_info(found.beacon, found.finalized))
}

fn blobs(chain: &Chain, id: &str, query: &str) -> Result<Page, Trouble> {
    let wanted = hashes(query)?;
    let found = Block::find(chain, id)?;
    ok(&beacon::blobs(&found.sidecars()?, found.finalized, wanted.as_deref()))
}

/// The versioned hashes that a query names; none if it names none.
pub(super) fn hashes(query: &str) -> Result<Option<Vec<B256>>, BeaconError> {
    beacon::versioned_hashes(values(query, "versioned_hashes"))
}

fn sidecars(context: &Context, id: &str, query: &str) -> Result<Page, Trouble> {
    let wanted = beacon::indices(values(query, "indices"))?;
    let found = Block::find(&context.chain, id)?;
    let sidecars = found.sidecars()?;
    let proofs = context.proofs.get(found.hash, &sidecars)?;
    let finalized = found.finalized;
    ok(&beacon::blob_sidecars(found.beacon, finalized, &sidecars, &proofs, wanted.as_deref())?)
}

/// The values of a key in a query. Digits, letters and commas are all that they have, and commas may
/// come as `%2C`.
fn values<'a>(query: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let values = pairs.filter(move |(name, _)| *name == key).map(|(_, value)| value);
    values.flat_map(|value| value.split("%2C")).flat_map(|value| value.split("%2c"))
}

/// A block of the chain, as the beacon chain would have it.
struct Block {
    head: Arc<Head>,
    number: u64,
    hash: B256,
    beacon: BeaconHeader,
    finalized: bool,
    has_blobs: bool,
}

impl Block {
    fn find(chain: &Chain, id: &str) -> Result<Self, Trouble> {
        let id: BlockId = id.parse()?;
        let head = chain.head();
        let number = match id {
            BlockId::Head => Some(head.number()),
            BlockId::Genesis => Some(0),
            BlockId::Finalized => Some(head.finality.finalized),
            BlockId::Slot(slot) => in_slot(chain, &head, slot)?,
            BlockId::Root(root) => with_root(chain, &head, root)?,
        };
        let number = number.ok_or(BeaconError::BlockNotFound)?;
        let (hash, header) = head.reader.header(number)?.ok_or(BeaconError::BlockNotFound)?;
        Ok(Self {
            number,
            hash,
            beacon: BeaconHeader::of(&header, hash, chain.slots()),
            finalized: number <= head.finality.finalized,
            has_blobs: header.blob_gas_used.unwrap_or_default() > 0,
            head,
        })
    }

    /// Its sidecars; an error if it had some that are no longer kept.
    fn sidecars(&self) -> Result<Vec<Sidecar>, Trouble> {
        match self.head.reader.blobs(self.number)? {
            Some(bytes) => {
                let sidecars = stored::decode(&bytes);
                sidecars.map_err(|error| Trouble::Other(Failure::server(error.to_string())))
            }
            None if self.has_blobs => Err(BeaconError::BlockNotFound.into()),
            None => Ok(Vec::new()),
        }
    }
}

/// The block with a timestamp in this slot. Timestamps rise from block to block.
fn in_slot(chain: &Chain, head: &Head, slot: u64) -> Result<Option<u64>, Failure> {
    let Some(times) = chain.slots().times_of(slot) else { return Ok(None) };
    let time = |number| -> Result<u64, Failure> {
        Ok(head.reader.header(number)?.map_or(u64::MAX, |(_, header)| header.timestamp))
    };
    let (mut low, mut high) = (0, head.number());
    while low < high {
        let middle = low + (high - low) / 2;
        if time(middle)? < times.start { low = middle + 1 } else { high = middle }
    }
    Ok(times.contains(&time(low)?).then_some(low))
}

/// The block whose beacon header has this root: the next block says so.
fn with_root(chain: &Chain, head: &Head, root: B256) -> Result<Option<u64>, Failure> {
    let newest = BeaconHeader::of(head.header(), head.hash(), chain.slots());
    if newest.root() == root {
        return Ok(Some(head.number()));
    }
    let says = |header: &Header| header.parent_beacon_block_root == Some(root);
    for number in (1..=head.number()).rev().take(usize::try_from(ROOTS).unwrap_or(usize::MAX)) {
        if head.reader.header(number)?.is_some_and(|(_, header)| says(&header)) {
            return Ok(Some(number - 1));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_however_they_are_written() {
        let all = |query| values(query, "indices").collect::<Vec<_>>();
        assert_eq!(all("indices=0&indices=1"), ["0", "1"]);
        assert_eq!(all("indices=0%2C1%2c2&other=3"), ["0", "1", "2"]);
        assert_eq!(all("indices=0,1"), ["0,1"]);
        assert!(all("").is_empty() && all("indices").is_empty());
    }
}
