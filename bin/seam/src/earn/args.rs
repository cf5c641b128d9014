//! What can be typed after `seam earn`.

use super::period::Moment;
use alloy_primitives::{Address, B256};
use clap::{Args, Subcommand, ValueEnum};
use seam_ledger::{
    Token,
    books::{ChainKind, Role},
};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Earn {
    /// Put accounts in the watch list and book all that happened to them.
    Track(Track),
    /// Take an account out of the watch list, with all its lines.
    Untrack(Untrack),
    /// Show the watch list.
    Accounts(Plain),
    /// Book what happened since: to the head, or on and on.
    Sync(Sync),
    /// Compare every balance with the chain's; ends with 1 and the first account, token and block that does
    /// not add up.
    Check(Check),
    /// What was earned, paid and moved, by role, account, source or day.
    Report(Report),
    /// What every account has, and what it earned.
    Positions(Positions),
    /// The operator's revenue, costs, margin, break-even traffic and runway.
    Profit(Profit),
    /// The lines of one account, the newest first.
    Lines(Lines),
    /// Why a line exists, in words: of a line's number or a transaction's hash.
    Explain(Explain),
    /// Prices that a contract had at the end of each day, as lines for --prices.
    Prices(Oracle),
    /// Lines for other programs.
    Export(Export),
    /// A copy of the books while they are written on.
    Backup(Backup),
}

#[derive(Debug, Args)]
pub(crate) struct Database {
    /// The books: a file, or postgres://USER@HOST/DATABASE [default: SEAM_EARN_DB, or seam/earn.db in the platform's
    /// data directory].
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) db: Option<String>,
    /// JSON on stdout.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Plain {
    #[command(flatten)]
    pub(crate) database: Database,
}

#[derive(Debug, Args)]
pub(crate) struct Track {
    #[command(flatten)]
    pub(crate) database: Database,
    /// The chain's JSON-RPC.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: String,
    /// Whom; may be given several times.
    #[arg(long, value_name = "ADDRESS", required_unless_present = "vaults")]
    pub(crate) account: Vec<Address>,
    /// The four fee vaults of an OP Stack chain too, each with the role vault.
    #[arg(long)]
    pub(crate) vaults: bool,
    /// What to call the account.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) label: String,
    /// What it is to the rollup: user, sequencer, batcher, proposer, challenger, prover, attester,
    /// liquidity-provider, vault or other.
    #[arg(long, default_value = "user")]
    pub(crate) role: Role,
    /// The first block to book; what the account had before is its opening line.
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    pub(crate) from_block: u64,
    /// What kind of chain it is: ethereum, op-stack or arbitrum [default: found out].
    #[arg(long)]
    pub(crate) kind: Option<ChainKind>,
    /// Only the watch list: book later, with `seam earn sync`.
    #[arg(long)]
    pub(crate) no_sync: bool,
    /// Ask for no traces: what contracts pay is then unexplained.
    #[arg(long)]
    pub(crate) no_trace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Untrack {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Whom.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) account: Address,
    /// On which chain; may be left out if there is only one.
    #[arg(long, value_name = "ID")]
    pub(crate) chain: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    #[command(flatten)]
    pub(crate) database: Database,
    /// One chain only.
    #[arg(long, value_name = "ID")]
    pub(crate) chain: Option<u64>,
    /// Where the chain is now, if not where it was; with --chain if the books have several.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: Option<String>,
    /// The last block to book.
    #[arg(long, value_name = "BLOCK", conflicts_with = "follow")]
    pub(crate) until: Option<u64>,
    /// Go on with every new block, until interrupted.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Ask for no traces: what contracts pay is then unexplained.
    #[arg(long)]
    pub(crate) no_trace: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) database: Database,
    /// One chain only.
    #[arg(long, value_name = "ID")]
    pub(crate) chain: Option<u64>,
    /// Ask this node instead of the one that the books were made with; with --chain if they have several chains.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Prices {
    /// Prices: CSV with the heading time,token,price,unit.
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// Hours that a price counts.
    #[arg(long, value_name = "HOURS", default_value_t = 48)]
    pub(crate) max_price_age: u64,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("contract").required(true).args(["feed", "pair"]))]
