//! How the data of a batch lie in blobs: 254 of the 256 bits of every word.
//!
//! A word is a number below the BLS12-381 scalar modulus, which has 255 bits, so its two highest bits
//! stay zero (rule P1). Of the 130,048 bytes of a blob the first 126,976 are the low 31 bytes of its
//! words, in order; the last 3,072 are the six bits above them: three bytes for four words, the
//! highest bits first.

use super::{BatchError, frame};
use alloc::vec::Vec;
use alloy_eips::eip4844::Blob;

/// Bytes of data in a blob.
pub const BYTES_PER_BLOB: usize = 130_048;
/// Bytes in the low parts of a blob's words.
const LOW_BYTES: usize = 126_976;
/// Words of a blob.
const WORDS: usize = 4096;
/// Bytes of a word.
const WORD: usize = 32;

/// The blobs that hold the data; after its end they are zero.
pub fn pack(data: &[u8]) -> Vec<Blob> {
    data.chunks(BYTES_PER_BLOB).map(pack_one).collect()
}

fn pack_one(data: &[u8]) -> Blob {
    let mut blob = Blob::ZERO;
    let (low, high) = data.split_at_checked(LOW_BYTES).unwrap_or((data, &[]));
    for (word, bytes) in blob.chunks_exact_mut(WORD).zip(low.chunks(WORD.saturating_sub(1))) {
        // After the highest byte.
        for (to, from) in word.iter_mut().skip(1).zip(bytes) {
            *to = *from;
        }
    }
    for (words, bytes) in blob.chunks_exact_mut(WORD.saturating_mul(4)).zip(high.chunks(3)) {
        let byte = |place: usize| u32::from(bytes.get(place).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for (word, shift) in words.chunks_exact_mut(WORD).zip([18, 12, 6, 0]) {
            if let Some(first) = word.first_mut() {
                let [.., low] = (bits >> shift).to_be_bytes();
                *first = low & 0x3f;
            }
        }
    }
    blob
}

/// The data that blobs hold. All after its end is zero.
///
/// # Errors
/// If a word has one of its two highest bits, or there are no such data.
pub fn unpack(blobs: &[&Blob]) -> Result<Vec<u8>, BatchError> {
    let mut data = Vec::with_capacity(blobs.len().saturating_mul(BYTES_PER_BLOB));
    for (index, blob) in blobs.iter().enumerate() {
        let before = index.saturating_mul(WORDS);
        let bad = |word: usize| BatchError::BlobWord(before.saturating_add(word));
        unpack_one(blob, &mut data).map_err(bad)?;
    }
    let length = frame::length(&data)?;
    if data.iter().skip(length).any(|byte| *byte != 0) {
        return Err(BatchError::Trailing("the data in blobs"));
    }
    data.truncate(length);
    Ok(data)
}

/// Adds what one blob holds, or says which word is too large.
fn unpack_one(blob: &Blob, data: &mut Vec<u8>) -> Result<(), usize> {
    let (words, _) = blob.as_chunks::<WORD>();
    if let Some(word) = words.iter().position(|[first, ..]| first >> 6 != 0) {
        return Err(word);
    }
    for [_, low @ ..] in words {
        data.extend_from_slice(low);
    }
    let (fours, _) = words.as_chunks::<4>();
    for four in fours {
        let bits = four.iter().fold(0_u32, |bits, [first, ..]| (bits << 6) | u32::from(*first));
        let [_, bytes @ ..] = bits.to_be_bytes();
        data.extend_from_slice(&bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    /// A batch of one empty block, and the bytes of a size that its frame allows.
    fn data(compressed: usize) -> Vec<u8> {
        let mut data = vec![1, 0, 0];
        let mut rest = compressed;
        while rest >= 0x80 {
            data.push(0x80 | u8::try_from(rest & 0x7f).unwrap());
            rest >>= 7;
        }
        data.push(u8::try_from(rest).unwrap());
        data.extend((0..compressed).map(|index| u8::try_from(index % 251).unwrap()));
        data
    }

    fn unpacked(blobs: &[Blob]) -> Result<Vec<u8>, BatchError> {
        unpack(&blobs.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_last_bytes_are_the_highest_bits() {
        let mut bytes = vec![0xaa; LOW_BYTES];
        bytes.extend([0b1000_0100, 0b0010_0000, 0b1100_0011]);
        let [blob] = <[Blob; 1]>::try_from(pack(&bytes)).unwrap();
        let first: Vec<u8> = blob.chunks(WORD).take(5).map(|word| word[0]).collect();
        assert_eq!(first, [0b10_0001, 0b00_0010, 0b00_0011, 0b00_0011, 0]);
        assert_eq!(blob[1], 0xaa);
    }

    #[test]
    fn a_word_with_a_high_bit_is_garbage() {
        for bit in [0x40, 0x80] {
            let mut blobs = pack(&data(BYTES_PER_BLOB + 10));
            blobs[1][32 * 4095] |= bit;
            assert_eq!(unpacked(&blobs), Err(BatchError::BlobWord(8191)));
        }
    }

    #[test]
    fn after_the_data_all_is_zero() {
        let mut blobs = pack(&data(1000));
        let last = blobs[0].len() - 1;
        blobs[0][last] = 1;
        assert_eq!(unpacked(&blobs), Err(BatchError::Trailing("the data in blobs")));
        blobs[0][last] = 0;
        blobs.push(Blob::ZERO);
        assert_eq!(unpacked(&blobs), Ok(data(1000)));
        assert_eq!(unpacked(&[]), Err(BatchError::Short("the data")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_is_packed_is_unpacked(size in 0..3 * BYTES_PER_BLOB) {
            let data = data(size);
            let blobs = pack(&data);
            prop_assert_eq!(blobs.len(), data.len().div_ceil(BYTES_PER_BLOB));
            prop_assert_eq!(unpacked(&blobs), Ok(data));
        }
    }
}
