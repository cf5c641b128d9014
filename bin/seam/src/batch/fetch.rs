//! The data of a batch that is on L1, by the transaction that posted it.

use crate::{args::DecodeBatch, on_l1, service};
use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use seam_l1::{L1At, L1Client, L1Limits};
use seam_rollup::data::{BatchBytes, BatchSource};
use seam_stf::{batch::blobs, derive::inbox};

/// What the transaction posted, checked against what the inbox says of it.
pub(super) fn run(command: &DecodeBatch, transaction: B256) -> Result<Vec<u8>> {
    let runtime = service::runtime()?;
    let data = runtime.block_on(fetch(command, transaction));
    runtime.shutdown_background();
    data
}

async fn fetch(command: &DecodeBatch, transaction: B256) -> Result<Vec<u8>> {
    let client = L1Client::connect(&command.l1_rpc, None, L1Limits::default())?;
    let receipt = client.receipt(transaction).await?;
    let receipt = receipt.with_context(|| {
        let asked = command.l1_rpc.join(", ");
        format!("{asked} has no transaction {transaction}: name the batch's L1 with --l1-rpc")
    })?;
    if !receipt.success {
        bail!("transaction {transaction} failed: nothing was posted");
    }
    let batch = |log| inbox::read(log).map(|batch| (log.address, batch));
    let posted = receipt.logs.iter().find_map(|(_, log)| batch(log));
    let (inbox, posted) = posted.with_context(|| {
        format!("transaction {transaction} posted no batch (no BatchPosted in it)")
    })?;
    let block = client.block_by_hash(receipt.block_hash).await?;
    let block = block.context("the L1 has lost a block: try again")?;
    let at = L1At { number: block.number, hash: block.hash(), timestamp: block.timestamp };
    let beacon = on_l1::beacon(&command.l1_rpc, &command.l1_beacon, command.l1_slot_seconds)?;
    let archive = on_l1::archives(&command.blob_archive)?;
    let source = BatchSource::new(client, inbox, None, beacon, archive);
    match source.fetch(&at, &posted).await? {
        BatchBytes::Calldata(data) => Ok(data.into()),
        BatchBytes::Blobs(blobs) => {
            let blobs: Vec<_> = blobs.iter().map(AsRef::as_ref).collect();
            blobs::unpack(&blobs).context("the blobs hold no batch")
        }
    }
}
