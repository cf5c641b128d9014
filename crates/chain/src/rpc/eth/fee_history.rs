//! `eth_feeHistory(count, newest, percentiles?)`: base fees, how full blocks were, and what
//! transactions paid beyond the base fee.

use crate::chain::Head;
use crate::rpc::{
    context::{Context, not_found, number_of},
    error::Failure,
    method::{Answer, json},
    params::{Args, BlockId, BlockTag, Number, quantity},
};
use alloy_eips::eip4844::DATA_GAS_PER_BLOB;
use alloy_primitives::U256;
use seam_primitives::{ChainRules, Header};
use seam_stf::header;
use serde::Serialize;
use serde_json::Value;

/// Most percentiles, as geth has it.
const PERCENTILES: usize = 100;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    oldest_block: U256,
    #[serde(skip_serializing_if = "Option::is_none")]
    reward: Option<Vec<Vec<U256>>>,
    base_fee_per_gas: Vec<U256>,
    gas_used_ratio: Vec<f64>,
    base_fee_per_blob_gas: Vec<U256>,
    blob_gas_used_ratio: Vec<f64>,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let Number(count) = args.required(0)?;
    let newest = BlockId::Tag(args.required::<BlockTag>(1)?);
    let percentiles = percentiles(args)?;
    let head = context.chain.head();
    let newest = number_of(&head, newest)?.ok_or_else(|| not_found(newest))?;
    let count = count.min(context.settings.fee_history_blocks).min(newest + 1);
    if count == 0 {
        return json(&FeeHistory::default());
    }
    let oldest = newest + 1 - count;
    let mut history = FeeHistory { oldest_block: quantity(oldest), ..FeeHistory::default() };
    history.reward = percentiles.as_ref().map(|_| Vec::new());
    let mut last = None;
    for number in oldest..=newest {
        let (hash, header) = head.reader.header(number)?.ok_or_else(|| {
            Failure::server(format!("block {number} is missing")) // the head says it is there
        })?;
        history.add(context.chain.rules(), &header);
        if let (Some(rewards), Some(percentiles)) = (&mut history.reward, &percentiles) {
            let tips = context.tips.of(&head, hash, &header)?;
            rewards.push(at_percentiles(&tips, header.gas_used, percentiles));
        }
        last = Some(header);
    }
    if let Some(header) = last {
        history.add_next(context, &head, &header)?;
    }
    json(&history)
}

pub(crate) fn percentiles(args: &Args) -> Result<Option<Vec<f64>>, Failure> {
    let wrong = |what: String| Failure::server(format!("invalid reward percentile: {what}"));
    let Some(values) = args.optional::<Vec<Value>>(2)? else { return Ok(None) };
    if values.len() > PERCENTILES {
        return Err(wrong(format!("over the query limit {PERCENTILES}")));
    }
    let number = |value: &Value| value.as_f64().ok_or_else(|| wrong(value.to_string()));
    let values = values.iter().map(number).collect::<Result<Vec<f64>, _>>()?;
    if let Some(outside) = values.iter().find(|value| !(0.0..=100.0).contains(*value)) {
        return Err(wrong(outside.to_string()));
    }
    if !values.is_sorted() {
        return Err(wrong("they must not fall".to_owned()));
    }
    Ok((!values.is_empty()).then_some(values))
}

/// A part of a whole; nothing of nothing.
fn ratio(part: u64, whole: u64) -> f64 {
    // Gas is far below 2^52, so both are exact.
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl FeeHistory {
    fn add(&mut self, rules: &ChainRules, header: &Header) {
        self.base_fee_per_gas.push(quantity(header.base_fee_per_gas.unwrap_or_default()));
        self.gas_used_ratio.push(ratio(header.gas_used, header.gas_limit));
        let blob_fee =
            header.excess_blob_gas.map(|gas| header::blob_base_fee(rules, header.timestamp, gas));
        self.base_fee_per_blob_gas.push(quantity(blob_fee.unwrap_or_default()));
        let most = rules.blobs_at(header.timestamp).map_or(0, |blobs| blobs.max);
        let used = header.blob_gas_used.unwrap_or_default();
        self.blob_gas_used_ratio.push(ratio(used, most.saturating_mul(DATA_GAS_PER_BLOB)));
    }

    /// The fees of the block after the newest one, which its header says already.
    fn add_next(&mut self, context: &Context, head: &Head, newest: &Header) -> Result<(), Failure> {
        let rules = context.chain.rules();
        let next = head.reader.header(newest.number + 1)?;
        let timestamp =
            next.map_or_else(|| context.chain.next_timestamp(), |(_, header)| header.timestamp);
        let base_fee = header::base_fee(rules, newest, timestamp).unwrap_or_default();
        self.base_fee_per_gas.push(quantity(base_fee));
        let excess = header::excess_blob_gas(rules, newest, timestamp);
        let blob_fee = excess.map(|gas| header::blob_base_fee(rules, timestamp, gas));
        self.base_fee_per_blob_gas.push(quantity(blob_fee.unwrap_or_default()));
        Ok(())
    }
}

/// What was paid at each percentile of the block's gas, counted from the cheapest.
fn at_percentiles(paid: &[(u128, u64)], gas_used: u64, percentiles: &[f64]) -> Vec<U256> {
    let at = |percentile: &f64| {
        let threshold = gas_used as f64 * percentile / 100.0;
        let mut gas = 0;
        let reached = paid.iter().find(|(_, used)| {
            gas += used;
            gas as f64 >= threshold
        });
        quantity(reached.or(paid.last()).map_or(0, |(tip, _)| *tip))
    };
    percentiles.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_counted_by_gas_from_the_cheapest() {
        let paid = [(1, 50), (2, 30), (9, 20)];
        let at = |percentile: f64| at_percentiles(&paid, 100, &[percentile])[0];
        assert_eq!(at(0.0), U256::from(1));
        assert_eq!(at(50.0), U256::from(1));
        assert_eq!(at(50.1), U256::from(2));
        assert_eq!(at(100.0), U256::from(9));
        assert_eq!(at_percentiles(&[], 0, &[10.0]), [U256::ZERO]);
    }

    #[test]
    fn an_empty_limit_gives_no_ratio() {
        assert_eq!(ratio(0, 0).to_bits(), 0.0_f64.to_bits());
        assert_eq!(ratio(1, 4).to_bits(), 0.25_f64.to_bits());
    }
}
