//! What can be typed.

use crate::config::{DEFAULT_L1_PORT, DEFAULT_WEB_PORT, History, MAX_BLOCK_TIME};
use crate::earn::args::Earn;
use alloy_primitives::{Address, B256, Bytes};
use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use seam_economy::{Rate, actors::DEFAULT_ACTORS};
use seam_rollup::bridge::deposit::DEFAULT_GAS_LIMIT;
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
    /// Deploy a rollup's contracts to an L1: shows the plan and what it costs, then asks.
    Deploy(Deploy),
    /// Look into the batches of a rollup, and post one where its sequencer does not.
    #[command(subcommand)]
    Batch(Batch),
    /// Bring ether and tokens of the L1 onto a rollup, and see where they are.
    #[command(subcommand)]
    Bridge(Bridge),
    /// Show the configuration of `seam up` and where each value comes from.
    Config(Config),
    /// Look after a data directory.
    #[command(subcommand)]
    Data(Data),
    /// What each account earned and paid, explained to the wei.
    #[command(subcommand)]
    Earn(Earn),
    /// Execute recorded blocks and check every hash.
    #[command(subcommand)]
    Execute(Execute),
    /// Make or read the first block of a chain.
    #[command(subcommand)]
    Genesis(Genesis),
    /// Make and keep the keys of a rollup's roles, in encrypted files.
    #[command(subcommand)]
    Key(Key),
    /// A chain at one block, in one file: from a data directory, or into an empty one.
    #[command(subcommand)]
    Snapshot(Snapshot),
    /// Show a running network as pages: heads, blocks, batches, and who earns what.
    Web(Web),
    /// Let actors use a chain as people do: transfers, tokens, a Uniswap pool, deposits, mistakes.
    Traffic(Traffic),
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
    /// Port of the dashboard; 0 takes any free one [default: 8480].
    #[arg(long, value_name = "PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) web_port: Option<u16>,
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
    /// No actors that use the Layer 2: it has only what you send to it.
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_traffic: bool,
    /// Do not book what each account earns and pays.
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_earnings: bool,
    /// Serve no dashboard.
    #[arg(long)]
    #[serde(skip)]
    pub(crate) no_web: bool,
    /// A seam.toml with these settings.
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Group)]
pub(crate) struct Node {
    /// The chain's genesis.json.
    #[arg(long, value_name = "FILE", required_unless_present = "rollup")]
    pub(crate) genesis: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rollup: RollupFlags,
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

/// What a node of a rollup on an L1 elsewhere is told.
#[derive(Debug, Group)]
#[group(id = "of_rollup")]
pub(crate) struct RollupFlags {
    /// A rollup instead of a genesis.json: its rollup.json, as `seam deploy` writes it.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["genesis", "import", "block_time", "fork_env"],
        requires_all = ["role", "l1_rpc"]
    )]
    pub(crate) rollup: Option<PathBuf>,
    /// What the node does in the rollup.
    #[arg(long, requires = "rollup")]
    pub(crate) role: Option<Role>,
    #[command(flatten)]
    pub(crate) l1: L1Flags,
    /// Blocks of the L1 that come after one before the rollup builds on it: a reorg of so many undoes
    /// nothing here.
    #[arg(long, value_name = "BLOCKS", default_value_t = 4)]
    pub(crate) l1_confirmations: u64,
    /// A follower listens there to blocks that are not on L1 yet, and sends it the transactions that it
    /// gets; more than once for several.
    #[arg(long, value_name = "URL", requires = "rollup")]
    pub(crate) sequencer: Vec<String>,
    /// The keys of a sequencer.
    #[command(flatten)]
    pub(crate) keys: SequencerKeys,
}

/// Where a rollup's L1 is, and its blobs.
#[derive(Debug, Clone, Default, Group)]
pub(crate) struct L1Flags {
    /// Where the L1 is; several are asked in this order.
    #[arg(long, value_name = "URL", requires = "rollup")]
    pub(crate) l1_rpc: Vec<String>,
    /// A beacon node of the L1, for blobs; more than once for several [default: --l1-rpc, where anvil and
    /// `seam up` have it].
    #[arg(long, value_name = "URL", requires = "rollup")]
    pub(crate) l1_beacon: Vec<String>,
    /// Seconds of the L1's slots, if its beacon node does not say.
    #[arg(long, value_name = "SECONDS", requires = "rollup", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) l1_slot_seconds: Option<u64>,
    /// Where blobs are that L1 has dropped: any node of the rollup; more than once for several.
    #[arg(long, value_name = "URL", requires = "rollup")]
    pub(crate) blob_archive: Vec<String>,
}

