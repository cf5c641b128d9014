//! A data directory: one process at a time, only files that Seam made, and `seam.json` with what
//! the chains in it are made from.
//!
//! ```text
//! seam.json   what kind of directory it is, the time of the genesis blocks, the admin token; 0600
//! seam.lock   locked while a process uses the directory
//! l1/ l2/     the chains of `seam up`
//! earn.db     the books of `seam up`: what each account earned and paid
//! rollup/     what others need to use its rollup: rollup.json, genesis.json, chain files for viem
//! node/       the chain of `seam node`
//! ```

use anyhow::{Context, Error, Result, anyhow, bail};
use seam_storage::StorageError;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

/// Version of `seam.json`.
const FORMAT: u32 = 1;

const META: &str = "seam.json";
const NEW_META: &str = "seam.json.new";
const LOCK: &str = "seam.lock";
/// Folders with a chain each.
pub(crate) const CHAINS: [&str; 4] = ["l1", "l2", "follower", "node"];
/// What a chain's folder has in it: the store's database; one that is being made; and what is
/// written to find out whether the disk is full.
const DATABASE: [&str; 3] = ["chain", "chain.new", "chain.probe"];
/// What is known of the rollup of `seam up`.
const ROLLUP: &str = "rollup";
/// The books, and what is beside them while they are written: SQLite's, and the writer's lock.
const BOOKS: &str = "earn.db";
const BESIDE_BOOKS: [&str; 4] = ["earn.db-wal", "earn.db-shm", "earn.db-journal", "earn.db.lock"];
/// File systems have it at their root.
const LOST_AND_FOUND: &str = "lost+found";

/// Which command made the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// `seam up`.
    Up,
    /// `seam node`.
    Node,
}

/// Whether to go on with what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Go on.
    Continue,
    /// Remove it first.
    Fresh,
}

/// What the chains in the directory are made from, besides this version of Seam.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    format: u32,
    kind: Kind,
    /// Timestamp of the genesis blocks of `seam up`, in seconds since the Unix epoch.
    pub(crate) genesis_timestamp: u64,
    /// The secret of those who may call `seam_reorg`.
    pub(crate) admin_token: String,
}

/// A data directory that this process alone uses, until this is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// What is in `seam.json`.
    pub(crate) meta: Meta,
    _lock: File,
}

