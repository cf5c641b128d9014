//! A rollup's blobs, served as a beacon node serves those of its chain: whoever follows the rollup when
//! L1 has dropped them asks here (`--blob-archive`).
//!
//! `GET /eth/v1/beacon/blobs/{block}?versioned_hashes=…`: the blobs of these hashes that are kept, in the
//! order of the hashes. Blobs are found by their hashes alone: `{block}` may be anything. The answer is
//! to be checked by who asks, as any node's.

use super::{beacon::hashes, server::Page};
use crate::blobs::{Blob, beacon::ErrorBody};
use alloy_primitives::B256;
use serde::Serialize;
use std::fmt::Debug;

/// Most blobs in an answer: 262,146 bytes each. A batch has at most six.
pub const MAX_BLOBS: usize = 32;

/// Blobs that somebody keeps.
pub trait BlobArchive: Debug + Send + Sync {
    /// The blob of a versioned hash, if it is kept. It may read from a disk.
    fn blob(&self, hash: &B256) -> Option<Box<Blob>>;
}

/// Body of an answer.
#[derive(Debug, Serialize)]
struct Blobs {
    execution_optimistic: bool,
    finalized: bool,
    data: Vec<Box<Blob>>,
}

/// The page of a query.
pub(super) fn page(archive: &dyn BlobArchive, query: &str) -> Page {
    let refused = |message: String| Page::new(400, &ErrorBody { code: 400, message });
    match hashes(query) {
        Ok(Some(hashes)) if hashes.len() <= MAX_BLOBS => {
            let data = hashes.iter().filter_map(|hash| archive.blob(hash)).collect();
            Page::new(200, &Blobs { execution_optimistic: false, finalized: false, data })
        }
        Ok(Some(hashes)) => {
            refused(format!("{} versioned hashes: at most {MAX_BLOBS} at a time", hashes.len()))
        }
        Ok(None) => refused("give versioned_hashes: blobs are found by them alone".to_owned()),
        Err(error) => refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has the blobs of hashes that begin with an even byte.
    #[derive(Debug)]
    struct Some;

    impl BlobArchive for Some {
        fn blob(&self, hash: &B256) -> Option<Box<Blob>> {
            hash[0].is_multiple_of(2).then(|| Box::new(Blob::repeat_byte(hash[0])))
        }
    }

    fn query(bytes: impl IntoIterator<Item = u8>) -> String {
        let hashes = bytes.into_iter().map(|byte| B256::repeat_byte(byte).to_string());
        format!("versioned_hashes={}", hashes.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn what_is_kept_is_served_in_the_order_of_the_hashes() {
        let page = page(&Some, &query([4, 3, 2, 4]));
        assert_eq!(page.status, 200);
        let body: serde_json::Value = serde_json::from_str(&page.json).unwrap();
        let expected: Vec<Blob> = [4, 2, 4].map(Blob::repeat_byte).to_vec();
        assert_eq!(body["data"], serde_json::json!(expected));
    }

    #[test]
    fn too_many_none_and_nonsense_are_refused() {
        assert_eq!(page(&Some, &query(vec![1; MAX_BLOBS])).status, 200);
        for bad in [query(vec![1; MAX_BLOBS + 1]), String::new(), "versioned_hashes=0x12".into()] {
            let page = page(&Some, &bad);
            assert_eq!(page.status, 400, "{}", page.json);
        }
    }
}
