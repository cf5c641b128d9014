//! How the database is reached: one set of SQL for SQLite and PostgreSQL, many readers, one writer.

use super::{BooksError, BooksResult};
use sqlx::{
    AnyConnection, AnyPool, ConnectOptions as _, Connection, Executor,
    any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers},
};
use std::{
    fmt::{self, Write as _},
    fs::{File, TryLockError},
    io::{Read, Seek, Write as _},
    path::{Path, PathBuf},
    str::FromStr as _,
    time::Duration,
};
use tokio::sync::{Mutex, MutexGuard};

/// Connections that read at once; a report takes one.
const MAX_READERS: u32 = 4;

/// How long a connection is waited for, and how long one waits for SQLite's lock: a checkpoint or a
/// backup of another process takes no longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What SQLite is told on every connection. A committed line is on disk (`synchronous=FULL`), readers do not
/// wait for the writer (WAL); 64 MiB of pages are kept in memory, as the indexes are written all over.
const PRAGMAS: &str = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
                       PRAGMA busy_timeout=10000; PRAGMA cache_size=-65536; \
                       PRAGMA journal_size_limit=67108864";

/// The two halves of PostgreSQL's advisory lock of the writer: "SEAM", and which schema.
const WRITER_LOCK: &str = "SELECT pg_try_advisory_lock(1397047629, hashtext(current_schema()))";

/// What keeps the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// One file, with a `-wal` file beside it while in use.
    Sqlite(PathBuf),
    /// A database of a PostgreSQL server.
    Postgres,
}

/// What to do where there are no books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Create,
    Refuse,
}

pub(super) struct Database {
    engine: Engine,
    at: AnyConnectOptions,
    shown: String,
    readers: AnyPool,
    writer: Mutex<Option<Writer>>,
}

/// The one connection that writes, and what keeps others from it. In PostgreSQL the lock belongs to the
/// connection itself: whoever loses it can no longer write.
#[derive(Debug)]
pub(super) struct Writer {
    connection: AnyConnection,
    lock: Option<Lock>,
}

/// A locked file. It is let go of by name: a process that another thread forks has a copy of the handle until it runs
/// its program, and closing ours would leave the lock with it.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // At the latest it goes with the handle.
        let _ = self.0.unlock();
    }
}

/// The writer, for the length of one transaction.
pub(super) struct Writing<'a>(MutexGuard<'a, Option<Writer>>);

/// A URL may have a password in it.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("at", &self.shown).finish_non_exhaustive()
    }
}

impl Database {
    pub(super) async fn open(url: &str, absent: Absent) -> BooksResult<Self> {
        install_default_drivers();
        let engine = engine(url)?;
        let (address, shown) = match &engine {
            Engine::Sqlite(path) => {
                if absent == Absent::Refuse && !path.exists() {
                    return Err(BooksError::Absent(path.display().to_string()));
                }
                (sqlite_url(path), path.display().to_string())
            }
            Engine::Postgres => (url.to_owned(), without_password(url)),
        };
        let sqlite = matches!(engine, Engine::Sqlite(_));
        let options = AnyPoolOptions::new().max_connections(MAX_READERS).acquire_timeout(PATIENCE);
        let options = options.after_connect(move |connection, _| {
            Box::pin(async move { prepare(connection, sqlite).await })
        });
        // Its own lines would be around our errors, and about every statement.
        let at = AnyConnectOptions::from_str(&address)?.disable_statement_logging();
        let readers = options.connect_with(at.clone()).await?;
        Ok(Self { engine, at, shown, readers, writer: Mutex::new(None) })
    }

    pub(super) const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// For messages.
    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) const fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// The writer's connection; the lock is taken with the first call.
    pub(super) async fn writer(&self) -> BooksResult<Writing<'_>> {
        let mut writer = self.writer.lock().await;
        if writer.is_none() {
            *writer = Some(self.connect_writer().await?);
        }
        Ok(Writing(writer))
    }

    /// A connection that sees one state of the books, whatever is committed meanwhile.
    pub(super) async fn snapshot(&self) -> BooksResult<sqlx::Transaction<'static, sqlx::Any>> {
        let begin = match self.engine {
            Engine::Sqlite(_) => "BEGIN",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.readers.begin_with(begin).await?)
    }

    /// Closes every connection, the writer's last.
    pub(super) async fn close(self) {
        self.readers.close().await;
        if let Some(writer) = self.writer.into_inner() {
            writer.release().await;
        }
    }

    async fn connect_writer(&self) -> BooksResult<Writer> {
        let lock = match &self.engine {
            Engine::Sqlite(path) => Some(lock_file(path)?),
            Engine::Postgres => None,
        };
        let mut connection = AnyConnection::connect_with(&self.at).await?;
        prepare(&mut connection, lock.is_some()).await?;
        if lock.is_none() {
            let ours: bool = sqlx::query_scalar(WRITER_LOCK).fetch_one(&mut connection).await?;
            if !ours {
                return Err(BooksError::Busy { by: String::new() });
            }
        }
        Ok(Writer { connection, lock })
    }
}