impl DataDir {
    /// Takes a directory, or makes it, with `genesis_timestamp` if it is new.
    pub(crate) fn open(
        path: &Path,
        kind: Kind,
        start: Start,
        genesis_timestamp: u64,
    ) -> Result<Self> {
        let blame = |error| unusable(path, error);
        fs::create_dir_all(path).map_err(blame)?;
        let path = &path.canonicalize().map_err(blame)?;
        check_entries(path, start)?;
        let lock = lock(path)?;
        if start == Start::Fresh {
            remove(path).map_err(blame)?;
        }
        let meta = match read_meta(path)? {
            Some(meta) if meta.kind == kind => meta,
            Some(_) => bail!(
                "{} has data of another command of Seam: choose another --data-dir",
                path.display()
            ),
            None => make_meta(path, kind, genesis_timestamp)?,
        };
        Ok(Self { path: path.clone(), meta, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is written what others need to use the rollup.
    pub(crate) fn rollup(&self) -> PathBuf {
        self.path.join(ROLLUP)
    }

    /// Where the books are.
    pub(crate) fn books(&self) -> PathBuf {
        self.path.join(BOOKS)
    }

    /// Where a chain is.
    pub(crate) fn chain(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Whether a directory is one that Seam made.
pub(crate) fn is_seams(path: &Path) -> bool {
    path.join(META).exists()
}

/// Removes what [`DataDir::open`] wrote into a directory in which nothing else was made since.
pub(crate) fn forget(path: &Path) -> io::Result<()> {
    gone(fs::remove_file(path.join(NEW_META)))?;
    gone(fs::remove_file(path.join(META)))?;
    gone(fs::remove_file(path.join(LOCK)))
}

/// Locks a directory for as long as the file is open.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK));
    let file = file.map_err(|error| unusable(path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::Locked(path.to_owned()).into()),
        Err(TryLockError::Error(error)) => Err(unusable(path, error)),
    }
}

/// Refuses a directory that somebody else uses for something else.
fn check_entries(path: &Path, start: Start) -> Result<()> {
    let names = names(path).map_err(|error| unusable(path, error))?;
    let known = |name: &String| CHAINS.contains(&name.as_str()) || is_ours(name);
    let foreign = names.iter().find(|name| !known(name));
    let is_seams = names.iter().any(|name| name == META);
    match (foreign, start) {
        (Some(name), Start::Fresh) => bail!(
            "{} has files that are not Seam's ({name}), so --fresh does not touch it: choose \
             another --data-dir, or remove by hand what should go",
            path.display()
        ),
        (Some(name), Start::Continue) if !is_seams => bail!(
            "{} has files that are not Seam's ({name}): choose another --data-dir, empty or new",
            path.display()
        ),
        _ => {}
    }
    let chains = || CHAINS.iter().filter(|chain| names.iter().any(|name| name == *chain));
    if let Some(chain) = chains().next().filter(|_| !is_seams) {
        bail!(
            "{} has a folder {chain}, but no {META}, so it may not be Seam's: choose another \
             --data-dir, or remove it by hand",
            path.display()
        );
    }
    if start == Start::Fresh {
        chains().try_for_each(|chain| check_chain(&path.join(chain)))?;
    }
    Ok(())
}

/// Refuses to remove what is more than a chain.
fn check_chain(path: &Path) -> Result<()> {
    let names = names(path).map_err(|error| unusable(path, error))?;
    match names.iter().find(|name| !DATABASE.contains(&name.as_str())) {
        Some(name) => bail!(
            "{} has files that are not Seam's ({name}), so --fresh does not touch it: choose \
             another --data-dir, or remove by hand what should go",
            path.display()
        ),
        None => Ok(()),
    }
}

fn is_ours(name: &str) -> bool {
    [META, NEW_META, LOCK, ROLLUP, LOST_AND_FOUND, BOOKS].contains(&name)
        || BESIDE_BOOKS.contains(&name)
}

fn names(path: &Path) -> io::Result<Vec<String>> {
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into());
    let mut names: Vec<String> = fs::read_dir(path)?.map(name).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Removes the chains and, last, what says that they are Seam's: cut short, it can be run again.
fn remove(path: &Path) -> io::Result<()> {
    for chain in CHAINS {
        gone(fs::remove_dir_all(path.join(chain)))?;
    }
    gone(fs::remove_dir_all(path.join(ROLLUP)))?;
    // The books before what is beside them: cut short, no half of them is left.
    for name in [BOOKS].into_iter().chain(BESIDE_BOOKS) {
        gone(fs::remove_file(path.join(name)))?;
    }
    gone(fs::remove_file(path.join(NEW_META)))?;
    gone(fs::remove_file(path.join(META)))
}

/// What was not there is gone as well.
fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn read_meta(path: &Path) -> Result<Option<Meta>> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let text = match fs::read_to_string(path.join(META)) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, error)),
    };
    let damaged = || {
        format!("{} is damaged: restore it, or start anew with --fresh", path.join(META).display())
    };
    let Version { format: found } = serde_json::from_str(&text).with_context(damaged)?;
    if found != FORMAT {
        let path = path.to_owned();
        return Err(StorageError::Format { path, found, expected: FORMAT }.into());
    }
    serde_json::from_str(&text).map(Some).with_context(damaged)
}

fn make_meta(path: &Path, kind: Kind, genesis_timestamp: u64) -> Result<Meta> {
    let meta = Meta { format: FORMAT, kind, genesis_timestamp, admin_token: token()? };
    let text = serde_json::to_string_pretty(&meta)?;
    write_meta(path, text.as_bytes()).map_err(|error| unusable(path, error))?;
    Ok(meta)
}

/// All of it or nothing is there afterwards, whatever happens meanwhile.
fn write_meta(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.join(NEW_META);
    gone(fs::remove_file(&new))?;
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    // The token is for who runs the node.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, path.join(META))?;
    File::open(path)?.sync_all()
}

