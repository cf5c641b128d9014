//! `seam genesis`: the first block of a chain.

use crate::args::Genesis;
use anyhow::{Context, Result};
use seam_fixtures::read_text;
use seam_genesis::{ChainGenesis, ForkEnv, RollupConfig, config, rollup_genesis_json};
use seam_primitives::{Activation, ChainRules, Fork, OpFork};
use serde_json::json;
use std::{io::Write, path::Path};

pub(crate) fn run(command: Genesis, out: &mut impl Write) -> Result<()> {
    match command {
        Genesis::Rollup { config } => rollup(&config, out),
        Genesis::Example => Ok(out.write_all(config::EXAMPLE.as_bytes())?),
        Genesis::Show { file, fork_env, json } => show(&file, fork_env.as_deref(), json, out),
    }
}

/// A chain from the files that describe it.
pub(crate) fn load_chain(genesis: &Path, fork_env: Option<&Path>) -> Result<ChainGenesis> {
    let fork_env = match fork_env {
        Some(path) => {
            let env = ForkEnv::from_json(&read_text(path)?);
            Some(env.with_context(|| path.display().to_string())?)
        }
        None => None,
    };
    ChainGenesis::from_json(&read_text(genesis)?, fork_env.as_ref())
        .with_context(|| genesis.display().to_string())
}

fn rollup(path: &Path, out: &mut impl Write) -> Result<()> {
    let config =
        RollupConfig::from_toml(&read_text(path)?).with_context(|| path.display().to_string())?;
    let genesis = rollup_genesis_json(&config)?;
    let chain = ChainGenesis::from_genesis(&genesis)?;
    writeln!(out, "{}", serde_json::to_string_pretty(&genesis)?)?;
    eprintln!("chain {}, genesis hash {}", chain.rules.chain_id, chain.sealed.header.hash_slow());
    Ok(())
}

fn show(file: &Path, fork_env: Option<&Path>, as_json: bool, out: &mut impl Write) -> Result<()> {
    let chain = load_chain(file, fork_env)?;
    let header = &chain.sealed.header;
    let forks = forks(&chain.rules);
    if as_json {
        let forks: serde_json::Map<_, _> =
            forks.into_iter().map(|(name, at)| (name, at.into())).collect();
        let line = json!({
            "chainId": chain.rules.chain_id,
            "hash": header.hash_slow().to_string(),
            "stateRoot": header.state_root.to_string(),
            "accounts": chain.state.accounts.len(),
            "forks": forks,
        });
        return Ok(writeln!(out, "{line}")?);
    }
    writeln!(out, "chain id    {}", chain.rules.chain_id)?;
    writeln!(out, "hash        {}", header.hash_slow())?;
    writeln!(out, "state root  {}", header.state_root)?;
    writeln!(out, "accounts    {}", chain.state.accounts.len())?;
    for (name, at) in forks {
        writeln!(out, "{name:<16}  {at}")?;
    }
    Ok(())
}

/// The forks that the chain has or will have, oldest first.
fn forks(rules: &ChainRules) -> Vec<(String, String)> {
    let ethereum = Fork::ALL.iter().map(|fork| (format!("{fork:?}"), rules.activation(*fork)));
    let op = rules
        .op
        .iter()
        .flat_map(|op| OpFork::ALL.iter().map(|fork| (format!("{fork:?}"), op.activation(*fork))));
    let named = |(name, activation): (String, Activation)| match activation {
        Activation::Never => None,
        Activation::Block(number) => Some((name, format!("block {number}"))),
        Activation::Timestamp(seconds) => Some((name, format!("time {seconds}"))),
    };
    ethereum.chain(op).filter_map(named).collect()
}
