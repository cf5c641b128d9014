//! Solidity: the compiled contracts of others that Rust reads, and the sources that are ours.

use std::{
    collections::BTreeMap,
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

use crate::{
    sh::{self, Stream},
    steps::Done,
    testlog::count_before,
    workspace::Workspace,
};

/// Where gas of our contracts is recorded, one file for each contract.
const SNAPSHOTS: &str = "contracts/snapshots";

/// What to do with `contracts/artifacts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Artifacts {
    /// Compare every file with the pinned hashes; needs no network.
    Check,
    /// Fetch the pinned packages again and write the files.
    Update,
    /// Compile our own contracts and write their files.
    Build,
    /// Compile our own contracts and compare with their files, byte for byte.
    CheckBuild,
}

/// How often forge's fuzz and invariant tests run: the profiles of `contracts/foundry.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Bounded counts from one seed, for every commit.
    Default,
    /// Long counts from another seed each time.
    Soak,
}

/// Checks or writes the compiled contracts.
pub(crate) fn artifacts(workspace: &Workspace, job: Artifacts) -> Result<Done> {
    let flag = match job {
        Artifacts::Check => "--check",
        Artifacts::Update => "--update",
        Artifacts::Build => "--build",
        Artifacts::CheckBuild => "--check-build",
    };
    if matches!(job, Artifacts::Build | Artifacts::CheckBuild) {
        install(&folder(workspace))?;
    }
    let mut node = sh::program("node");
    node.args(["contracts/artifacts/update.mjs", flag]).current_dir(workspace.root());
    sh::run(&mut node)?;
    Ok(Done::PASSED)
}

/// Writes what is built from our sources: the compiled contracts and the gas that their calls take.
pub(crate) fn build(workspace: &Workspace) -> Result<Done> {
    artifacts(workspace, Artifacts::Build)?;
    let log = forge_tests(workspace, Profile::Default)?;
    Ok(Done::Passed(vec![log.note()]))
}

/// `forge fmt --check` over our own sources, with the forge that `contracts/package-lock.json`
/// pins by hash.
pub(crate) fn forge_fmt(workspace: &Workspace) -> Result<Done> {
    let is_source = |file: &Path| {
        file.starts_with("contracts") && file.extension().is_some_and(|found| found == "sol")
    };
    let count = workspace.files()?.iter().filter(|file| is_source(file)).count();
    if count == 0 {
        bail!("contracts/ holds no .sol file of our own");
    }
    install(&folder(workspace))?;
    sh::run(forge(workspace).args(["fmt", "--check"]))?;
    Ok(Done::Passed(vec![format!("{count} Solidity files")]))
}

/// Our contracts compile to the committed bytes, their tests hold, and their calls take the gas that
/// is recorded.
pub(crate) fn forge_check(workspace: &Workspace) -> Result<Done> {
    artifacts(workspace, Artifacts::CheckBuild)?;
    let recorded = snapshots(workspace)?;
    let log = forge_tests(workspace, Profile::Default)?;
    // forge writes what it measured; it does not complain of a file or an entry that is missing.
    let measured = snapshots(workspace)?;
    if measured != recorded {
        for (file, text) in &recorded {
            fs::write(file, text)?;
        }
        bail!("{}", changed_gas(&recorded, &measured));
    }
    Ok(Done::Passed(vec![log.note(), format!("gas as in {SNAPSHOTS}")]))
}

/// The tests of our contracts with long counts.
pub(crate) fn forge_soak(workspace: &Workspace) -> Result<Done> {
    let log = forge_tests(workspace, Profile::Soak)?;
    Ok(Done::Passed(vec![log.note()]))
}

