//! A `seam up` with people who have ether and tokens, and a pool: all sent by the public RPC.

use crate::{
    chain::{
        batches::{self, Signed, Wires},
        flow::{self, Flow},
        seam_binary,
    },
    clock,
    http::{self, Connection, quantity},
    process::{Process, address},
    stf::{
        contracts::Contracts,
        load::Cast,
        people::{DEPLOYER, People},
    },
};
use alloy_consensus::{TxEip1559, transaction::Recovered};
use alloy_primitives::{Address, U256, utils::Unit};
use anyhow::{Context, Result, bail, ensure};
use seam_genesis::dev::L2_CHAIN_ID;
use serde_json::{Value, json};
use std::{
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Ether of everybody who sends, and of the deployer.
const FUNDS: (u64, u64) = (10, 4_000);
/// Ether, and tokens, in the pool.
const POOL: u64 = 2_000;
/// Of an ether, what each spends on tokens.
const TOKENS_FOR: u64 = 5;
/// Longest wait for something that was sent.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a network is started, and who comes onto its rollup.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    /// The built node; by default the one beside this benchmark.
    pub(crate) seam: Option<&'a Path>,
    /// For chains and log.
    pub(crate) directory: &'a Path,
    /// What `seam up` is told beside the chains' ports.
    pub(crate) flags: &'a [&'a str],
    /// Accounts that send.
    pub(crate) senders: usize,
    pub(crate) wires: Wires,
    /// Most transactions outside blocks.
    pub(crate) outstanding: usize,
}

/// A network, and everybody on its rollup.
#[derive(Debug)]
pub(crate) struct Ground {
    process: Process,
    ready: Value,
    l1: SocketAddr,
    people: People,
    contracts: Contracts,
    /// Of a block of the rollup.
    pub(crate) gas_limit: usize,
}

impl Ground {
    /// Starts the network.
    pub(crate) fn start(plan: Plan<'_>) -> Result<Self> {
        std::fs::create_dir_all(plan.directory)?;
        let data = plan.directory.join("up");
        let _ = std::fs::remove_dir_all(&data);
        let args = ["up", "--l1-port", "0", "--l2-port", "0"].iter().chain(plan.flags);
        let args: Vec<_> = args.map(|arg| OsStr::new(*arg)).collect();
        let (process, ready) = Process::seam(&seam_binary(plan.seam)?, &args, data, "/l2/http")?;
        let people = People::new(plan.senders, plan.senders)?.on(L2_CHAIN_ID);
        let contracts = Contracts::of(people.addresses()[DEPLOYER]);
        let l1 = address(&ready, "/l1/http")?;
        let mut connection = Connection::open(process.address)?;
        let block = connection.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let gas_limit = quantity(&block["gasLimit"])?.try_into()?;
        Ok(Self { process, ready, l1, people, contracts, gas_limit })
    }

    /// Lays everything out: afterwards each sender has nonce 2, ether, tokens, and lets the router
    /// take those.
    pub(crate) fn lay_out(&self, plan: Plan<'_>) -> Result<()> {
        let mut connection = Connection::open(self.l2())?;
        eprintln!("ether for {} accounts", plan.senders);
        self.fund(&mut connection)?;
        eprintln!("contracts, tokens");
        self.deploy(&mut connection)?;
        self.hand_out_tokens(plan)
    }

    /// Where its dashboard answers.
    pub(crate) fn dashboard(&self) -> Result<SocketAddr> {
        address(&self.ready, "/web")
    }

    /// All of it: one process.
    pub(crate) const fn process(&self) -> &Process {
        &self.process
    }

    pub(crate) const fn l1(&self) -> SocketAddr {
        self.l1
    }

    pub(crate) const fn l2(&self) -> SocketAddr {
        self.process.address
    }

    /// The rollup's description.
    pub(crate) fn rollup(&self) -> PathBuf {
        self.process.data.join("rollup/rollup.json")
    }

    /// Where batches are posted.
    pub(crate) fn inbox(&self) -> Result<Address> {
        let inbox = self.ready.pointer("/contracts/BatchInbox").context("no inbox")?;
        Ok(serde_json::from_value(inbox.clone())?)
    }

    pub(crate) fn cast(&self) -> Cast<'_> {
        let (people, contracts) = (&self.people, &self.contracts);
        Cast { people, contracts, holders: people.senders() }
    }

    pub(crate) fn stop(self) -> Result<()> {
        self.process.stop()
    }

    /// The unlocked accounts pay everybody.
    fn fund(&self, connection: &mut Connection) -> Result<()> {
        let rich = self.ready["accounts"].as_array().context("no accounts")?;
        let addresses = self.people.addresses();
        for (index, to) in addresses.iter().enumerate() {
            let ether = if index == DEPLOYER { FUNDS.1 } else { FUNDS.0 };
            let value = U256::from(ether) * Unit::ETHER.wei();
            // Some of them work for the network itself.
            let from = &rich[5 + index % 5]["address"];
            let payment = json!([{ "from": from, "to": to, "value": value }]);
            connection.call("eth_sendTransaction", &payment)?;
        }
        for address in addresses {
            wait(|| {
                let balance = connection.call("eth_getBalance", &json!([address, "latest"]))?;
                Ok(balance != "0x0")
            })?;
        }
        Ok(())
    }

    fn deploy(&self, connection: &mut Connection) -> Result<()> {
        let deployer = self.people.addresses()[DEPLOYER];
        for transaction in self.contracts.deployments(deployer, POOL)? {
            let signed = self.sign(DEPLOYER, transaction);
            let body = batches::send(0, &signed);
            let answer = connection.exchange(&http::request(&body))?;
            ensure!(!flow::has_error(answer), "{}", String::from_utf8_lossy(answer));
            succeeded(connection, &signed)?;
        }
        Ok(())
    }

    /// Everybody buys some and lets the router take them.
    fn hand_out_tokens(&self, plan: Plan<'_>) -> Result<()> {
        let senders = 1..=self.people.senders();
        let wei = Unit::ETHER.wei() / U256::from(TOKENS_FOR);
        let buys = senders.clone().map(|sender| {
            self.sign(sender, self.contracts.buy(self.people.addresses()[sender], wei))
        });
        let approvals = senders.map(|sender| {
            let approval = self.contracts.approve_router();
            self.sign(sender, TxEip1559 { nonce: 1, ..approval })
        });
        let signed: Vec<_> = buys.chain(approvals).collect();
        let requests = batches::requests(&signed, plan.senders, plan.wires);
        let flow = Flow::new(signed.len() as u64, plan.outstanding).beside(1);
        flow::run(&flow, self.l2(), requests)?;
        Ok(())
    }

    fn sign(&self, who: usize, transaction: TxEip1559) -> Signed {
        let signed = self.people.sign(who, transaction);
        Recovered::new_unchecked(signed, self.people.addresses()[who])
    }
}

fn succeeded(connection: &mut Connection, signed: &Signed) -> Result<()> {
    let hash = json!([signed.inner().hash()]);
    wait(|| {
        let receipt = connection.call("eth_getTransactionReceipt", &hash)?;
        ensure!(receipt.is_null() || receipt["status"] == "0x1", "failed: {receipt}");
        Ok(!receipt.is_null())
    })
}

fn wait(mut reached: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !reached()? {
        if began.elapsed() > PATIENCE {
            bail!("what was sent is in no block after {PATIENCE:?}");
        }
        clock::rest(Duration::from_millis(50));
    }
    Ok(())
}
