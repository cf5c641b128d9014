//! `web3_clientVersion`, `web3_sha3`.

use super::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::{Bytes, keccak256};
use std::env::consts::{ARCH, OS};

/// `web3_clientVersion`: name, version and system.
pub(crate) fn client_version(_: &Context, _: &Args) -> Answer {
    json(&client())
}

/// Name, version and system.
pub(crate) fn client() -> String {
    format!("seam/v{}/{OS}-{ARCH}", env!("CARGO_PKG_VERSION"))
}

/// `web3_sha3(data)`: keccak256.
pub(crate) fn sha3(_: &Context, args: &Args) -> Answer {
    json(&keccak256(args.required::<Bytes>(0)?))
}
