//! Keccak-256 by the zkVM's own instructions.
//!
//! `alloy_primitives::keccak256` calls the symbol [`native_keccak256`] when its feature
//! `native-keccak` is on. The sponge is the one of FIPS 202 with Ethereum's padding (a single `0x01`
//! domain bit, not SHA-3's `0x06`); absorbing a block and permuting the state are one instruction each.

use openvm_keccak256_guest::{KECCAK_RATE, KECCAK_WIDTH_BYTES, native_keccakf, native_xorin};

/// First byte of the padding, right after the message (original Keccak).
const PAD_FIRST: u8 = 0x01;
/// Set in the last byte of the padded block.
const PAD_LAST: u8 = 0x80;

/// The 1600-bit sponge state, aligned as the instructions want it.
#[repr(align(8))]
struct State([u8; KECCAK_WIDTH_BYTES]);

/// A block to absorb, aligned as the instructions want it.
#[repr(align(8))]
struct Block([u8; KECCAK_RATE]);

impl State {
    fn absorb(&mut self, block: &Block) {
        // SAFETY: the state is 200 bytes and the block 136, both live for the calls and apart.
        unsafe {
            native_xorin(self.0.as_mut_ptr(), block.0.as_ptr(), KECCAK_RATE);
            native_keccakf(self.0.as_mut_ptr());
        }
    }
}

/// Writes the Keccak-256 hash of `len` bytes at `bytes` to the 32 bytes at `output`.
///
/// # Safety
///
/// `bytes` points to `len` readable bytes and `output` to 32 writable ones.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, len: usize, output: *mut u8) {
    // SAFETY: the caller's promise. The host passes a dangling but non-null pointer for no bytes.
    let (message, output) = unsafe {
        (core::slice::from_raw_parts(bytes, len), core::slice::from_raw_parts_mut(output, 32))
    };
    let mut state = State([0; KECCAK_WIDTH_BYTES]);
    let mut block = Block([0; KECCAK_RATE]);
    let mut chunks = message.chunks_exact(KECCAK_RATE);
    for chunk in &mut chunks {
        block.0.copy_from_slice(chunk);
        state.absorb(&block);
    }
    let rest = chunks.remainder();
    block.0.fill(0);
    block.0[..rest.len()].copy_from_slice(rest);
    block.0[rest.len()] = PAD_FIRST;
    block.0[KECCAK_RATE - 1] |= PAD_LAST;
    state.absorb(&block);
    output.copy_from_slice(&state.0[..32]);
}
