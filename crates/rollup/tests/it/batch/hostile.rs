//! Batches that were damaged, or made to hurt.

use super::{arbitrary::blocks, recorded};
use proptest::{prelude::*, sample::Index};
use seam_fixtures::fuzz::framed;
use seam_rollup::batch::{columns, encode};
use seam_stf::batch::{BatchBlock, BatchError, MAX_BATCH_BYTES, MAX_BLOCKS, decode};

/// A frame around columns of these bytes; those that are not named are empty.
fn frame(signatures: usize, named: &[(&str, &[u8])]) -> Vec<u8> {
    let names = seam_stf::batch::columns::Columns::NAMES;
    let bytes = |name: &str| named.iter().find(|(key, _)| *key == name).map_or(&[][..], |(_, b)| b);
    let mut all = Vec::new();
    for name in names {
        let mut size = bytes(name).len();
        while size >= 0x80 {
            all.push(0x80 | size.to_le_bytes()[0]);
            size >>= 7;
        }
        all.push(size.to_le_bytes()[0]);
    }
    names.iter().for_each(|name| all.extend_from_slice(bytes(name)));
    framed(signatures, &all)
}

/// Columns of these blocks, in a frame without compression.
fn uncompressed(blocks: &[BatchBlock]) -> Vec<u8> {
    let columns = columns(blocks).unwrap();
    let named: Vec<_> = columns.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    frame(blocks.iter().map(|block| block.transactions.len()).sum(), &named)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_cut_off_is_none(blocks in blocks(), at in any::<Index>()) {
        let data = encode(&blocks).unwrap();
        prop_assert!(decode(&data[..at.index(data.len())]).is_err());
    }

    #[test]
    fn what_is_flipped_is_something_or_none(
        blocks in blocks(),
        flips in proptest::collection::vec((any::<Index>(), 0..8_u8), 1..4),
    ) {
        for mut data in [encode(&blocks).unwrap(), uncompressed(&blocks)] {
            for (at, bit) in &flips {
                let at = at.index(data.len());
                data[at] ^= 1 << bit;
            }
            // What it becomes is for the decoder to say; that it ends without a panic is the point.
            if let Ok(blocks) = decode(&data) {
                prop_assert_eq!(decode(&encode(&blocks).unwrap()), Ok(blocks));
            }
        }
    }

    #[test]
    fn what_is_added_is_refused(blocks in blocks(), byte in any::<u8>()) {
        let mut data = encode(&blocks).unwrap();
        data.push(byte);
        prop_assert_eq!(decode(&data), Err(BatchError::Trailing("the data")));
    }

    #[test]
    fn any_bytes_are_something_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&bytes);
        let _ = decode(&framed(1, &bytes));
    }
}

#[test]
fn a_real_batch_cut_anywhere_is_none() {
    let data = encode(&recorded::small().blocks).unwrap();
    for at in (0..data.len()).step_by(997) {
        assert!(decode(&data[..at]).is_err(), "{at}");
    }
}

#[test]
fn a_stream_larger_than_declared_ends() {
    // 64 MiB of zeros, in a frame that declares one byte, or the most.
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &*vec![0; 64 << 20], &mut compressed, &parameters).unwrap();
    assert!(compressed.len() < 128, "{}", compressed.len());
    let size = u8::try_from(compressed.len()).unwrap();
    for columns in [&[1][..], &[0x80, 0x80, 0x80, 4]] {
        let data = [&[1, 0], columns, &[size], &compressed].concat();
        assert_eq!(decode(&data), Err(BatchError::Compressed));
    }
}

#[test]
fn one_shape_for_all_signatures_ends_at_the_limit() {
    // A megabyte of zeros in each of a hundred transactions, in forty thousand bytes.
    let mut shapes = vec![0b1_0000];
    shapes.extend(vec![0; (1 << 20) / 32]);
    shapes.push(255);
    let mut ids = vec![1; 100];
    ids[0] = 0;
    let named = [
        ("blocks", &[200, 1][..]),
        ("shape_ids", &ids),
        ("shapes", &shapes),
        ("dictionaries", &[0, 0, 0]),
        ("chain_ids", &[0]),
    ];
    let (what, found) = ("bytes of calldata and lists", 100 << 20);
    let limit = MAX_BATCH_BYTES as u64;
    assert_eq!(decode(&frame(100, &named)), Err(BatchError::TooMany { what, found, limit }));
}

#[test]
fn blocks_end_at_the_limit() {
    let rest = [("dictionaries", &[0, 0, 0][..]), ("chain_ids", &[0])];
    let with = |count: usize| {
        let blocks = vec![0; count];
        frame(0, &[&[("blocks", blocks.as_slice())][..], &rest].concat())
    };
    assert_eq!(decode(&with(MAX_BLOCKS)).map(|blocks| blocks.len()), Ok(MAX_BLOCKS));
    let (found, limit) = (MAX_BLOCKS as u64 + 1, MAX_BLOCKS as u64);
    assert_eq!(
        decode(&with(MAX_BLOCKS + 1)),
        Err(BatchError::TooMany { what: "blocks", found, limit })
    );
}

#[test]
fn declared_sizes_are_checked_before_memory_is_taken() {
    let too_many =
        |what, found, limit: usize| Err(BatchError::TooMany { what, found, limit: limit as u64 });
    // Version, transactions, columns, compressed.
    assert_eq!(decode(&[2, 0, 0, 0]), Err(BatchError::Version(2)));
    let transactions = decode(&[1, 0x81, 0x80, 4, 0, 0]);
    assert_eq!(transactions, too_many("transactions", (1 << 16) + 1, 1 << 16));
    let columns = decode(&[1, 0, 0x81, 0x80, 0x80, 4, 0]);
    assert_eq!(columns, too_many("bytes of columns", (8 << 20) + 1, MAX_BATCH_BYTES));
    assert_eq!(decode(&[1, 0x80, 0x80, 4, 0, 0]), Err(BatchError::Short("the data")));
    assert_eq!(decode(&[1, 0, 0, 9, 6]), Err(BatchError::Short("the data")));
}

#[test]
fn a_column_that_is_longer_than_what_it_is_for_is_refused() {
    let named = [("dictionaries", &[0, 0, 0][..]), ("chain_ids", &[0]), ("text", &[1])];
    assert_eq!(decode(&frame(0, &named)), Err(BatchError::Trailing("text")));
}
