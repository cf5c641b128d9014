//! Creation code, out of the files of `contracts/artifacts` that `artifacts.toml` pins by hash.

use super::Contract;
use alloy_primitives::{Address, B256, Bytes, b256};
use alloy_sol_types::SolValue;
use serde::Deserialize;

/// keccak256 of the creation code of Uniswap v2's pairs, which is inside its router: the same as on Ethereum.
pub const CODE_HASH_OF_PAIRS: B256 =
    b256!("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f");

macro_rules! artifact {
    ($path:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/artifacts/", $path))
    };
}

/// The part of an artifact that is read.
#[derive(Deserialize)]
struct Artifact {
    bytecode: Bytes,
}

/// A contract's creation code, without arguments. Empty if this binary is damaged, which no test has seen: then the
/// proxy refuses to make it.
pub fn creation_code(contract: Contract) -> Bytes {
    let json = match contract {
        Contract::Token => artifact!("seam/PlayToken.json"),
        Contract::CallBatch => artifact!("seam/CallBatch.json"),
        Contract::Wrapped => artifact!("uniswap-v2-periphery/WETH9.json"),
        Contract::Factory => artifact!("uniswap-v2-core/UniswapV2Factory.json"),
        Contract::Router => artifact!("uniswap-v2-periphery/UniswapV2Router02.json"),
    };
    let artifact = serde_json::from_str(json);
    artifact.map(|artifact: Artifact| artifact.bytecode).unwrap_or_default()
}

/// With its arguments: the factory's owner is nobody, and the router needs to know the factory and wrapped ether.
pub(super) fn init(contract: Contract, router_of: Option<(Address, Address)>) -> Bytes {
    let arguments = match contract {
        Contract::Token | Contract::CallBatch | Contract::Wrapped => Vec::new(),
        Contract::Factory => Address::ZERO.abi_encode(),
        Contract::Router => router_of.unwrap_or_default().abi_encode_params(),
    };
    [creation_code(contract).as_ref(), arguments.as_slice()].concat().into()
}
