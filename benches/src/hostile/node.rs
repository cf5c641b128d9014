//! The node: `seam up` in a process of its own.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// The process and what it said of itself; both end with this.
pub(super) struct Node {
    child: Child,
    address: String,
    account: String,
    data: PathBuf,
}

impl Node {
    /// Starts it at free ports, in a folder that is removed at the end.
    pub(super) fn start(program: Option<PathBuf>) -> Result<Self> {
        let program = match program {
            Some(program) => program,
            None => env::current_exe()?.with_file_name("seam"),
        };
        let hint = "build it with `cargo build --release --bin seam`";
        ensure!(program.is_file(), "{} is not there: {hint}", program.display());
        let data = env::temp_dir().join(format!("seam-hostile-{}", std::process::id()));
        let mut child = Command::new(program)
            .args(["up", "--json", "--no-traffic", "--no-earnings", "--no-web"])
            .args(["--l1-port", "0", "--l2-port", "0", "--data-dir"])
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line).context("the node did not start")?;
        let text = |value: &Value| value.as_str().map(str::to_owned).context("the ready line");
        let url = text(&ready["l2"]["http"])?;
        let account = text(&ready["accounts"][0]["address"])?;
        let address = url.trim_start_matches("http://").to_owned();
        Ok(Self { child, address, account, data })
    }

    /// `host:port` of its Layer 2.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// An unlocked account.
    pub(super) fn account(&self) -> &str {
        &self.account
    }

    /// Bytes of memory that it has; 0 where there is no `/proc`.
    pub(super) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kilobytes.unwrap_or_default() << 10
    }

    /// Fails if it has ended.
    pub(super) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("the node ended: {status}"),
            None => Ok(()),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
