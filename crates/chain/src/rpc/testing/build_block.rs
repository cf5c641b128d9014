//! `testing_buildBlockV1(parent, attributes, transactions, extraData?)`: a block as an engine would give it, built on
//! any block and kept nowhere. Without a list the transactions are those of the mempool.

mod answer;

use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, Object},
    revert::refused,
};
use crate::{
    blobs::{Limits, Pooled, Sidecar, decode_raw},
    chain::{SubmitError, market_after},
    pool::Selection,
};
use alloy_consensus::Transaction as _;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{Address, B256, Bytes, U64, U256};
use answer::Built;
use seam_primitives::{BlockAttributes, ChainRules, Header, Recovered, Transaction};
use seam_stf::{BlockBuilder, BlockError, call::simulate::Refusal};
use seam_storage::{ScratchState, View};
use serde::Deserialize;

/// What geth's blocks go towards, as the suite of the execution-apis expects.
const TARGET_GAS_LIMIT: u64 = 60_000_000;
/// The gas limit moves by less than its parent's divided by this (Yellow Paper, section 4.4.4).
const GAS_LIMIT_STEPS: u64 = seam_stf::header::GAS_LIMIT_BOUND_DIVISOR;

/// What the engine API calls payload attributes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttributesJson {
    timestamp: U64,
    prev_randao: B256,
    suggested_fee_recipient: Address,
    #[serde(default)]
    withdrawals: Vec<Withdrawal>,
    #[serde(default)]
    parent_beacon_block_root: B256,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let parent: B256 = args.required(0)?;
    let Object(given) = args.required::<Object<AttributesJson>>(1)?;
    let listed = args.optional::<Vec<Bytes>>(2)?;
    let extra_data = args.optional::<Bytes>(3)?;
    let view = context.view(BlockId::Hash(parent))?;
    let rules = context.chain.rules();
    let attributes = attributes(rules, view.header(), given, extra_data);
    let timestamp = attributes.timestamp;
    let builder = BlockBuilder::new(rules, view.header(), attributes, view.scratch()?);
    let mut work = Work {
        builder: builder.map_err(|error| failure(&error, Address::ZERO))?,
        sidecars: Vec::new(),
        tips: U256::ZERO,
    };
    match listed {
        Some(transactions) => {
            let limits = Limits::at(rules, timestamp);
            for bytes in transactions {
                work.push(decode_raw(&bytes, limits).map_err(SubmitError::from)?)?;
            }
        }
        None => work.fill(context, &view, timestamp)?,
    }
    json(&work.finish()?)
}

fn attributes(
    rules: &ChainRules,
    parent: &Header,
    given: AttributesJson,
    extra_data: Option<Bytes>,
) -> BlockAttributes {
    let op = rules.is_op_stack();
    let extra_data = extra_data.filter(|bytes| !op || !bytes.is_empty());
    BlockAttributes {
        timestamp: given.timestamp.to(),
        beneficiary: given.suggested_fee_recipient,
        mix_hash: given.prev_randao,
        gas_limit: if op { parent.gas_limit } else { next_gas_limit(parent.gas_limit) },
        // A rollup's says how the base fee moves.
        extra_data: extra_data
            .unwrap_or_else(|| if op { parent.extra_data.clone() } else { Bytes::new() }),
        parent_beacon_block_root: given.parent_beacon_block_root,
        withdrawals: given.withdrawals,
        ..BlockAttributes::default()
    }
}

/// As near to the target as a block may go.
fn next_gas_limit(parent: u64) -> u64 {
    let step = (parent / GAS_LIMIT_STEPS).saturating_sub(1);
    TARGET_GAS_LIMIT.clamp(parent.saturating_sub(step), parent.saturating_add(step))
}

/// A block in the making.
struct Work<'a> {
    builder: BlockBuilder<'a, ScratchState>,
    sidecars: Vec<Sidecar>,
    /// What the block's maker earns, in wei.
    tips: U256,
}

impl Work<'_> {
    fn push(&mut self, pooled: Pooled) -> Result<(), Failure> {
        let Pooled { transaction, sidecar } = pooled;
        let sender = transaction.signer();
        self.try_push(transaction, sidecar).map_err(|error| failure(&error, sender))
    }

    fn try_push(
        &mut self,
        transaction: Recovered<Transaction>,
        sidecar: Option<Sidecar>,
    ) -> Result<(), BlockError> {
        let header = self.builder.header();
        let base_fee = header.base_fee_per_gas.unwrap_or_default();
        let (before, tip) = (header.gas_used, transaction.effective_tip_per_gas(base_fee));
        let receipt = self.builder.push(transaction)?;
        let gas = U256::from(receipt.cumulative_gas_used.saturating_sub(before));
        let tip = U256::from(tip.unwrap_or_default());
        self.tips = self.tips.saturating_add(tip.saturating_mul(gas));
        self.sidecars.extend(sidecar);
        Ok(())
    }

    /// Takes what fits from the mempool, the best first. It is only looked at: nothing leaves it.
    fn fill(&mut self, context: &Context, parent: &View, timestamp: u64) -> Result<(), Failure> {
        let market = market_after(context.chain.rules(), parent.header(), timestamp);
        let mut selection = Selection::new(market);
        loop {
            let next = context.chain.pool().next_best(&mut selection);
            let Some(next) = next else { return Ok(()) };
            if next.encoded_bytes() + 9 > self.builder.bytes_left() {
                selection.refuse(next.sender());
                continue;
            }
            let sidecar = next.sidecar().map(|sidecar| (**sidecar).clone());
            match self.try_push(next.transaction().clone(), sidecar) {
                Ok(()) => {}
                Err(BlockError::Transaction { .. }) => selection.refuse(next.sender()),
                Err(error) => return Err(failure(&error, next.sender())),
            }
        }
    }

    fn finish(self) -> Result<Built, Failure> {
        let Self { builder, sidecars, tips } = self;
        let finished = builder.finish_with_requests();
        let (executed, requests) = finished.map_err(|error| failure(&error, Address::ZERO))?;
        Ok(Built::new(&executed, requests.unwrap_or_default(), sidecars, tips))
    }
}

fn failure(error: &BlockError, sender: Address) -> Failure {
    match error {
        BlockError::State(error) => error.clone().into(),
        BlockError::Transaction { reason, .. } => {
            Failure::server(match Refusal::of(sender, 0, reason.clone()) {
                Refusal::Other(reason) => refused(&reason),
                refusal => refusal.to_string(),
            })
        }
        error => Failure::server(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::next_gas_limit;

    #[test]
    fn the_gas_limit_goes_towards_the_target_in_steps() {
        assert_eq!(next_gas_limit(200_000_000), 199_804_689);
        assert_eq!(next_gas_limit(60_000_000), 60_000_000);
        assert_eq!(next_gas_limit(60_010_000), 60_000_000);
        assert_eq!(next_gas_limit(5_000), 5_003);
    }
}
