//! `evm_snapshot()`: the id of the newest block, to go back to. `evm_revert(id)`: goes back to it, in
//! time as well; whether there was such a snapshot. It is used up by that, with all later ones. The
//! transactions of the blocks that are no more do not come back.

use super::params::Count;
use crate::{
    dev::Snapshot,
    engine::{ByHand, DevError},
    rpc::{
        context::Context,
        method::{Answer, json},
        params::{Args, quantity},
    },
};

pub(crate) fn take(context: &Context, _: &Args) -> Answer {
    let head = context.chain.head();
    let (number, hash, finality) = (head.number(), head.hash(), head.finality);
    json(&quantity(context.chain.0.dev.keep(Snapshot { number, hash, finality })))
}

pub(crate) fn revert(context: &Context, args: &Args) -> Answer {
    let Count(id) = args.required(0)?;
    let dev = &context.chain.0.dev;
    let Some(snapshot) = dev.snapshot(id) else { return json(&false) };
    match context.chain.by_hand(ByHand::Revert(snapshot)) {
        Err(DevError::Gone) => return json(&false),
        done => done?,
    };
    dev.drop_from(id);
    json(&true)
}
