//! `tests/clients`: the built binary, used by clients that others wrote.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use crate::{
    contracts,
    sh::{self, Stream},
    steps::Done,
    test::run_tests,
    testlog::Failures,
    workspace::{PROVER, Workspace},
};

/// Milliseconds after which a test has failed: one that waits for what never comes goes on for ever.
const TEST_TIMEOUT: &str = "--test-timeout=600000";
/// Test programs at a time. They wait for blocks most of the time.
const PROGRAMS: usize = 3;

/// Installs the clients that `package-lock.json` pins by hash, builds `seam`, and runs node's own
/// test runner.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    if let Some(reason) = lacks_node() {
        return Ok(Done::skipped(reason));
    }
    let folder = workspace.root().join("tests/clients");
    contracts::install(&folder)?;
    // A project of its own, as Hardhat wants it.
    contracts::install(&folder.join("hardhat"))?;
    let counts = run_node(workspace, &folder, PROGRAMS)?;
    let on_anvil = run_tests(&mut on_anvil(workspace)?)?;
    Ok(Done::Passed([vec![counts.note("with clients of others")], on_anvil.notes()].concat()))
}

/// What of node is not installed, as the reason to skip a step.
pub(crate) fn lacks_node() -> Option<String> {
    let lacks = |tool: &&str| !sh::works(sh::program(tool).arg("--version"));
    let tool = ["node", "npm"].into_iter().find(lacks)?;
    Some(format!("{tool} is not installed; Debian has it"))
}

/// Builds `seam`, and runs the test programs of a folder, so many at a time, with node's own test
/// runner. That no test ran is a failure.
pub(crate) fn run_node(workspace: &Workspace, folder: &Path, programs: usize) -> Result<Counts> {
    // As the tests have built it: with fewer packages, or without what only tests need, features would
    // differ, and it would all be compiled and linked again, which takes minutes.
    let args = ["build", "--workspace", "--exclude", PROVER, "--release", "--locked"];
    sh::run(sh::cargo(&args).args(["--bin", "seam", "--test", "it"]))?;
    let binary = workspace.metadata.target_directory.join("release/seam");
    let mut node = sh::program("node");
    node.args(["--test", "--test-reporter=spec", TEST_TIMEOUT]);
    node.arg(format!("--test-concurrency={programs}"));
    node.env("SEAM_BIN", binary).current_dir(folder);
    let mut counts = Counts::default();
    let run = sh::run_watched(&mut node, Stream::Out, |line| counts.see(line));
    run.map_err(|error| counts.failures.explain(error))?;
    if counts.passed == 0 {
        bail!("no test ran");
    }
    Ok(counts)
}

/// The path of the anvil that `package-lock.json` pins by hash, for `SEAM_ANVIL`.
pub(crate) fn anvil(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.root().join("tests/clients");
    contracts::install(&folder)?;
    Ok(folder.join("node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"))
}

/// Our own tests with anvil for an L1: they are named after it, and ignored where there is none.
fn on_anvil(workspace: &Workspace) -> Result<Command> {
    let args =
        ["test", "--workspace", "--exclude", PROVER, "--release", "--locked", "--test", "it"];
    let mut test = sh::cargo(&args);
    test.args(["--no-fail-fast", "--", "--ignored", "anvil"]);
    test.env("SEAM_ANVIL", anvil(workspace)?);
    Ok(test)
}

/// What node's test runner says at its end.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: usize,
    skipped: usize,
    failures: Failures,
}

impl Counts {
    /// Takes in one line: `ℹ pass 3`, in another of its formats `# pass 3`.
    fn see(&mut self, line: &str) {
        self.failures.see(line, "✖ failing tests:", None);
        let said = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "));
        let Some((what, count)) = said.and_then(|said| said.split_once(' ')) else { return };
        let count: usize = count.parse().unwrap_or_default();
        match what {
            "pass" => self.passed += count,
            "skipped" | "todo" => self.skipped += count,
            _ => {}
        }
    }

    /// What the summary says of these tests.
    pub(crate) fn note(&self, which: &str) -> String {
        format!("{} tests {which} held, {} skipped", self.passed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_runner_counts_is_read_in_both_of_its_formats() {
        for mark in ["ℹ", "#"] {
            let mut counts = Counts::default();
            for line in [
                "tests 5",
                "suites 9",
                "pass 3",
                "fail 0",
                "skipped 1",
                "todo 1",
                "duration_ms 8.1",
            ] {
                counts.see(&format!("{mark} {line}"));
            }
            assert_eq!(counts, Counts { passed: 3, skipped: 2, ..Counts::default() });
            assert_eq!(counts.note("in a browser"), "3 tests in a browser held, 2 skipped");
        }
    }

    #[test]
    fn other_lines_count_nothing() {
        let mut counts = Counts::default();
        for line in ["pass 3", "✔ pass 3 (1 ms)", "  ℹ pass 3", "ℹ pass", "ℹ pass many", ""]
        {
            counts.see(line);
        }
        assert_eq!(counts, Counts::default());
    }
}
