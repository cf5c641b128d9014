//! The batches that L1 has: what each held, cost and brought.

use crate::{
    node::{Log, Tag},
    site::Site,
};
use alloy_primitives::{Address, B256, I256, U64, U256};
use seam_l1::L1At;
use seam_ledger::{Token, rules::FeeVault};
use seam_primitives::batch::BatchKind;
use seam_rollup::data::{BatchBytes, BatchSource};
use seam_stf::{
    batch::blobs,
    derive::inbox::{self, BATCH_POSTED, PostedBatch},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, btree_map::Entry};

/// L1 blocks that are looked back through at the start: what public nodes answer in one request.
const LOOK_BACK: u64 = 5_000;
/// L1 blocks that are read again each time: a reorg may have changed them.
const READ_AGAIN: u64 = 64;
/// Blocks of a batch whose transactions are counted; of longer ones it is not told.
const MAX_COUNTED: u64 = 2_000;
/// Batches that are looked into at a time.
const LOOKED_INTO: usize = 4;
/// How often it is tried to complete one: the blobs of an old one may be gone for good.
const TRIES: u8 = 20;

/// A batch on L1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Its place in the inbox, from 1.
    pub index: u64,
    /// The L1 transaction that posted it.
    pub transaction: B256,
    /// The number of its L1 block.
    pub l1_block: u64,
    /// That block's time, in seconds since 1970.
    pub time: u64,
    /// `blobs` or `calldata`.
    pub kind: &'static str,
    /// How many blobs it has.
    pub blobs: usize,
    /// Its first block of the rollup.
    pub first_block: u64,
    /// Its last block of the rollup.
    pub last_block: u64,
    /// Transactions of users in its blocks; none if there are too many blocks, or nobody answers.
    pub transactions: Option<u64>,
    /// Bytes of its data, compressed and signed; none if they cannot be had.
    pub bytes: Option<u64>,
    /// What posting it cost, in wei.
    pub cost: U256,
    /// What the fee vaults got in its blocks, in wei; none if they are not tracked from there on.
    pub fees: Option<I256>,
    /// What the operator keeps of it, in wei.
    pub margin: Option<I256>,
}

/// All batches, as far as they were read.
#[derive(Debug, Default)]
pub(super) struct Posted {
    inbox: Option<Address>,
    /// L1 blocks up to this one were read.
    read: Option<u64>,
    known: BTreeMap<u64, Known>,
}

#[derive(Debug)]
struct Known {
    batch: Batch,
    event: PostedBatch,
    at: L1At,
    tries: u8,
}

#[derive(Deserialize)]
struct Config {
    batch_inbox_address: Address,
}

impl Posted {
    /// The batches, the newest first, or none if nothing is new.
    pub(super) async fn read(&mut self, site: &Site) -> Option<Vec<Batch>> {
        let l1 = site.l1()?;
        let inbox = match self.inbox {
            Some(inbox) => inbox,
            None => self.find_inbox(site).await?,
        };
        let head = site.live().network().l1.as_ref()?.latest?.number;
        let mut changed = false;
        if self.read != Some(head) {
            let from = self.read.map_or(head.saturating_sub(LOOK_BACK), |read| {
                read.min(head).saturating_sub(READ_AGAIN)
            });
            let logs = l1.logs(inbox, BATCH_POSTED, (from, head)).await.ok()?;
            changed = self.take(site, from, logs).await?;
            self.read = Some(head);
        }
        changed |= self.look_into(site, inbox).await;
        changed.then(|| self.known.values().rev().map(|known| known.batch.clone()).collect())
    }

    async fn find_inbox(&mut self, site: &Site) -> Option<Address> {
        let config: Config = site.l2().ask("optimism_rollupConfig", json!([])).await.ok()?;
        self.inbox = Some(config.batch_inbox_address);
        self.inbox
    }

    /// Takes in what L1 says of the blocks from `from` on; false if it is what was known.
    async fn take(&mut self, site: &Site, from: u64, logs: Vec<Log>) -> Option<bool> {
        let mut found = BTreeMap::new();
        for log in logs {
            let (event, transaction) = (read(&log)?, log.transaction_hash?);
            found.insert(event.index, (event, transaction, log));
        }
        let before = self.known.len();
        let same = |index: &u64, known: &Known| {
            known.at.number < from
                || found.get(index).is_some_and(|(_, _, log)| log.block_hash == Some(known.at.hash))
        };
        self.known.retain(|index, known| same(index, known));
        let mut changed = self.known.len() != before;
        for (index, (event, transaction, log)) in found {
            if let Entry::Vacant(place) = self.known.entry(index) {
                place.insert(known(site, event, transaction, &log).await?);
                changed = true;
            }
        }
        while self.known.len() > super::BATCHES {
            self.known.pop_first();
        }
        Some(changed)
    }

