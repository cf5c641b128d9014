//! Changes that are to be written together, and reading through them.

use crate::{
    error::StorageError,
    kv::{Row, Snapshot},
    tables::Table,
};
use std::{collections::BTreeMap, ops::Bound};

/// Changes to the database over a snapshot of it: what is read through a batch is as it will be.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    base: &'a Snapshot,
    tables: [BTreeMap<Vec<u8>, Option<Vec<u8>>>; Table::ALL.len()],
}

impl<'a> Batch<'a> {
    pub(crate) fn new(base: &'a Snapshot) -> Self {
        Self { base, tables: std::array::from_fn(|_| BTreeMap::new()) }
    }

    pub(crate) fn put(&mut self, table: Table, key: impl Into<Vec<u8>>, value: Vec<u8>) {
        self.tables[table as usize].insert(key.into(), Some(value));
    }

    pub(crate) fn delete(&mut self, table: Table, key: impl Into<Vec<u8>>) {
        self.tables[table as usize].insert(key.into(), None);
    }

    pub(crate) fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
        match self.tables[table as usize].get(key) {
            Some(changed) => Ok(changed.clone()),
            None => self.base.get(table, key),
        }
    }

    /// All rows whose keys begin with `prefix`.
    pub(crate) fn with_prefix(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> Result<Vec<Row>, StorageError> {
        let stored = self.base.prefix(table, prefix).collect::<Result<Vec<_>, _>>()?;
        let mut rows: BTreeMap<_, _> =
            stored.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let from = (Bound::Included(prefix.to_vec()), Bound::Unbounded);
        let changed = self.tables[table as usize].range(from);
        let changed = changed.take_while(|(key, _)| key.starts_with(prefix));
        rows.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
        Ok(rows.into_iter().filter_map(|(key, value)| Some((key, value?))).collect())
    }

    /// The changes of each table, in the order of keys.
    pub(crate) fn into_changes(
        self,
    ) -> impl Iterator<Item = (Table, BTreeMap<Vec<u8>, Option<Vec<u8>>>)> {
        Table::ALL.into_iter().zip(self.tables)
    }
}
