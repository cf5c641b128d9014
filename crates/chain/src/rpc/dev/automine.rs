//! `evm_setAutomine(on)`: a block as soon as there is a transaction for it, and no others; off: none
//! but by `evm_mine`. `evm_setIntervalMining(seconds)`: blocks at the chain's times again, or with
//! zero none. `anvil_getAutomine()`.

use super::params::Count;
use crate::{
    dev::Mining,
    engine::ByHand,
    rpc::{
        context::Context,
        error::Failure,
        method::{Answer, json},
        params::Args,
    },
};

/// `evm_setAutomine`: `true`. Where blocks are made at the chain's times, off changes nothing.
pub(crate) fn set(context: &Context, args: &Args) -> Answer {
    match (args.required(0)?, context.chain.0.dev.mining()) {
        (true, _) => choose(context, Mining::Automatic)?,
        (false, Mining::Automatic) => choose(context, Mining::Manual)?,
        (false, _) => {}
    }
    json(&true)
}

/// `anvil_getAutomine`.
pub(crate) fn get(context: &Context, _: &Args) -> Answer {
    json(&(context.chain.0.dev.mining() == Mining::Automatic))
}

/// `evm_setIntervalMining`: `true`. The seconds must be those between the chain's blocks; Hardhat
/// counts in milliseconds, anvil in seconds.
pub(crate) fn set_interval(context: &Context, args: &Args) -> Answer {
    let Count(seconds) = args.required(0)?;
    let usual = context.chain.0.block_seconds();
    if ![0, usual, usual * 1_000].contains(&seconds) {
        let message = format!("a block is made every {usual} seconds, or with 0 none");
        return Err(Failure::params(message));
    }
    choose(context, if seconds == 0 { Mining::Manual } else { Mining::Interval })?;
    json(&true)
}

fn choose(context: &Context, mining: Mining) -> Result<(), Failure> {
    context.chain.by_hand(ByHand::SetMining(mining))?;
    Ok(())
}
