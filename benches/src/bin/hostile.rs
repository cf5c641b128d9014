//! `cargo xtask bench hostile`: what an honest client notices while others attack the node.

use clap::Parser;
use seam_benches::hostile::{self, Options};

/// Measures the time to a receipt and the node's memory, before and during each attack
#[derive(Debug, Parser)]
#[command(name = "hostile")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    hostile::run(&Cli::parse().options)
}
