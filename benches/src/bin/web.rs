//! `cargo xtask bench web`: the dashboard with many viewers, on a chain under full load.

use clap::Parser;
use seam_benches::web::{self, Options};

/// Fills the blocks of a `seam up` with transfers and lets many look at its dashboard: how fast pages are
/// answered, how long after a block they hear of it, and whether blocks come as without them
#[derive(Debug, Parser)]
#[command(name = "web")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    web::run(&Cli::parse().options)
}
