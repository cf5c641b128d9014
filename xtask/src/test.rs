//! `cargo xtask test`: everything that must hold before a commit lands.

use std::{
    process::Stdio,
    thread::{self, JoinHandle},
};

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{
    arch, clients,
    contracts::{self, Artifacts},
    guest, links,
    sh::{self, Stream},
    steps::{Done, Reports},
    testlog::TestLog,
    web,
    workspace::{PROVER, Workspace},
};

/// Runs every check in order, cheap ones first, and goes on after a failure so that one round
/// shows all there is to mend.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Run these steps only; the others are named as skipped
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
    /// Leave these steps out; they are named as skipped
    #[arg(long, value_name = "STEP", value_delimiter = ',', conflicts_with = "only")]
    skip: Vec<Step>,
    /// List the steps and stop
    #[arg(long)]
    list: bool,
}

/// One step. The comment is what `--list` and the log say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Rust is formatted
    Fmt,
    /// layers, libraries, lints, sizes, paths and licences are as ARCHITECTURE.md says
    Arch,
    /// relative links in Markdown lead somewhere
    Links,
    /// the committed Solidity artifacts equal their pinned hashes
    Artifacts,
    /// Solidity is formatted
    ForgeFmt,
    /// our contracts compile to the committed bytes, their tests hold, gas is as recorded
    Forge,
    /// licences, bans and sources by cargo-deny, where it is installed
    Deny,
    /// no lint complains, in any target of the workspace
    Clippy,
    /// unit, integration, property and documentation tests; fuzz corpora replayed
    Test,
    /// the built node as clients of others use it: cast, ethers, forge, Hardhat, Uniswap v2, viem
    Clients,
    /// the dashboard in a real browser: Chromium by playwright
    Web,
    /// documentation builds without a warning
    Doc,
    /// the state transition builds for the zkVM, and the guest agrees with the node
    Guest,
    /// lints and tests of the proving worker, in a target directory of its own
    Prover,
}

impl Step {
    /// Its name on the command line.
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// What it shows.
    fn what(self) -> String {
        let value = self.to_possible_value();
        value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
    }

    fn run(self, workspace: &Workspace) -> Result<Done> {
        match self {
            Self::Fmt => fmt(workspace),
            Self::Arch => arch::check(workspace),
            Self::Links => links::check(workspace),
            Self::Artifacts => contracts::artifacts(workspace, Artifacts::Check),
            Self::ForgeFmt => contracts::forge_fmt(workspace),
            Self::Forge => contracts::forge_check(workspace),
            Self::Deny => deny(),
            Self::Clippy => clippy(),
            Self::Test => test(),
            Self::Clients => clients::check(workspace),
            Self::Web => web::check(workspace),
            Self::Doc => doc(),
            Self::Guest => guest::check(workspace),
            Self::Prover => prover(workspace),
        }
    }
}

/// Runs the steps that were asked for; false when one failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> bool {
    if options.list {
        for step in Step::value_variants() {
            println!("{:<10} {}", step.name(), step.what());
        }
        return true;
    }
    let mut reports = Reports::default();
    let asked_for = |step| left_out(options, step).is_none();
    let mut ahead = None;
    for step in Step::value_variants() {
        if *step == Step::Test && asked_for(Step::Test) && asked_for(Step::Prover) {
            ahead = Some(prover_ahead(workspace));
        }
        match left_out(options, *step) {
            Some(reason) => reports.skip(&step.name(), reason),
            None => reports.run(&step.name(), &step.what(), || {
                if let Some(ahead) = ahead.take_if(|_| *step == Step::Prover) {
                    // Whatever it came across, the step comes across too.
                    let _ = ahead.join();
                }
                step.run(workspace)
            }),
        }
    }
    println!("{}", reports.summary());
    !reports.any_failed()
}

/// Why a step was not asked for, if so.
fn left_out(options: &Options, step: Step) -> Option<String> {
    if options.skip.contains(&step) {
        Some("left out with --skip".to_owned())
    } else if !options.only.is_empty() && !options.only.contains(&step) {
        Some("not among --only".to_owned())
    } else {
        None
    }
}

/// The members, and the two packages that stand outside the workspace.
fn fmt(workspace: &Workspace) -> Result<Done> {
    sh::run(&mut sh::cargo(&["fmt", "--all", "--check"]))?;
    for apart in ["guest/Cargo.toml", "fuzz/Cargo.toml"] {
        if workspace.root().join(apart).is_file() {
            sh::run(&mut sh::cargo(&["fmt", "--check", "--manifest-path", apart]))?;
        }
    }
    Ok(Done::PASSED)
}

