//! A block's sidecars as the database keeps them: the RLP list of its blob transactions' sidecars,
//! in the block's order, each `[1, blobs, commitments, cell_proofs]` (EIP-7594, as on the network
//! but without the transaction).

use super::Sidecar;
use alloy_rlp::{Decodable, Encodable};
use thiserror::Error;

/// What the database holds is not what [`encode`] wrote.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stored sidecars: {0}")]
pub struct StoredSidecarsError(#[from] alloy_rlp::Error);

/// A block's sidecars as bytes.
pub fn encode(sidecars: &[Sidecar]) -> Vec<u8> {
    let payload_length = sidecars.iter().map(Encodable::length).sum();
    let header = alloy_rlp::Header { list: true, payload_length };
    let mut out = Vec::with_capacity(header.length_with_payload());
    header.encode(&mut out);
    for sidecar in sidecars {
        sidecar.encode(&mut out);
    }
    out
}

/// A block's sidecars from [`encode`]'s bytes.
///
/// # Errors
///
/// The bytes are not exactly one list of sidecars.
pub fn decode(mut bytes: &[u8]) -> Result<Vec<Sidecar>, StoredSidecarsError> {
    let sidecars = Decodable::decode(&mut bytes)?;
    if bytes.is_empty() { Ok(sidecars) } else { Err(alloy_rlp::Error::UnexpectedLength.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::testing;

    #[test]
    fn sidecars_survive() {
        let sidecars = [testing::sidecar(1), testing::sidecar(2)];
        for sidecars in [&sidecars[..], &sidecars[..1], &[]] {
            let bytes = encode(sidecars);
            assert_eq!(decode(&bytes).unwrap(), sidecars);
            let trailing = [bytes.as_slice(), &[0]].concat();
            decode(&trailing).unwrap_err();
            decode(&bytes[..bytes.len() - 1]).unwrap_err();
        }
    }

    #[test]
    fn another_version_is_refused() {
        let mut bytes = encode(&[testing::sidecar(1)]);
        let version = bytes.iter().position(|byte| *byte == 1).unwrap();
        // After the headers of the list and of the sidecar, four bytes each.
        assert_eq!(version, 8);
        bytes[version] = 2;
        decode(&bytes).unwrap_err();
    }
}
