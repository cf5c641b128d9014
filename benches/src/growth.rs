//! A chain that makes durable blocks of transfers between random accounts, at several sizes of its
//! state: the whole engine, from the mempool to the synced commit. Signatures are not recovered;
//! `cargo xtask bench stf` has what that costs.
//!
//! Each size is made by one process and measured by another, so that memory is that of a node.

use crate::machine;
use alloy_consensus::{Signed, TxEip1559};
use alloy_primitives::{Address, B256, Signature, TxKind, U256, keccak256, utils::Unit};
use anyhow::{Context, Result, ensure};
use clap::Args;
use prometheus_client::{encoding::text::encode, registry::Registry};
use seam_chain::{
    Chain, Clock, Running, Settings, SimulatedClock,
    blobs::Pooled,
    engine::{EmbeddedL1, slots_of, start},
    pool::PoolLimits,
};
use seam_genesis::{ChainGenesis, dev};
use seam_primitives::{ChainRules, Header, Recovered, Transaction};
use seam_stf::{Account, AccountChange, StateChanges, seal_genesis};
use seam_storage::{Store, StoreOptions};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

const GENESIS_TIME: u64 = 1_700_000_000;
/// Ether that every account has: full blocks drive the base fee up.
const WEALTH: u64 = 1_000_000;

/// Sizes of a run.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Accounts of the genesis
    #[arg(long, value_delimiter = ',', default_value = "10000,1000000,10000000")]
    pub accounts: Vec<u64>,
    /// Transfers that are sent
    #[arg(long, default_value_t = 200_000)]
    pub transfers: u64,
    /// Accounts that send
    #[arg(long, default_value_t = 2_000)]
    pub senders: u64,
    /// Where the chains are kept; removed afterwards
    #[arg(long, default_value = "target/growth")]
    pub directory: PathBuf,
    /// Date for the report (YYYY-MM-DD); today by default
    #[arg(long)]
    pub date: Option<String>,
    /// One step, in a process of its own: `make` or `measure`
    #[arg(long, hide = true)]
    step: Option<String>,
}

/// Runs every size and prints the report.
///
/// # Errors
/// If a chain cannot be made, or loses a transaction.
pub fn run(options: &Options) -> Result<()> {
    match options.step.as_deref() {
        Some("make") => return make(options, options.accounts[0]),
        Some(_) => return measure(options, options.accounts[0]),
        None => {}
    }
    println!("{}\n", machine::describe(options.date.as_deref())?);
    println!(
        "{} transfers from {} senders to any account, at once in the mempool.\n",
        options.transfers, options.senders
    );
    println!(
        "| accounts | genesis on disk, MiB | transfers/s | blocks | seal, mean ms | commit, mean ms \
         | disk a transfer, bytes | peak resident, MiB | of it anonymous, MiB |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for accounts in &options.accounts {
        step(options, "make", *accounts)?;
        step(options, "measure", *accounts)?;
        fs::remove_dir_all(chain_directory(options, *accounts))?;
    }
    Ok(())
}

fn step(options: &Options, step: &str, accounts: u64) -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--step", step, "--accounts", &accounts.to_string()]);
    command.args(["--transfers", &options.transfers.to_string()]);
    command.args(["--senders", &options.senders.to_string()]);
    let status = command.arg("--directory").arg(&options.directory).status()?;
    ensure!(status.success(), "{step} with {accounts} accounts ended with {status}");
    Ok(())
}

fn chain_directory(options: &Options, accounts: u64) -> PathBuf {
    options.directory.join(accounts.to_string())
}

fn address(index: u64) -> Address {
    Address::from_word(keccak256(index.to_be_bytes()))
}

fn chain() -> Result<(ChainRules, Header, StateChanges)> {
    let genesis = ChainGenesis::from_genesis(&dev::l1_genesis(GENESIS_TIME, &[])?)?;
    Ok((genesis.rules, genesis.sealed.header, genesis.state))
}

fn store_options() -> StoreOptions {
    StoreOptions::default()
}

fn make(options: &Options, accounts: u64) -> Result<()> {
    let (rules, given, mut state) = chain()?;
    let account = Account { balance: U256::from(WEALTH) * Unit::ETHER.wei(), ..Account::default() };
    for index in 0..accounts {
        let change = AccountChange { account: Some(account), ..AccountChange::default() };
        state.accounts.insert(address(index), change);
    }
    let header = seal_genesis(&rules, given, &state)?.header;
    let directory = chain_directory(options, accounts);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("genesis.rlp"), alloy_rlp::encode(&header))?;
    drop(Store::open(&directory, &header, &state, store_options())?);
    Ok(())
}

