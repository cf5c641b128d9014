//! The watch list.

use super::{
    args::{Plain, Track, Untrack},
    ingest,
};
use crate::table;
use alloy_primitives::{Address, address};
use anyhow::{Context, Result, bail};
use seam_l1::{L1Client, L1Limits};
use seam_ledger::{
    Books,
    books::{ChainKind, FollowedChain, Role, Tracked},
    rules::FeeVault,
};
use serde_json::json;
use std::io::Write;

/// A predeploy that every OP Stack chain has: L1Block.
const OP_STACK: Address = address!("0x4200000000000000000000000000000000000015");
/// A precompile that every Arbitrum chain has: ArbSys.
const ARBITRUM: Address = address!("0x0000000000000000000000000000000000000064");

pub(super) async fn track(command: Track, out: &mut impl Write) -> Result<()> {
    let client = L1Client::connect(&[&command.rpc], None, L1Limits::default())?;
    let chain = followed(&client, &command).await?;
    let books = command.database.open().await?;
    books.follow(&chain).await?;
    let vaults = FeeVault::ALL.map(|vault| (vault.address, vault.source.name(), Role::Vault));
    let vaults = vaults.into_iter().filter(|_| command.vaults);
    let given = command.account.iter().map(|one| (*one, command.label.as_str(), command.role));
    for (address, label, role) in given.chain(vaults) {
        let label = label.to_owned();
        let from_block = command.from_block;
        books.track(&Tracked { chain: chain.id, address, label, role, from_block }).await?;
    }
    if command.no_sync {
        return Ok(());
    }
    let place = ingest::Place { client, chain: chain.id, trace: !command.no_trace };
    ingest::book(books, vec![place], None, command.database.json, out).await
}

/// What the chain at the URL is.
async fn followed(client: &L1Client, command: &Track) -> Result<FollowedChain> {
    let id = client.chain_id().await.with_context(|| command.rpc.clone())?;
    let genesis = client.block(0).await?;
    let genesis = genesis.with_context(|| format!("{} has no block 0", command.rpc))?.hash();
    let kind = match command.kind {
        Some(kind) => kind,
        None => found_out(client).await?,
    };
    Ok(FollowedChain { id, kind, url: command.rpc.clone(), genesis })
}

async fn found_out(client: &L1Client) -> Result<ChainKind> {
    let latest = alloy_eips::BlockNumberOrTag::Latest;
    if !client.code(OP_STACK, latest).await?.is_empty() {
        return Ok(ChainKind::OpStack);
    }
    let arbitrum = !client.code(ARBITRUM, latest).await?.is_empty();
    Ok(if arbitrum { ChainKind::Arbitrum } else { ChainKind::Ethereum })
}

pub(super) async fn untrack(command: &Untrack) -> Result<()> {
    let books = command.database.existing().await?;
    let chain = only(&books, command.chain).await?;
    books.untrack(chain, command.account).await?;
    eprintln!("{} on chain {chain} is in the books no more", command.account);
    books.close().await;
    Ok(())
}

/// The chain that is meant.
pub(super) async fn only(books: &Books, chain: Option<u64>) -> Result<u64> {
    let chains: Vec<u64> = books.chains().await?.iter().map(|chain| chain.id).collect();
    match (chain, &chains[..]) {
        (_, []) => bail!("the books have no chain: begin with `seam earn track`"),
        (Some(chain), _) if chains.contains(&chain) => Ok(chain),
        (Some(chain), _) => bail!("the books have no chain {chain}, they have {}", listed(&chains)),
        (None, [chain]) => Ok(*chain),
        (None, _) => bail!("the books have chains {}: say which with --chain", listed(&chains)),
    }
}

fn listed(chains: &[u64]) -> String {
    chains.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

pub(super) async fn accounts(command: &Plain, out: &mut impl Write) -> Result<()> {
    let books = command.database.existing().await?;
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for (account, behind) in books.accounts().await? {
        let cursor = books.cursor(account.chain).await?.map(|(number, _)| number);
        let at = behind.as_ref().map_or(cursor, |behind| behind.cursor.map(|(number, _)| number));
        values.push(json!({ "account": account, "booked": at, "behind": behind.is_some() }));
        let at = at.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let state = if behind.is_some() { "catching up" } else { "" };
        rows.push([
            account.chain.to_string(),
            account.address.to_string(),
            account.role.to_string(),
            account.label,
            account.from_block.to_string(),
            at,
            state.to_owned(),
        ]);
    }
    if command.database.json {
        writeln!(out, "{}", serde_json::Value::Array(values))?;
        return Ok(());
    }
    let headings = ["chain", "account", "role", "label", "from block", "booked to", ""];
    Ok(table::write_left(out, headings, &rows)?)
}
