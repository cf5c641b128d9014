//! The key of the unsafe block signer.

use super::{MAX_BLOCK_BYTES, SignedBlock, signing_hash};
use alloy_primitives::{Address, B256, Bytes, U64};
use alloy_rlp::Encodable as _;
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;
use seam_primitives::Block;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
};

/// Signatures that are kept, so that no block is signed for each reader.
const KEPT: usize = 4_096;

/// Signs the blocks of one rollup, each once.
pub struct BlockSigner {
    key: PrivateKeySigner,
    chain_id: u64,
    signed: Mutex<Signed>,
}

/// The newest signatures.
#[derive(Default)]
struct Signed {
    by_hash: HashMap<B256, Bytes>,
    oldest_first: VecDeque<B256>,
}

impl BlockSigner {
    /// Signs with `key` for the rollup with this chain id.
    pub fn new(key: PrivateKeySigner, chain_id: u64) -> Self {
        Self { key, chain_id, signed: Mutex::default() }
    }

    /// Who signs: followers go by what SystemConfig names.
    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// The message for a block; none for one that is too large, or if the key cannot sign.
    pub fn sign(&self, hash: B256, block: &Block) -> Option<SignedBlock> {
        let number = block.header.number;
        if block.length() > MAX_BLOCK_BYTES {
            tracing::warn!(
                number,
                "the block is too large for the stream: followers get it from L1"
            );
            return None;
        }
        let signature = self.signature(number, hash)?;
        let block = Bytes::from(alloy_rlp::encode(block));
        Some(SignedBlock { number: U64::from(number), hash, block, signature })
    }

    fn signature(&self, number: u64, hash: B256) -> Option<Bytes> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signature) = signed.by_hash.get(&hash) {
            return Some(signature.clone());
        }
        let signature = self.key.sign_hash_sync(&signing_hash(self.chain_id, number, hash));
        let signature =
            signature.inspect_err(|error| tracing::error!(%error, number, "not signed"));
        let signature = signature.ok()?;
        let bytes = Bytes::from(signature.as_rsy());
        signed.keep(hash, bytes.clone());
        Some(bytes)
    }
}

impl Signed {
    fn keep(&mut self, hash: B256, signature: Bytes) {
        if self.oldest_first.len() >= KEPT
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.by_hash.remove(&oldest);
        }
        self.oldest_first.push_back(hash);
        self.by_hash.insert(hash, signature);
    }
}

/// Without the key.
impl fmt::Debug for BlockSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockSigner").field(&self.address()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_kept_up_to_a_bound() {
        let mut signed = Signed::default();
        for number in 0..KEPT as u64 + 10 {
            signed.keep(B256::from(alloy_primitives::U256::from(number)), Bytes::new());
        }
        assert_eq!((signed.by_hash.len(), signed.oldest_first.len()), (KEPT, KEPT));
        assert!(!signed.by_hash.contains_key(&B256::ZERO));
    }

    #[test]
    fn a_signer_never_shows_its_key() {
        let key = PrivateKeySigner::from_bytes(&B256::with_last_byte(7)).unwrap();
        let shown = format!("{:?}", BlockSigner::new(key.clone(), 901));
        assert_eq!(shown, format!("BlockSigner({:?})", key.address()));
    }
}
