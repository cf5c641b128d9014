//! A copy of the books at one moment.

use super::{Books, BooksError, BooksResult, Engine};
use serde::Serialize;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

/// How a backup was made, or is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backup {
    /// The file is there, and on disk.
    Written {
        /// Where.
        path: PathBuf,
        /// How large.
        bytes: u64,
    },
    /// PostgreSQL has a tool of its own, which knows roles, versions and compression: this is how to call it.
    Command(String),
}

impl Books {
    /// Copies the books into a new file while they may be written on. With PostgreSQL nothing is written: the answer is
    /// the command that does it.
    ///
    /// # Errors
    /// If the file is there already, or cannot be written.
    pub async fn backup(&self, path: &Path) -> BooksResult<Backup> {
        if *self.engine() == Engine::Postgres {
            let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
            let (path, url) = (quoted(&path.to_string_lossy()), quoted(self.database.shown()));
            return Ok(Backup::Command(format!("pg_dump --format=custom --file={path} {url}")));
        }
        let unusable = |error| BooksError::File { path: path.to_owned(), error };
        // Made here first, so that none that is there is ever written over.
        drop(File::create_new(path).map_err(unusable)?);
        let text = path.to_string_lossy().into_owned();
        let copied =
            sqlx::query("VACUUM INTO $1").bind(text).execute(self.database.readers()).await;
        if let Err(error) = copied {
            let _ = fs::remove_file(path); // the error says why
            return Err(error.into());
        }
        let file = File::open(path).map_err(unusable)?;
        file.sync_all().map_err(unusable)?;
        let bytes = file.metadata().map_err(unusable)?.len();
        Ok(Backup::Written { path: path.to_owned(), bytes })
    }
}