/// The keys that a sequencer needs to be followed.
#[derive(Debug, Group)]
pub(crate) struct SequencerKeys {
    /// Name of the key that posts batches, as `seam key` made it. Without one nothing is posted.
    #[arg(long, value_name = "NAME", requires = "rollup")]
    pub(crate) batcher_key: Option<String>,
    /// A file with that private key instead.
    #[arg(long, value_name = "FILE", requires = "rollup", conflicts_with = "batcher_key")]
    pub(crate) batcher_key_file: Option<PathBuf>,
    /// Name of the key that signs blocks for followers before they are on L1. Without one they follow L1
    /// alone.
    #[arg(long, value_name = "NAME", requires = "rollup")]
    pub(crate) signer_key: Option<String>,
    /// A file with that private key instead.
    #[arg(long, value_name = "FILE", requires = "rollup", conflicts_with = "signer_key")]
    pub(crate) signer_key_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: KeyPlace,
    /// The batcher never pays more for gas.
    #[arg(long, value_name = "GWEI", default_value_t = 500)]
    pub(crate) max_fee_gwei: u64,
    /// The batcher never pays more for blob gas; a blob has 131,072 of it.
    #[arg(long, value_name = "GWEI", default_value_t = 100)]
    pub(crate) max_blob_fee_gwei: u64,
}

impl SequencerKeys {
    /// Whether a key is given.
    pub(crate) const fn has_any(&self) -> bool {
        self.batcher_key.is_some()
            || self.batcher_key_file.is_some()
            || self.signer_key.is_some()
            || self.signer_key_file.is_some()
    }
}

/// What a node does in a rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Makes its blocks, and posts them on L1.
    Sequencer,
    /// Has the blocks that follow from L1, and before that those that the sequencer signs.
    Follower,
}

#[derive(Debug, Group)]
pub(crate) struct Deploy {
    /// An endpoint of the L1; more than once for several, the preferred one first.
    #[arg(long, value_name = "URL", required = true)]
    pub(crate) l1_rpc: Vec<String>,
    /// The rollup.toml. Without where the rollup begins, it begins after the newest final block.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Folder of the deployment; the same one to resume it [default: rollup-<l2.chain_id>].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// The owner's key; its name is `owner` unless --key says otherwise.
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// Send many transactions at once instead of waiting for each.
    #[arg(long)]
    pub(crate) together: bool,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// One JSON object on stdout at the end instead of tables.
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
pub(crate) enum Snapshot {
    /// Write one. The directory must not be in use.
    Create {
        /// The data directory of `seam up` or `seam node`.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// The file, which must not be there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The block, whose state must be kept [default: the finalized block].
        #[arg(long, value_name = "NUMBER")]
        block: Option<u64>,
        /// Which chain, if there are several.
        #[arg(long)]
        chain: Option<ChainName>,
        /// One JSON object on stdout instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Make a chain of one, checked against the hash of its block. The chain goes on from there.
    Load {
        /// The file.
        file: PathBuf,
        /// A data directory without that chain.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// Hash of the block, from somebody you trust: all else in the file is checked against it.
        #[arg(long)]
        hash: B256,
        /// Which chain it is to be.
        #[arg(long, default_value = "node")]
        chain: ChainName,
        /// One JSON object on stdout instead of a table.
        #[arg(long)]
        json: bool,
    },
}

/// A chain of a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChainName {
    /// The L1 of `seam up`.
    L1,
    /// The Layer 2 of `seam up`.
    L2,
    /// The chain of `seam node`.
    Node,
}

impl ChainName {
    /// The chain's folder in a data directory.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Node => "node",
        }
    }
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

#[derive(Debug, Subcommand)]
pub(crate) enum Batch {
    /// Show the blocks and transactions in the data of a batch, and what takes its bytes.
    Decode(DecodeBatch),
    /// Post a batch without data when the sequencer does not post: deposits and time go on. Anyone may,
    /// once `sequencer_timeout` L1 blocks have passed since the last batch.
    Force(ForceBatch),
}

