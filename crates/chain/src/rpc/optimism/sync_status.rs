//! `optimism_syncStatus()`: how far the rollup and its L1 are.

use super::references::SyncStatus;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};

pub(crate) fn run(context: &Context, _: &Args) -> Answer {
    json(&SyncStatus::new(&context.chain, &context.chain.head())?)
}
