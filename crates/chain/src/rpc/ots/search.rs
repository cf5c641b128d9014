//! `ots_searchTransactionsBefore(address, block, pageSize)` and `ots_searchTransactionsAfter(…)`: transactions of an
//! account, newest first.
//!
//! A transaction is one of an account if it comes from it, goes to it or creates it. Where state is kept, so is one that
//! calls it from inside another contract, if that changed the account itself or had it emit a log: only such blocks are
//! executed anew. At most [`search_blocks`](crate::rpc::RpcSettings::search_blocks) blocks are looked at in one call.

use super::{
    block_details::to_value,
    calls::{of_block, visit},
};
use crate::{
    chain::Head,
    rpc::{
        context::Context,
        error::Failure,
        eth::get_block::deposit_receipts,
        method::{Answer, json},
        params::{Args, Number},
        types::{TransactionJson, receipts_of},
    },
};
use alloy_consensus::Transaction as _;
use alloy_primitives::Address;
use seam_primitives::{Receipt, Transaction};
use seam_stf::StateReader as _;
use seam_storage::{LogKey, StoredBlock, View};
use serde::Serialize;
use serde_json::{Value, json as value};
use std::{cmp::Reverse, collections::BTreeSet, time::Instant};

/// Most transactions that may be asked for; as in Erigon.
const MAX_PAGE: u64 = 25;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    txs: Vec<TransactionJson>,
    receipts: Vec<Value>,
    first_page: bool,
    last_page: bool,
}

/// `ots_searchTransactionsBefore`: those in blocks before this one; before 0 is from the newest.
pub(crate) fn before(context: &Context, args: &Args) -> Answer {
    let (address, block, size) = arguments(args)?;
    let head = context.chain.head();
    let newest = if block == 0 { head.number() } else { (block - 1).min(head.number()) };
    let most = context.settings.search_blocks;
    let oldest = newest.saturating_sub(most.saturating_sub(1));
    let mut search = Search::new(context, &head, address, oldest, newest)?;
    let end = search.run((oldest..=newest).rev(), size)?;
    let last_page = end == End::All && oldest == 0;
    search.page(Pages { first: block == 0, last: last_page }, end == End::Full || last_page)
}

/// `ots_searchTransactionsAfter`: those in blocks after this one; after 0 is from the genesis.
pub(crate) fn after(context: &Context, args: &Args) -> Answer {
    let (address, block, size) = arguments(args)?;
    let head = context.chain.head();
    let oldest = if block == 0 { 0 } else { block.saturating_add(1) };
    let most = context.settings.search_blocks;
    let newest = oldest.saturating_add(most.saturating_sub(1)).min(head.number());
    let mut search = Search::new(context, &head, address, oldest, newest)?;
    let end = search.run(oldest..=newest, size)?;
    let first_page = end == End::All && newest == head.number();
    search.page(Pages { first: first_page, last: block == 0 }, end == End::Full || first_page)
}

fn arguments(args: &Args) -> Result<(Address, u64, usize), Failure> {
    let (Number(block), Number(size)) = (args.required(1)?, args.required(2)?);
    if size > MAX_PAGE {
        return Err(Failure::params(format!("max allowed page size: {MAX_PAGE}")));
    }
    Ok((args.required(0)?, block, usize::try_from(size).unwrap_or(usize::MAX)))
}

/// How a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The page is full.
    Full,
    /// There are no more blocks within the limit.
    All,
    /// It took too long.
    Late,
}

/// A transaction that was found.
#[derive(Debug)]
struct Found {
    number: u64,
    index: usize,
    transaction: TransactionJson,
    receipt: Value,
}

/// Which page of all that there are.
#[derive(Debug, Clone, Copy)]
struct Pages {
    /// Whether it has the newest.
    first: bool,
    /// Whether it has the oldest.
    last: bool,
}

struct Search<'a> {
    context: &'a Context,
    head: &'a Head,
    address: Address,
    /// Blocks that may have logs of the account.
    logging: BTreeSet<u64>,
    oldest_state: u64,
    deadline: Instant,
    found: Vec<Found>,
}

impl<'a> Search<'a> {
    fn new(
        context: &'a Context,
        head: &'a Head,
        address: Address,
        oldest: u64,
        newest: u64,
    ) -> Result<Self, Failure> {
        let most = usize::try_from(context.settings.search_blocks).unwrap_or(usize::MAX);
        let keys = [LogKey::Address(address)];
        Ok(Self {
            context,
            head,
            address,
            logging: match oldest <= newest {
                true => head.reader.blocks_with_logs(&keys, oldest, newest, most)?,
                false => BTreeSet::new(),
            },
            oldest_state: head.reader.oldest_state()?,
            // Half of what a request may take: what is left is for the block that is looked at last.
            deadline: Instant::now() + context.settings.request_time / 2,
            found: Vec::new(),
        })
    }