#[derive(Debug, Group)]
pub(crate) struct DecodeBatch {
    /// The transaction on L1 that posted it: 0x and 64 digits. Or a file with the data as they were posted:
    /// calldata of the inbox without the header, or whole blobs one after the other; as bytes or in hex. At
    /// most 1 GiB; `.xz` is decompressed.
    #[arg(value_name = "FILE|TX")]
    pub(crate) source: PathBuf,
    /// Of a transaction: an endpoint of the L1; more than once for several, the preferred one first.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    pub(crate) l1_rpc: Vec<String>,
    /// A beacon node of the L1, for blobs; more than once for several [default: --l1-rpc].
    #[arg(long, value_name = "URL")]
    pub(crate) l1_beacon: Vec<String>,
    /// Seconds of the L1's slots, if its beacon node does not say.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(crate) l1_slot_seconds: Option<u64>,
    /// Where blobs are that L1 has dropped: any node of the rollup; more than once for several.
    #[arg(long, value_name = "URL")]
    pub(crate) blob_archive: Vec<String>,
    /// One JSON object on stdout instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Group)]
pub(crate) struct ForceBatch {
    /// The rollup's rollup.json, as `seam deploy` and `seam up` write it.
    #[arg(long, value_name = "FILE")]
    pub(crate) rollup: PathBuf,
    /// An endpoint of the L1; more than once for several, the preferred one first.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    pub(crate) l1_rpc: Vec<String>,
    /// The last block of the batch [default: the newest that is not in the future].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) last_block: Option<u64>,
    /// The key that pays, of any account; its name is `user` unless --key says otherwise.
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// Do not ask.
    #[arg(long)]
    pub(crate) yes: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Bridge {
    /// Deposit ether or a token, and wait until it is on the rollup.
    Deposit(Deposit),
    /// Show where the deposits of a transaction on the L1 are, and how long the rest takes.
    Status {
        /// The transaction on the L1.
        #[arg(value_name = "HASH")]
        transaction: B256,
        #[command(flatten)]
        sites: BridgeSites,
        /// Wait until they are on the rollup.
        #[arg(long)]
        wait: bool,
        /// One JSON object a deposit on stdout.
        #[arg(long)]
        json: bool,
    },
}

/// Both chains of a bridge.
#[derive(Debug, Group)]
pub(crate) struct BridgeSites {
    /// The rollup's rollup.json, as `seam deploy` and `seam up` write it.
    #[arg(long, value_name = "FILE")]
    pub(crate) rollup: PathBuf,
    /// An endpoint of the L1; more than once for several, the preferred one first.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8545")]
    pub(crate) l1_rpc: Vec<String>,
    /// An endpoint of the rollup.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9545")]
    pub(crate) l2_rpc: String,
}

#[derive(Debug, Group)]
pub(crate) struct Deposit {
    /// How much: of ether with its unit ("0.5 ether", "7 wei"); of a token a number, such as 12.5.
    pub(crate) amount: String,
    #[command(flatten)]
    pub(crate) sites: BridgeSites,
    /// A token of the L1 instead of ether.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) token: Option<Address>,
    /// The token of the rollup that stands for it.
    #[arg(long, value_name = "ADDRESS", requires = "token")]
    pub(crate) l2_token: Option<Address>,
    /// Make that token first, unless it is there; the key pays for it on the rollup.
    #[arg(long, requires = "token", conflicts_with = "l2_token")]
    pub(crate) create_l2_token: bool,
    /// Who gets it on the rollup [default: the key's own account].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) to: Option<Address>,
    /// Gas for it on the rollup.
    #[arg(long, value_name = "GAS", default_value_t = DEFAULT_GAS_LIMIT)]
    pub(crate) gas_limit: u32,
    /// Bytes that go along, for whoever reads events.
    #[arg(long, value_name = "HEX", default_value = "0x")]
    pub(crate) extra_data: Bytes,
    /// The key that pays; its name is `user` unless --key says otherwise.
    #[command(flatten)]
    pub(crate) signing: Signing,
    /// Do not wait for the rollup.
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// One JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Traffic {
    /// The chain: the HTTP URL of a node's JSON-RPC.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9545")]
    pub(crate) rpc: String,
    /// The L1 of that chain, if it is a rollup: then there are deposits, too.
    #[arg(long, value_name = "URL")]
    pub(crate) l1_rpc: Option<String>,
    /// What is done follows from it.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Transactions per second, on average: 0.001 to 1000.
    #[arg(long, value_name = "PER-SECOND", default_value_t = Rate::default())]
    pub(crate) rate: Rate,
    /// Actors: 8 to 1000.
    #[arg(long, value_name = "NUMBER", default_value_t = DEFAULT_ACTORS)]
    pub(crate) accounts: usize,
    /// Ether that each of them gets, from the accounts that pay.
    #[arg(long, value_name = "ETHER", default_value = "10")]
    pub(crate) ether_per_account: String,
    /// Words whose first ten accounts may pay; the last that has enough does. Whoever sees the shell's history sees
    /// them [default: those of development chains, which everybody knows].
    #[arg(long, value_name = "WORDS")]
    pub(crate) mnemonic: Option<String>,
    /// A file with the private key of the account that pays, 64 hexadecimal digits. Only you may be able to read
    /// it.
    #[arg(long, value_name = "FILE", conflicts_with = "mnemonic")]
    pub(crate) key_file: Option<PathBuf>,
    /// End after so many transactions [default: go on until Ctrl-C].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) count: Option<u64>,
    /// One JSON object on stdout at the end instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Group)]
pub(crate) struct Web {
    /// The rollup: the HTTP URL of a node's JSON-RPC; again for more, the preferred one first.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9545")]
    pub(crate) node: Vec<String>,
    /// Its L1; again for more. Without it nothing is shown of the L1 and of batches.
    #[arg(long, value_name = "URL")]
    pub(crate) l1: Vec<String>,
    /// Beacon node, for the size of batches in blobs; again for more [default: as --l1].
    #[arg(long, value_name = "URL")]
    pub(crate) l1_beacon: Vec<String>,
    /// A follower of the rollup that is compared with the node.
    #[arg(long, value_name = "URL")]
    pub(crate) follower: Option<String>,
    /// The books of `seam earn`: a file, or postgres://USER@HOST/DATABASE. Without them nothing is said of earnings.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) db: Option<String>,
    /// Address to listen on.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// Port; 0 takes any free one.
    #[arg(long, value_name = "PORT", default_value_t = DEFAULT_WEB_PORT)]
    pub(crate) port: u16,
    /// One JSON object on one line on stdout when it is served.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key. Its address goes to stdout.
    New {
        #[command(flatten)]
        key: NamedKey,
    },
    /// Keep a key that there is: from a file, from stdin, or typed in. Its address goes to stdout.
    Import {
        #[command(flatten)]
        key: NamedKey,
        /// A file with the private key: 64 hexadecimal digits; `-` is stdin. Only you may be able to
        /// read it.
        #[arg(long, value_name = "FILE", conflicts_with = "private_key")]
        file: Option<PathBuf>,
        /// The private key. Whoever sees the shell's history or the list of processes sees it.
        #[arg(long, value_name = "HEX")]
        private_key: Option<String>,
    },
    /// Show the addresses of all keys, or of one.
    Show {
        /// The key's name; `NAME.1` and so on is one that was rotated away.
        name: Option<String>,
        #[command(flatten)]
        place: KeyPlace,
        /// The private key itself, on stdout. It takes the password.
        #[arg(long, requires = "name")]
        private_key: bool,
        /// One JSON object a key on stdout.
        #[arg(long, conflicts_with = "private_key")]
        json: bool,
    },
    /// Put a new key in the place of one, which is kept as NAME.1, NAME.2 and so on. Its address goes
    /// to stdout; what to do on L1, to stderr.
    Rotate {
        #[command(flatten)]
        key: NamedKey,
    },
}

/// One key.
#[derive(Debug, Group)]
pub(crate) struct NamedKey {
    /// The key's name: a role, such as batcher, or any other.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) place: KeyPlace,
}

/// The key that signs, and what it may pay.
#[derive(Debug, Group)]
pub(crate) struct Signing {
    #[command(flatten)]
    pub(crate) place: KeyPlace,
    /// Name of the key, as `seam key` made it.
    #[arg(long, value_name = "NAME")]
    pub(crate) key: Option<String>,
    /// A file with the private key, 64 hexadecimal digits, instead of a key of `seam key`. Only you may
    /// be able to read it.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "keystore", "password_file"])]
    pub(crate) private_key_file: Option<PathBuf>,
    /// Never pay more for gas.
    #[arg(long, value_name = "GWEI", default_value_t = 500)]
    pub(crate) max_fee_gwei: u64,
}

/// Where keys are, and what opens them.
#[derive(Debug, Group)]
pub(crate) struct KeyPlace {
    /// The folder of the keys [default: .seam/keys in your home].
    #[arg(long, value_name = "DIR")]
    pub(crate) keystore: Option<PathBuf>,
    /// A file whose first line is the password; only you may be able to read it. Without it,
    /// `SEAM_KEY_PASSWORD` is the password, or it is asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}
