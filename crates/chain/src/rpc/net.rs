//! `net_version`, `net_listening`, `net_peerCount`: a network of one.

use super::{
    context::Context,
    method::{Answer, json},
    params::{Args, quantity},
};

/// `net_version`: the chain id, in decimal digits.
pub(crate) fn version(context: &Context, _: &Args) -> Answer {
    json(&context.chain.rules().chain_id.to_string())
}

/// `net_listening`: clients take it for whether the node is there.
pub(crate) fn listening(_: &Context, _: &Args) -> Answer {
    json(&true)
}

/// `net_peerCount`: none.
pub(crate) fn peer_count(_: &Context, _: &Args) -> Answer {
    json(&quantity(0_u8))
}
