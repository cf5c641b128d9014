//! Filters that are polled: `eth_newFilter`, `eth_newBlockFilter`, `eth_newPendingTransactionFilter`,
//! `eth_getFilterChanges`, `eth_getFilterLogs`, `eth_uninstallFilter`.

use super::get_transaction::pending;
use crate::events::AnnouncedBlock;
use crate::rpc::{
    context::Context,
    filters::{Changes, Kind},
    logs::{Criteria, LogQuery, find},
    method::{Answer, json},
    params::Args,
    types::{LogJson, logs_of},
};
use alloy_primitives::Log;

/// `eth_newFilter(query)`: its id.
pub(crate) fn new(context: &Context, args: &Args) -> Answer {
    let query: LogQuery = args.required(0)?;
    query.criteria.check(context.settings.log_criteria)?;
    add(context, Kind::Logs(query))
}

/// `eth_newBlockFilter()`: its id.
pub(crate) fn new_block(context: &Context, _: &Args) -> Answer {
    add(context, Kind::Blocks)
}

/// `eth_newPendingTransactionFilter(full?)`: its id.
pub(crate) fn new_pending(context: &Context, args: &Args) -> Answer {
    let full = args.optional(0)?.unwrap_or_default();
    add(context, Kind::Pending { full })
}

fn add(context: &Context, kind: Kind) -> Answer {
    json(&context.filters.add(kind, &context.settings, context.chain.clock().now())?)
}

/// `eth_uninstallFilter(id)`: whether there was one.
pub(crate) fn uninstall(context: &Context, args: &Args) -> Answer {
    json(&context.filters.remove(&args.required::<String>(0)?))
}

/// `eth_getFilterChanges(id)`: what happened since the last call. Logs of blocks that left the chain
/// are told once more, as removed.
pub(crate) fn changes(context: &Context, args: &Args) -> Answer {
    let id: String = args.required(0)?;
    match context.filters.poll(&id, &context.settings, context.chain.clock().now())? {
        Changes::Blocks(hashes) => json(&hashes),
        Changes::Logs(query, blocks) => {
            let blocks = blocks.iter();
            let logs =
                blocks.flat_map(|(gone, block)| announced_logs(block, *gone, &query.criteria));
            json(&logs.collect::<Vec<_>>())
        }
        Changes::Pending { hashes, full: false } => json(&hashes),
        Changes::Pending { hashes, full: true } => {
            let pool = context.chain.pool();
            let waiting: Vec<_> = hashes.iter().filter_map(|hash| pool.get(hash)).collect();
            drop(pool);
            json(&waiting.iter().map(pending).collect::<Vec<_>>())
        }
    }
}

/// `eth_getFilterLogs(id)`: all logs that a filter is for, whenever they came.
pub(crate) fn logs(context: &Context, args: &Args) -> Answer {
    let id: String = args.required(0)?;
    let query = context.filters.query(&id, context.chain.clock().now())?;
    json(&find(context, &query)?)
}

/// The logs of a block that came or left, in the order in which they are told.
fn announced_logs(block: &AnnouncedBlock, removed: bool, criteria: &Criteria) -> Vec<LogJson> {
    if removed { removed_logs(block, criteria) } else { added_logs(block, criteria).collect() }
}

/// The logs of a block that came.
pub(crate) fn added_logs<'a>(
    block: &'a AnnouncedBlock,
    criteria: &'a Criteria,
) -> impl Iterator<Item = LogJson> + 'a {
    let wanted = move |log: &Log| criteria.matches(log);
    logs_of(&block.block, block.hash, &block.receipts, wanted).map(|(_, log)| log)
}

/// The logs of a block that left, backwards.
pub(crate) fn removed_logs(block: &AnnouncedBlock, criteria: &Criteria) -> Vec<LogJson> {
    let mut logs: Vec<LogJson> =
        added_logs(block, criteria).map(|log| LogJson { removed: true, ..log }).collect();
    logs.reverse();
    logs
}
