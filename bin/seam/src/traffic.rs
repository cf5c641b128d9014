//! `seam traffic`: actors that use a chain as people do.

use crate::{
    args::Traffic,
    key,
    service::{self, STATUS_EVERY, Signals},
    table,
};
use alloy_primitives::{U256, utils::parse_ether};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, Result};
use seam_chain::wallet::{DEFAULT_MNEMONIC, DevAccounts};
use seam_economy::{Report, Settings, Sites, report::Counts, traffic::run_by};
use seam_l1::timer::RealTimer;
use serde_json::json;
use std::{io::Write, sync::Arc};
use tokio::sync::watch;

/// Accounts of a mnemonic that may pay: those that development chains give ether to.
const PAYERS: u32 = 10;

pub(crate) fn run(command: Traffic, out: &mut impl Write) -> Result<()> {
    service::log()?;
    let settings = settings(&command)?;
    settings.check()?;
    let runtime = service::runtime()?;
    let done = runtime.block_on(traffic(settings, &command, out));
    runtime.shutdown_background();
    done
}

async fn traffic(settings: Settings, command: &Traffic, out: &mut impl Write) -> Result<()> {
    let mut signals = Signals::new()?;
    let sites = Sites { rpc: command.rpc.clone(), l1_rpc: command.l1_rpc.clone() };
    let (told, report) = watch::channel(Report::default());
    let shutdown = async {
        signals.next().await;
        eprintln!("stopping: waiting for what is on its way");
    };
    let timer = Arc::new(RealTimer::start());
    let report = tokio::select! {
        report = run_by(settings, sites, shutdown, &told, timer) => report?,
        never = status(report) => match never {},
    };
    print(&report, command.json, out)
}

/// Says from time to time how it goes.
async fn status(report: watch::Receiver<Report>) -> std::convert::Infallible {
    loop {
        tokio::time::sleep(STATUS_EVERY).await;
        let report = report.borrow().clone();
        eprintln!("{report}");
    }
}

fn settings(command: &Traffic) -> Result<Settings> {
    let text = &command.ether_per_account;
    // Below zero is read, too, as what is left of 2^256.
    let wealth: Option<U256> = parse_ether(text).ok().filter(|_| !text.starts_with('-'));
    let wealth = wealth.with_context(|| {
        format!("--ether-per-account is {text:?}: write ether as a number, such as 10 or 0.5")
    })?;
    Ok(Settings {
        seed: command.seed,
        rate: command.rate,
        accounts: command.accounts,
        wealth,
        count: command.count,
        ..Settings::new(payers(command)?)
    })
}

fn payers(command: &Traffic) -> Result<Vec<PrivateKeySigner>> {
    if let Some(file) = &command.key_file {
        return Ok(vec![key::from_file(file)?]);
    }
    of_mnemonic(command.mnemonic.as_deref().unwrap_or(DEFAULT_MNEMONIC))
}

/// The traffic that `seam up` has, which is also that of `seam traffic` without any flags.
pub(crate) fn of_development() -> Result<Settings> {
    Ok(Settings::new(of_mnemonic(DEFAULT_MNEMONIC)?))
}

fn of_mnemonic(words: &str) -> Result<Vec<PrivateKeySigner>> {
    let accounts = DevAccounts::from_mnemonic(words, PAYERS)
        .context("--mnemonic takes the words of BIP-39, between quotes")?;
    let key = |index| accounts.private_key(index).context("accounts of the mnemonic");
    let keys = (0..accounts.addresses().len()).map(key);
    keys.map(|key| Ok(PrivateKeySigner::from_bytes(&key?)?)).collect()
}

fn print(report: &Report, as_json: bool, out: &mut impl Write) -> Result<()> {
    if as_json {
        return Ok(writeln!(out, "{}", json!(report))?);
    }
    let row = |name: &str, counts: &Counts| {
        let Counts { sent, succeeded, reverted, refused, lost } = *counts;
        let number = |count: u64| count.to_string();
        let [sent, succeeded, reverted, refused, lost] =
            [sent, succeeded, reverted, refused, lost].map(number);
        [name.to_owned(), sent, succeeded, reverted, refused, lost]
    };
    let rows: Vec<_> =
        report.actions.iter().map(|(kind, counts)| row(kind.name(), counts)).collect();
    let header = ["action", "sent", "succeeded", "reverted", "refused", "lost"];
    table::write_left(out, header, &rows)?;
    Ok(writeln!(out, "{report}")?)
}
