//! What can be typed.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Runs Layer 2 networks and shows, to the wei, what everyone in them earns.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Execute recorded blocks and check every hash.
    #[command(subcommand)]
    Execute(Execute),
    /// Make or read the first block of a chain.
    #[command(subcommand)]
    Genesis(Genesis),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Execute {
    /// A chain of blocks from its genesis, as geth exports it. Stops at the first block that
    /// breaks a rule and says which.
    Chain {
        /// The blocks: RLP, one after the other; at most 1 GiB. `.xz` is decompressed.
        blocks: PathBuf,
        /// The chain's genesis.json.
        #[arg(long, value_name = "FILE")]
        genesis: PathBuf,
        /// Forks as hive's variables, over those in the genesis.
        #[arg(long, value_name = "FILE")]
        fork_env: Option<PathBuf>,
        /// One JSON object a block on stdout instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Single OP Stack blocks from their preimages alone, without any state.
    OpBlock {
        /// Recorded blocks in the form of kona's fixtures, as JSON; at most 1 GiB each. `.xz` is
        /// decompressed.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object a block on stdout instead of a table.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Genesis {
    /// From a rollup.toml: the genesis.json of the rollup, on stdout.
    Rollup {
        /// The rollup's configuration.
        config: PathBuf,
    },
    /// An annotated rollup.toml to start from, on stdout.
    Example,
    /// From any genesis.json: the genesis hash, the state root and the forks.
    Show {
        /// The genesis.json.
        file: PathBuf,
        /// Forks as hive's variables, over those in the genesis.
        #[arg(long, value_name = "FILE")]
        fork_env: Option<PathBuf>,
        /// JSON on stdout instead of lines.
        #[arg(long)]
        json: bool,
    },
}
