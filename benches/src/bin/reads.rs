//! `cargo xtask bench reads`: mixed calls on a chain that makes blocks.

use clap::Parser;
use seam_benches::reads::{self, Options};

/// Measures a read load of mixed calls on a chain that makes blocks of a light write load: each
/// method's time, and whether blocks come as before
#[derive(Debug, Parser)]
#[command(name = "reads")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    reads::run(&Cli::parse().options)
}
