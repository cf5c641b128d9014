//! `seam execute`: recorded blocks, executed and checked.

use crate::{args::Execute, genesis::load_chain, table};
use anyhow::{Context, Result, bail};
use seam_fixtures::{chain, op_block::OpBlock, read, read_text};
use seam_primitives::{Block, ChainRules};
use seam_stf::{ExecutedBlock, execute_block};
use seam_storage::MemoryStore;
use serde_json::json;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

pub(crate) fn run(command: Execute, out: &mut impl Write) -> Result<()> {
    match command {
        Execute::Chain { blocks, genesis, fork_env, json } => {
            let mut report = Report::new(json, out);
            let result = execute_chain(&blocks, &genesis, fork_env.as_deref(), &mut report);
            report.finish().and(result)
        }
        Execute::OpBlock { files, json } => {
            let mut report = Report::new(json, out);
            let result = execute_op_blocks(&files, &mut report);
            report.finish().and(result)
        }
    }
}

fn execute_chain(
    blocks: &Path,
    genesis: &Path,
    fork_env: Option<&Path>,
    report: &mut Report<'_, impl Write>,
) -> Result<()> {
    let chain_genesis = load_chain(genesis, fork_env)?;
    let rules = &chain_genesis.rules;
    let mut store = MemoryStore::new(chain_genesis.sealed, &chain_genesis.state);
    let bytes = read(blocks)?;
    for block in chain::decode(&bytes).with_context(|| blocks.display().to_string())? {
        if block.header.number == 0 {
            check_genesis(&block, &store)?;
            continue;
        }
        let number = block.header.number;
        let parent = store.head().clone();
        let executed = execute_block(rules, &parent, block, &mut store)
            .with_context(|| format!("block {number} is refused"))?;
        store.commit(&executed)?;
        report.add(rules, &executed)?;
    }
    Ok(())
}

/// geth's `export` may begin with the genesis block.
fn check_genesis(block: &Block, store: &MemoryStore) -> Result<()> {
    let (theirs, ours) = (block.header.hash_slow(), store.head().hash_slow());
    if store.head().number != 0 || theirs != ours {
        bail!(
            "block 0 of the file is {theirs}, the genesis.json gives {ours}: they are of different chains"
        );
    }
    Ok(())
}

fn execute_op_blocks(files: &[PathBuf], report: &mut Report<'_, impl Write>) -> Result<()> {
    for file in files {
        let context = || file.display().to_string();
        let block = OpBlock::from_json(&read_text(file)?).with_context(context)?;
        let rules = block.input.rules.clone();
        let executed = block.input.execute().with_context(context)?;
        if executed.hash != block.expected_hash {
            bail!(
                "{}: block {} has hash {}, recorded was {}",
                file.display(),
                executed.block.header.number,
                executed.hash,
                block.expected_hash
            );
        }
        report.add(&rules, &executed)?;
    }
    Ok(())
}

/// Rows for people at the end, or lines for machines at once.
struct Report<'a, W> {
    out: &'a mut W,
    json: bool,
    rows: Vec<[String; 6]>,
}

impl<'a, W: Write> Report<'a, W> {
    const fn new(json: bool, out: &'a mut W) -> Self {
        Self { out, json, rows: Vec::new() }
    }

    fn add(&mut self, rules: &ChainRules, executed: &ExecutedBlock) -> Result<()> {
        let header = &executed.block.header;
        let fork = match rules.op_fork_at(header.number, header.timestamp) {
            Some(fork) => format!("{fork:?}"),
            None => format!("{:?}", rules.fork_at(header.number, header.timestamp)),
        };
        let transactions = executed.block.transactions.len();
        if self.json {
            let line = json!({
                "number": header.number,
                "hash": executed.hash.to_string(),
                "stateRoot": header.state_root.to_string(),
                "fork": fork,
                "transactions": transactions,
                "gasUsed": header.gas_used,
            });
            writeln!(self.out, "{line}")?;
        } else {
            self.rows.push([
                header.number.to_string(),
                fork,
                transactions.to_string(),
                header.gas_used.to_string(),
                executed.hash.to_string(),
                "ok".to_owned(),
            ]);
        }
        Ok(())
    }

    /// Shows what was executed, also when a later block was refused.
    fn finish(self) -> Result<()> {
        if !self.rows.is_empty() {
            let headings = ["block", "rules", "transactions", "gas", "hash", ""];
            table::write(self.out, headings, &self.rows)?;
            eprintln!("{} blocks executed, every header field as recorded", self.rows.len());
        }
        Ok(())
    }
}
