//! `cargo xtask bench batch`: what posting takes.

use clap::Parser;
use seam_benches::batch::{self, Options};

/// Encodes and decodes the two batches of OP Mainnet in testdata/op-stack, and compares the bytes with
/// those that were posted
#[derive(Debug, Parser)]
#[command(name = "batch")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    batch::run(&Cli::parse().options)
}
