//! `seam deploy` against the L1 of a `seam up`: killed and resumed, run twice, and refused.

use crate::support::{
    LIMIT,
    client::{Client, quantity},
    folder,
    node::{Node, Ready},
    seam,
};
use serde_json::{Value, json};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Account 0 of the mnemonic that everybody knows, and its key.
const OWNER: &str = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// Another rollup than the one that `seam up` has.
const CONFIG: &str = r#"
[l1]
chain_id = 900
block_time = 1
[l2]
chain_id = 4242
[roles]
owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
batcher = "0x1000000000000000000000000000000000000002"
proposer = "0x1000000000000000000000000000000000000003"
guardian = "0x1000000000000000000000000000000000000004"
unsafe_signer = "0x1000000000000000000000000000000000000005"
"#;

/// What `seam up` deploys: its L1 has the deployment proxy and Multicall3 from genesis on.
const FIRST: usize = 30;
/// What another rollup adds: it shares seven implementations with the first.
const STEPS: usize = FIRST - 7;

/// An L1 that makes a block for each transaction, and a folder for what is deployed.
pub(crate) struct Site {
    pub(crate) node: Node,
    pub(crate) ready: Ready,
    pub(crate) folder: TempDir,
    config: PathBuf,
    pub(crate) key: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = folder();
        let mut command = seam();
        command.env("SEAM_L1_BLOCK_TIME", "1").env("SEAM_L1_FINALITY_DEPTH", "1");
        let mut node = Node::start_with(command, &folder.path().join("data"));
        let ready = node.ready();
        let site = Self {
            node,
            ready,
            config: folder.path().join("rollup.toml"),
            key: folder.path().join("key"),
            folder,
        };
        fs::write(&site.config, CONFIG).unwrap();
        fs::write(&site.key, KEY).unwrap();
        fs::set_permissions(&site.key, fs::Permissions::from_mode(0o600)).unwrap();
        site.l1().call("evm_setAutomine", json!([true])).unwrap();
        site
    }

    pub(crate) fn l1(&self) -> Client {
        self.ready.client("l1")
    }

    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `seam deploy` to a folder of this name, without asking.
    fn command(&self, config: &Path, out: &str) -> Command {
        let mut command = seam();
        command
            .args(["deploy", "--yes", "--l1-rpc", self.ready.url("l1"), "--config"])
            .arg(config)
            .arg("--out")
            .arg(self.out(out))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn with_key(&self, config: &Path, out: &str) -> Command {
        let mut command = self.command(config, out);
        command.arg("--private-key-file").arg(&self.key);
        command
    }

    /// Transactions that the owner has sent.
    fn sent(&self) -> usize {
        let nonce = self.l1().call("eth_getTransactionCount", json!([OWNER, "latest"])).unwrap();
        usize::try_from(quantity(&nonce)).unwrap()
    }

    fn code(&self, address: &Value) -> Value {
        self.l1().call("eth_getCode", json!([address, "latest"])).unwrap()
    }

    /// A configuration with one text in place of another.
    pub(crate) fn changed(&self, name: &str, from: &str, to: &str) -> PathBuf {
        assert!(CONFIG.contains(from), "{from}");
        let path = self.folder.path().join(name);
        fs::write(&path, CONFIG.replace(from, to)).unwrap();
        path
    }

    /// A configuration that begins after the block that is final now: which one that is would else depend on how far
    /// the L1 has come when the first run reads it, and the L1 goes back here.
    fn pinned(&self) -> PathBuf {
        let block = self.l1().call("eth_getBlockByNumber", json!(["finalized", false])).unwrap();
        let [time, number] = ["timestamp", "number"].map(|key| quantity(&block[key]));
        let hash = &block["hash"];
        let genesis =
            format!("[genesis]\ntime = {time}\nl1_number = {number}\nl1_hash = {hash}\n[l2]");
        self.changed("pinned.toml", "[l2]", &genesis)
    }

    /// What a deployment that must be refused says, having changed nothing.
    fn refused(&self, mut command: Command) -> String {
        let before = self.sent();
        let Output { status, stderr, .. } = command.output().unwrap();
        let text = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{text}");
        assert_eq!(self.sent(), before);
        assert!(!self.out("refused").exists(), "{text}");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].to_owned()
    }
}

