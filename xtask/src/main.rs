//! Seam's own commands: what CI runs, what measures, what builds the guest and the contracts.
//!
//! `cargo xtask --help` lists them. A step prints its name, the command lines it runs, how it
//! ended and in how many seconds; a job ends with a table and `N passed, N failed, N skipped`.

mod arch;
mod bench;
mod clients;
mod contracts;
mod guest;
mod links;
mod sh;
mod soak;
mod steps;
mod test;
mod testlog;
mod web;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::{
    contracts::Artifacts,
    steps::{Done, Reports},
    workspace::Workspace,
};

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Checks, long runs, benchmarks and builds of Seam")]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Everything that must hold before a commit lands; what CI runs
    Test(test::Options),
    /// Long counts and fuzzing; writes docs/soak.md
    Soak(soak::Options),
    /// Run a benchmark of benches/ in release mode
    Bench(bench::Options),
    /// Build the zkVM guest, check it, run it
    Guest(GuestOptions),
    /// The compiled Solidity that Rust reads: compare with the pinned hashes, fetch again, or build
    Contracts(ContractOptions),
    /// Check dependency directions, libraries, lints, sizes, paths and licences (part of test)
    Arch,
    /// Check the relative links of every Markdown file (part of test)
    Links,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct GuestOptions {
    /// Build for the zkVM and compare with what is committed (the default)
    #[arg(long)]
    check: bool,
    /// Build for the zkVM and write what is committed; after every change of stf or primitives
    #[arg(long)]
    update: bool,
    /// Execute the guest in the zkVM's executor and print its costs
    #[arg(long)]
    run: bool,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct ContractOptions {
    /// Compare every file with the pinned hashes, without network (the default)
    #[arg(long)]
    check: bool,
    /// Fetch the pinned packages and write the files again
    #[arg(long)]
    update: bool,
    /// Compile our own contracts, write their files and record the gas of their calls
    #[arg(long)]
    build: bool,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Does the job; false when one of its steps failed.
fn run(cli: &Cli) -> Result<bool> {
    let workspace = Workspace::find()?;
    Ok(match &cli.job {
        Job::Test(options) => test::run(&workspace, options),
        Job::Soak(options) => soak::run(&workspace, options)?,
        Job::Bench(options) => bench::run(&workspace, options)?,
        Job::Guest(options) if options.run => {
            alone("guest", "run in the zkVM's executor", || guest::run(&workspace))
        }
        Job::Guest(options) if options.update => {
            alone("guest", "build and write the ELF", || guest::update(&workspace))
        }
        Job::Guest(_) => alone("guest", "build and check", || guest::check(&workspace)),
        Job::Contracts(options) if options.build => {
            alone("artifacts", "our own Solidity", || contracts::build(&workspace))
        }
        Job::Contracts(options) => {
            let job = if options.update { Artifacts::Update } else { Artifacts::Check };
            alone("artifacts", "pinned Solidity", || contracts::artifacts(&workspace, job))
        }
        Job::Arch => alone("arch", "the architecture's rules", || arch::check(&workspace)),
        Job::Links => alone("links", "relative links in Markdown", || links::check(&workspace)),
    })
}

/// A job of one step.
fn alone(name: &str, what: &str, step: impl FnOnce() -> Result<Done>) -> bool {
    let mut reports = Reports::default();
    reports.run(name, what, step);
    println!("{}", reports.summary());
    !reports.any_failed()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_benchmark_gets_the_arguments_that_follow_its_name() {
        let cli = Cli::parse_from(["xtask", "bench", "stf", "--rounds", "3"]);
        let Job::Bench(options) = cli.job else { panic!("not a benchmark") };
        assert_eq!((options.name.as_str(), options.args.len()), ("stf", 2));
    }
}
