//! `debug_getBadBlocks()`: always an empty list, which is the truth here. A block that does not hold is refused before
//! anything of it is kept.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};

pub(crate) fn run(_: &Context, _: &Args) -> Answer {
    json::<[(); 0]>(&[])
}
