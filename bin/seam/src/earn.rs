//! `seam earn`: what each account earned and paid, and whether every wei is explained.

pub(crate) mod args;
mod ingest;
mod period;
mod prices;
mod profit;
mod read;
mod show;
mod watch;

use anyhow::{Context, Result};
use args::{Database, Earn};
use seam_ledger::Books;
use std::{env, fs, io::Write, path::PathBuf, process::ExitCode};

/// Variable with the place of the books.
const DB: &str = "SEAM_EARN_DB";

pub(crate) fn run(command: Earn, out: &mut impl Write) -> Result<ExitCode> {
    crate::service::log()?;
    let runtime = crate::service::runtime()?;
    let done = runtime.block_on(answer(command, out));
    runtime.shutdown_background();
    done
}

async fn answer(command: Earn, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        Earn::Track(command) => watch::track(command, out).await?,
        Earn::Untrack(command) => watch::untrack(&command).await?,
        Earn::Accounts(command) => watch::accounts(&command, out).await?,
        Earn::Sync(command) => ingest::sync(command, out).await?,
        Earn::Check(command) => return ingest::check(command, out).await,
        Earn::Report(command) => read::report(&command, out).await?,
        Earn::Positions(command) => read::positions(&command, out).await?,
        Earn::Profit(command) => profit::run(&command, out).await?,
        Earn::Lines(command) => read::lines(&command, out).await?,
        Earn::Explain(command) => read::explain(&command, out).await?,
        Earn::Prices(command) => prices::run(&command, out).await?,
        Earn::Export(command) => read::export(&command, out).await?,
        Earn::Backup(command) => read::backup(&command, out).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Database {
    /// Where the books are: what was given, the variable, or the user's own.
    fn place(&self) -> Result<String> {
        if let Some(place) = self.db.clone().or_else(|| env::var(DB).ok()) {
            return Ok(place);
        }
        let folder = own_folder().with_context(|| {
            format!("this user has no home directory: name the books with --db or {DB}")
        })?;
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder.join("earn.db").display().to_string())
    }

    /// The books, which are begun where there are none.
    async fn open(&self) -> Result<Books> {
        Ok(Books::open(&self.place()?).await?)
    }

    /// The books that are there.
    async fn existing(&self) -> Result<Books> {
        Ok(Books::existing(&self.place()?).await?)
    }
}

/// `seam` in the platform's data directory.
fn own_folder() -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    let given = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(absolute);
    let base = given.or_else(|| Some(env::home_dir()?.join(".local/share")).filter(absolute))?;
    Some(base.join("seam"))
}
