//! redb: one file, copy-on-write B-trees, its own page cache.

use std::{cell::OnceCell, path::Path};

use ::redb::{
    Database, Durability, ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition,
    WriteTransaction,
};
use anyhow::Result;

use super::{CACHE_BYTES, Engine, LOAD_ROWS, RowSource, Rows, Snapshot, TABLES, Table};

type Bytes = &'static [u8];

pub(super) struct Redb {
    database: Database,
    quick_repair: bool,
}

impl Redb {
    pub(super) fn open(folder: &Path, quick_repair: bool) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let database = Database::builder().set_cache_size(CACHE_BYTES).create(folder.join("db"))?;
        let engine = Self { database, quick_repair };
        let known = engine.database.begin_read()?.list_tables()?.count() == TABLES.len();
        if !known {
            let write = engine.begin()?;
            for (table, _) in TABLES {
                write.open_table(definition(table))?;
            }
            write.commit()?;
        }
        Ok(engine)
    }

    fn begin(&self) -> Result<WriteTransaction> {
        let mut write = self.database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        write.set_quick_repair(self.quick_repair);
        Ok(write)
    }
}

fn definition(table: Table) -> TableDefinition<'static, Bytes, Bytes> {
    TableDefinition::new(TABLES[table as usize].1)
}

struct View {
    read: ReadTransaction,
    tables: [OnceCell<ReadOnlyTable<Bytes, Bytes>>; TABLES.len()],
}

impl Snapshot for View {
    fn get(&self, table: Table, key: &[u8], value: &mut Vec<u8>) -> Result<bool> {
        let cell = &self.tables[table as usize];
        let opened = match cell.get() {
            Some(opened) => opened,
            None => {
                let opened = self.read.open_table(definition(table))?;
                cell.get_or_init(|| opened)
            }
        };
        let Some(found) = opened.get(key)? else { return Ok(false) };
        value.clear();
        value.extend_from_slice(found.value());
        Ok(true)
    }
}

impl Engine for Redb {
    fn load(&self, table: Table, rows: RowSource) -> Result<()> {
        let mut rows = rows.peekable();
        while rows.peek().is_some() {
            let write = self.begin()?;
            {
                let mut opened = write.open_table(definition(table))?;
                for (key, value) in rows.by_ref().take(LOAD_ROWS) {
                    opened.insert(key.as_slice(), value.as_slice())?;
                }
            }
            write.commit()?;
        }
        Ok(())
    }

    fn read(&self, reads: &mut dyn FnMut(&dyn Snapshot) -> Result<()>) -> Result<()> {
        reads(&View { read: self.database.begin_read()?, tables: Default::default() })
    }

    fn commit(&self, rows: &[(Table, Rows)]) -> Result<()> {
        let write = self.begin()?;
        for (table, rows) in rows {
            let mut opened = write.open_table(definition(*table))?;
            for (key, value) in rows {
                opened.insert(key.as_slice(), value.as_slice())?;
            }
        }
        Ok(write.commit()?)
    }
}
