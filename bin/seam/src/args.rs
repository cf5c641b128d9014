//! What can be typed.

use crate::config::{DEFAULT_L1_PORT, History, MAX_BLOCK_TIME};
use clap::{Args as Group, Parser, Subcommand};
use clap_complete::Shell;
use serde::Serialize;
use std::{net::IpAddr, path::PathBuf};

/// Runs Layer 2 networks and shows, to the wei, what everyone in them earns.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a development network: an Ethereum L1 and a Layer 2 on it, both producing blocks.
    Up(Up),
    /// Run one chain from a genesis.json: with blocks from a file, or producing them.
    Node(Node),
    /// Show the configuration of `seam up` and where each value comes from.
    Config(Config),
    /// Look after a data directory.
    #[command(subcommand)]
    Data(Data),
    /// Execute recorded blocks and check every hash.
    #[command(subcommand)]
    Execute(Execute),
    /// Make or read the first block of a chain.
    #[command(subcommand)]
    Genesis(Genesis),
    /// A script that completes commands in a shell, on stdout.
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Group)]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) flags: UpFlags,
    /// Start anew: remove what Seam has in the data directory.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// One JSON object on one line on stdout as soon as both chains have produced a block.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The flags that are also keys of a seam.toml, and variables: `--l1-port`, `l1_port`,
/// `SEAM_L1_PORT`.
#[derive(Debug, Default, Group, Serialize)]
pub(crate) struct UpFlags {
    /// Where the chains are kept [default: seam/up in the platform's data directory].
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address to listen on [default: 127.0.0.1].
    #[arg(long, value_name = "IP")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<IpAddr>,
    /// Port of the L1, for HTTP and WebSocket; 0 takes any free one [default: 8545].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) l1_port: Option<u16>,
    /// Port of the Layer 2, for HTTP and WebSocket; 0 takes any free one [default: 9545].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) l2_port: Option<u16>,
    /// Port of the metrics, for Prometheus [default: none].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metrics_port: Option<u16>,
    /// Whole seconds between blocks of the L1 [default: 2].
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) l1_block_time: Option<u64>,
    /// Whole seconds between blocks of the Layer 2, at most those of the L1 [default: 1].
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) block_time: Option<u64>,
    /// Blocks by which the finalized block of the L1 trails its head [default: 64].
    #[arg(long, value_name = "BLOCKS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) l1_finality_depth: Option<u64>,
    /// How many blocks back the state can be read, or `archive` for all [default: 100000].
    #[arg(long, value_name = "BLOCKS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) history_blocks: Option<History>,
    /// The same as `--history-blocks archive`.
    #[arg(long, conflicts_with = "history_blocks")]
    #[serde(skip)]
    pub(crate) archive: bool,
    /// A seam.toml with these settings.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Node {
    /// The chain's genesis.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) genesis: PathBuf,
    /// Blocks to take in first: RLP, one after the other; at most 1 GiB. `.xz` is decompressed.
    #[arg(long, value_name = "FILE")]
    pub(crate) import: Option<PathBuf>,
    /// Produce blocks, with so many whole seconds between them; without it the chain only has the
    /// blocks of --import.
    #[arg(
        long,
        value_name = "SECONDS",
        conflicts_with = "import",
        value_parser = clap::value_parser!(u64).range(1..=MAX_BLOCK_TIME)
    )]
    pub(crate) block_time: Option<u64>,
    /// Forks as hive's variables, over those in the genesis.
    #[arg(long, value_name = "FILE")]
    pub(crate) fork_env: Option<PathBuf>,
    /// Where the chain is kept; without it in a temporary directory that is removed at the end.
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port, for HTTP and WebSocket; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_L1_PORT)]
    pub(crate) http_port: u16,
    /// Port of the metrics, for Prometheus.
    #[arg(long, value_name = "PORT")]
    pub(crate) metrics_port: Option<u16>,
    /// How many blocks back the state can be read, or `archive` for all.
    #[arg(long, value_name = "BLOCKS", default_value_t = History::DEFAULT)]
    pub(crate) history_blocks: History,
    /// The same as `--history-blocks archive`.
    #[arg(long, conflicts_with = "history_blocks")]
    pub(crate) archive: bool,
    /// Serve `testing_buildBlockV1` too, with which tests have blocks built.
    #[arg(long)]
    pub(crate) testing_api: bool,
    /// One JSON object on one line on stdout as soon as the blocks are in and the server listens.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) flags: UpFlags,
    /// One JSON object on stdout instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Read everything and check every hash. The directory must not be in use.
    Check {
        /// The data directory of `seam up` or `seam node`.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// One JSON object a chain on stdout instead of a table.
        #[arg(long)]
        json: bool,
    },
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