    fn run(&mut self, numbers: impl Iterator<Item = u64>, size: usize) -> Result<End, Failure> {
        for number in numbers {
            if self.found.len() >= size {
                return Ok(End::Full);
            }
            if Instant::now() >= self.deadline {
                return Ok(End::Late);
            }
            self.look_at(number)?;
        }
        Ok(End::All)
    }

    fn look_at(&mut self, number: u64) -> Result<(), Failure> {
        let Some(stored) = self.head.reader.block(number)? else { return Ok(()) };
        let mut indices = self.named(&stored);
        let every = indices.len() == stored.block.transactions.len();
        if !every && self.may_be_inside(number)? {
            indices.extend(self.inside(&stored)?);
        }
        if indices.is_empty() {
            return Ok(());
        }
        let receipts = self.head.reader.receipts(number)?.unwrap_or_default();
        self.take(&stored, &receipts, &indices)
    }

    /// The transactions that say themselves that they are of the account.
    fn named(&self, stored: &StoredBlock) -> BTreeSet<usize> {
        let all = stored.block.transactions.iter().zip(&stored.senders).enumerate();
        let named = all.filter(|(_, (tx, sender))| names(tx, **sender, self.address));
        named.map(|(index, _)| index).collect()
    }

    /// Whether a transaction may have called the account from inside.
    fn may_be_inside(&self, number: u64) -> Result<bool, Failure> {
        if number <= self.oldest_state {
            return Ok(false);
        }
        if self.logging.contains(&number) {
            return Ok(true);
        }
        let account_at = |number| -> Result<_, Failure> {
            Ok(View::at(self.head.reader.clone(), number)?.account(self.address)?)
        };
        Ok(account_at(number)? != account_at(number - 1)?)
    }

    /// The transactions that called the account from inside.
    fn inside(&self, stored: &StoredBlock) -> Result<BTreeSet<usize>, Failure> {
        let frames = of_block(self.context, self.head, stored.block.header.number)?;
        let is_inside = |frame| {
            let mut is_inside = false;
            visit(frame, 0, &mut |frame, _| {
                is_inside |= frame.from == self.address || frame.to == Some(self.address);
                !is_inside
            });
            is_inside
        };
        let frames = frames.iter().enumerate();
        Ok(frames.filter(|(_, (_, frame))| is_inside(frame)).map(|(index, _)| index).collect())
    }

    fn take(
        &mut self,
        stored: &StoredBlock,
        receipts: &[Receipt],
        indices: &BTreeSet<usize>,
    ) -> Result<(), Failure> {
        let header = &stored.block.header;
        let deposits = deposit_receipts(&self.head.reader, stored)?;
        let all = receipts_of(self.context.chain.rules(), stored, receipts, None);
        for (index, receipt) in all.iter().enumerate().filter(|(index, _)| indices.contains(index))
        {
            let deposit = deposits.get(index).and_then(|receipt| receipt.deposit);
            let Some(transaction) = TransactionJson::in_block(stored, index, deposit) else {
                continue;
            };
            let mut receipt = to_value(receipt)?;
            receipt["timestamp"] = value!(header.timestamp);
            self.found.push(Found { number: header.number, index, transaction, receipt });
        }
        Ok(())
    }

    /// What was found, newest first; an error if that is nothing and there may be more.
    fn page(mut self, pages: Pages, complete: bool) -> Answer {
        if self.found.is_empty() && !complete {
            let (address, most) = (self.address, self.context.settings.search_blocks);
            return Err(Failure::limit(format!(
                "no transaction of {address} within the limit of {most} blocks (search_blocks): \
                 begin at another block"
            )));
        }
        self.found.sort_by_key(|found| Reverse((found.number, found.index)));
        let (txs, receipts) =
            self.found.into_iter().map(|found| (found.transaction, found.receipt)).unzip();
        json(&Page { txs, receipts, first_page: pages.first, last_page: pages.last })
    }
}

/// Whether a transaction comes from an account, goes to it or creates it.
fn names(transaction: &Transaction, sender: Address, address: Address) -> bool {
    let to = transaction.to().unwrap_or_else(|| sender.create(transaction.nonce()));
    sender == address || to == address
}
