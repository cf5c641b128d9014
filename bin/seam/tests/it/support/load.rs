//! Threads that send transactions to both chains, and note what is acknowledged.

use super::{
    LIMIT,
    client::{Client, NoResult, hash, quantity},
    ledger::Ledger,
    node::{CHAINS, Ready},
    random::Random,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Accounts that send on each chain, a thread each.
const SENDERS: usize = 3;
/// The account that deploys the contract.
const DEPLOYER: usize = 9;
/// Transactions of a thread whose receipts it waits for, at most.
const OUTSTANDING: usize = 250;
/// Of so many transactions one is followed by questions for receipts.
const ASK_EVERY: u64 = 20;
/// Receipts that are asked for together.
const ASKED: usize = 50;
/// Between two questions whether there is anything new.
const PAUSE: Duration = Duration::from_millis(10);

/// Creates a contract that sets slot `calldata[0..32]` to `calldata[32..64]`, with a log whose topic
/// is the slot:
///
/// ```text
/// PUSH16 <code> PUSH1 0 MSTORE PUSH1 16 PUSH1 16 RETURN
/// code: PUSH1 32 CALLDATALOAD PUSH1 0 CALLDATALOAD SSTORE
///       PUSH1 0 CALLDATALOAD PUSH1 0 PUSH1 0 LOG1 STOP
/// ```
const CONTRACT: &str = "0x6f6020356000355560003560006000a10060005260106010f3";

/// Both chains, and what they acknowledged.
#[derive(Debug)]
pub(crate) struct Chains(Vec<(&'static str, Arc<Mutex<Ledger>>, String)>);

impl Chains {
    /// Deploys what the load needs.
    pub(crate) fn prepare(ready: &Ready) -> Self {
        let chain = |name| {
            let (ledger, contract) = deploy(&mut ready.client(name), ready.account(DEPLOYER));
            (name, Arc::new(Mutex::new(ledger)), contract)
        };
        Self(CHAINS.into_iter().map(chain).collect())
    }

    /// What was acknowledged is there, as [`Ledger::verify`] or [`Ledger::verify_all`] has it.
    pub(crate) fn verify(&self, ready: &Ready, how: fn(&mut Ledger, &mut Client)) {
        for (name, ledger, _) in &self.0 {
            how(&mut ledger.lock().unwrap(), &mut ready.client(name));
        }
    }

    /// The newest acknowledged block of each.
    pub(crate) fn heads(&self) -> Vec<u64> {
        self.0.iter().map(|(_, ledger, _)| ledger.lock().unwrap().head()).collect()
    }

    /// What was acknowledged, and how much of it was asked for again.
    pub(crate) fn summary(&self) -> String {
        let of = |(name, ledger, _): &(&str, Arc<Mutex<Ledger>>, String)| {
            let ledger = ledger.lock().unwrap();
            let ((blocks, receipts), (blocks_again, receipts_again)) =
                (ledger.len(), ledger.verified);
            format!(
                "{name}: {blocks} blocks and {receipts} receipts acknowledged; after restarts \
                 {blocks_again} blocks and {receipts_again} receipts asked for and found"
            )
        };
        self.0.iter().map(of).collect::<Vec<_>>().join("; ")
    }

    /// Starts to send.
    pub(crate) fn load(&self, ready: &Ready, bytes: usize, random: &mut Random) -> Load {
        let ending = Arc::new(AtomicBool::new(false));
        let mut threads = Vec::new();
        for (name, ledger, contract) in &self.0 {
            let (url, seen) = (ready.url(name).to_owned(), ledger.clone());
            threads.push(spawn(ending.clone(), move || watch(&url, &seen)));
            for sender in 0..SENDERS {
                let mut sender = Sender {
                    client: ready.client(name),
                    account: ready.account(sender).to_owned(),
                    contract: contract.clone(),
                    padding: "11".repeat(bytes),
                    random: random.split(),
                };
                let ledger = ledger.clone();
                threads.push(spawn(ending.clone(), move || sender.run(&ledger)));
            }
        }
        Load { ending, threads }
    }
}

/// Runs until the node is gone, which must not be before it may.
fn spawn(
    ending: Arc<AtomicBool>,
    run: impl FnOnce() -> NoResult + Send + 'static,
) -> JoinHandle<()> {
    thread::spawn(move || {
        let end = run();
        let may = ending.load(Ordering::Acquire) && matches!(end, NoResult::Gone(_));
        assert!(may, "the node is gone too early: {end:?}");
    })
}

fn deploy(client: &mut Client, from: &str) -> (Ledger, String) {
    let deployment = json!([{ "from": from, "data": CONTRACT, "gas": "0x30d40" }]);
    let transaction = client.call("eth_sendTransaction", deployment).unwrap();
    let since = Instant::now();
    loop {
        let receipt = client.call("eth_getTransactionReceipt", json!([transaction])).unwrap();
        if !receipt.is_null() {
            assert_eq!(receipt["status"], "0x1");
            let mut ledger = Ledger::default();
            ledger.saw_receipt(&receipt);
            return (ledger, hash(&receipt["contractAddress"]));
        }
        assert!(since.elapsed() < LIMIT, "the contract is in no block");
        thread::park_timeout(PAUSE);
    }
}

/// The threads that send.
#[derive(Debug)]
pub(crate) struct Load {
    ending: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// From now on the node may go away.
    pub(crate) fn node_may_end(&self) {
        self.ending.store(true, Ordering::Release);
    }

    /// Waits until all have noticed that it is gone.
    pub(crate) fn join(self) {
        for thread in self.threads {
            // What went wrong in it was printed.
            thread.join().expect("a thread of the load failed");
        }
    }
}

/// Notes every block, until the node is gone.
fn watch(url: &str, ledger: &Mutex<Ledger>) -> NoResult {
    let mut client = match Client::connect(url) {
        Ok(client) => client,
        Err(error) => return error.into(),
    };
    loop {
        if let Err(end) = see_new_blocks(&mut client, ledger) {
            return end;
        }
        thread::park_timeout(PAUSE);
    }
}

fn see_new_blocks(client: &mut Client, ledger: &Mutex<Ledger>) -> Result<(), NoResult> {
    let latest = client.latest()?;
    let before = ledger.lock().unwrap().head();
    for number in before + 1..quantity(&latest["number"]) {
        let block = client.call("eth_getBlockByNumber", json!([format!("{number:#x}"), false]))?;
        ledger.lock().unwrap().saw_block(&block);
    }
    ledger.lock().unwrap().saw_block(&latest);
    Ok(())
}

/// Sends from one account to one chain.
struct Sender {
    client: Client,
    account: String,
    contract: String,
    padding: String,
    random: Random,
}

impl Sender {
    /// Sends and asks for receipts until the node is gone.
    fn run(&mut self, ledger: &Mutex<Ledger>) -> NoResult {
        let mut outstanding = VecDeque::new();
        loop {
            if let Err(end) = self.step(ledger, &mut outstanding) {
                return end;
            }
        }
    }

    fn step(
        &mut self,
        ledger: &Mutex<Ledger>,
        outstanding: &mut VecDeque<Value>,
    ) -> Result<(), NoResult> {
        let full = outstanding.len() >= OUTSTANDING || !self.send(outstanding)?;
        if !full && self.random.within(0..ASK_EVERY) != 0 || outstanding.is_empty() {
            return Ok(());
        }
        let asked = outstanding.iter().take(ASKED).map(|transaction| json!([transaction]));
        let receipts = self.client.batch("eth_getTransactionReceipt", asked)?;
        let mut mined = 0;
        for receipt in receipts.iter().take_while(|receipt| !receipt.is_null()) {
            ledger.lock().unwrap().saw_receipt(receipt);
            outstanding.pop_front();
            mined += 1;
        }
        if full && mined == 0 {
            thread::park_timeout(PAUSE);
        }
        Ok(())
    }

    /// Whether there was room for one more.
    fn send(&mut self, outstanding: &mut VecDeque<Value>) -> Result<bool, NoResult> {
        let transaction = self.transaction();
        match self.client.call("eth_sendTransaction", json!([transaction])) {
            Ok(transaction) => outstanding.push_back(transaction),
            // It ends, or takes no more for now.
            Err(NoResult::Refused(_)) => return Ok(false),
            Err(gone) => return Err(gone),
        }
        Ok(true)
    }

    fn transaction(&mut self) -> Value {
        let Self { account, contract, padding, random, .. } = self;
        match random.within(0..4) {
            // To somebody new.
            0 => {
                let to = format!("0x{:040x}", random.next());
                json!({ "from": account, "to": to, "value": "0x1", "gas": "0x5208" })
            }
            // Few slots and values, so that slots are set again and cleared.
            _ => {
                let (slot, value) = (random.within(0..256), random.within(0..3));
                let data = format!("0x{slot:064x}{value:064x}{padding}");
                let gas = 100_000 + 40 * (padding.len() / 2);
                let gas = format!("{gas:#x}");
                json!({ "from": account, "to": contract, "data": data, "gas": gas })
            }
        }
    }
}
