//! Blob transactions outside of blocks: what `eth_sendRawTransaction` gets, the sidecar that
//! travels with a blob transaction and never enters a block, and what is shown of it to those who
//! ask for blobs as they would ask a beacon node.
//!
//! | module | what |
//! |---|---|
//! | [`raw`] | bytes to [`Pooled`]: EIP-2718, and the network's wrapper of EIP-4844 and EIP-7594 |
//! | [`mod@check`] | whether a sidecar belongs to its transaction, and proves its blobs |
//! | [`kzg`] | the trusted setup; proofs computed here |
//! | [`stored`] | a block's sidecars as the database keeps them |
//! | [`beacon`] | the values of the Beacon API |
//! | [`fuzz`] | what the fuzzers assert of the decoders |

pub mod beacon;
pub mod check;
pub mod fuzz;
pub mod kzg;
pub mod raw;
pub mod stored;
#[cfg(test)]
pub(crate) mod testing;

pub use alloy_eips::eip4844::{Blob, Bytes48};
pub use alloy_eips::eip7594::{
    BlobTransactionSidecarEip7594 as Sidecar, BlobTransactionSidecarVariant as AnySidecar,
};
pub use beacon::{BeaconHeader, SlotClock};
pub use check::{SidecarError, check};
pub use raw::{Limits, Pooled, RawTransactionError, Unchecked, decode, decode_raw};
