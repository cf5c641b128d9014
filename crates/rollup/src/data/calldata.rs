//! `postCalldata(header, data)` of a transaction's input, read as the contract reads it.

use alloy_primitives::{B256, Bytes, keccak256};

/// The selector of `postCalldata((uint16,uint64,uint64,uint64,bytes32,bytes32),bytes)`.
pub(super) const SELECTOR: [u8; 4] = [0x72, 0xdc, 0x99, 0xa8];
/// Words of the header, which come first; then where the bytes are.
const HEADER_WORDS: usize = 6;

/// The data of a call with this hash.
///
/// The contract took whatever Solidity's decoder takes, and that is more than an encoder writes: bytes
/// anywhere, and others after them. Who refused those would never get past such a batch. The hash, which
/// the contract computed of just these bytes, decides.
pub(super) fn read(input: &[u8], data_hash: B256) -> Option<Bytes> {
    let arguments = input.strip_prefix(&SELECTOR)?;
    let start = word(arguments, HEADER_WORDS * 32)?;
    let length = word(arguments, start)?;
    let first = start.checked_add(32)?;
    let data = arguments.get(first..first.checked_add(length)?)?;
    (keccak256(data) == data_hash).then(|| Bytes::copy_from_slice(data))
}

/// A word that fits 64 bits: beyond, the contract's decoder gives up.
fn word(arguments: &[u8], at: usize) -> Option<usize> {
    let word = arguments.get(at..at.checked_add(32)?)?;
    let (high, low) = word.split_at(24);
    let low = u64::from_be_bytes(low.try_into().ok()?);
    high.iter().all(|byte| *byte == 0).then(|| usize::try_from(low).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batcher::inbox::post_calldata;
    use proptest::prelude::*;
    use seam_primitives::BatchHeader;

    fn call(data: &[u8]) -> Vec<u8> {
        let header = BatchHeader {
            version: 1,
            first_block: 2,
            last_block: 3,
            l1_number: 4,
            l1_hash: B256::repeat_byte(5),
            prev_accumulator: B256::repeat_byte(6),
        };
        post_calldata(&header, Bytes::copy_from_slice(data)).into()
    }

    fn put(input: &mut [u8], word: usize, value: u64) {
        let at = 4 + 32 * word + 24;
        input[at..at + 8].copy_from_slice(&value.to_be_bytes());
    }

    #[test]
    fn the_selector_is_that_of_the_contract() {
        assert_eq!(call(b"batch")[..4], SELECTOR);
    }

    #[test]
    fn what_the_contract_takes_is_read() {
        let (data, hash) = (b"batch".as_slice(), keccak256(b"batch"));
        let whole = call(data);
        let found = read(&whole, hash);
        assert_eq!(found, Some(data.into()));
        // Words between header and bytes, more after them, and no padding.
        let mut apart = whole[..4 + 7 * 32].to_vec();
        put(&mut apart, 6, 9 * 32);
        apart.extend([[0xff; 64].as_slice(), &whole[4 + 7 * 32..4 + 8 * 32], data].concat());
        assert_eq!(read(&apart, hash), Some(data.into()));
        apart.push(7);
        assert_eq!(read(&apart, hash), Some(data.into()));
        assert_eq!(read(&call(&[]), keccak256([])), Some(Bytes::new()));
    }

    #[test]
    fn what_the_contract_refuses_is_not() {
        let hash = keccak256(b"batch");
        let whole = call(b"batch");
        let edited = |edit: fn(&mut Vec<u8>)| {
            let mut input = whole.clone();
            edit(&mut input);
            input
        };
        for (what, input) in [
            ("another hash", call(b"other")),
            ("another call", edited(|input| input[0] ^= 1)),
            ("bytes cut off", edited(|input| input.truncate(4 + 8 * 32 + 4))),
            ("no length", edited(|input| input.truncate(4 + 7 * 32 + 31))),
            ("bytes elsewhere", edited(|input| put(input, 6, u64::MAX))),
            ("a length beyond", edited(|input| put(input, 7, u64::MAX))),
            ("a place of more than 64 bits", edited(|input| input[4 + 6 * 32] = 1)),
            ("nothing", Vec::new()),
        ] {
            assert_eq!(read(&input, hash), None, "{what}");
        }
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(input in prop::collection::vec(any::<u8>(), 0..400), place: u64, length: u64) {
            let mut input = [SELECTOR.as_slice(), &input].concat();
            let _ = read(&input, B256::ZERO);
            if input.len() >= 4 + 8 * 32 {
                put(&mut input, 6, place % 512);
                put(&mut input, 7, length);
                let _ = read(&input, B256::ZERO);
            }
        }

        #[test]
        fn what_was_encoded_is_read(data in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let found = read(&call(&data), keccak256(&data));
            prop_assert_eq!(found, Some(data.into()));
        }
    }
}