pub(crate) struct Oracle {
    /// JSON-RPC of the chain that the contract is on.
    #[arg(long, value_name = "URL")]
    pub(crate) rpc: String,
    /// Of what: ether, or a token's address.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Token,
    /// A feed with Chainlink's interface: its answer is dollars.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) feed: Option<Address>,
    /// A pair of Uniswap v2 that trades the token: its mean over --window, in the other token, whose price is in
    /// --prices.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) pair: Option<Address>,
    /// Seconds before the end of a day that the mean of a pair is taken over: 60 or more.
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    pub(crate) window: u64,
    #[command(flatten)]
    pub(crate) period: Period,
    #[command(flatten)]
    pub(crate) prices: Prices,
    /// Where to [default: stdout].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Period {
    /// From this UTC day or time on: 2026-01-31, 2026-01-31T15:00:00Z, or 24h or 7d ago. Reports are of whole days.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    /// Before this UTC day or time.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    Role,
    Account,
    Source,
    Day,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unit {
    Wei,
    Eth,
    Usd,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) database: Database,
    /// What a row is about.
    #[arg(long, value_enum, default_value = "account")]
    pub(crate) by: By,
    #[command(flatten)]
    pub(crate) period: Period,
    /// In what amounts are shown. Tokens are in base units without prices, with --prices in dollars or ether.
    #[arg(long = "in", value_enum, default_value = "eth")]
    pub(crate) unit: Unit,
    /// One chain only.
    #[arg(long, value_name = "ID")]
    pub(crate) chain: Option<u64>,
    #[command(flatten)]
    pub(crate) prices: Prices,
}

#[derive(Debug, Args)]
pub(crate) struct Positions {
    #[command(flatten)]
    pub(crate) database: Database,
    /// In what ether is shown.
    #[arg(long = "in", value_enum, default_value = "eth")]
    pub(crate) unit: Unit,
    #[command(flatten)]
    pub(crate) prices: Prices,
}

#[derive(Debug, Args)]
pub(crate) struct Profit {
    #[command(flatten)]
    pub(crate) database: Database,
    #[command(flatten)]
    pub(crate) period: Period,
    /// In what it is shown.
    #[arg(long = "in", value_enum, default_value = "eth")]
    pub(crate) unit: Unit,
    /// Show what is owed to the Superchain: the larger of 2.5 % of revenue and 15 % of margin, each day.
    #[arg(long)]
    pub(crate) superchain_share: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Lines {
    #[command(flatten)]
    pub(crate) database: Database,
    /// Whose.
    pub(crate) account: Address,
    /// How many.
    #[arg(long, default_value_t = 20)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) database: Database,
    /// A transaction's hash, or a line's number.
    pub(crate) what: What,
}

/// What is to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Line(u64),
    Transaction(B256),
}

impl std::str::FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hash = text.parse().map(Self::Transaction);
        let line = || text.parse().map(Self::Line);
        let wrong = |_| format!("{text} is neither a transaction's hash nor a line's number");
        hash.or_else(|_| line()).map_err(wrong)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Json,
    Parquet,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The books: a file, or postgres://USER@HOST/DATABASE [default: as for all commands].
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) db: Option<String>,
    /// In which format.
    #[arg(long, value_enum, default_value = "csv")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) period: Period,
    /// One chain only.
    #[arg(long, value_name = "ID")]
    pub(crate) chain: Option<u64>,
    /// One account only.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) account: Option<Address>,
    /// Where to [default: stdout].
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(crate) database: Database,
    /// The new file.
    pub(crate) file: PathBuf,
}
