//! `cargo xtask bench derive`: a follower from nothing, and what posting costs.

use clap::Parser;
use seam_benches::derive::{self, Options};

/// Fills blocks of a `seam up` with transfers, ERC-20 transfers and Uniswap-v2 swaps, then starts followers
/// that have nothing but its L1, and tells what each batch used there
#[derive(Debug, Parser)]
#[command(name = "derive")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    derive::run(&Cli::parse().options)
}