fn open(directory: &Path) -> Result<Running> {
    let (rules, _, _) = chain()?;
    let bytes = fs::read(directory.join("genesis.rlp"))?;
    let genesis: Header = alloy_rlp::decode_exact(&bytes)?;
    let clock: Arc<dyn Clock> =
        Arc::new(SimulatedClock::starting_at(Duration::from_secs(GENESIS_TIME)));
    let limits = PoolLimits { max_transactions: 1_000_000, ..PoolLimits::default() };
    let recipe = Arc::new(EmbeddedL1::new(2, 64, slots_of(&genesis)));
    Ok(start(Settings {
        name: "growth",
        rules,
        genesis,
        state: StateChanges::default(), // it is stored already
        directory: directory.to_owned(),
        store: store_options(),
        pool: limits,
        clock,
        recipe,
    })?)
}

fn transfer(options: &Options, accounts: u64, index: u64) -> Pooled {
    let sender = address(index % options.senders);
    let draw = keccak256([&b"to"[..], &index.to_be_bytes()].concat());
    let to = u64::from_be_bytes(draw[..8].try_into().unwrap_or_default()) % accounts;
    let transaction = TxEip1559 {
        chain_id: dev::L1_CHAIN_ID,
        nonce: index / options.senders,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000_000_000_000_000,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(address(to)),
        value: U256::from(1),
        ..TxEip1559::default()
    };
    let signed = Signed::new_unchecked(transaction, Signature::test_signature(), hash(index));
    Pooled {
        transaction: Recovered::new_unchecked(Transaction::Eip1559(signed), sender),
        sidecar: None,
    }
}

/// Nobody checks the signature, so the hash may be any that is different.
fn hash(index: u64) -> B256 {
    keccak256([&b"hash"[..], &index.to_be_bytes()].concat())
}

fn measure(options: &Options, accounts: u64) -> Result<()> {
    let directory = chain_directory(options, accounts);
    let before = machine::disk(&directory);
    let running = open(&directory)?;
    let chain = &running.chain;
    let mut events = chain.subscribe();
    let started = Instant::now();
    let mut sent = 0;
    while chain.metrics().transactions.get() < options.transfers {
        // A mempool that is never empty, as long as there is something to send.
        while sent < options.transfers && sent - chain.metrics().transactions.get() < 40_000 {
            chain.submit(transfer(options, accounts, sent))?;
            sent += 1;
        }
        // Which event it is, or how many were missed, does not matter.
        let _ = events.blocking_recv();
    }
    let (took, blocks) = (started.elapsed(), chain.metrics().blocks.get());
    report(options, accounts, chain, &directory, (before, took, blocks))?;
    running.stop().map_err(|error| anyhow::anyhow!("{error}"))
}

fn report(
    options: &Options,
    accounts: u64,
    chain: &Chain,
    directory: &Path,
    (before, took, blocks): (u64, Duration, u64),
) -> Result<()> {
    let status = fs::read_to_string("/proc/self/status").context("/proc/self/status")?;
    let mib = |name: &str| -> Result<u64> {
        let line = status.lines().find(|line| line.starts_with(name)).context("memory")?;
        Ok(line.split_whitespace().nth(1).context("memory")?.parse::<u64>()? / 1024)
    };
    let mut registry = Registry::default();
    chain.metrics().register(&mut registry);
    let mut metrics = String::new();
    encode(&mut metrics, &registry)?;
    let seal = mean_milliseconds(&metrics, "seal_seconds")?;
    let commit = mean_milliseconds(&metrics, "commit_seconds")?;
    println!(
        "| {accounts} | {} | {:.0} | {blocks} | {seal:.1} | {commit:.1} | {} | {} | {} |",
        before >> 20,
        options.transfers as f64 / took.as_secs_f64(),
        machine::disk(directory).saturating_sub(before) / options.transfers,
        mib("VmHWM")?,
        mib("RssAnon")?,
    );
    Ok(())
}

/// The mean of a histogram, from its text.
fn mean_milliseconds(metrics: &str, name: &str) -> Result<f64> {
    let value = |suffix: &str| -> Result<f64> {
        let name = format!("{name}_{suffix} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        Ok(line.with_context(|| format!("no {name}"))?.parse()?)
    };
    Ok(value("sum")? * 1_000.0 / value("count")?.max(1.0))
}
