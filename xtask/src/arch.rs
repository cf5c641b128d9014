//! The rules that keep the architecture true, checked on every run of the tests.
//!
//! | file | rule |
//! |---|---|
//! | `layers` | which of our packages may depend on which |
//! | `libraries` | which of our packages may name which library |
//! | `lints` | lints are inherited, and the two core crates cannot panic on input |
//! | `sources` | files and functions stay short; no path of a machine, no registry host |
//! | `licences` | every dependency is under a licence that `deny.toml` allows |
//!
//! Each rule is a function from plain values to findings, so that each has a failing example in
//! its tests.

mod layers;
mod libraries;
mod licences;
mod lints;
mod sources;

use std::path::PathBuf;

use anyhow::{Result, bail};
use cargo_metadata::DependencyKind;

use crate::{
    steps::Done,
    workspace::{Workspace, metadata},
};

/// One of our packages and what it says it depends on.
#[derive(Debug, Clone)]
struct Package {
    name: String,
    manifest: PathBuf,
    dependencies: Vec<Dependency>,
}

/// One line of a package's `[dependencies]`.
#[derive(Debug, Clone)]
struct Dependency {
    name: String,
    used_in: UsedIn,
    /// It is one of our packages, named by path.
    ours: bool,
}

/// Where a dependency is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UsedIn {
    /// In what is built from the package.
    Build,
    /// Only in its tests, examples and benchmarks.
    Tests,
}

/// Runs every rule and fails with all findings.
pub(crate) fn check(workspace: &Workspace) -> Result<Done> {
    let members = packages(&workspace.metadata);
    let mut all = members.clone();
    for apart in ["guest/Cargo.toml", "fuzz/Cargo.toml"] {
        let manifest = workspace.root().join(apart);
        if manifest.is_file() {
            let manifest = manifest.to_string_lossy().into_owned();
            all.extend(packages(&metadata(&["--no-deps", "--manifest-path", &manifest])?));
        }
    }
    let rules = [
        ("layers", layers::check(&all)),
        ("libraries", libraries::check(&all)),
        ("lints", lints::check(workspace, &members)?),
        ("sources", sources::check(workspace)?),
        ("licences", licences::check(workspace)?),
    ];
    let mut findings = 0;
    for (rule, found) in &rules {
        println!("   {rule}: {} findings", found.len());
        for finding in found {
            println!("      {finding}");
        }
        findings += found.len();
    }
    if findings > 0 {
        bail!("{findings} findings against the architecture's rules, listed above");
    }
    Ok(Done::PASSED)
}

fn packages(metadata: &cargo_metadata::Metadata) -> Vec<Package> {
    metadata.workspace_packages().into_iter().map(package).collect()
}

fn package(found: &cargo_metadata::Package) -> Package {
    let dependencies = found.dependencies.iter().map(|dependency| Dependency {
        name: dependency.name.clone(),
        used_in: match dependency.kind {
            DependencyKind::Development => UsedIn::Tests,
            _ => UsedIn::Build,
        },
        ours: dependency.path.is_some(),
    });
    Package {
        name: found.name.to_string(),
        manifest: found.manifest_path.clone().into_std_path_buf(),
        dependencies: dependencies.collect(),
    }
}

/// A package for the rules' tests: its name, and what it uses as (name, where, ours).
#[cfg(test)]
fn example(name: &str, dependencies: &[(&str, UsedIn, bool)]) -> Package {
    let dependencies = dependencies.iter().map(|(name, used_in, ours)| Dependency {
        name: (*name).to_owned(),
        used_in: *used_in,
        ours: *ours,
    });
    Package {
        name: name.to_owned(),
        manifest: PathBuf::from("Cargo.toml"),
        dependencies: dependencies.collect(),
    }
}
