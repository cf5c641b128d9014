//! Many rows in one statement, as each statement costs a way to the database and back.

use sqlx::{AnyConnection, AssertSqlSafe};
use std::{fmt::Write as _, sync::Arc};

/// Rows of one statement, the most first: few distinct statements, so that each is prepared once. The most times
/// the columns of the widest table stays far below the 32,766 places that SQLite has.
const BATCHES: [usize; 4] = [256, 32, 4, 1];

/// A value in a row.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Int(i64),
    MaybeInt(Option<i64>),
    Text(String),
    MaybeText(Option<String>),
    Bytes(Vec<u8>),
    MaybeBytes(Option<Vec<u8>>),
}

/// Rows of one table that wait to be written.
#[derive(Debug)]
pub(super) struct Rows {
    table: &'static str,
    columns: &'static [&'static str],
    /// What follows the values, such as what to do where the row is there already.
    ending: &'static str,
    values: Vec<Value>,
}

impl Rows {
    pub(super) const fn new(
        table: &'static str,
        columns: &'static [&'static str],
        ending: &'static str,
    ) -> Self {
        Self { table, columns, ending, values: Vec::new() }
    }

    /// The row's values, in the order of the columns.
    pub(super) fn push<const N: usize>(&mut self, row: [Value; N]) {
        debug_assert_eq!(N, self.columns.len(), "{}", self.table);
        self.values.extend(row);
    }

    pub(super) fn len(&self) -> usize {
        self.values.len() / self.columns.len().max(1)
    }

    /// Writes what waits.
    pub(super) async fn flush(&mut self, connection: &mut AnyConnection) -> sqlx::Result<()> {
        let mut values = std::mem::take(&mut self.values).into_iter();
        let mut rows = values.len() / self.columns.len().max(1);
        for batch in BATCHES {
            if rows < batch {
                continue;
            }
            let sql = Arc::new(self.sql(batch));
            while rows >= batch {
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&sql)));
                for value in values.by_ref().take(batch * self.columns.len()) {
                    query = match value {
                        Value::Int(value) => query.bind(value),
                        Value::MaybeInt(value) => query.bind(value),
                        Value::Text(value) => query.bind(value),
                        Value::MaybeText(value) => query.bind(value),
                        Value::Bytes(value) => query.bind(value),
                        Value::MaybeBytes(value) => query.bind(value),
                    };
                }
                query.execute(&mut *connection).await?;
                rows -= batch;
            }
        }
        Ok(())
    }

    fn sql(&self, rows: usize) -> String {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table, self.columns.join(", "));
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.columns.len() {
                let separator = if column == 0 { "" } else { ", " };
                let place = row * self.columns.len() + column + 1;
                // Writing to a string cannot fail.
                let _ = write!(sql, "{separator}${place}");
            }
            sql.push(')');
        }
        sql + self.ending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_numbered_through() {
        let rows = Rows::new("t", &["a", "b"], " ON CONFLICT DO NOTHING");
        let sql = "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING";
        assert_eq!(rows.sql(2), sql);
    }

    #[test]
    fn no_statement_has_more_places_than_sqlite_takes() {
        assert!(BATCHES.into_iter().all(|batch| batch * 16 < 32_766));
    }
}
