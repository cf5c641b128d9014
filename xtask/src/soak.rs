//! `cargo xtask soak`: the same tests with long counts, those of the contracts too, and the fuzzers for
//! a bounded time.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    clients, contracts,
    sh::{self, Stream},
    steps::{Done, Reports},
    test::run_tests,
    workspace::{PROVER, Workspace},
};

/// Where the last result is kept; it is committed with its date.
const PAGE: &str = "docs/soak.md";

/// Runs the property tests with long counts and every fuzz target for a bounded time, and writes
/// the result to docs/soak.md.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Cases of each property test (PROPTEST_CASES)
    #[arg(long, default_value_t = 20_000)]
    cases: u32,
    /// Seconds for each fuzz target; 0 leaves fuzzing out
    #[arg(long, default_value_t = 300)]
    fuzz_seconds: u32,
}

/// Runs everything and writes the page; false when something failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    let mut reports = Reports::default();
    reports.run("tests", "every test with long counts", || long_tests(workspace, options));
    reports.run("forge", "tests of our contracts with long counts", || {
        contracts::forge_soak(workspace)
    });
    match fuzz_targets(workspace, options) {
        Ok(Ok(targets)) => {
            for target in targets {
                let what = "random input, guided by coverage";
                reports.run(&format!("fuzz {target}"), what, || fuzz(workspace, options, &target));
            }
        }
        Ok(Err(reason)) => reports.skip("fuzz", reason),
        Err(error) => reports.run("fuzz", "preparing the fuzzers", || Err(error)),
    }
    write_page(workspace.root(), options, &reports)?;
    println!("{}", reports.summary());
    Ok(!reports.any_failed())
}

/// The tests read `SEAM_SOAK`: set, they use their long counts. Those with anvil read where it is.
fn long_tests(workspace: &Workspace, options: &Options) -> Result<Done> {
    let args = ["test", "--workspace", "--exclude", PROVER, "--release", "--locked"];
    let mut test = sh::cargo(&args);
    test.args(["--no-fail-fast", "--", "--include-ignored"]);
    test.env("SEAM_ANVIL", clients::anvil(workspace)?);
    test.env("SEAM_SOAK", "1").env("PROPTEST_CASES", options.cases.to_string());
    let log = run_tests(&mut test)?;
    let mut notes = log.notes();
    notes.push(format!("{} cases of each property at least", options.cases));
    Ok(Done::Passed(notes))
}

/// The names of the fuzz targets, or why none can run.
fn fuzz_targets(workspace: &Workspace, options: &Options) -> Result<Result<Vec<String>, String>> {
    if options.fuzz_seconds == 0 {
        return Ok(Err("left out with --fuzz-seconds 0".to_owned()));
    }
    if !workspace.root().join("fuzz/Cargo.toml").is_file() {
        return Ok(Err("there is no fuzz/Cargo.toml".to_owned()));
    }
    if !sh::works(&mut sh::cargo(&["+nightly", "--version"])) {
        let reason = "no nightly toolchain, which the fuzzers' sanitizers need: \
                      `rustup toolchain install nightly`";
        return Ok(Err(reason.to_owned()));
    }
    if !sh::works(&mut sh::cargo(&["fuzz", "--version"])) {
        sh::run(&mut sh::cargo(&["install", "--locked", "cargo-fuzz"]))?;
    }
    let mut list = sh::cargo(&["+nightly", "fuzz", "list"]);
    let names = sh::capture(list.current_dir(workspace.root()))?;
    Ok(Ok(names.split_whitespace().map(str::to_owned).collect()))
}

/// One target, from its committed corpus. New finds go to a folder that git ignores: one that
/// matters is committed by hand, under a name that says why.
fn fuzz(workspace: &Workspace, options: &Options, target: &str) -> Result<Done> {
    let found = format!("fuzz/artifacts/corpus/{target}");
    let seeds = format!("fuzz/corpus/{target}");
    for folder in [&found, &seeds] {
        let folder = workspace.root().join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let seconds = format!("-max_total_time={}", options.fuzz_seconds);
    let mut command =
        sh::cargo(&["+nightly", "fuzz", "run", target, &found, &seeds, "--", &seconds]);
    let mut done = None;
    sh::run_watched(command.current_dir(workspace.root()), Stream::Err, |line| {
        // libFuzzer's last line: "Done 12345 runs in 301 second(s)".
        if let Some(runs) = line.strip_prefix("Done ").and_then(|rest| rest.split(' ').next()) {
            done = Some(runs.to_owned());
        }
    })?;
    let runs = done.context("the fuzzer did not say how many inputs it ran")?;
    Ok(Done::Passed(vec![format!("{runs} inputs")]))
}

fn write_page(root: &Path, options: &Options, reports: &Reports) -> Result<()> {
    let said = |program: &str, args: &[&str]| {
        let mut command = sh::program(program);
        let text = sh::capture(command.args(args).current_dir(root));
        text.map_or_else(|error| format!("unknown ({error:#})"), |text| text.trim().to_owned())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let text = format!(
        "# The last soak\n\n\
         Written by `cargo xtask soak --cases {} --fuzz-seconds {}`.\n\n\
         - Date (UTC): {}\n- Commit: {}\n- Machine: {cores} cores, {}, {}\n\n{}",
        options.cases,
        options.fuzz_seconds,
        said("date", &["-u", "+%Y-%m-%d %H:%M"]),
        said("git", &["describe", "--always", "--dirty"]),
        said("uname", &["-sm"]),
        said("rustc", &["--version"]),
        reports.table(),
    );
    let page = root.join(PAGE);
    if let Some(folder) = page.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&page, text).with_context(|| format!("cannot write {PAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_the_date_the_counts_and_every_step() {
        let folder = std::env::temp_dir().join(format!("seam-soak-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut reports = Reports::default();
        reports.run("tests", "", || Ok(Done::Passed(vec!["7 tests held".to_owned()])));
        reports.skip("fuzz", "no nightly".to_owned());
        write_page(&folder, &Options { cases: 5, fuzz_seconds: 9 }, &reports).unwrap();
        let page = fs::read_to_string(folder.join(PAGE)).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        for part in
            ["--cases 5 --fuzz-seconds 9", "Date (UTC): 2", "7 tests held", "SKIPPED: no nightly"]
        {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
