//! fjall: a journal and one LSM tree for each table; large values lie apart.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use ::fjall::{
    Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode, Readable,
    Snapshot as At,
};
use anyhow::Result;

use super::{CACHE_BYTES, Engine, RowSource, Rows, Snapshot, TABLES, Table};

/// Unflushed rows of one table: a quarter of the default, for thirteen tables share the memory.
const MEMTABLE_BYTES: u64 = 16 << 20;

/// The journal's bound; the oldest memtables are flushed to stay below it.
const JOURNAL_BYTES: u64 = 256 << 20;

pub(super) struct Fjall {
    database: Database,
    tables: Vec<Keyspace>,
    /// Taken after each commit. A snapshot that is taken while a batch is applied may see half of
    /// it: a flush or compaction that ends then moves the visible sequence number past the batch's.
    latest: Mutex<At>,
}

impl Fjall {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let database = Database::builder(folder)
            .cache_size(CACHE_BYTES as u64)
            .max_journaling_size(JOURNAL_BYTES)
            .manual_journal_persist(true)
            .open()?;
        let mut tables = Vec::new();
        for (table, name) in TABLES {
            tables.push(database.keyspace(name, || options(table))?);
        }
        let latest = Mutex::new(database.snapshot());
        Ok(Self { database, tables, latest })
    }

    fn publish(&self) {
        let now = self.database.snapshot();
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

fn options(table: Table) -> KeyspaceCreateOptions {
    let options = KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
    match table {
        // Rows of 100 kB and more are written once: compaction should not copy them.
        Table::Changes | Table::Bodies | Table::Receipts => {
            options.with_kv_separation(Some(KvSeparationOptions::default()))
        }
        Table::Accounts | Table::Slots => options.expect_point_read_hits(true),
        _ => options,
    }
}

struct View<'a> {
    at: At,
    tables: &'a [Keyspace],
}

impl Snapshot for View<'_> {
    fn get(&self, table: Table, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let Some(found) = self.at.get(&self.tables[table as usize], key)? else {
            return Ok(false);
        };
        value.clear();
        value.extend_from_slice(&found);
        Ok(true)
    }
}

impl Engine for Fjall {
    fn load(&self, table: Table, rows: RowSource) -> Result<()> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let mut ingestion = self.tables[table as usize].start_ingestion()?;
        for (key, value) in rows {
            ingestion.write(key, value)?;
        }
        ingestion.finish()?;
        self.publish();
        Ok(())
    }

    fn read(&self, reads: &mut dyn FnMut(&dyn Snapshot) -> Result<()>) -> Result<()> {
        let at = self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        reads(&View { at, tables: &self.tables })
    }

    fn commit(&self, rows: &[(Table, Rows)]) -> Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for (table, rows) in rows {
            for (key, value) in rows {
                batch.insert(&self.tables[*table as usize], key.as_slice(), value.as_slice());
            }
        }
        batch.commit()?;
        self.publish();
        Ok(())
    }
}
