//! Solidity: the compiled contracts of others that Rust reads, and the sources that are ours.

use std::{fs, path::Path};

use anyhow::Result;

use crate::{sh, steps::Done, workspace::Workspace};

/// What to do with `contracts/artifacts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Artifacts {
    /// Compare every file with the pinned hashes; needs no network.
    Check,
    /// Fetch the pinned packages again and write the files.
    Update,
}

/// Checks or updates the compiled contracts that come from packages of others.
pub(crate) fn artifacts(workspace: &Workspace, job: Artifacts) -> Result<Done> {
    let flag = match job {
        Artifacts::Check => "--check",
        Artifacts::Update => "--update",
    };
    let mut node = sh::program("node");
    node.args(["contracts/artifacts/update.mjs", flag]).current_dir(workspace.root());
    sh::run(&mut node)?;
    Ok(Done::PASSED)
}

/// `forge fmt --check` over our own sources, with the forge that `contracts/package-lock.json`
/// pins by hash.
pub(crate) fn forge_fmt(workspace: &Workspace) -> Result<Done> {
    let is_source = |file: &Path| {
        file.starts_with("contracts") && file.extension().is_some_and(|found| found == "sol")
    };
    let count = workspace.files()?.iter().filter(|file| is_source(file)).count();
    if count == 0 {
        return Ok(Done::skipped("contracts/ holds no .sol file of our own"));
    }
    let folder = workspace.root().join("contracts");
    install(&folder)?;
    let mut forge = sh::program("node_modules/.bin/forge");
    sh::run(forge.args(["fmt", "--check"]).current_dir(folder))?;
    Ok(Done::Passed(vec![format!("{count} Solidity files")]))
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
