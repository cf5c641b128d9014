//! The embedded database, seen as ordered tables of bytes. Nothing else names it: to change the
//! database is to change this file. `docs/storage-choice.md` says why it is this one.

use crate::{
    batch::Batch,
    error::StorageError,
    store::StoreOptions,
    tables::{Table, after_prefix},
};
use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Readable,
};
use std::{
    fmt,
    fs::{self, File},
    io::{self, Write},
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Name of the database's folder within the data directory.
const FOLDER: &str = "chain";

/// Its name while it is being made.
const UNFINISHED: &str = "chain.new";

/// Bytes that are written to find out whether a failure was for lack of space.
const PROBE_BYTES: usize = 1 << 20;

/// An open database. Only one process can have it open.
#[derive(Clone)]
pub(crate) struct Kv {
    database: Database,
    tables: Arc<[Keyspace]>,
    path: PathBuf,
    /// Taken between commits. fjall 3.1 shows a half-applied batch to a snapshot that is taken while
    /// a flush in the background ends (`docs/storage-choice.md`), so none is taken at other times.
    latest: Arc<Mutex<fjall::Snapshot>>,
}

impl fmt::Debug for Kv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kv").field(&self.path).finish()
    }
}

impl Kv {
    /// Makes the database of `directory` and fills it: it is there whole afterwards, or not at all.
    /// fjall 3.1 does not open one whose making was cut short, so it gets its name last.
    pub(crate) fn create<E: From<StorageError>>(
        directory: &Path,
        options: &StoreOptions,
        fill: impl FnOnce(&Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let unfinished = directory.join(UNFINISHED);
        Self::discard(directory)?;
        fs::create_dir_all(&unfinished).map_err(io_error)?;
        let database = Self::open_folder(directory, UNFINISHED, options)?;
        fill(&database)?;
        drop(database);
        fs::rename(&unfinished, directory.join(FOLDER)).map_err(io_error)?;
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        Ok(synced.map_err(io_error)?)
    }

    /// Removes what is left of a database whose making was cut short.
    pub(crate) fn discard(directory: &Path) -> Result<(), StorageError> {
        let unfinished = directory.join(UNFINISHED);
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(io_error)?;
        }
        Ok(())
    }

    /// Opens the database of `directory`.
    pub(crate) fn open(directory: &Path, options: &StoreOptions) -> Result<Self, StorageError> {
        Self::open_folder(directory, FOLDER, options)
    }

    fn open_folder(
        directory: &Path,
        folder: &str,
        options: &StoreOptions,
    ) -> Result<Self, StorageError> {
        let path = directory.join(folder);
        let database = Database::builder(&path)
            .cache_size(options.cache_bytes as u64)
            .max_journaling_size(options.journal_bytes.max(64 << 20))
            .manual_journal_persist(true)
            .open()
            .map_err(|error| match error {
                fjall::Error::Locked => StorageError::Locked(directory.to_owned()),
                error => failure(&path, error),
            })?;
        let open = |table: Table| {
            let create = || table_options(table, options);
            database.keyspace(table.name(), create).map_err(|error| failure(&path, error))
        };
        let tables = Table::ALL.into_iter().map(open).collect::<Result<_, _>>()?;
        let latest = Arc::new(Mutex::new(database.snapshot()));
        Ok(Self { database, tables, path, latest })
    }

    /// Whether `directory` has a database.
    pub(crate) fn exists(directory: &Path) -> bool {
        directory.join(FOLDER).exists()
    }

    /// All that was committed until now, whatever is committed later.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let at = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Snapshot { at, kv: self.clone() }
    }

    /// Writes all of `batch` or nothing; on disk when this returns. The caller sees to it that one
    /// commit is over before the next: the snapshot that follows must not see half of another.
    pub(crate) fn commit(&self, batch: Batch<'_>) -> Result<(), StorageError> {
        let mut write = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (table, changes) in batch.into_changes() {
            let table = &self.tables[table as usize];
            for (key, value) in changes {
                match value {
                    Some(value) => write.insert(table, key, value),
                    None => write.remove(table, key),
                }
            }
        }
        write.commit().map_err(|error| self.failure(error))?;
        let latest = self.database.snapshot();
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = latest;
        Ok(())
    }

    fn failure(&self, error: fjall::Error) -> StorageError {
        failure(&self.path, error)
    }
}

fn table_options(table: Table, options: &StoreOptions) -> KeyspaceCreateOptions {
    let tables = Table::ALL.len() as u64;
    let memtable = (options.journal_bytes / tables).max(1 << 20);
    let defaults = KeyspaceCreateOptions::default().max_memtable_size(memtable);
    match table {
        // Rows that are large and written once: compaction should not copy them.
        Table::Bodies | Table::Receipts | Table::Blobs | Table::Changes | Table::Codes => {
            defaults.with_kv_separation(Some(KvSeparationOptions::default()))
        }
        _ => defaults,
    }
}

/// The database at one moment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Snapshot {
    at: fjall::Snapshot,
    kv: Kv,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&self.at.seqno()).finish()
    }
}

impl Snapshot {
    fn table(&self, table: Table) -> &Keyspace {
        &self.kv.tables[table as usize]
    }

    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        let value = self.at.get(self.table(table), key);
        let value = value.map_err(|error| self.kv.failure(error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Rows from `from` on, up to and without `to`, by key.
    pub(crate) fn range(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
    ) -> impl DoubleEndedIterator<Item = Result<Row, StorageError>> + use<> {
        let bounds = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let kv = self.kv.clone();
        self.at.range::<&[u8], _>(self.table(table), bounds).map(move |row| {
            let (key, value) = row.into_inner().map_err(|error| kv.failure(error))?;
            Ok((key.to_vec(), value.to_vec()))
        })
    }

    /// Rows whose keys begin with `prefix`.
    pub(crate) fn prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<Row, StorageError>> + use<> {
        self.range(table, prefix, after_prefix(prefix).as_deref())
    }
}

fn io_error(error: io::Error) -> StorageError {
    match error.kind() {
        // The head is filled in by who knows it.
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            StorageError::DiskFull { head: None }
        }
        _ => StorageError::Io(error),
    }
}

fn failure(path: &Path, error: fjall::Error) -> StorageError {
    match error {
        fjall::Error::Io(error) => io_error(error),
        fjall::Error::Storage(error) => lsm_failure(error),
        // A write beside the commits failed, and the database takes no more of them.
        fjall::Error::Poisoned => match probe(path) {
            Err(error) => io_error(error),
            Ok(()) => StorageError::Io(io::Error::other("an earlier write failed: start again")),
        },
        fjall::Error::InvalidVersion(version) => {
            StorageError::corrupt(format!("file format {version:?} of fjall"))
        }
        error => StorageError::corrupt(error.to_string()),
    }
}

fn lsm_failure(error: fjall::LsmError) -> StorageError {
    match error {
        fjall::LsmError::Io(error) => io_error(error),
        error => StorageError::corrupt(error.to_string()),
    }
}

/// Whether something can be written beside the database.
fn probe(path: &Path) -> io::Result<()> {
    let probe = path.with_extension("probe");
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_all()
    });
    let _ = fs::remove_file(probe);
    written
}
