//! The bodies of answers, as they go into JSON: numbers are decimal strings, bytes are hexadecimal.

use super::{BeaconError, BeaconHeader, SlotClock};
use crate::blobs::{Blob, Bytes48, Sidecar};
use alloy_eips::eip4844::{FIELD_ELEMENTS_PER_BLOB, kzg_to_versioned_hash};
use alloy_primitives::{B256, FixedBytes};
use serde::{Serialize, Serializer};

/// Hashes in the Merkle proof of a commitment (`KZG_COMMITMENT_INCLUSION_PROOF_DEPTH`, Deneb).
pub const INCLUSION_PROOF_DEPTH: usize = 17;
/// `SLOTS_PER_EPOCH` of Ethereum.
const SLOTS_PER_EPOCH: u64 = 32;
/// `MAX_BLOB_COMMITMENTS_PER_BLOCK` of Deneb.
const MAX_COMMITMENTS: u64 = 4096;

/// An integer as the Beacon API writes it.
pub(super) fn decimal<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Body of an answer that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorBody {
    /// The HTTP status.
    pub code: u16,
    /// What is wrong.
    pub message: String,
}

/// Body of an answer that is about nothing in particular on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer<T> {
    /// What was asked for.
    pub data: T,
}

/// Body of `GET /eth/v1/beacon/blobs/{block_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blobs<'a> {
    /// Whether the block might still turn out invalid: no.
    pub execution_optimistic: bool,
    /// Whether the block is finalized.
    pub finalized: bool,
    /// The blobs, in the block's order.
    pub data: Vec<&'a Blob>,
}

/// Blobs of a block with these `sidecars` (its blob transactions', in order): all of them, or those
/// whose versioned hash is in `filter`. Hashes that the block does not have are passed over.
pub fn blobs<'a>(sidecars: &'a [Sidecar], finalized: bool, filter: Option<&[B256]>) -> Blobs<'a> {
    let wanted = |commitment: &Bytes48| match filter {
        Some(hashes) => hashes.contains(&kzg_to_versioned_hash(commitment.as_slice())),
        None => true,
    };
    let with_commitments = in_order(sidecars).filter(|(_, commitment)| wanted(commitment));
    let data = with_commitments.map(|(blob, _)| blob).collect();
    Blobs { execution_optimistic: false, finalized, data }
}

/// Every blob of a block with its commitment, in the block's order.
fn in_order(sidecars: &[Sidecar]) -> impl Iterator<Item = (&Blob, &Bytes48)> {
    sidecars.iter().flat_map(|sidecar| sidecar.blobs.iter().zip(&sidecar.commitments))
}

/// Body of `GET /eth/v1/beacon/blob_sidecars/{block_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlobSidecars<'a> {
    /// The consensus fork that made this kind of sidecar.
    pub version: &'static str,
    /// Whether the block might still turn out invalid: no.
    pub execution_optimistic: bool,
    /// Whether the block is finalized.
    pub finalized: bool,
    /// The sidecars, in the block's order.
    pub data: Vec<BlobSidecar<'a>>,
}

/// `BlobSidecar` of the consensus specification (Deneb).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlobSidecar<'a> {
    /// Place among all blobs of the block.
    #[serde(serialize_with = "decimal")]
    pub index: u64,
    /// The blob.
    pub blob: &'a Blob,
    /// The commitment to it.
    pub kzg_commitment: Bytes48,
    /// The proof of EIP-4844 that it is; a real one.
    pub kzg_proof: Bytes48,
    /// Header of the block.
    pub signed_block_header: SignedHeader,
    /// Zeros: there is no body in which the commitment could be proven to be.
    pub kzg_commitment_inclusion_proof: [B256; INCLUSION_PROOF_DEPTH],
}

/// `SignedBeaconBlockHeader` of the consensus specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SignedHeader {
    /// The header.
    pub message: BeaconHeader,
    /// Zeros: there is no proposer who could sign.
    pub signature: FixedBytes<96>,
}

impl From<BeaconHeader> for SignedHeader {
    fn from(message: BeaconHeader) -> Self {
        Self { message, signature: FixedBytes::ZERO }
    }
}

/// Blob sidecars of a block: all of them, or those at `indices`. `proofs` are those of all its blobs,
/// in order: [`blob_proofs`](crate::blobs::kzg::blob_proofs) of each of its `sidecars`.
///
/// # Errors
///
/// [`BeaconError::Proofs`], if there is not one for each blob.
pub fn blob_sidecars<'a>(
    header: BeaconHeader,
    finalized: bool,
    sidecars: &'a [Sidecar],
    proofs: &[Bytes48],
    indices: Option<&[u64]>,
) -> Result<BlobSidecars<'a>, BeaconError> {
    let blobs = in_order(sidecars).count();
    if blobs != proofs.len() {
        return Err(BeaconError::Proofs { proofs: proofs.len(), blobs });
    }
    let all = (0..).zip(in_order(sidecars)).zip(proofs);
    let wanted = all.filter(|((index, _), _)| indices.is_none_or(|some| some.contains(index)));
    let data = wanted.map(|((index, (blob, commitment)), proof)| BlobSidecar {
        index,
        blob,
        kzg_commitment: *commitment,
        kzg_proof: *proof,
        signed_block_header: header.into(),
        kzg_commitment_inclusion_proof: [B256::ZERO; INCLUSION_PROOF_DEPTH],
    });
    let data = data.collect();
    Ok(BlobSidecars { version: "deneb", execution_optimistic: false, finalized, data })
}

