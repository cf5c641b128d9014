//! The tables, and how a database of an older format becomes one of the newest (`docs/ledger-format.md`).

use super::{BooksError, BooksResult, database::Database, database::Engine};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

/// The format that this Seam writes.
pub const FORMAT: i64 = 1;

/// What brings a database from the format that is its place in this list to the next; the first makes
/// everything. A step that was released is never edited.
const STEPS: [&str; 1] = [include_str!("schema/1.sql")];

/// The format of the database; none if it has no books.
pub(super) async fn version(database: &Database) -> BooksResult<Option<i64>> {
    let mut connection = database.readers().acquire().await?;
    version_in(&mut connection, database.engine()).await
}

/// Makes the tables, or brings older ones to the newest format, in one transaction.
pub(super) async fn create_or_migrate(database: &Database) -> BooksResult<()> {
    match version(database).await? {
        Some(FORMAT) => return Ok(()),
        Some(found) if found > FORMAT => return Err(BooksError::Newer { found, known: FORMAT }),
        _ => {}
    }
    let engine = database.engine();
    let mut writing = database.writer().await?;
    let mut transaction = writing.connection()?.begin().await?;
    // Another process may have done it between the question and the lock.
    let from = version_in(&mut transaction, engine).await?.unwrap_or(0);
    let done = usize::try_from(from).unwrap_or(usize::MAX);
    for step in STEPS.iter().skip(done) {
        transaction.execute(AssertSqlSafe(spelled(step, engine))).await?;
    }
    sqlx::query("UPDATE books SET format = $1").bind(FORMAT).execute(&mut *transaction).await?;
    transaction.commit().await?;
    // Whoever opens the books may only want to read.
    writing.release().await;
    Ok(())
}

async fn version_in(connection: &mut AnyConnection, engine: &Engine) -> BooksResult<Option<i64>> {
    let there = match engine {
        Engine::Sqlite(_) => {
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'books'"
        }
        Engine::Postgres => {
            "SELECT COUNT(*) FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_name = 'books'"
        }
    };
    let there: i64 = sqlx::query_scalar(there).fetch_one(&mut *connection).await?;
    if there == 0 {
        return Ok(None);
    }
    Ok(Some(sqlx::query_scalar("SELECT format FROM books").fetch_one(connection).await?))
}

/// The step as the database spells it. `INTEGER PRIMARY KEY` is SQLite's own row number, which costs no
/// index; a table without one is kept by its key.
fn spelled(step: &str, engine: &Engine) -> String {
    let [id, int, bytes, end, keyed] = match engine {
        Engine::Sqlite(_) => {
            ["INTEGER PRIMARY KEY", "INTEGER", "BLOB", "STRICT", "STRICT, WITHOUT ROWID"]
        }
        Engine::Postgres => ["BIGINT PRIMARY KEY", "BIGINT", "BYTEA", "", ""],
    };
    let step = step.replace("{ID}", id).replace("{INT}", int).replace("{BYTES}", bytes);
    step.replace("{END}", end).replace("{KEYED}", keyed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_step_to_every_format() {
        assert_eq!(i64::try_from(STEPS.len()).unwrap(), FORMAT);
    }

    #[test]
    fn nothing_is_left_to_spell() {
        for engine in [Engine::Sqlite("a".into()), Engine::Postgres] {
            assert!(STEPS.iter().all(|step| !spelled(step, &engine).contains('{')));
        }
    }
}
