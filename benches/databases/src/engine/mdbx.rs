//! MDBX: one memory-mapped file, copy-on-write B-trees, the kernel's page cache.

use std::{borrow::Cow, path::Path};

use anyhow::Result;
use signet_libmdbx::{
    Database, DatabaseFlags, Environment, EnvironmentFlags, Geometry, Mode, SyncMode, WriteFlags,
    tx::aliases::RoTxUnsync,
};

use super::{Engine, LOAD_ROWS, RowSource, Rows, Snapshot, TABLES, Table};

/// The map's bound, and so the database's.
const MOST_BYTES: usize = 64 << 30;

/// By how much the file grows.
const GROWTH_BYTES: isize = 16 << 20;

pub(super) struct Mdbx {
    environment: Environment,
    tables: Vec<Database>,
}

impl Mdbx {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let environment = Environment::builder()
            .set_max_dbs(TABLES.len() + 3)
            .set_geometry(Geometry {
                size: Some(0..MOST_BYTES),
                growth_step: Some(GROWTH_BYTES),
                ..Geometry::default()
            })
            .set_flags(EnvironmentFlags {
                mode: Mode::ReadWrite { sync_mode: SyncMode::Durable },
                // Reads are random: what lies beside a page is not wanted soon.
                no_rdahead: true,
                ..EnvironmentFlags::default()
            })
            .open(folder)?;
        let write = environment.begin_rw_unsync()?;
        let mut tables = Vec::new();
        for (_, name) in TABLES {
            tables.push(write.create_db(Some(name), DatabaseFlags::empty())?);
        }
        write.commit()?;
        Ok(Self { environment, tables })
    }
}

struct View<'a> {
    read: RoTxUnsync,
    tables: &'a [Database],
}

impl Snapshot for View<'_> {
    fn get(&self, table: Table, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let found: Option<Cow<'_, [u8]>> = self.read.get(self.tables[table as usize].dbi(), key)?;
        let Some(found) = found else { return Ok(false) };
        value.clear();
        value.extend_from_slice(&found);
        Ok(true)
    }
}

impl Engine for Mdbx {
    fn load(&self, table: Table, rows: RowSource) -> Result<()> {
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            let write = self.environment.begin_rw_unsync()?;
            for (key, value) in rows.by_ref().take(LOAD_ROWS) {
                write.append(self.tables[table as usize], key, value)?;
            }
            write.commit()?;
        }
        Ok(())
    }

    fn read(&self, reads: &mut dyn FnMut(&dyn Snapshot) -> Result<()>) -> Result<()> {
        reads(&View { read: self.environment.begin_ro_unsync()?, tables: &self.tables })
    }

    fn commit(&self, rows: &[(Table, Rows)]) -> Result<()> {
        let write = self.environment.begin_rw_unsync()?;
        for (table, rows) in rows {
            for (key, value) in rows {
                write.put(self.tables[*table as usize], key, value, WriteFlags::UPSERT)?;
            }
        }
        Ok(write.commit()?)
    }
}