    /// Completes some of those that lack something, the newest first.
    async fn look_into(&mut self, site: &Site, inbox: Address) -> bool {
        let mut changed = false;
        let lacking = self.known.values_mut().rev().filter(|known| {
            let Batch { transactions, bytes, fees, .. } = known.batch;
            let lacks = transactions.is_none() || bytes.is_none() || fees.is_none();
            lacks && known.tries < TRIES
        });
        for known in lacking.take(LOOKED_INTO) {
            known.tries += 1;
            let before = known.batch.clone();
            let batch = &mut known.batch;
            if batch.transactions.is_none() {
                batch.transactions = count(site, batch.first_block, batch.last_block).await;
            }
            if batch.bytes.is_none() {
                batch.bytes = size(site, inbox, &known.event, &known.at).await;
            }
            if batch.fees.is_none() {
                batch.fees = fees(site, batch.first_block, batch.last_block).await;
                let cost = I256::try_from(batch.cost).ok();
                batch.margin = batch.fees.zip(cost).and_then(|(fees, cost)| fees.checked_sub(cost));
            }
            changed |= known.batch != before;
        }
        changed
    }
}

fn read(log: &Log) -> Option<PostedBatch> {
    let log = alloy_primitives::Log::new(log.address, log.topics.clone(), log.data.clone())?;
    inbox::read(&log)
}

async fn known(site: &Site, event: PostedBatch, transaction: B256, log: &Log) -> Option<Known> {
    let (number, hash) = (log.block_number?.to::<u64>(), log.block_hash?);
    let l1 = site.l1()?;
    let (block, receipt) =
        tokio::try_join!(l1.block(Tag::Hash(hash)), l1.receipt(transaction)).ok()?;
    let (block, receipt) = (block?, receipt?);
    let timestamp = block.timestamp.to();
    let kind = match event.kind {
        BatchKind::Blobs => "blobs",
        BatchKind::Calldata => "calldata",
    };
    let batch = Batch {
        index: event.index,
        transaction,
        l1_block: number,
        time: timestamp,
        kind,
        blobs: event.versioned_hashes.len(),
        first_block: event.header.first_block,
        last_block: event.header.last_block,
        transactions: None,
        bytes: None,
        cost: receipt.paid(false),
        fees: None,
        margin: None,
    };
    Some(Known { batch, event, at: L1At { number, hash, timestamp }, tries: 0 })
}

/// Transactions of users in these blocks of the rollup.
async fn count(site: &Site, first: u64, last: u64) -> Option<u64> {
    let blocks = last.checked_sub(first)?.checked_add(1)?;
    if blocks > MAX_COUNTED {
        return None;
    }
    let question = |number| ("eth_getBlockTransactionCountByNumber", json!([U64::from(number)]));
    let answers =
        site.l2().ask_all(&(first..=last).map(question).collect::<Vec<_>>()).await.ok()?;
    let mut total = 0_u64;
    for answer in answers {
        let count: U64 = serde_json::from_value(answer.ok()?).ok()?;
        // Without the one that begins every block.
        total = total.checked_add(count.to::<u64>().saturating_sub(1))?;
    }
    Some(total)
}

/// Bytes of the batch's data.
async fn size(site: &Site, inbox: Address, event: &PostedBatch, at: &L1At) -> Option<u64> {
    let l1 = site.l1()?.client().clone();
    let source = BatchSource::new(l1, inbox, None, site.beacon().cloned(), None);
    let data = source.fetch(at, event).await.ok()?;
    let bytes = match data {
        BatchBytes::Calldata(data) => data.len(),
        BatchBytes::Blobs(held) => {
            let held: Vec<_> = held.iter().map(AsRef::as_ref).collect();
            blobs::unpack(&held).ok()?.len()
        }
    };
    u64::try_from(bytes).ok()
}

/// By how much the fee vaults grew in these blocks. Where one was emptied in them it is not known.
async fn fees(site: &Site, first: u64, last: u64) -> Option<I256> {
    let (books, chain) = (site.books()?, site.live().network().l2.chain_id?);
    let before = first.checked_sub(1)?;
    if books.cursor(chain).await.ok()??.0 < last {
        return None;
    }
    let mut sum = I256::ZERO;
    for vault in FeeVault::ALL {
        let (tracked, _) = books.account(chain, vault.address).await.ok()??;
        if tracked.from_block > first {
            return None;
        }
        let at = |block| books.balance_at(chain, vault.address, Token::Ether, block);
        let growth = at(last).await.ok()?.checked_sub(at(before).await.ok()?)?;
        if growth.is_negative() {
            return None;
        }
        sum = sum.checked_add(growth)?;
    }
    Some(sum)
}
