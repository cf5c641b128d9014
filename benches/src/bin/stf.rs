//! `cargo xtask bench stf`: the state transition on one core, beside its peers.

use clap::Parser;
use seam_benches::stf::{self, Options};

/// Measures the state transition on one core: transfers, ERC-20 transfers and Uniswap-v2 swaps on
/// Ethereum's rules at Osaka, beside revm alone and alloy-evm's block executor
#[derive(Debug, Parser)]
#[command(name = "stf")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    stf::run(&Cli::parse().options)
}
