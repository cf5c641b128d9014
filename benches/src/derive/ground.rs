//! A `seam up` with people who have ether and tokens, and a pool: all sent by the public RPC.

use super::Options;
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
    path::PathBuf,
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

/// A network, and everybody on its rollup.
#[derive(Debug)]
pub(super) struct Ground {
    process: Process,
    ready: Value,
    l1: SocketAddr,
    people: People,
    contracts: Contracts,
    /// Of a block of the rollup.
    pub(super) gas_limit: usize,
}

impl Ground {
    /// Starts the network and lays everything out: afterwards each sender has nonce 2, ether, tokens,
    /// and lets the router take those.
    pub(super) fn new(options: &Options) -> Result<Self> {
        let data = options.directory.join("up");
        let _ = std::fs::remove_dir_all(&data);
        let quiet = ["up", "--no-traffic", "--no-earnings"];
        let args = [&quiet[..], &["--l1-port", "0", "--l2-port", "0"]].concat();
        let args: Vec<_> = args.into_iter().map(OsStr::new).collect();
        let binary = seam_binary(options.seam.as_deref())?;
        let (process, ready) = Process::seam(&binary, &args, data, "/l2/http")?;
        let people = People::new(options.senders, options.senders)?.on(L2_CHAIN_ID);
        let contracts = Contracts::of(people.addresses()[DEPLOYER]);
        let l1 = address(&ready, "/l1/http")?;
        let mut connection = Connection::open(process.address)?;
        let block = connection.call("eth_getBlockByNumber", &json!(["latest", false]))?;
        let gas_limit = quantity(&block["gasLimit"])?.try_into()?;
        let ground = Self { process, ready, l1, people, contracts, gas_limit };
        eprintln!("ether for {} accounts", options.senders);
        ground.fund(&mut connection)?;
        eprintln!("contracts, tokens");
        ground.deploy(&mut connection)?;
        ground.hand_out_tokens(options)?;
        Ok(ground)
    }

    pub(super) const fn l1(&self) -> SocketAddr {
        self.l1
    }

    pub(super) const fn l2(&self) -> SocketAddr {
        self.process.address
    }

    /// The rollup's description.
    pub(super) fn rollup(&self) -> PathBuf {
        self.process.data.join("rollup/rollup.json")
    }

    /// Where batches are posted.
    pub(super) fn inbox(&self) -> Result<Address> {
        let inbox = self.ready.pointer("/contracts/BatchInbox").context("no inbox")?;
        Ok(serde_json::from_value(inbox.clone())?)
    }

    pub(super) fn cast(&self) -> Cast<'_> {
        let (people, contracts) = (&self.people, &self.contracts);
        Cast { people, contracts, holders: people.senders() }
    }

    pub(super) fn stop(self) -> Result<()> {
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
    fn hand_out_tokens(&self, options: &Options) -> Result<()> {
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
        let wires = Wires { connections: options.connections, batch: options.batch };
        let requests = batches::requests(&signed, options.senders, wires);
        let flow = Flow::new(signed.len() as u64, options.outstanding).beside(1);
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
