//! `seam batch force`: a batch without data, by anyone, when the sequencer does not post.

use crate::{args::ForceBatch, bridge, key, rollup_node::read_rollup, service};
use alloy_primitives::{B256, hex, keccak256};
use anyhow::{Context, Result, bail};
use seam_l1::{L1Client, L1Limits, Receipt, SendLimits, TxRequest};
use seam_primitives::batch::{BatchHeader, BatchKind};
use seam_rollup::batcher::{
    BatcherSettings,
    cost::Load,
    force::{DATA, Range, Terms},
    inbox::{self, Inbox},
};
use serde_json::json;
use std::{
    io::{self, BufRead, IsTerminal, Write},
    time::Duration,
};

/// How often the L1 is looked at.
const POLL: Duration = Duration::from_millis(500);

pub(crate) fn run(command: &ForceBatch, out: &mut impl Write) -> Result<()> {
    let runtime = service::runtime()?;
    let done = runtime.block_on(force(command, out));
    runtime.shutdown_background();
    done
}

async fn force(command: &ForceBatch, out: &mut impl Write) -> Result<()> {
    let config = read_rollup(&command.rollup)?.config;
    let settings = BatcherSettings::of(&config, &SendLimits::default())?;
    let client = L1Client::connect(&command.l1_rpc, Some(config.l1.chain_id), L1Limits::default())?;
    let signer = key::signer(&command.signing, "user")?;
    let head = inbox::newest(&client).await?;
    let inbox = Inbox::read(&client, settings.inbox, head.hash).await?;
    let is_batcher = signer.address() == inbox.batcher;
    let range = Terms::from(&settings).range(&inbox, &head, is_batcher, command.last_block)?;
    confirm(command, &range)?;
    let anchor = client.block(range.anchor).await?.context("the L1 has lost a block: try again")?;
    let header = range.header(&inbox, anchor.seal());
    let limits = key::limits(&command.signing, POLL);
    let sender = bridge::sender(client, signer, config.l1.chain_id, limits).await?;
    let receipt = sender.send(&id(&inbox, &header), &request(&settings, &header)).await?;
    if !receipt.success {
        bail!(
            "transaction {} failed in L1 block {}: somebody posted a batch before it, or the L1 was \
             reorganised; see how far the inbox is, and try again",
            receipt.transaction,
            receipt.block_number
        );
    }
    print(command, &inbox, &header, &receipt, out)
}

fn request(settings: &BatcherSettings, header: &BatchHeader) -> TxRequest {
    TxRequest {
        to: Some(settings.inbox),
        input: inbox::post_calldata(header, DATA),
        gas_limit: Load::new(BatchKind::Calldata, DATA.len(), 1).gas_limit(),
        ..TxRequest::default()
    }
}

/// The same batch is sent once, whoever interrupts it.
fn id(inbox: &Inbox, header: &BatchHeader) -> String {
    let accumulator = accumulator(header);
    let start = accumulator.get(..8).unwrap_or_default();
    format!("force-{}-{}", inbox.count + 1, hex::encode(start))
}

fn accumulator(header: &BatchHeader) -> B256 {
    header.accumulator(BatchKind::Calldata, keccak256(DATA))
}

/// Says what will be, and asks.
fn confirm(command: &ForceBatch, range: &Range) -> Result<()> {
    let Range { first, last, anchor } = range;
    eprintln!(
        "blocks {first} to {last} will be made from the L1 alone, up to its block {anchor}: deposits are \
         in them, and nothing else. What the sequencer announced in these blocks and did not post is \
         undone: its transactions count only if they are sent again."
    );
    if command.yes {
        return Ok(());
    }
    if command.json || !io::stdin().is_terminal() {
        bail!("nobody is there to be asked: give --yes to post this");
    }
    eprint!("Post this batch? Type yes: ");
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => bail!("nothing was sent"),
    }
}

fn print(
    command: &ForceBatch,
    inbox: &Inbox,
    header: &BatchHeader,
    receipt: &Receipt,
    out: &mut impl Write,
) -> Result<()> {
    let index = inbox.count + 1;
    let (first, last) = (header.first_block, header.last_block);
    if command.json {
        let line = json!({
            "index": index,
            "firstBlock": first,
            "lastBlock": last,
            "anchor": header.l1_number,
            "accumulator": accumulator(header),
            "transaction": receipt.transaction,
            "l1Block": receipt.block_number,
            "cost": receipt.cost().to_string(),
        });
        return Ok(writeln!(out, "{line}")?);
    }
    Ok(writeln!(
        out,
        "batch {index}: blocks {first} to {last}, in transaction {}, block {} of the L1",
        receipt.transaction, receipt.block_number
    )?)
}
