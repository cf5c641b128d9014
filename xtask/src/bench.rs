//! `cargo xtask bench`: a binary of benches/, and what it needs beside it.

use anyhow::Result;
use clap::Args;

use crate::{
    contracts, sh,
    workspace::{PROVER, Workspace},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Name of the benchmark, a binary of benches/: batch, chain, derive, growth, hostile, ledger,
    /// reads, stf, trie or web
    pub(crate) name: String,
    /// Passed on to the benchmark
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) args: Vec<String>,
}

/// Benchmarks that run the node as a process.
const WITH_NODE: [&str; 5] = ["chain", "derive", "hostile", "reads", "web"];
/// The one that also runs what is pinned in benches/peers.
const WITH_PEERS: &str = "chain";

/// Builds what is needed and runs the benchmark.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<bool> {
    let name = options.name.as_str();
    if !WITH_NODE.contains(&name) {
        let args = ["run", "--release", "--locked", "--package", "seam-benches", "--bin"];
        sh::run(sh::cargo(&args).arg(name).arg("--").args(&options.args))?;
        return Ok(true);
    }
    let asks_for = |flag: &str| options.args.iter().any(|given| given == flag);
    if name == WITH_PEERS && !["--no-anvil", "--anvil", "--help"].into_iter().any(asks_for) {
        contracts::install(&workspace.root().join("benches/peers"))?;
    }
    // The same packages as in `cargo xtask test`, so that nothing is compiled twice.
    let args = ["build", "--workspace", "--exclude", PROVER, "--release", "--locked", "--bins"];
    sh::run(&mut sh::cargo(&args))?;
    let release = workspace.metadata.target_directory.join("release");
    sh::run(sh::program(release.join(name).as_str()).args(&options.args))?;
    Ok(true)
}
