//! `eth_getLogs(query)`.

use crate::rpc::{
    context::Context,
    logs::{LogQuery, find},
    method::{Answer, json},
    params::Args,
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    json(&find(context, &args.required::<LogQuery>(0)?)?)
}
