//! `evm_mine(timestamp?)`: a block, now. `anvil_mine(blocks?, interval?)`: so many, with so many
//! seconds between their timestamps. What waits in the mempool goes into them; the chain's time is
//! that of the last one afterwards.

use super::params::Count;
use crate::{
    engine::ByHand,
    rpc::{
        context::Context,
        error::Failure,
        method::{Answer, json},
        params::{Args, Argument},
    },
};
use serde_json::Value;

/// `evm_mine`: `"0x0"`. The parameter is a timestamp, or an object with `timestamp` and `blocks`.
pub(crate) fn one(context: &Context, args: &Args) -> Answer {
    let options = args.raw(0).filter(|value| !value.is_null());
    let (blocks, first) = match options {
        Some(Value::Object(fields)) => {
            let field = |name: &str| {
                let value = fields.get(name).filter(|value| !value.is_null());
                let wrong =
                    |message| Failure::params(format!("invalid argument 0: {name}: {message}"));
                value.map(Count::from_value).transpose().map_err(wrong)
            };
            (field("blocks")?.map_or(1, |Count(blocks)| blocks), field("timestamp")?)
        }
        _ => (1, args.optional(0)?),
    };
    mine(context, blocks, first.map(|Count(first)| first), None)?;
    json("0x0")
}

/// `anvil_mine`: `null`.
pub(crate) fn many(context: &Context, args: &Args) -> Answer {
    let blocks = args.optional(0)?.map_or(1, |Count(blocks)| blocks);
    let interval = args.optional(1)?.map(|Count(interval)| interval);
    mine(context, blocks, None, interval)?;
    json(&())
}

fn mine(
    context: &Context,
    blocks: u64,
    first: Option<u64>,
    interval: Option<u64>,
) -> Result<(), Failure> {
    let most = context.settings.mined_blocks;
    if blocks > most {
        return Err(Failure::params(format!("{blocks} blocks are over the limit of {most}")));
    }
    context.chain.by_hand(ByHand::Mine { blocks, first, interval })?;
    Ok(())
}
