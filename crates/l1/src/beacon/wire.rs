//! The Beacon API: paths to ask and answers as values. A blob is believed when its commitment hashes to
//! what is wanted.

use super::Page;
use crate::{access::Fault, kzg::versioned_hash};
use alloy_eips::eip4844::{Blob, kzg_to_versioned_hash};
use alloy_primitives::{B256, Bytes, FixedBytes};
use serde::{Deserialize, de::DeserializeOwned};
use std::collections::HashMap;

pub(super) const GENESIS: &str = "eth/v1/beacon/genesis";
pub(super) const SPEC: &str = "eth/v1/config/spec";
/// Most blobs that are looked at in an answer. Blocks of Ethereum have up to 21 after BPO2.
const MAX_BLOBS: usize = 128;

/// The blobs of a block with these versioned hashes. The key is repeated, as the specification has it;
/// anvil hears the last one only, and is asked again for the rest.
pub(super) fn blobs_path(block: &str, hashes: &[B256]) -> String {
    let query: Vec<String> = hashes.iter().map(|h| format!("versioned_hashes={h}")).collect();
    format!("eth/v1/beacon/blobs/{block}?{}", query.join("&"))
}

/// All sidecars of a block.
pub(super) fn sidecars_path(block: &str) -> String {
    format!("eth/v1/beacon/blob_sidecars/{block}")
}

/// Blobs that are what they should be, and whether others are not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) blobs: Vec<(B256, Box<Blob>)>,
    pub(super) wrong: Option<Fault>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// Whether a status says that there is no such route or no such block, or that this node cannot say.
pub(super) const fn is_missing(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 410 | 501)
}

/// The time of slot 0.
pub(super) fn genesis(page: &Page) -> Result<u64, Fault> {
    #[derive(Deserialize)]
    struct Genesis {
        genesis_time: String,
    }
    number(&data::<Genesis>(page)?.genesis_time)
}

/// Seconds of a slot; later specifications have milliseconds only.
pub(super) fn slot_seconds(page: &Page) -> Result<u64, Fault> {
    if is_missing(page.status) {
        return Err(no_slot_seconds());
    }
    let spec: HashMap<String, serde_json::Value> = data(page)?;
    let read = |key: &str| spec.get(key).and_then(|value| value.as_str()).map(number).transpose();
    let seconds = match (read("SECONDS_PER_SLOT")?, read("SLOT_DURATION_MS")?) {
        (Some(seconds), _) => seconds,
        (None, Some(millis)) => millis / 1_000,
        (None, None) => 0,
    };
    if seconds == 0 { Err(no_slot_seconds()) } else { Ok(seconds) }
}

fn no_slot_seconds() -> Fault {
    Fault::Missing("config/spec with the length of a slot: give --l1-slot-seconds".to_owned())
}

/// The answer to [`blobs_path`].
pub(super) fn blobs(page: &Page, wanted: &[B256]) -> Result<Checked, Fault> {
    let blobs: Vec<Bytes> = data(page)?;
    // One that has more than was asked for does not heed the hashes: what else it has is not wrong.
    let heeds = blobs.len() <= wanted.len();
    let mut checked = Checked { blobs: Vec::new(), wrong: None };
    for (place, blob) in blobs.into_iter().take(MAX_BLOBS).enumerate() {
        let blob = sized(&blob)?;
        match versioned_hash(&blob).filter(|hash| wanted.contains(hash)) {
            Some(hash) => checked.blobs.push((hash, blob)),
            None if heeds => {
                let wrong =
                    format!("blob {place} of its answer is none of those that were asked for");
                checked.wrong = Some(Fault::Wrong(wrong));
            }
            None => {}
        }
    }
    Ok(checked)
}

/// The answer to [`sidecars_path`].
pub(super) fn sidecars(page: &Page, wanted: &[B256]) -> Result<Checked, Fault> {
    #[derive(Deserialize)]
    struct Sidecar {
        blob: Bytes,
        kzg_commitment: FixedBytes<48>,
    }
    let sidecars: Vec<Sidecar> = data(page)?;
    let mut checked = Checked { blobs: Vec::new(), wrong: None };
    for (place, Sidecar { blob, kzg_commitment }) in sidecars.into_iter().enumerate() {
        let hash = kzg_to_versioned_hash(kzg_commitment.as_slice());
        if !wanted.contains(&hash) || checked.blobs.len() == MAX_BLOBS {
            continue;
        }
        let blob = sized(&blob)?;
        if versioned_hash(&blob) == Some(hash) {
            checked.blobs.push((hash, blob));
        } else {
            let wrong = format!("blob {place} of its answer is not that of its commitment");
            checked.wrong = Some(Fault::Wrong(wrong));
        }
    }
    Ok(checked)
}

fn sized(bytes: &[u8]) -> Result<Box<Blob>, Fault> {
    let blob = Blob::try_from(bytes).map(Box::new);
    blob.map_err(|_| Fault::Unreadable(format!("a blob has {} bytes", bytes.len())))
}

fn data<T: DeserializeOwned>(page: &Page) -> Result<T, Fault> {
    if page.status != 200 {
        return Err(Fault::Status(page.status));
    }
    let read = serde_json::from_slice::<Data<T>>(&page.body);
    Ok(read.map_err(|error| Fault::Unreadable(error.to_string()))?.data)
}

fn number(text: &str) -> Result<u64, Fault> {
    text.parse().map_err(|_| Fault::Unreadable(format!("{text:?} is no number")))
}

#[cfg(test)]
mod tests;