/// Body of `GET /eth/v1/beacon/headers/{block_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderInfo {
    /// Whether the block might still turn out invalid: no.
    pub execution_optimistic: bool,
    /// Whether the block is finalized.
    pub finalized: bool,
    /// The header.
    pub data: HeaderData,
}

/// A header with its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeaderData {
    /// `hash_tree_root` of the header.
    pub root: B256,
    /// Whether the block is on the chain: others are not kept.
    pub canonical: bool,
    /// The header.
    pub header: SignedHeader,
}

/// The header of a block that is on the chain.
pub fn header_info(header: BeaconHeader, finalized: bool) -> HeaderInfo {
    let data = HeaderData { root: header.root(), canonical: true, header: header.into() };
    HeaderInfo { execution_optimistic: false, finalized, data }
}

/// What `GET /eth/v1/beacon/genesis` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GenesisInfo {
    /// Timestamp of slot 0 in seconds.
    #[serde(serialize_with = "decimal")]
    pub genesis_time: u64,
    /// Zeros: there are no validators.
    pub genesis_validators_root: B256,
    /// Zeros.
    pub genesis_fork_version: FixedBytes<4>,
}

/// Body of `GET /eth/v1/beacon/genesis`.
pub const fn genesis(clock: &SlotClock) -> Answer<GenesisInfo> {
    let data = GenesisInfo {
        genesis_time: clock.genesis_time,
        genesis_validators_root: B256::ZERO,
        genesis_fork_version: FixedBytes::ZERO,
    };
    Answer { data }
}

/// What `GET /eth/v1/config/spec` tells: of the constants of a beacon chain those that mean
/// something here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct ChainSpec {
    /// Name of the configuration.
    pub config_name: &'static str,
    /// The preset on which it builds.
    pub preset_base: &'static str,
    /// Seconds from slot to slot.
    #[serde(serialize_with = "decimal")]
    pub seconds_per_slot: u64,
    /// The same in milliseconds, as later specifications have it.
    #[serde(serialize_with = "decimal")]
    pub slot_duration_ms: u64,
    /// Slots per epoch.
    #[serde(serialize_with = "decimal")]
    pub slots_per_epoch: u64,
    /// Timestamp of slot 0 in seconds.
    #[serde(serialize_with = "decimal")]
    pub min_genesis_time: u64,
    /// Seconds from there to genesis.
    #[serde(serialize_with = "decimal")]
    pub genesis_delay: u64,
    /// Zeros.
    pub genesis_fork_version: FixedBytes<4>,
    /// EIP-155 chain id of the execution chain.
    #[serde(serialize_with = "decimal")]
    pub deposit_chain_id: u64,
    /// Its network id, which is the same.
    #[serde(serialize_with = "decimal")]
    pub deposit_network_id: u64,
    /// Field elements per blob.
    #[serde(serialize_with = "decimal")]
    pub field_elements_per_blob: u64,
    /// Blobs per block at most, at the time of asking.
    #[serde(serialize_with = "decimal")]
    pub max_blobs_per_block: u64,
    /// Room for commitments in a block.
    #[serde(serialize_with = "decimal")]
    pub max_blob_commitments_per_block: u64,
    /// Hashes in the Merkle proof of a commitment.
    #[serde(serialize_with = "decimal")]
    pub kzg_commitment_inclusion_proof_depth: u64,
}

/// Body of `GET /eth/v1/config/spec` on a chain with this id whose blocks have up to `max_blobs`.
pub const fn chain_spec(clock: &SlotClock, chain_id: u64, max_blobs: u64) -> Answer<ChainSpec> {
    let seconds = clock.seconds_per_slot.get();
    let data = ChainSpec {
        config_name: "seam",
        preset_base: "mainnet",
        seconds_per_slot: seconds,
        slot_duration_ms: seconds.saturating_mul(1000),
        slots_per_epoch: SLOTS_PER_EPOCH,
        min_genesis_time: clock.genesis_time,
        genesis_delay: 0,
        genesis_fork_version: FixedBytes::ZERO,
        deposit_chain_id: chain_id,
        deposit_network_id: chain_id,
        field_elements_per_blob: FIELD_ELEMENTS_PER_BLOB,
        max_blobs_per_block: max_blobs,
        max_blob_commitments_per_block: MAX_COMMITMENTS,
        kzg_commitment_inclusion_proof_depth: INCLUSION_PROOF_DEPTH as u64,
    };
    Answer { data }
}

/// What `GET /eth/v1/node/version` tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeVersion {
    /// Name and version, `seam/v1.2.3`.
    pub version: &'static str,
}

/// Body of `GET /eth/v1/node/version`.
pub const fn node_version() -> Answer<NodeVersion> {
    Answer { data: NodeVersion { version: concat!("seam/v", env!("CARGO_PKG_VERSION")) } }
}
