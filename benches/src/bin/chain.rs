//! `cargo xtask bench chain`: signed transactions through JSON-RPC until they are in a durable block.

use clap::Parser;
use seam_benches::chain::{self, Options};

/// Measures a chain under a saturating load through JSON-RPC: transfers, ERC-20 transfers and
/// Uniswap-v2 swaps, beside anvil under the same load, and beside the state transition alone
#[derive(Debug, Parser)]
#[command(name = "chain")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    chain::run(&Cli::parse().options)
}