fn clippy() -> Result<Done> {
    let args = ["--workspace", "--exclude", PROVER, "--all-targets", "--release", "--locked"];
    let mut clippy = sh::cargo(&["clippy"]);
    sh::run(clippy.args(args).args(["--", "-D", "warnings"]))?;
    Ok(Done::PASSED)
}

fn test() -> Result<Done> {
    let args = ["test", "--workspace", "--exclude", PROVER, "--release", "--locked"];
    let log = run_tests(sh::cargo(&args).arg("--no-fail-fast"))?;
    Ok(Done::Passed(log.notes()))
}

/// Runs `cargo test` and counts. That no test ran at all is a failure: it would look like success.
pub(crate) fn run_tests(command: &mut std::process::Command) -> Result<TestLog> {
    let mut log = TestLog::default();
    let run = sh::run_watched(command, Stream::Out, |line| log.see(line));
    run.map_err(|error| log.failures.explain(error))?;
    if log.passed == 0 {
        bail!("no test ran");
    }
    Ok(log)
}

fn doc() -> Result<Done> {
    let args = ["--workspace", "--exclude", PROVER, "--no-deps", "--release", "--locked"];
    let mut doc = sh::cargo(&["doc"]);
    sh::run(doc.args(args).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Done::PASSED)
}

const PROVER_CLIPPY: [&str; 5] = ["clippy", "--package", PROVER, "--all-targets", "--release"];
const PROVER_TEST: [&str; 4] = ["test", "--package", PROVER, "--release"];

/// The zkVM SDK is large and has flags of its own: built apart, so that it never mixes with, or
/// rebuilds, what the node is made of.
fn prover(workspace: &Workspace) -> Result<Done> {
    let target = workspace.prover_target();
    let mut clippy = sh::cargo(&PROVER_CLIPPY);
    clippy.args(["--locked", "--", "-D", "warnings"]);
    sh::run(clippy.env("CARGO_TARGET_DIR", &target))?;
    let mut test = sh::cargo(&PROVER_TEST);
    let log = run_tests(test.arg("--locked").env("CARGO_TARGET_DIR", &target))?;
    Ok(Done::Passed(log.notes()))
}

/// Compiles what [`prover`] needs, at the lowest priority, while other steps wait for blocks: on a
/// new machine it takes a quarter of an hour that they leave idle.
fn prover_ahead(workspace: &Workspace) -> JoinHandle<()> {
    let target = workspace.prover_target();
    let compile = |args: &[&str], more: &[&str]| {
        let mut command = sh::program("nice");
        command.args(["-n", "19", "cargo"]).args(args).arg("--locked").args(more);
        command.env("CARGO_TARGET_DIR", &target).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    // The lints as the step asks for them: with other flags they would be looked for anew.
    let lints = compile(&PROVER_CLIPPY, &["--", "-D", "warnings"]);
    let tests = compile(&PROVER_TEST, &["--no-run"]);
    thread::spawn(move || {
        for mut command in [lints, tests] {
            // The step says what is wrong.
            let _ = command.status();
        }
    })
}

fn deny() -> Result<Done> {
    if !sh::works(&mut sh::cargo(&["deny", "--version"])) {
        let reason = "cargo-deny is not installed; the step `arch` checks the licences without it";
        return Ok(Done::skipped(reason));
    }
    sh::run(&mut sh::cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    let advisories = "left out: advisories, whose database is fetched from the network";
    Ok(Done::Passed(vec![advisories.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(only: &[Step], skip: &[Step]) -> Options {
        Options { only: only.to_vec(), skip: skip.to_vec(), list: false }
    }

    #[test]
    fn a_step_runs_unless_it_was_left_out() {
        assert_eq!(left_out(&options(&[], &[]), Step::Test), None);
        assert_eq!(left_out(&options(&[Step::Fmt], &[]), Step::Fmt), None);
        assert!(left_out(&options(&[Step::Fmt], &[]), Step::Test).is_some());
        assert!(left_out(&options(&[], &[Step::Test]), Step::Test).is_some());
    }

    #[test]
    fn every_step_says_what_it_shows() {
        for step in Step::value_variants() {
            assert!(!step.name().is_empty() && !step.what().is_empty(), "{step:?}");
        }
    }

    #[test]
    fn a_run_without_a_single_test_fails() {
        let mut empty = sh::program("echo");
        let error = run_tests(empty.arg("test result: ok. 0 passed; 0 failed")).unwrap_err();
        assert_eq!(error.to_string(), "no test ran");
        let mut one = sh::program("echo");
        let log = run_tests(one.arg("test result: ok. 1 passed; 0 failed")).unwrap();
        assert_eq!(log.passed, 1);
    }
}
