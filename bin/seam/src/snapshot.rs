//! `seam snapshot`: a chain at one block, in one file.

use crate::{
    args::{ChainName, Snapshot},
    data_dir::{self, CHAINS, DataDir, Kind, Start},
    store, table,
};
use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use seam_stf::StateChanges;
use seam_storage::{
    Reader, StoreOptions,
    snapshot::{Summary, create, genesis_of, load},
    stored_genesis,
};
use serde_json::json;
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Bytes that are read and written at a time.
const BUFFER: usize = 1 << 20;

pub(crate) fn run(command: Snapshot, out: &mut impl Write) -> Result<()> {
    match command {
        Snapshot::Create { data_dir, out: file, block, chain, json } => {
            let summary = create_file(&data_dir, &file, block, chain)?;
            eprintln!(
                "{} is of block {}: load it with\n  seam snapshot load {} --data-dir DIR --hash {}",
                file.display(),
                summary.number,
                file.display(),
                summary.hash
            );
            show(&summary, json, out)
        }
        Snapshot::Load { file, data_dir, hash, chain, json } => {
            let summary = load_file(&file, &data_dir, hash, chain)?;
            eprintln!("{} goes on from block {}", data_dir.display(), summary.number);
            show(&summary, json, out)
        }
    }
}

fn show(summary: &Summary, as_json: bool, out: &mut impl Write) -> Result<()> {
    let Summary { number, hash, genesis, blocks, accounts, slots, codes } = *summary;
    if as_json {
        let line = json!({
            "block": number,
            "hash": hash,
            "genesis": genesis,
            "blocks": blocks,
            "accounts": accounts,
            "slots": slots,
            "codes": codes,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    let numbers = [number, blocks, accounts, slots, codes].map(|number| number.to_string());
    let [number, blocks, accounts, slots, codes] = numbers;
    let row = [number, hash.to_string(), blocks, accounts, slots, codes];
    table::write(out, ["block", "hash", "blocks", "accounts", "slots", "codes"], &[row])?;
    Ok(())
}

/// Writes the file beside its place first: there it is whole, or not at all.
fn create_file(
    data_dir: &Path,
    file: &Path,
    block: Option<u64>,
    chain: Option<ChainName>,
) -> Result<Summary> {
    let chain = present(data_dir, chain)?;
    if file.exists() {
        bail!("{} is there already: choose another --out, or remove it", file.display());
    }
    let _lock = data_dir::lock(data_dir)?;
    let genesis = stored_genesis(&chain)?.context("there is no chain in it")?;
    // The state matters only where there is no chain yet.
    let (reader, _) =
        store::open(&chain, &genesis, &StateChanges::default(), StoreOptions::default())?;
    let finalized = reader.finality()?.finalized;
    let number = block.unwrap_or(finalized);
    if number > finalized {
        eprintln!(
            "block {number} is not final ({finalized} is): a node that loads it cannot undo it, whatever \
             the chain does"
        );
    }
    let unfinished = beside(file);
    let written = write(&reader, number, &unfinished, file);
    if written.is_err() {
        let _ = fs::remove_file(&unfinished); // the error says why
    }
    written.with_context(|| file.display().to_string())
}

fn write(reader: &Reader, number: u64, unfinished: &Path, file: &Path) -> Result<Summary> {
    let mut out = BufWriter::with_capacity(BUFFER, File::create(unfinished)?);
    let summary = create(reader, number, &mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(unfinished, file)?;
    Ok(summary)
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().map_or_else(OsString::new, OsString::from);
    name.push(".new");
    file.with_file_name(name)
}

/// The folder of the chain that is meant.
fn present(data_dir: &Path, chain: Option<ChainName>) -> Result<PathBuf> {
    let there = |name: &&str| data_dir.join(name).is_dir();
    let there: Vec<&str> = CHAINS.into_iter().filter(there).collect();
    let shown = data_dir.display();
    match (chain.map(ChainName::folder), &there[..]) {
        (_, []) => bail!("{shown} has no chain: name the --data-dir of a `seam up` or `seam node`"),
        (Some(name), _) if there.contains(&name) => Ok(data_dir.join(name)),
        (Some(name), _) => bail!("{shown} has no chain {name}, it has {}", there.join(" and ")),
        (None, [name]) => Ok(data_dir.join(name)),
        (None, _) => bail!("{shown} has {}: say which with --chain", there.join(" and ")),
    }
}

fn load_file(file: &Path, data_dir: &Path, hash: B256, chain: ChainName) -> Result<Summary> {
    let name = || file.display().to_string();
    let genesis = genesis_of(open(file)?).with_context(name)?;
    let traces = Traces::of(data_dir);
    let kind = match chain {
        ChainName::L1 | ChainName::L2 => Kind::Up,
        ChainName::Node => Kind::Node,
    };
    let directory = DataDir::open(data_dir, kind, Start::Continue, genesis.timestamp)?;
    if kind == Kind::Up && directory.meta.genesis_timestamp != genesis.timestamp {
        bail!(
            "{} is of a network that began at another time than that in {}: choose another --data-dir",
            file.display(),
            data_dir.display()
        );
    }
    let place = directory.chain(chain.folder());
    fs::create_dir_all(&place).map_err(|error| data_dir::unusable(&place, error))?;
    let loaded = load(open(file)?, hash, &place, &StoreOptions::default());
    if loaded.is_err() {
        traces.remove(&place);
    }
    loaded.with_context(name)
}

fn open(file: &Path) -> Result<BufReader<File>> {
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    Ok(BufReader::with_capacity(BUFFER, opened))
}

/// What was there before, so that a load that fails leaves nothing else.
struct Traces {
    data_dir: PathBuf,
    directory: bool,
    seams: bool,
}

impl Traces {
    fn of(data_dir: &Path) -> Self {
        let (directory, seams) = (data_dir.exists(), data_dir::is_seams(data_dir));
        Self { data_dir: data_dir.to_owned(), directory, seams }
    }

    /// Best effort: the load's own error is what matters.
    fn remove(&self, place: &Path) {
        // Only if it is empty.
        let _ = fs::remove_dir(place);
        if !self.seams {
            let _ = data_dir::forget(&self.data_dir);
        }
        if !self.directory {
            let _ = fs::remove_dir(&self.data_dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_is_the_one_that_is_there_or_named() {
        let base = tempfile::tempdir().unwrap();
        let said = |chain| present(base.path(), chain).unwrap_err().to_string();
        assert!(said(None).contains("has no chain"));
        fs::create_dir(base.path().join("l1")).unwrap();
        assert_eq!(present(base.path(), None).unwrap(), base.path().join("l1"));
        assert!(said(Some(ChainName::L2)).ends_with("has no chain l2, it has l1"));
        fs::create_dir(base.path().join("l2")).unwrap();
        assert!(said(None).ends_with("has l1 and l2: say which with --chain"));
        let l2 = present(base.path(), Some(ChainName::L2)).unwrap();
        assert_eq!(l2, base.path().join("l2"));
    }
}