pub(crate) fn succeed(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn files(folder: &Path) -> Vec<(&'static str, Vec<u8>)> {
    let names = ["deployment.toml", "genesis.json", "l1.chain.mjs", "l2.chain.mjs", "rollup.json"];
    names.map(|name| (name, fs::read(folder.join(name)).unwrap())).to_vec()
}

/// Transactions that the journal says are signed.
fn signed(journal: &Path) -> usize {
    let text = fs::read_to_string(journal).unwrap_or_default();
    text.lines().filter(|line| line.contains("\"signed\"")).count()
}

/// Waits until another transaction is in the journal, and kills. `mine` makes a block: on an L1 that
/// makes none by itself the next step waits for it. Whether the run came to an end before.
fn killed_at_the_next_step(mut child: Child, journal: &Path, mut mine: impl FnMut()) -> bool {
    let (before, since) = (signed(journal), Instant::now());
    loop {
        for _ in 0..50 {
            if signed(journal) > before {
                child.kill().unwrap();
                return !child.wait().unwrap().success();
            }
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return false;
            }
            thread::park_timeout(Duration::from_millis(1));
        }
        mine();
        assert!(since.elapsed() < LIMIT, "nothing is sent");
    }
}

#[test]
fn killed_at_every_step_it_goes_on_and_ends_as_if_it_had_not_been() {
    let mut site = Site::new();
    let config = site.pinned();
    let before = site.l1().call("evm_snapshot", json!([])).unwrap();
    let (out, start) = (site.out("out"), site.sent());
    site.l1().call("evm_setAutomine", json!([false])).unwrap();
    let mine = || {
        site.l1().call("evm_mine", json!([])).unwrap();
    };
    let mut kills = 0;
    loop {
        let child = site.with_key(&config, "out").spawn().unwrap();
        if !killed_at_the_next_step(child, &out.join("transactions.journal"), mine) {
            break;
        }
        kills += 1;
    }
    // On a machine that is busy one may come a step late.
    assert!((STEPS - 2..=STEPS).contains(&kills), "{kills}");
    assert_eq!(site.sent() - start, STEPS, "each transaction once");
    let rollup: Value =
        serde_json::from_slice(&fs::read(out.join("rollup.json")).unwrap()).unwrap();
    let contracts = rollup["contracts"].as_object().unwrap();
    let codes = |site: &Site| contracts.values().map(|at| site.code(at)).collect::<Vec<_>>();
    let interrupted = codes(&site);
    assert!(interrupted.iter().all(|code| code.as_str().unwrap().len() > 2));

    // Twice changes nothing, and needs no key.
    let (left, sent) = (files(&out), site.sent());
    assert!(succeed(site.command(&config, "out")).contains("nothing was left to do"));
    assert_eq!((files(&out), site.sent()), (left.clone(), sent));

    // The same rollup on the same L1, all at once.
    site.l1().call("evm_setAutomine", json!([true])).unwrap();
    assert_eq!(site.l1().call("evm_revert", json!([before])).unwrap(), json!(true));
    let begun = out.join("deployment.toml");
    let mut whole = site.with_key(&begun, "whole");
    whole.arg("--together");
    succeed(whole);
    assert_eq!(files(&site.out("whole")), left);
    assert_eq!(codes(&site), interrupted);
    site.node.stop();
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_sent() {
    let mut site = Site::new();
    let other = |name: &str, from: &str, to: &str| {
        site.refused(site.with_key(&site.changed(name, from, to), "refused"))
    };
    let text = other("chain.toml", "chain_id = 900", "chain_id = 1");
    assert!(text.contains("is chain 900, and rollup.toml says l1.chain_id = 1"), "{text}");
    let text = other("value.toml", "[l2]", "[l2]\ngas_limit = 1");
    assert!(text.contains("`l2.gas_limit` is 1, less than"), "{text}");
    let text = other("owner.toml", "owner = \"0xf39Fd6e51aad", "owner = \"0x000000000001");
    assert!(text.contains("the key is that of") && text.contains("roles.owner"), "{text}");
    let origin = "[genesis]\ntime = 5\nl1_number = 0\nl1_hash = \
                  \"0x2222222222222222222222222222222222222222222222222222222222222222\"\n[l2]";
    let text = other("origin.toml", "[l2]", origin);
    assert!(text.contains("`genesis.l1_number` = 0: the L1's block of that number is"), "{text}");

    let text = site.refused(site.command(&site.config, "refused"));
    assert!(text.contains("give the owner's key: --keystore DIR"), "{text}");
    let mut nobody = seam();
    nobody.args(["deploy", "--l1-rpc", "http://127.0.0.1:1", "--config"]).arg(&site.config);
    nobody.arg("--out").arg(site.out("refused"));
    let text = site.refused(nobody);
    assert!(text.contains("no L1 answers at --l1-rpc"), "{text}");
    let mut unasked = site.with_key(&site.config, "refused");
    unasked.arg("--json");
    let arguments: Vec<_> = unasked
        .get_args()
        .filter(|arg| *arg != "--yes")
        .map(Into::into)
        .collect::<Vec<std::ffi::OsString>>();
    let mut unasked = seam();
    unasked.args(arguments).stdin(Stdio::null());
    let text = site.refused(unasked);
    assert!(text.contains("give --yes"), "{text}");

    site.l1().call("anvil_mine", json!(["0x50", "0x1"])).unwrap();
    let slow = "block_time = 3\n[l2]\nblock_time = 3";
    let text = other("slow.toml", "block_time = 1\n[l2]", slow);
    assert!(text.contains("the L1 made a block every") && text.contains("l2.block_time"), "{text}");

    site.l1().call("anvil_setBalance", json!([OWNER, "0x1"])).unwrap();
    let text = site.refused(site.with_key(&site.config, "refused"));
    assert!(text.contains("has 1 wei and up to"), "{text}");
    assert!(text.contains("wei more"), "{text}");
    site.node.stop();
}

#[test]
fn another_configuration_is_not_deployed_over_one_that_was_begun() {
    let mut site = Site::new();
    let child = site.with_key(&site.config, "out").spawn().unwrap();
    let journal = site.out("out").join("transactions.journal");
    assert!(killed_at_the_next_step(child, &journal, || ()));
    let changed = site.changed("changed.toml", "[l2]", "[l2]\ngas_limit = 40_000_000");
    let Output { status, stderr, .. } = site.with_key(&changed, "out").output().unwrap();
    let text = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(text.contains("(l2.gas_limit was 30000000 and is 40000000)"), "{text}");
    site.node.stop();
}

/// What `seam up` has on its L1 from block 1 on.
#[test]
fn a_development_network_has_its_contracts_from_the_first_block_on() {
    let folder = folder();
    let mut node = Node::start(folder.path());
    let ready = node.ready();
    let contracts = ready.contracts();
    assert_eq!(contracts.len(), 11);
    let mut l1 = ready.client("l1");
    for address in contracts.values() {
        let code = l1.call("eth_getCode", json!([address, "0x1"])).unwrap();
        assert!(code.as_str().unwrap().len() > 2, "{address}");
    }
    // SystemConfig.gasLimit()
    let call = json!([{ "to": contracts["SystemConfig"], "input": "0xf68016b7" }, "0x1"]);
    assert_eq!(quantity(&l1.call("eth_call", call).unwrap()), 30_000_000);
    // BatchInbox.batcher() and SystemConfig.batcherHash()
    let batcher = json!([{ "to": contracts["BatchInbox"], "input": "0x025a3a29" }, "0x1"]);
    let hash = json!([{ "to": contracts["SystemConfig"], "input": "0xe81b2c6d" }, "0x1"]);
    let batcher = l1.call("eth_call", batcher).unwrap();
    assert_eq!(batcher, l1.call("eth_call", hash).unwrap());
    node.stop();

    // The next start deploys nothing and names the same.
    let mut node = Node::start(folder.path());
    let again = node.ready();
    assert_eq!(again.contracts(), contracts);
    let first = again.client("l1").call("eth_getBlockByNumber", json!(["0x1", false])).unwrap();
    assert_eq!(first["transactions"].as_array().unwrap().len(), FIRST);
    let head = again.client("l1").latest().unwrap();
    assert!(head["transactions"].as_array().unwrap().is_empty());
    node.stop();
}
