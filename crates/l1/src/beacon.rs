//! Blobs from beacon nodes, and from archives that answer like one.
//!
//! An endpoint is asked for the blobs of a slot by their versioned hashes (`beacon/blobs`), or, where it
//! does not serve that, for all sidecars of the slot (`beacon/blob_sidecars`). Every blob is checked:
//! its commitment is computed here and must hash to what L1 says. What one endpoint lacks is asked of
//! the next; one that fails, or gives a wrong blob, comes last for a while.
//!
//! The slot follows from the L1 block's timestamp. Chains for development have no slots and take the
//! block's own hash in its place, so that is asked for too where a slot has nothing.
//!
//! Source: the Beacon APIs, <https://ethereum.github.io/beacon-APIs/>.

mod service;
mod state;
mod wire;

pub use service::BeaconClient;

use crate::{access::Fault, client::L1Limits, error::Severity, timer::BoxFuture};
use alloy_primitives::B256;
use std::fmt::Debug;

/// An L1 block, as far as it says where blobs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct L1At {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time in seconds.
    pub timestamp: u64,
}

/// Which kind of endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobSource {
    /// Beacon nodes, which keep blobs for some 18 days.
    Beacon,
    /// Others that keep them for longer, and find them by their hashes alone.
    Archive,
}

/// How a client asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BeaconSettings {
    /// Seconds of a slot; without it, what the endpoint's `config/spec` says.
    pub slot_seconds: Option<u64>,
    /// Time and size of an answer, and how long an endpoint that failed comes last. The other limits
    /// mean nothing here: each endpoint is asked once for a set of blobs.
    pub limits: L1Limits,
}

/// One endpoint that answers `GET`.
pub trait BeaconAccess: Debug + Send + Sync {
    /// What messages call it. It has no secret.
    fn name(&self) -> &str;
    /// What is at a path, with its query; the path begins with `eth/`.
    fn get(&self, path: String) -> BoxFuture<'_, Result<Page, Fault>>;
}

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there are no blobs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// Every endpoint answered, and lacks them. L1 drops blobs after some 18 days.
    #[error("{} of the blobs are nowhere: {tried}", missing.len())]
    Gone {
        /// Versioned hashes of those that are missing.
        missing: Vec<B256>,
        /// Each endpoint, and what it said.
        tried: String,
    },
    /// Some endpoint failed, and none of the others has them. Ask again later.
    #[error("no endpoint gives the blobs: {tried}")]
    Unreachable {
        /// Each endpoint, and what it said.
        tried: String,
    },
    /// An endpoint's URL cannot be used. The URL is not repeated: it may hold a key.
    #[error(
        "a URL of --l1-beacon or --blob-archive cannot be used ({reason}): write it as \
         https://host/path"
    )]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no endpoint.
    #[error("no endpoint for blobs is given: use --l1-beacon URL, more than once for several")]
    NoEndpoint,
}

impl BeaconError {
    /// What may be done after it.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::Gone { .. } | Self::Unreachable { .. } => Severity::Retry,
            Self::Url { .. } | Self::NoEndpoint => Severity::Halt,
        }
    }
}
