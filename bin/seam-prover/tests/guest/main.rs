//! The guest in the zkVM's executor against native execution.

mod ecrecover;
mod parity;

use std::{path::PathBuf, sync::LazyLock};

use seam_fixtures::op_block::OpBlock;
use seam_prover::Guest;

/// Exit code of a guest that refuses its input (`guest/src/main.rs`).
const REFUSED: u32 = 2;

static ELF: LazyLock<Vec<u8>> =
    LazyLock::new(|| std::fs::read(root().join("guest/elf/seam-guest.elf")).expect("the guest"));

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The committed guest.
fn guest() -> Guest {
    Guest::from_elf(&ELF).expect("the committed ELF is a guest")
}

/// A recorded block of OP Sepolia.
fn block(name: &str) -> OpBlock {
    let path = root().join("testdata/op-stack").join(format!("{name}.json.xz"));
    OpBlock::from_json(&seam_fixtures::read_text(&path).expect("readable")).expect("a block")
}
