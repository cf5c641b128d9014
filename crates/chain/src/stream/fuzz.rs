//! What the fuzzer runs against the decoder of messages.

use super::SignedBlock;
use alloy_primitives::Address;

/// JSON of a message.
///
/// - What is read is written as JSON that reads as the same.
/// - What is believed, from whoever signed it, is the header's block in its one encoding, and nobody else
///   is believed to have signed it.
pub fn signed_block(data: &[u8]) {
    const CHAIN_ID: u64 = 901;
    let Ok(message) = serde_json::from_slice::<SignedBlock>(data) else { return };
    let again = serde_json::to_vec(&message).ok();
    let again = again.and_then(|json| serde_json::from_slice::<SignedBlock>(&json).ok());
    assert_eq!(again.as_ref(), Some(&message), "JSON");
    assert!(message.check(CHAIN_ID, Address::ZERO).is_err(), "nobody's signature");
    let Some(signer) = message.signer(CHAIN_ID) else { return };
    let Ok(block) = message.check(CHAIN_ID, signer) else { return };
    assert_eq!(block.header.hash_slow(), message.hash, "hash");
    assert_eq!(alloy_rlp::encode(&block), message.block.to_vec(), "encoding");
    assert!(message.check(CHAIN_ID + 1, signer).is_err(), "another chain");
}