/// 32 bytes that nobody can guess, in hexadecimal.
fn token() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("no random numbers: {error}"))?;
    Ok(alloy_primitives::hex::encode(bytes))
}

/// What to do if a directory cannot be used.
pub(crate) fn unusable(path: &Path, error: io::Error) -> Error {
    let path = path.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            anyhow!("the disk of {path} is full: free some space and start again")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => anyhow!(
            "{path} cannot be written to ({error}): choose another --data-dir, or change its rights"
        ),
        _ => anyhow!("{path} cannot be used ({error}): choose another --data-dir"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, start: Start, time: u64) -> Result<DataDir> {
        DataDir::open(path, Kind::Up, start, time)
    }

    fn refusal(path: &Path, start: Start) -> String {
        open(path, start, 9).unwrap_err().to_string()
    }

    #[test]
    fn what_was_made_once_is_found_again_and_fresh_makes_it_anew() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("a/b");
        let first = open(&path, Start::Continue, 7).unwrap().meta;
        assert_eq!((first.genesis_timestamp, first.admin_token.len()), (7, 64));
        assert_eq!(open(&path, Start::Continue, 8).unwrap().meta, first);
        fs::create_dir_all(path.join("l1/chain")).unwrap();
        for name in BESIDE_BOOKS.into_iter().chain([BOOKS]) {
            fs::write(path.join(name), "lines").unwrap();
        }
        let second = open(&path, Start::Fresh, 9).unwrap().meta;
        assert_eq!(second.genesis_timestamp, 9);
        assert_ne!(second.admin_token, first.admin_token);
        assert_eq!(names(&path).unwrap(), [META, LOCK]);
    }

    #[test]
    #[cfg(unix)]
    fn nobody_else_can_read_the_token() {
        use std::os::unix::fs::PermissionsExt;
        let base = tempfile::tempdir().unwrap();
        open(base.path(), Start::Continue, 7).unwrap();
        let mode = fs::metadata(base.path().join(META)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn foreign_files_are_never_touched() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("thesis.tex"), "years of work").unwrap();
        for start in [Start::Continue, Start::Fresh] {
            assert!(refusal(base.path(), start).contains("thesis.tex"));
        }
        assert_eq!(names(base.path()).unwrap(), ["thesis.tex"]);
        // Nor a folder that only has the name of a chain's.
        let base = tempfile::tempdir().unwrap();
        fs::create_dir_all(base.path().join("l1/photos")).unwrap();
        assert!(refusal(base.path(), Start::Fresh).contains("no seam.json"));
        fs::remove_dir_all(base.path().join("l1")).unwrap();
        drop(open(base.path(), Start::Continue, 7).unwrap());
        fs::create_dir_all(base.path().join("l1/photos")).unwrap();
        assert!(refusal(base.path(), Start::Fresh).contains("photos"));
        assert!(base.path().join("l1/photos").exists());
    }

    #[test]
    fn two_at_a_time_are_refused_and_fresh_removes_nothing_under_a_running_node() {
        let base = tempfile::tempdir().unwrap();
        let held = open(base.path(), Start::Continue, 7).unwrap();
        for start in [Start::Continue, Start::Fresh] {
            assert!(refusal(base.path(), start).contains("in use by another process"));
        }
        assert_eq!(read_meta(held.path()).unwrap(), Some(held.meta.clone()));
    }

    #[test]
    fn other_versions_kinds_and_damage_are_named() {
        let base = tempfile::tempdir().unwrap();
        let meta = base.path().join(META);
        drop(open(base.path(), Start::Continue, 7).unwrap());
        let node = DataDir::open(base.path(), Kind::Node, Start::Continue, 7);
        assert!(node.unwrap_err().to_string().contains("another command"));
        fs::write(&meta, r#"{"format":2,"more":"things"}"#).unwrap();
        let error = refusal(base.path(), Start::Continue);
        assert!(error.contains("has format 2, this version of Seam reads 1"), "{error}");
        fs::write(&meta, "{").unwrap();
        assert!(refusal(base.path(), Start::Continue).contains("damaged"));
        open(base.path(), Start::Fresh, 7).unwrap();
    }
}
