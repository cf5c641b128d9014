//! `seam bridge`: money into a rollup, and where it is.

use crate::{
    args::{Bridge, BridgeSites, Deposit},
    clock, key,
    rollup_node::read_rollup,
};
use alloy_primitives::{Address, B256, U256, utils::parse_units};
use anyhow::{Context, Result, bail};
use seam_genesis::config::Amount;
use seam_l1::{L1Client, L1Limits, SendLimits, Sender};
use seam_rollup::bridge::{
    BridgeAddresses,
    deposit::{self, Asset},
    status::{self, DepositStatus, Progress},
    token,
};
use serde_json::json;
use std::{env, fs, io::Write, path::PathBuf, time::Duration};

/// How often both chains are looked at.
const POLL: Duration = Duration::from_secs(1);

pub(crate) fn run(command: Bridge, out: &mut impl Write) -> Result<()> {
    let runtime = crate::service::runtime()?;
    let done = match command {
        Bridge::Deposit(command) => runtime.block_on(deposit(&command, out)),
        Bridge::Status { transaction, sites, wait, json } => {
            runtime.block_on(show(transaction, &sites, wait, json, out))
        }
    };
    runtime.shutdown_background();
    done
}

/// Both chains, and the contracts between them.
struct Site {
    l1: L1Client,
    l2: L1Client,
    chain_ids: [u64; 2],
    addresses: BridgeAddresses,
}

impl Site {
    async fn open(sites: &BridgeSites) -> Result<Self> {
        let file = read_rollup(&sites.rollup)?;
        let chain_ids = [file.l1.chain_id, file.l2.chain_id];
        let connect =
            |urls: &[String], chain| L1Client::connect(urls, Some(chain), L1Limits::default());
        let l1 = connect(&sites.l1_rpc, chain_ids[0])?;
        let l2 = connect(std::slice::from_ref(&sites.l2_rpc), chain_ids[1])?;
        l1.chain_id().await?;
        l2.chain_id().await.context("the rollup at --l2-rpc")?;
        let addresses = BridgeAddresses {
            portal: file.contract("OptimismPortal2"),
            standard_bridge: file.contract("L1StandardBridge"),
        };
        Ok(Self { l1, l2, chain_ids, addresses })
    }
}

async fn deposit(command: &Deposit, out: &mut impl Write) -> Result<()> {
    let site = Site::open(&command.sites).await?;
    let signer = key::signer(&command.signing, "user")?;
    let (account, limits) = (signer.address(), key::limits(&command.signing, POLL));
    let open = |layer: usize| {
        let client = [&site.l1, &site.l2][layer].clone();
        let (signer, limits) = (signer.clone(), limits.clone());
        sender(client, signer, site.chain_ids[layer], limits)
    };
    let asset = match command.token {
        None => Asset::Ether,
        Some(l1) => Asset::Token { l1, l2: l2_token(command, &site, l1, open(1)).await? },
    };
    let deposit = deposit::Deposit {
        asset,
        amount: amount(command, &site).await?,
        to: command.to.unwrap_or(account),
        gas_limit: command.gas_limit,
        extra_data: command.extra_data.clone(),
    };
    let id = format!("deposit/{}", clock::machine_time().as_nanos());
    let sender = open(0).await?;
    let receipt = deposit.send(&id, &site.l1, &sender, &site.addresses).await?;
    let transaction = receipt.transaction;
    eprintln!("deposited in transaction {transaction}, block {} of the L1", receipt.block_number);
    follow(&site, transaction, !command.no_wait, command.json, out).await
}

/// The rollup's token for a token of L1: the one given, if it is that, or one made now.
async fn l2_token(
    command: &Deposit,
    site: &Site,
    l1_token: Address,
    sender: impl Future<Output = Result<Sender>>,
) -> Result<Address> {
    if let Some(l2_token) = command.l2_token {
        token::check_pair(&site.l2, l1_token, l2_token).await?;
        return Ok(l2_token);
    }
    if !command.create_l2_token {
        bail!(
            "which token of the rollup stands for {l1_token}? Give it with --l2-token, or have it \
             made with --create-l2-token"
        );
    }
    let made = token::create(&site.l1, &site.l2, &sender.await?, l1_token).await?;
    eprintln!("token {l1_token} of the L1 is {made} on the rollup");
    Ok(made)
}

