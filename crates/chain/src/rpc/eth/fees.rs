//! `eth_gasPrice`, `eth_maxPriorityFeePerGas`, `eth_baseFee`, `eth_blobBaseFee`: what a transaction
//! should offer to be in the next block, in wei per gas.

use crate::chain::Head;
use crate::rpc::{
    context::Context,
    error::Failure,
    method::{Answer, json},
    params::{Args, quantity},
};
use alloy_consensus::Transaction as _;
use alloy_primitives::U256;
use seam_primitives::Block;
use std::sync::PoisonError;

/// What is suggested where nothing better is known: that of op-geth and of newer geth.
const LEAST_TIP: u128 = 1_000_000;
/// Blocks that are looked at.
const SAMPLED_BLOCKS: u64 = 20;
/// Lowest tips of each that count.
const SAMPLED_TIPS: usize = 3;
/// The suggestion is above this part of them, in percent.
const PERCENTILE: usize = 60;

/// `eth_gasPrice`: the next base fee and a tip.
pub(crate) fn gas_price(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    let base_fee = u128::from(context.chain.market(&head).base_fee);
    json(&quantity(base_fee + tip(context, &head)?))
}

/// `eth_maxPriorityFeePerGas`: a tip.
pub(crate) fn max_priority_fee(context: &Context, _: &Args) -> Answer {
    json(&quantity(tip(context, &context.chain.head())?))
}

/// `eth_baseFee`: of the next block.
pub(crate) fn base_fee(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    json(&quantity(context.chain.market(&head).base_fee))
}

/// `eth_blobBaseFee`: of the next block.
pub(crate) fn blob_base_fee(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    json(&U256::from(context.chain.market(&head).blob_base_fee))
}

/// The tip that is suggested: what the cheaper transactions of the last blocks paid.
pub(crate) fn tip(context: &Context, head: &Head) -> Result<u128, Failure> {
    let known = *context.tip.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, tip)) = known.filter(|(hash, _)| *hash == head.hash()) {
        return Ok(tip);
    }
    let first = (head.number() + 1).saturating_sub(SAMPLED_BLOCKS);
    let mut tips = Vec::new();
    for number in first..=head.number() {
        if let Some(stored) = head.reader.block(number)? {
            tips.extend(lowest_tips(&stored.block));
        }
    }
    let tip = suggested(tips);
    *context.tip.lock().unwrap_or_else(PoisonError::into_inner) = Some((head.hash(), tip));
    Ok(tip)
}

fn lowest_tips(block: &Block) -> Vec<u128> {
    let base_fee = block.header.base_fee_per_gas.unwrap_or_default();
    let paying = block.transactions.iter().filter(|tx| tx.as_deposit().is_none());
    let mut tips: Vec<u128> = paying.filter_map(|tx| tx.effective_tip_per_gas(base_fee)).collect();
    tips.sort_unstable();
    tips.truncate(SAMPLED_TIPS);
    tips
}

fn suggested(mut tips: Vec<u128>) -> u128 {
    tips.sort_unstable();
    let index = tips.len().saturating_sub(1) * PERCENTILE / 100;
    tips.get(index).copied().unwrap_or_default().max(LEAST_TIP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suggestion_is_above_most_of_what_was_paid_and_never_nothing() {
        assert_eq!(suggested(vec![]), LEAST_TIP);
        assert_eq!(suggested(vec![0, 1, 2]), LEAST_TIP);
        let gwei = |n: u128| n * 1_000_000_000;
        let tips = (1..=11).rev().map(gwei).collect();
        assert_eq!(suggested(tips), gwei(7));
    }
}
