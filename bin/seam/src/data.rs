//! `seam data`: looking after a data directory.

use crate::{
    args::Data,
    data_dir::{self, CHAINS},
    store, table,
};
use anyhow::{Context, Result, bail};
use seam_stf::StateChanges;
use seam_storage::{Checked, StoreOptions, stored_genesis};
use serde_json::json;
use std::{io::Write, path::Path};

pub(crate) fn run(command: Data, out: &mut impl Write) -> Result<()> {
    match command {
        Data::Check { data_dir, json } => check(&data_dir, json, out),
    }
}

/// Reads everything in each chain. Stops at the first thing that is not whole.
fn check(path: &Path, as_json: bool, out: &mut impl Write) -> Result<()> {
    let present = |chain: &&str| path.join(chain).is_dir();
    let chains: Vec<&str> = CHAINS.into_iter().filter(present).collect();
    if chains.is_empty() {
        bail!("{} has no chain: name the --data-dir of a `seam up` or `seam node`", path.display());
    }
    let _lock = data_dir::lock(path)?;
    let mut rows = Vec::new();
    for name in chains {
        let chain = path.join(name);
        let (head, checked) = check_chain(&chain).with_context(|| chain.display().to_string())?;
        if as_json {
            writeln!(out, "{}", line(name, head, &checked))?;
        } else {
            let Checked { blocks, transactions, accounts, slots, nodes } = checked;
            let numbers = [head, blocks, transactions, accounts, slots, nodes];
            let [head, blocks, transactions, accounts, slots, nodes] =
                numbers.map(|number| number.to_string());
            rows.push([name.to_owned(), head, blocks, transactions, accounts, slots, nodes]);
        }
    }
    if !as_json {
        let headings =
            ["whole", "head", "blocks", "transactions", "accounts", "slots", "trie nodes"];
        table::write(out, headings, &rows)?;
    }
    Ok(())
}

fn line(name: &str, head: u64, checked: &Checked) -> serde_json::Value {
    json!({
        "chain": name,
        "head": head,
        "blocks": checked.blocks,
        "transactions": checked.transactions,
        "accounts": checked.accounts,
        "slots": checked.slots,
        "trieNodes": checked.nodes,
    })
}

/// The number of the newest block, and what was found whole.
fn check_chain(path: &Path) -> Result<(u64, Checked)> {
    let genesis = stored_genesis(path)?.context("there is no chain in it")?;
    let options = StoreOptions::default();
    // The state matters only where there is no chain yet.
    let (reader, head) = store::open(path, &genesis, &StateChanges::default(), options)?;
    Ok((head.number, reader.check()?))
}
