//! `ots_getApiLevel()`: what Otterscan asks for first.

use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};

/// The newest level.
const LEVEL: u64 = 8;

pub(crate) fn run(_: &Context, _: &Args) -> Answer {
    json(&LEVEL)
}
