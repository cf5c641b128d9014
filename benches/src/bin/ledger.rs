//! `cargo xtask bench ledger`: the books under load.

use clap::Parser;
use seam_benches::ledger::{self, Options};

/// Books lines on SQLite, and on PostgreSQL where it is given, then asks what people ask
#[derive(Debug, Parser)]
#[command(name = "ledger")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    ledger::run(&Cli::parse().options)
}
