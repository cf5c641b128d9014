//! What the fuzzer runs against the decoders of this module. A body takes any bytes and panics only
//! if an invariant is broken.

use super::{Limits, decode, stored};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::keccak256;
use seam_primitives::Transaction;

/// Bytes given to `eth_sendRawTransaction`, and to the decoder of stored sidecars.
///
/// - What is taken within limits is what [`Transaction`] takes, in its one encoding, and is known by
///   the hash of those bytes; but for a blob transaction, which has a sidecar around it.
/// - A sidecar comes with a blob transaction, and with no other.
/// - No deposit is taken, and nothing beyond the limits.
/// - What decodes as stored sidecars encodes to the same bytes.
pub fn raw_transaction(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(unchecked) = decode(data, limits) {
        let transaction = &*unchecked.transaction;
        let blobs = matches!(transaction, Transaction::Eip4844(_));
        assert_eq!(unchecked.sidecar.is_some(), blobs, "sidecar");
        assert!(transaction.as_deposit().is_none(), "deposit");
        assert!(data.len() <= limits.bytes(), "limit");
        let encoded = transaction.encoded_2718();
        assert!(blobs || encoded == data, "encoding");
        assert_eq!(transaction.hash(), keccak256(&encoded), "hash");
        let again = Transaction::decode_2718_exact(&encoded);
        assert_eq!(again.as_ref().ok(), Some(transaction), "decoded again");
        let without = Limits { blobs: 0, ..limits };
        assert_eq!(decode(data, without).is_err(), blobs, "a chain without blobs");
    }
    if let Ok(sidecars) = stored::decode(data) {
        assert!(stored::encode(&sidecars) == data, "stored sidecars");
    }
}
