//! The guest: what a proof is about. A shim: read the input, execute the block, commit its hash.
//!
//! Input: one item of the input stream, the RLP of a `seam_stf::stateless::StatelessInput`.
//! Output: the 32 bytes of the block's hash. An input that does not give a block has no output: the
//! guest says why on the debug output and ends with [`REFUSED`], of which no proof can be made.
#![no_std]
#![no_main]

// Brings the allocator that the zkVM's runtime installs.
extern crate alloc;

mod keccak;
mod secp256k1;

openvm::entry!(main);

/// Exit code of a guest that looked at its input and refused it; a panic ends with 1.
const REFUSED: u8 = 2;

fn main() {
    secp256k1::install();
    let input = openvm::io::read_vec();
    match seam_stf::stateless::execute(&input) {
        Ok(hash) => openvm::io::reveal_bytes32(hash.0),
        Err(error) => refuse(&error),
    }
}

fn refuse(error: &seam_stf::stateless::StatelessError) {
    openvm::io::println(alloc::format!("refused: {error}"));
    openvm::platform::rust_rt::terminate::<REFUSED>();
}
