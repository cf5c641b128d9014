//! `evm_increaseTime(seconds)`, `evm_setTime(timestamp)`: the chain's time is later from now on.
//! `evm_setNextBlockTimestamp(timestamp)`: the next block has this timestamp, and takes as long to be
//! made as any other.

use super::params::Count;
use crate::{
    engine::{ByHand, Time},
    rpc::{
        context::Context,
        error::Failure,
        method::{Answer, json},
        params::Args,
    },
};

/// `evm_increaseTime`: the seconds, as a number.
pub(crate) fn increase(context: &Context, args: &Args) -> Answer {
    let Count(seconds) = args.required(0)?;
    change(context, Time::Ahead(seconds))?;
    json(&seconds)
}

/// `evm_setTime`: the timestamp, as a number.
pub(crate) fn set(context: &Context, args: &Args) -> Answer {
    let Count(timestamp) = args.required(0)?;
    json(&change(context, Time::Now(timestamp))?)
}

/// `evm_setNextBlockTimestamp`: `null`.
pub(crate) fn next_block(context: &Context, args: &Args) -> Answer {
    let Count(timestamp) = args.required(0)?;
    change(context, Time::NextBlock(timestamp))?;
    json(&())
}

fn change(context: &Context, time: Time) -> Result<u64, Failure> {
    Ok(context.chain.by_hand(ByHand::SetTime(time))?)
}
