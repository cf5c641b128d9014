//! The compiled contracts that are data for benchmarks fit together.

use alloy_primitives::{Bytes, b256, hex, keccak256};
use serde_json::Value;
use std::{fs, path::Path};

fn creation(name: &str) -> Bytes {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/artifacts");
    let json: Value = serde_json::from_str(&fs::read_to_string(home.join(name)).unwrap()).unwrap();
    hex::decode(json["bytecode"].as_str().unwrap()).unwrap().into()
}

/// The router computes a pair's address from the hash of the pair's creation code: a router and a
/// pair of different builds would send tokens to addresses without code.
#[test]
fn the_uniswap_router_finds_the_pairs_of_this_factory() {
    let pair = creation("uniswap-v2-core/UniswapV2Pair.json");
    // As on Ethereum.
    let hash = b256!("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f");
    assert_eq!(keccak256(&pair), hash);
    let holds = |whole: &Bytes, part: &[u8]| whole.windows(part.len()).any(|window| window == part);
    assert!(holds(&creation("uniswap-v2-periphery/UniswapV2Router02.json"), hash.as_slice()));
    assert!(holds(&creation("uniswap-v2-core/UniswapV2Factory.json"), &pair));
}