/// Ether with its unit; of a token, as many as it is said in, with its decimals.
async fn amount(command: &Deposit, site: &Site) -> Result<U256> {
    let text = command.amount.as_str();
    let Some(token) = command.token else {
        let amount = Amount::parse(text);
        let amount = amount.with_context(|| {
            format!("{text:?} is no amount of ether: write \"0.5 ether\" or \"7 wei\"")
        })?;
        return Ok(amount.0);
    };
    let decimals = token::decimals(&site.l1, token).await?;
    let parsed = parse_units(text, decimals)
        .with_context(|| format!("{text:?} is no amount of a token with {decimals} decimals"))?;
    if parsed.is_negative() {
        bail!("{text:?} is negative");
    }
    Ok(parsed.get_absolute())
}

/// A key's transactions on a chain are in one journal, whatever command sends them.
pub(crate) async fn sender(
    client: L1Client,
    signer: alloy_signer_local::PrivateKeySigner,
    chain_id: u64,
    limits: SendLimits,
) -> Result<Sender> {
    let home = env::var_os("HOME").filter(|home| !home.is_empty());
    let home = PathBuf::from(home.context("there is no HOME to keep what was sent in")?);
    let folder = home.join(".seam/sent");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let journal = folder.join(format!("{chain_id}-{}.journal", signer.address()));
    Ok(Sender::open(&journal, client, signer, chain_id, limits).await?)
}

async fn show(
    transaction: B256,
    sites: &BridgeSites,
    wait: bool,
    json: bool,
    out: &mut impl Write,
) -> Result<()> {
    let site = Site::open(sites).await?;
    follow(&site, transaction, wait, json, out).await
}

/// Shows where the deposits of a transaction are, once or until all are in blocks of the rollup.
async fn follow(
    site: &Site,
    transaction: B256,
    wait: bool,
    json: bool,
    out: &mut impl Write,
) -> Result<()> {
    let mut told = Vec::new();
    loop {
        let found = site.l1.receipt(transaction).await?;
        let Some(receipt) = found else {
            if !wait {
                bail!("transaction {transaction} is in no block of the L1: is it the right L1?");
            }
            tokio::time::sleep(POLL).await;
            continue;
        };
        if !receipt.success {
            bail!("transaction {transaction} failed on the L1: it deposited nothing");
        }
        let all = status::of_receipt(&receipt, &site.l1, &site.l2, &site.addresses).await?;
        let waits = all.iter().any(|one| matches!(one.progress, Progress::Waiting { .. }));
        if !waits || !wait {
            return print(&all, json, out);
        }
        let news: Vec<String> = all.iter().map(|one| one.progress.to_string()).collect();
        if news != told {
            news.iter().for_each(|line| eprintln!("{line}"));
            told = news;
        }
        tokio::time::sleep(POLL).await;
    }
}

fn print(all: &[DepositStatus], json: bool, out: &mut impl Write) -> Result<()> {
    for one in all {
        if json {
            writeln!(out, "{}", json!(one))?;
            continue;
        }
        let to = one.to.map_or_else(|| "a new contract".to_owned(), |to| to.to_string());
        writeln!(out, "L1      {} in block {}", one.l1_transaction, one.l1_block)?;
        writeln!(out, "rollup  {}", one.l2_transaction)?;
        writeln!(out, "from    {}", one.from)?;
        writeln!(out, "to      {to}")?;
        writeln!(out, "brings  {} wei, passes on {} wei", one.mint, one.value)?;
        writeln!(out, "state   {}", one.progress)?;
    }
    Ok(())
}