fn forge_tests(workspace: &Workspace, profile: Profile) -> Result<ForgeLog> {
    install(&folder(workspace))?;
    let mut tests = forge(workspace);
    match profile {
        Profile::Default => tests.arg("test").env("FOUNDRY_PROFILE", "default"),
        Profile::Soak => {
            // Told with the command line, so that a find can be had again.
            let seed = RandomState::new().build_hasher().finish();
            tests.args(["test", "--fuzz-seed", &seed.to_string()]).env("FOUNDRY_PROFILE", "soak")
        }
    };
    let mut log = ForgeLog::default();
    sh::run_watched(&mut tests, Stream::Out, |line| log.see(line))?;
    if log.passed == 0 {
        bail!("no test ran");
    }
    Ok(log)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root().join("contracts")
}

fn forge(workspace: &Workspace) -> std::process::Command {
    let mut forge = sh::program("node_modules/.bin/forge");
    forge.current_dir(folder(workspace));
    forge
}

/// The files of recorded gas with their text.
fn snapshots(workspace: &Workspace) -> Result<BTreeMap<PathBuf, String>> {
    let folder = workspace.root().join(SNAPSHOTS);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {SNAPSHOTS}"))?;
    entries
        .map(|entry| {
            let file = entry?.path();
            let text = fs::read_to_string(&file)?;
            Ok((file, text))
        })
        .collect()
}

/// What a person needs to judge new figures.
fn changed_gas(
    recorded: &BTreeMap<PathBuf, String>,
    measured: &BTreeMap<PathBuf, String>,
) -> String {
    let mut lines = vec![format!("gas is not as in {SNAPSHOTS}:")];
    for (file, text) in measured {
        let before = recorded.get(file).map_or("", String::as_str);
        let new = text.lines().filter(|line| !before.lines().any(|known| known == *line));
        lines.extend(new.map(|line| format!("measured {}", line.trim())));
    }
    lines.push("if that is meant: cargo xtask contracts --build".to_owned());
    lines.join("\n")
}

/// What `forge test` says at the end of each contract.
#[derive(Debug, Default, PartialEq, Eq)]
struct ForgeLog {
    passed: usize,
    skipped: usize,
}

impl ForgeLog {
    /// Takes in one line: `Suite result: ok. 13 passed; 0 failed; 0 skipped; finished in 9 ms`.
    fn see(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("Suite result: ") else { return };
        self.passed += count_before(counts, " passed");
        self.skipped += count_before(counts, " skipped");
    }

    fn note(&self) -> String {
        format!("{} forge tests held, {} skipped", self.passed, self.skipped)
    }
}

/// Installs what `package-lock.json` pins, unless that was done since it last changed.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let changed =
        |file: &str| fs::metadata(folder.join(file)).and_then(|data| data.modified()).ok();
    // npm writes this file at the end of an installation.
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    sh::run(sh::program("npm").args(["ci", "--ignore-scripts"]).current_dir(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forge_counts_adds_up_over_contracts() {
        let mut log = ForgeLog::default();
        for line in [
            "[PASS] test_a() (gas: 1) 7 passed",
            "Suite result: ok. 13 passed; 0 failed; 1 skipped; finished in 9.00ms (9.00ms CPU time)",
            "Suite result: FAILED. 2 passed; 1 failed; 0 skipped; finished in 1.00ms",
            "Ran 2 test suites in 1s: 15 tests passed, 1 failed, 1 skipped (17 total tests)",
        ] {
            log.see(line);
        }
        assert_eq!(log, ForgeLog { passed: 15, skipped: 1 });
        assert_eq!(log.note(), "15 forge tests held, 1 skipped");
    }

    #[test]
    fn changed_gas_is_told_with_the_new_figures_only() {
        let file = PathBuf::from("Inbox.json");
        let recorded = BTreeMap::from([(file.clone(), "{\n  \"a\": \"1\",\n}".to_owned())]);
        let measured = BTreeMap::from([(file, "{\n  \"a\": \"1\",\n  \"b\": \"2\"\n}".to_owned())]);
        let told = changed_gas(&recorded, &measured);
        assert!(told.contains("measured \"b\": \"2\"") && !told.contains("\"a\""), "{told}");
    }
}
