//! Where the books of a test are: a file for SQLite, or a database of a PostgreSQL server of our own.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor, any::install_default_drivers};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};
use tempfile::TempDir;

/// The Debian package without which these tests cannot run.
const PACKAGE: &str = "postgresql";
/// Set, tests on PostgreSQL are left out, aloud.
const WITHOUT: &str = "SEAM_NO_POSTGRES";

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// A place for books that is a test's alone.
pub(crate) struct Site {
    pub(crate) url: String,
    /// Removed with the site.
    _directory: Option<TempDir>,
}

impl Site {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = directory.path().join("books.db").display().to_string();
        Self { url, _directory: Some(directory) }
    }

    /// None where PostgreSQL is to be left out.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = SERVER.get_or_init(Server::start).as_ref()?;
        let name = format!("books{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        install_default_drivers();
        let mut connection = AnyConnection::connect(&server.url("postgres")).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        connection.execute(create).await.unwrap();
        connection.close().await.unwrap();
        Some(Self { url: server.url(&name), _directory: None })
    }
}

/// A cluster in a folder of its own, on a Unix socket there. It ends with this process, however that ends.
struct Server {
    folder: PathBuf,
    user: String,
}

impl Server {
    fn start() -> Option<Self> {
        if std::env::var_os(WITHOUT).is_some() {
            println!("{WITHOUT} is set: the tests on PostgreSQL are left out");
            return None;
        }
        let binaries = binaries();
        let folder = tempfile::tempdir().unwrap().keep();
        let user = unprivileged(&folder);
        let (data, log) = (folder.join("data"), folder.join("log"));
        let mut make = as_user(&user, &binaries.join("initdb"));
        make.arg("-D").arg(&data).args(["-U", "seam", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        succeed(&mut make);
        let options = format!("-k '{}' -c listen_addresses='' -c fsync=off", folder.display());
        let mut start = as_user(&user, &binaries.join("pg_ctl"));
        start.arg("-D").arg(&data).arg("-l").arg(log).args(["-w", "-o", &options, "start"]);
        succeed(&mut start);
        watch(&folder, &user, &binaries);
        Some(Self { folder, user })
    }

    fn url(&self, database: &str) -> String {
        let _ = &self.user;
        format!("postgres://seam@localhost/{database}?host={}", self.folder.display())
    }
}

/// Waits for the end of this process, which closes its end of the pipe, then stops the server.
fn watch(folder: &Path, user: &str, binaries: &Path) {
    let mut stop = as_user(user, &binaries.join("pg_ctl"));
    stop.arg("-D").arg(folder.join("data")).args(["-m", "immediate", "-w", "stop"]);
    let words = std::iter::once(stop.get_program()).chain(stop.get_args());
    let words: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let script = format!("cat >/dev/null; {}; rm -rf '{}'", words.join(" "), folder.display());
    let mut watcher = Command::new("sh");
    watcher.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // The pipe stays open as long as this process, and nobody waits for the watcher.
    std::mem::forget(watcher.spawn().unwrap());
}

/// Where the server's programs are.
fn binaries() -> PathBuf {
    let of_debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let of_debian = of_debian.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut all = of_debian.chain(std::env::split_paths(&path));
    let found = all.find(|folder| folder.join("initdb").exists() && folder.join("pg_ctl").exists());
    found.unwrap_or_else(|| {
        panic!("no PostgreSQL server here: install the package {PACKAGE}, or set {WITHOUT}=1")
    })
}

/// The server refuses to run as root: then it is somebody else's, and so is its folder.
fn unprivileged(folder: &Path) -> String {
    let output = |program: &str, arg: &str, user: &str| {
        let output = Command::new(program).args([arg, user]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    let us = Command::new("id").arg("-u").output().unwrap();
    if us.stdout.trim_ascii() != b"0" {
        return String::new();
    }
    let there = |user: &&&str| output("id", "-u", user).is_some();
    let user = ["postgres", "nobody"].iter().find(there).unwrap();
    succeed(Command::new("chown").arg(user).arg(folder));
    (*user).to_owned()
}

fn as_user(user: &str, program: &Path) -> Command {
    if user.is_empty() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--clear-groups", "--"]).arg(program).current_dir("/");
    command
}

fn succeed(command: &mut Command) {
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
