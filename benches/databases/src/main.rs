//! Three embedded databases on the node's own access pattern: what a block reads, and one atomic,
//! durable commit for each block. `docs/storage-choice.md` holds the figures and the choice.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::{
    engine::{KINDS, Kind},
    workload::Workload,
};

mod drive;
mod engine;
mod measure;
mod phases;
mod workload;

/// What is asked of the benchmark.
#[derive(Debug, Parser)]
struct Arguments {
    /// Accounts loaded before the first block; a contract has a tenth as many slots
    #[arg(long, default_value_t = 1_000_000)]
    accounts: u64,
    /// Blocks committed and timed
    #[arg(long, default_value_t = 200)]
    blocks: u64,
    /// Times that a child is killed while it commits
    #[arg(long, default_value_t = 5)]
    kills: u32,
    /// The database, or all of them, each in processes of its own
    #[arg(long, default_value = "all")]
    engine: Choice,
    /// Folder for the databases; it is emptied
    #[arg(long, default_value = "databases-bench")]
    dir: PathBuf,
    /// One part alone, in this process: what the benchmark starts its children with
    #[arg(long)]
    phase: Option<Phase>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    All,
    Redb,
    RedbPlain,
    Fjall,
    Mdbx,
}

/// A part of the benchmark that has a process to itself.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Phase {
    /// Create the database and put the accounts, slots and trie nodes in
    Load,
    /// Commit and time the blocks; then read, alone and beside a writer
    Run,
    /// Commit blocks and print their numbers until killed
    Victim,
    /// Open, and check that the head's block is whole and nothing follows it
    Check,
    /// Load, fill the file system (its folder should be a small one), free space, go on
    Full,
}

impl Choice {
    fn kinds(self) -> Vec<Kind> {
        match self {
            Self::All => KINDS.to_vec(),
            Self::Redb => vec![Kind::Redb],
            Self::RedbPlain => vec![Kind::RedbPlain],
            Self::Fjall => vec![Kind::Fjall],
            Self::Mdbx => vec![Kind::Mdbx],
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let workload = Workload { accounts: arguments.accounts };
    let Some(phase) = arguments.phase else { return drive::all(&arguments) };
    for kind in arguments.engine.kinds() {
        let folder = &arguments.dir;
        let report = match phase {
            Phase::Load => serde_json::to_string(&phases::load(kind, folder, workload)?)?,
            Phase::Run => {
                serde_json::to_string(&phases::run(kind, folder, workload, arguments.blocks)?)?
            }
            Phase::Victim => return phases::victim(kind, folder, workload),
            Phase::Check => serde_json::to_string(&phases::check(kind, folder, workload)?)?,
            Phase::Full => serde_json::to_string(&phases::full(kind, folder, workload)?)?,
        };
        println!("{report}");
    }
    Ok(())
}
