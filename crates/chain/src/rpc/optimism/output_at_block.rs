//! `optimism_outputAtBlock(number)`: the output root of a block (OP Stack specification, "L2 output RPC method"), what it
//! is made of, and how far the rollup and its L1 are.

use super::references::{L2BlockRef, SyncStatus};
use crate::rpc::{
    context::{Context, not_found},
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag, Quantity},
};
use alloy_primitives::B256;
use seam_primitives::{ChainRules, OpFork, output_root};
use seam_stf::block::MESSAGE_PASSER;
use seam_storage::View;
use serde::Serialize;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    /// Of the output root's form: always zero so far.
    version: B256,
    output_root: B256,
    block_ref: L2BlockRef,
    withdrawal_storage_root: B256,
    state_root: B256,
    sync_status: SyncStatus,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let Quantity(number) = args.required(0)?;
    let head = context.chain.head();
    let id = BlockId::Tag(BlockTag::Number(number));
    let stored = head.reader.block(number)?.filter(|_| number <= head.number());
    let stored = stored.ok_or_else(|| not_found(id))?;
    let header = &stored.block.header;
    let withdrawals = match header_root(context.chain.rules(), header) {
        Some(root) => root,
        None => proven_root(&context.view(id)?)?,
    };
    json(&Output {
        version: B256::ZERO,
        output_root: output_root(header.state_root, withdrawals, stored.hash),
        block_ref: L2BlockRef::new(&context.chain, &stored)?,
        withdrawal_storage_root: withdrawals,
        state_root: header.state_root,
        sync_status: SyncStatus::new(&context.chain, &head)?,
    })
}

/// Since Isthmus the header has the storage root of the withdrawals.
fn header_root(rules: &ChainRules, header: &seam_primitives::Header) -> Option<B256> {
    let isthmus = rules.is_op_active(OpFork::Isthmus, header.number, header.timestamp);
    header.withdrawals_root.filter(|_| isthmus)
}

/// Before it, the state has.
fn proven_root(view: &View) -> Result<B256, Failure> {
    Ok(view.prove(MESSAGE_PASSER, &[])?.storage_root)
}
