//! `cargo xtask bench trie`: state roots kept up, and computed anew.

use clap::Parser;
use seam_benches::trie::{self, Options};

/// Measures random updates of a large trie with the root after each round, beside alloy-trie's
/// HashBuilder computing the root anew
#[derive(Debug, Parser)]
#[command(name = "trie")]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn main() -> anyhow::Result<()> {
    trie::run(&Cli::parse().options)
}
