//! The output root: what a claim is about.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// Version 0 of the OP Stack's output root:
/// `keccak256(0 ‖ stateRoot ‖ messagePasserStorageRoot ‖ blockHash)`.
///
/// Source: OP Stack specification, "L2 output commitment construction".
pub fn output_root(state_root: B256, message_passer_storage_root: B256, block_hash: B256) -> B256 {
    let words = [B256::ZERO, state_root, message_passer_storage_root, block_hash];
    let bytes: Vec<u8> = words.into_iter().flat_map(|word| word.0).collect();
    keccak256(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    /// `Hashing.hashOutputRootProof` of contracts-bedrock over 1, 2 and 3: the keccak256 of the
    /// four words, by another implementation (pycryptodome).
    #[test]
    fn four_words_are_hashed_in_order() {
        let word = |byte| B256::with_last_byte(byte);
        let root = output_root(word(1), word(2), word(3));
        assert_eq!(
            root,
            b256!("0x4264985a7b193d369bf2635712f0f25f121ee53f9d0adad71390d0e7a7125215")
        );
    }
}
