//! A trie of many keys under random updates, with the root after each round: what a state root
//! costs when it is kept up, and beside it what computing it anew costs.

use crate::{clock::timed, machine};
use alloy_primitives::{B256, Bytes, keccak256, map::B256Map};
use alloy_trie::{HashBuilder, Nibbles};
use anyhow::{Result, ensure};
use clap::Args;
use seam_stf::trie::{NodePlace, NodeSource, SourceError, Trie};
use std::{collections::BTreeMap, time::Duration};

/// Bytes of a value: about those of an account.
const VALUE_BYTES: usize = 70;

/// Sizes of a run.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Keys in the trie
    #[arg(long, default_value_t = 1_000_000)]
    pub keys: u64,
    /// Keys set in a round, after which the root is computed
    #[arg(long, default_value_t = 5_000)]
    pub updates: u64,
    /// Rounds for each setting
    #[arg(long, default_value_t = 20)]
    pub rounds: u64,
    /// Date for the report (YYYY-MM-DD); today by default
    #[arg(long)]
    pub date: Option<String>,
}

/// Nodes by hash, in memory.
#[derive(Debug, Default)]
struct Nodes(B256Map<Bytes>);

impl NodeSource for Nodes {
    fn node(&self, at: &NodePlace) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.get(&at.hash).cloned())
    }
}

/// What a setting cost in all.
#[derive(Debug, Default)]
struct Cost {
    edit: Duration,
    root: Duration,
    store: Duration,
}

/// Runs every setting and prints the report.
///
/// # Errors
/// If a trie operation fails, or a root is not the one that `alloy-trie` computes anew.
pub fn run(options: &Options) -> Result<()> {
    let mut nodes = Nodes::default();
    let mut values: BTreeMap<B256, [u8; VALUE_BYTES]> =
        (0..options.keys).map(|index| (key(index), [1; VALUE_BYTES])).collect();
    let mut trie = Trie::empty();
    trie.update(&nodes, values.iter().map(|(key, value)| (*key, Some(value))))?;
    nodes.0.extend(trie.take_new_nodes());

    println!("{}\n", machine::describe(options.date.as_deref())?);
    println!("{} keys, {} updates a round.\n", options.keys, options.updates);
    println!("| setting | updates/s with root | edit, µs | root, µs | taking new nodes, µs |");
    println!("|---|---:|---:|---:|---:|");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for (name, keep) in
        [("all in memory", None), ("4 levels kept", Some(4)), ("nothing kept", Some(0))]
    {
        let mut cost = Cost::default();
        for _ in 0..options.rounds {
            let changes = changes(options, &mut random, &mut values);
            round(&mut trie, &mut nodes, &changes, &mut cost)?;
            if let Some(levels) = keep {
                trie.forget(levels);
            }
        }
        report(name, &cost, options.updates * options.rounds);
    }
    let mut anew = Duration::ZERO;
    let theirs = timed(&mut anew, || rebuilt(&values));
    ensure!(trie.root() == theirs, "the root is not the one computed anew");
    println!(
        "\nComputed anew by `alloy_trie::HashBuilder` over the sorted keys, the same root takes {:.0} ms; \
         kept up, a round of {} takes the time above.",
        anew.as_secs_f64() * 1e3,
        options.updates
    );
    Ok(())
}

fn key(index: u64) -> B256 {
    keccak256(index.to_be_bytes())
}

fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// Changes for a round, made to the flat values too.
fn changes(
    options: &Options,
    random: &mut u64,
    values: &mut BTreeMap<B256, [u8; VALUE_BYTES]>,
) -> BTreeMap<B256, [u8; VALUE_BYTES]> {
    let mut changes = BTreeMap::new();
    while (changes.len() as u64) < options.updates.min(options.keys) {
        let key = key(next(random) % options.keys);
        let [byte, ..] = next(random).to_be_bytes();
        changes.insert(key, [byte; VALUE_BYTES]);
    }
    values.extend(&changes);
    changes
}

fn round(
    trie: &mut Trie,
    nodes: &mut Nodes,
    changes: &BTreeMap<B256, [u8; VALUE_BYTES]>,
    cost: &mut Cost,
) -> Result<()> {
    let sets = changes.iter().map(|(key, value)| (*key, Some(value)));
    timed(&mut cost.edit, || trie.update(nodes, sets))?;
    timed(&mut cost.root, || trie.root());
    let new = timed(&mut cost.store, || trie.take_new_nodes());
    nodes.0.extend(new);
    Ok(())
}

fn report(name: &str, cost: &Cost, updates: u64) {
    let each = |total: Duration| total.as_secs_f64() * 1e6 / updates as f64;
    let rate = 1e6 / (each(cost.edit) + each(cost.root));
    let (edit, root, store) = (each(cost.edit), each(cost.root), each(cost.store));
    println!("| {name} | {rate:.0} | {edit:.2} | {root:.2} | {store:.2} |");
}

fn rebuilt(values: &BTreeMap<B256, [u8; VALUE_BYTES]>) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in values {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_run_agrees_with_alloy_trie() {
        let date = Some("2026-11-21".to_owned());
        run(&Options { keys: 300, updates: 40, rounds: 2, date }).unwrap();
    }
}
