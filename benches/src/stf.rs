//! What the state transition costs on one core, for three loads, beside what its engine costs alone.
//!
//! | module | what |
//! |---|---|
//! | `people` | the accounts, and the keys of those that send |
//! | `contracts` | what is deployed, and the calls to it |
//! | `world` | the chain after its set-up blocks, where every measurement starts |
//! | `load` | the three loads: their transactions, signed, and their blocks |
//! | `seam` | the measurement of `seam-stf` |
//! | `peers` | the measurements of revm alone and of alloy-evm's block executor |
//! | `report` | medians, as Markdown |

pub(crate) mod contracts;
pub(crate) mod load;
mod peers;
pub(crate) mod people;
pub(crate) mod report;
mod seam;
pub(crate) mod world;

use crate::{clock, machine};
use anyhow::{Result, ensure};
pub use load::Load;
use load::Prepared;
use report::Runs;
use std::time::{Duration, Instant};
use world::World;

/// How large the measurement is.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Accounts with wei in the genesis
    #[arg(long, default_value_t = 100_000)]
    pub accounts: usize,
    /// Accounts that send transactions and hold tokens
    #[arg(long, default_value_t = 10_000)]
    pub senders: usize,
    /// Blocks of each load
    #[arg(long, default_value_t = 20)]
    pub blocks: usize,
    /// Transactions of each block
    #[arg(long, default_value_t = 1_000)]
    pub per_block: usize,
    /// Only this load
    #[arg(long)]
    pub only: Option<Load>,
    /// Times that everything is measured
    #[arg(long, default_value_t = 3)]
    pub repeats: usize,
    /// The date in the report, YYYY-MM-DD; without it, today
    #[arg(long)]
    pub date: Option<String>,
}

/// What one repeat of one load took: processor time, over all blocks of the load.
#[derive(Debug, Clone, Copy, Default)]
struct Times {
    /// Senders from signatures.
    recovery: Duration,
    /// `seam-stf` from an empty block to the last receipt.
    execution: Duration,
    /// The state root alone.
    state_root: Duration,
    /// All of a block's end but the state root.
    sealing: Duration,
    /// Taking the block's changes over into the store.
    keeping: Duration,
    /// alloy-evm's `EthBlockExecutor`, execution only.
    alloy: Duration,
    /// revm without anything around it.
    revm: Duration,
}

/// Measures everything and prints the report to stdout.
///
/// # Errors
/// If a transaction fails, or a peer does not use the gas that `seam-stf` uses.
pub fn run(options: &Options) -> Result<()> {
    ensure!(options.repeats > 0 && options.blocks > 0, "nothing to measure");
    eprintln!("setting up {} accounts, {} senders", options.accounts, options.senders);
    let world = World::new(options)?;
    let mut runs = Vec::new();
    for load in Load::ALL.into_iter().filter(|load| options.only.is_none_or(|only| only == *load)) {
        eprintln!("signing and executing once: {}", load.name());
        runs.push((Runs::new(load), load::prepare(&world, load, options)?));
    }
    let (wall, cpu) = (Instant::now(), clock::cpu());
    for repeat in 1..=options.repeats {
        for (runs, blocks) in &mut runs {
            eprintln!("repeat {repeat}: {}", runs.name());
            runs.times.push(measure(&world, blocks)?);
        }
    }
    let share = clock::cpu().saturating_sub(cpu).as_secs_f64() / wall.elapsed().as_secs_f64();
    let machine = machine::describe(options.date.as_deref())?;
    println!("{machine} The process had its core for {:.0} % of the time.\n", share * 100.0);
    let runs: Vec<_> = runs.into_iter().map(|(runs, blocks)| runs.over(&blocks)).collect();
    print!("{}", report::markdown(&runs));
    Ok(())
}

/// One repeat of one load, each contender from the same state.
fn measure(world: &World, blocks: &[Prepared]) -> Result<Times> {
    let mut times = Times::default();
    seam::measure(world, blocks, &mut times)?;
    peers::alloy(world, blocks, &mut times.alloy)?;
    peers::revm(world, blocks, &mut times.revm)?;
    Ok(times)
}

#[cfg(test)]
mod tests;
