//! `cargo xtask bench growth`: a producing chain on disk, with few and with many accounts.

use clap::Parser;
use seam_benches::growth::{self, Options};

/// As in the node itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures a chain that makes durable blocks of transfers, at several sizes of its state
#[derive(Debug, Parser)]
#[command(name = "growth")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    growth::run(&Cli::parse().options)
}
