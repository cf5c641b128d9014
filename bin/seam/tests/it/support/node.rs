//! A `seam up` in a process of its own.

use super::{LIMIT, client::Client, seam};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// Chains of `seam up`, by their names in its ready line.
pub(crate) const CHAINS: [&str; 2] = ["l1", "l2"];

/// The process; killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Node {
    child: Child,
    stdout: Receiver<String>,
    /// All that was written to stderr, once it has ended.
    stderr: Receiver<String>,
}

/// How a node ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stderr: String,
}

impl Node {
    /// Starts on `data`, at ports that are free, with nothing going on but what a test does.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(seam(), data)
    }

    /// As [`Node::start`], with what `command` is set to.
    pub(crate) fn start_with(command: Command, data: &Path) -> Self {
        Self::up(command, data, &["--no-traffic", "--no-earnings", "--no-web"])
    }

    /// As users have it: with traffic, and books of what everybody earns.
    pub(crate) fn start_busy(data: &Path) -> Self {
        Self::up(seam(), data, &["--web-port", "0"])
    }

    fn up(mut command: Command, data: &Path, more: &[&str]) -> Self {
        command.args(["up", "--json", "--l1-port", "0", "--l2-port", "0", "--data-dir"]);
        command.arg(data).args(more);
        Self::spawn(command)
    }

    /// A `seam node --role follower` on `data`, of a rollup.json whose L1 is that of a `seam up`; with `more`
    /// flags.
    pub(crate) fn follow(rollup: &Path, ready: &Ready, data: &Path, more: &[&str]) -> Self {
        let mut command = seam();
        command.args(["node", "--role", "follower", "--json", "--http-port", "0", "--rollup"]);
        command.arg(rollup).args(["--l1-rpc", ready.url("l1")]);
        command.args(more).arg("--data-dir").arg(data);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (lines, stdout) = channel();
        // Whoever no longer listens has no use for it.
        thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
        });
        let (text, stderr) = channel();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = BufReader::new(err).read_to_end(&mut bytes);
            text.send(String::from_utf8_lossy(&bytes).into_owned())
        });
        Self { child, stdout, stderr }
    }

    /// Waits for the line that says that both chains have produced a block.
    pub(crate) fn ready(&mut self) -> Ready {
        match self.stdout.recv_timeout(LIMIT) {
            Ok(line) => Ready(serde_json::from_str(&line).unwrap()),
            Err(RecvTimeoutError::Timeout) => {
                let Ended { stderr, .. } = self.kill();
                panic!("not ready within {LIMIT:?}: {stderr}")
            }
            Err(RecvTimeoutError::Disconnected) => panic!("not ready: {:?}", self.ended()),
        }
    }

    /// Lets it run. That it ends by itself is an error.
    pub(crate) fn run_for(&mut self, time: Duration) {
        let ended = self.end_within(time);
        assert!(ended.is_none(), "it ended by itself: {ended:?}");
    }

    /// Lets it run for at most so long; how it ended, if it did.
    pub(crate) fn end_within(&mut self, time: Duration) -> Option<Ended> {
        match self.stderr.recv_timeout(time) {
            Ok(stderr) => Some(Ended { status: self.child.wait().unwrap(), stderr }),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("it has ended before"),
        }
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) -> Ended {
        self.child.kill().unwrap();
        self.ended()
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Ends it cleanly; what it wrote to stderr.
    pub(crate) fn stop(&mut self) -> String {
        self.terminate();
        let ended = self.ended();
        assert!(ended.status.success(), "{ended:?}");
        ended.stderr
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> Ended {
        self.end_within(LIMIT).expect("it does not end")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a node says of itself when it is ready.
#[derive(Debug, Clone)]
pub(crate) struct Ready(Value);

impl Ready {
    /// Where a chain is served.
    pub(crate) fn url(&self, chain: &str) -> &str {
        self.0[chain]["http"].as_str().unwrap()
    }

    /// A connection to a chain.
    pub(crate) fn client(&self, chain: &str) -> Client {
        Client::connect(self.url(chain)).unwrap()
    }

    /// Where the one chain of a `seam node` is served.
    pub(crate) fn node_url(&self) -> &str {
        self.0["http"].as_str().unwrap()
    }

    /// The newest block of a chain.
    pub(crate) fn head(&self, chain: &str) -> u64 {
        self.0[chain]["head"].as_u64().unwrap()
    }

    /// The rollup's contracts on the L1, by name.
    pub(crate) fn contracts(&self) -> serde_json::Map<String, Value> {
        self.0["contracts"].as_object().unwrap().clone()
    }

    /// Where the books are.
    pub(crate) fn books(&self) -> &str {
        self.0["books"].as_str().unwrap()
    }

    /// The secret of who may call `seam_reorg`.
    pub(crate) fn admin_token(&self) -> &str {
        self.0["adminToken"].as_str().unwrap()
    }

    /// An unlocked account.
    pub(crate) fn account(&self, index: usize) -> &str {
        self.0["accounts"][index]["address"].as_str().unwrap()
    }
}