impl Writing<'_> {
    /// The connection.
    ///
    /// # Errors
    /// Never: [`Database::writer`] put it there.
    pub(super) fn connection(&mut self) -> BooksResult<&mut AnyConnection> {
        let writer = self.0.as_mut().ok_or_else(|| BooksError::Busy { by: String::new() })?;
        Ok(&mut writer.connection)
    }

    /// Lets another process write; the next write here connects, and locks, anew.
    pub(super) async fn release(mut self) {
        if let Some(writer) = self.0.take() {
            writer.release().await;
        }
    }
}

impl Writer {
    /// PostgreSQL's server would notice the end of the connection only a moment later, so it is told.
    async fn release(mut self) {
        if self.lock.is_none() {
            // A server that cannot be told has lost the connection, and with it the lock.
            let _ = self.connection.execute("SELECT pg_advisory_unlock_all()").await;
        }
        let _ = self.connection.close().await; // as above
    }
}

async fn prepare(connection: &mut AnyConnection, sqlite: bool) -> sqlx::Result<()> {
    if sqlite {
        connection.execute(PRAGMAS).await?;
    }
    Ok(())
}

fn engine(url: &str) -> BooksResult<Engine> {
    let sqlite = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let postgres = ["postgres://", "postgresql://"].iter().any(|start| url.starts_with(start));
    match sqlite {
        _ if postgres => Ok(Engine::Postgres),
        None if url.contains("://") || url.is_empty() => Err(BooksError::Url(url.to_owned())),
        None => Ok(Engine::Sqlite(absolute(url)?)),
        Some(path) if path.is_empty() || path.starts_with(":memory:") => {
            Err(BooksError::Url(url.to_owned()))
        }
        Some(path) => Ok(Engine::Sqlite(absolute(path)?)),
    }
}

fn absolute(path: &str) -> BooksResult<PathBuf> {
    std::path::absolute(path).map_err(|error| BooksError::File { path: path.into(), error })
}

/// The path as a URL that SQLite's driver reads as this path and nothing else.
fn sqlite_url(path: &Path) -> String {
    let mut url = String::from("sqlite://");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(char::from(byte));
            }
            other => drop(write!(url, "%{other:02X}")), // writing to a string cannot fail
        }
    }
    url + "?mode=rwc"
}

/// A URL for messages and commands.
fn without_password(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let Some((scheme, rest)) = place.split_once("://") else { return place.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut shown = format!("{scheme}://");
    if let Some((user, _)) = authority.rsplit_once('@') {
        shown += user.split(':').next().unwrap_or_default();
        shown.push('@');
    }
    shown += authority.rsplit('@').next().unwrap_or_default();
    shown += path;
    let harmless = query.split('&').filter(|part| !part.is_empty() && !part.contains("password"));
    for (place, part) in harmless.enumerate() {
        shown.push(if place == 0 { '?' } else { '&' });
        shown += part;
    }
    shown
}

/// Locks `FILE.lock`, and writes into it who we are. The system lets go of it when the process ends, however.
fn lock_file(database: &Path) -> BooksResult<Lock> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let unusable = |error| BooksError::File { path: path.clone(), error };
    let mut options = File::options();
    let opened = options.read(true).write(true).create(true).truncate(false).open(&path);
    let mut file = opened.map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut id = String::new();
            let told = file.read_to_string(&mut id).is_ok() && !id.trim().is_empty();
            let by = if told { format!(" (number {})", id.trim()) } else { String::new() };
            return Err(BooksError::Busy { by });
        }
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    let written = file.set_len(0).and_then(|()| file.rewind());
    let written = written.and_then(|()| write!(file, "{}", std::process::id()));
    written.map_err(unusable)?;
    Ok(Lock(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_or_a_url_names_the_engine() {
        let sqlite = |path: &str| Engine::Sqlite(PathBuf::from(path));
        assert_eq!(engine("/tmp/a.db").unwrap(), sqlite("/tmp/a.db"));
        assert_eq!(engine("sqlite:///tmp/a b?.db").unwrap(), sqlite("/tmp/a b?.db"));
        assert_eq!(engine("postgres://u@h/d").unwrap(), Engine::Postgres);
        for wrong in ["", "http://x", "sqlite://", "sqlite::memory:", "mysql://u@h/d"] {
            assert!(matches!(engine(wrong), Err(BooksError::Url(_))), "{wrong}");
        }
        assert_eq!(sqlite_url(Path::new("/a b?#%.db")), "sqlite:///a%20b%3F%23%25.db?mode=rwc");
    }

    #[test]
    fn no_message_has_the_password() {
        for (url, shown) in [
            ("postgres://u:secret@h:5/d?x=y", "postgres://u@h:5/d?x=y"),
            ("postgres:///d?password=secret&host=/run", "postgres:///d?host=/run"),
            ("postgres://u@h/d?sslpassword=secret", "postgres://u@h/d"),
            ("postgres://h", "postgres://h"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
