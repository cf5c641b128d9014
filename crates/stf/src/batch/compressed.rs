//! One brotli stream (RFC 7932), of a known size.

use super::{BatchError, MAX_WINDOW_BITS};
use alloc::{boxed::Box, vec, vec::Vec};
use brotli_decompressor::{
    Allocator, BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, SliceWrapperMut,
};

/// Bytes that are taken out at a time, so that memory grows with what is really there.
const STEP: usize = 1 << 14;

/// The allocator that the decompressor asks for: this machine's.
struct Heap;

struct Cells<T>(Box<[T]>);

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self(Box::default())
    }
}

impl<T> SliceWrapper<T> for Cells<T> {
    fn slice(&self) -> &[T] {
        &self.0
    }
}

impl<T> SliceWrapperMut<T> for Cells<T> {
    fn slice_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone + Default> Allocator<T> for Heap {
    type AllocatedMemory = Cells<T>;

    fn alloc_cell(&mut self, len: usize) -> Cells<T> {
        Cells(vec![T::default(); len].into_boxed_slice())
    }

    fn free_cell(&mut self, _: Cells<T>) {}
}

/// The window that a stream declares in its first byte, as a power of two; `None` if that is none
/// of RFC 7932, as "large windows" are.
const fn window_bits(first: u8) -> Option<u8> {
    match (first & 1, (first >> 1) & 7, (first >> 4) & 7) {
        (0, _, _) => Some(16),
        (_, 0, 0) => Some(17),
        (_, 0, 1) => None,
        (_, 0, small) => Some(small.saturating_add(8)),
        (_, large, _) => Some(large.saturating_add(17)),
    }
}

/// Decompresses one stream that is all of `input` and gives exactly `size` bytes.
pub(super) fn decompress(input: &[u8], size: usize) -> Result<Vec<u8>, BatchError> {
    let window = input.first().copied().and_then(window_bits);
    if window.is_none_or(|bits| bits > MAX_WINDOW_BITS) {
        return Err(BatchError::Compressed);
    }
    let mut state = BrotliState::new_strict(Heap, Heap, Heap);
    let (mut left, mut offset, mut total) = (input.len(), 0, 0);
    let mut step = vec![0; STEP];
    let mut output = Vec::new();
    loop {
        let (mut room, mut written) = (STEP, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut offset,
            input,
            &mut room,
            &mut written,
            &mut step,
            &mut total,
            &mut state,
        );
        output.extend_from_slice(step.get(..written).ok_or(BatchError::Compressed)?);
        match result {
            BrotliResult::NeedsMoreOutput if output.len() <= size => {}
            BrotliResult::ResultSuccess if left == 0 && output.len() == size => return Ok(output),
            _ => return Err(BatchError::Compressed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing, with a window of 2^16: one last, empty meta-block.
    const EMPTY: [u8; 1] = [0x06];

    #[test]
    fn windows_are_those_of_the_rfc() {
        // RFC 7932, section 9.1.
        let rfc = [
            (0b000_0000, 16),
            (0b010_0001, 10),
            (0b011_0001, 11),
            (0b111_0001, 15),
            (0b000_0001, 17),
            (0b000_0011, 18),
            (0b000_1011, 22),
            (0b000_1111, 24),
        ];
        for (byte, bits) in rfc {
            assert_eq!(window_bits(byte), Some(bits), "{byte:#b}");
        }
        assert_eq!(window_bits(0b001_0001), None);
    }

    #[test]
    fn a_stream_is_all_of_the_input_and_of_the_size() {
        assert_eq!(decompress(&EMPTY, 0), Ok(vec![]));
        assert_eq!(decompress(&EMPTY, 1), Err(BatchError::Compressed));
        assert_eq!(decompress(&[], 0), Err(BatchError::Compressed));
        assert_eq!(decompress(&[EMPTY[0], 0], 0), Err(BatchError::Compressed));
        assert_eq!(decompress(&[EMPTY[0], EMPTY[0]], 0), Err(BatchError::Compressed));
    }

    #[test]
    fn a_window_above_the_limit_is_refused() {
        // The same with WBITS 24 and 22.
        assert_eq!(decompress(&[0b0011_1111], 0), Err(BatchError::Compressed));
        assert_eq!(decompress(&[0b0011_1011], 0), Ok(vec![]));
    }
}
