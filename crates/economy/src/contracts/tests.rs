use super::*;
use crate::{
    action::{Action, Failure},
    actors::Who,
};

fn addresses() -> Addresses {
    Addresses::new(None, Some(Address::repeat_byte(7)))
}

#[test]
fn the_salt_is_the_hash_that_it_says() {
    assert_eq!(SALT, keccak256("seam traffic 1"));
}

#[test]
fn every_contract_is_compiled_and_fits_a_transaction() {
    for contract in Contract::ALL {
        let code = creation_code(contract);
        // EIP-3860.
        assert!(!code.is_empty() && code.len() < 49_152, "{contract:?}: {} bytes", code.len());
    }
}

#[test]
fn pairs_have_the_canonical_code() {
    let json = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../contracts/artifacts/uniswap-v2-core/UniswapV2Pair.json"
    ));
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    let code: Bytes = json["bytecode"].as_str().unwrap().parse().unwrap();
    assert_eq!(keccak256(&code), CODE_HASH_OF_PAIRS);
    let router = creation_code(Contract::Router);
    assert!(router.windows(32).any(|window| window == CODE_HASH_OF_PAIRS));
}

#[test]
fn a_pair_is_where_ethereum_has_it() {
    let factory = address!("5C69bEe701ef814a2B6a3EDD4B1652CB9cc5aA6f");
    let usdc = address!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
    let weth = address!("C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    let expected = address!("B4e16d0168e52d35CaCD2c6185b44281Ec28C9Dc");
    assert_eq!(pair(factory, usdc, weth), expected);
    assert_eq!(pair(factory, weth, usdc), expected);
}

#[test]
fn addresses_follow_from_the_code_and_are_the_same_everywhere() {
    let (one, other) = (Addresses::new(None, None), Addresses::new(Some(WRAPPED_PREDEPLOY), None));
    assert_eq!((one.token, one.factory), (other.token, other.factory));
    assert_eq!(other.wrapped, WRAPPED_PREDEPLOY);
    assert_ne!((one.router, one.pair), (other.router, other.pair));
    for contract in Contract::ALL {
        let input = one.deployment(contract);
        let (salt, init) = input.split_at(32);
        assert_eq!(CREATE2_PROXY.create2_from_code(B256::from_slice(salt), init), one.of(contract));
    }
}

#[test]
fn an_account_that_is_unknown_and_a_portal_that_is_not_there_make_no_request() {
    let own = Address::repeat_byte(1);
    let nobody = |_: Who| None;
    let send = Action::Send { to: Who::Actor(3), wei: U256::ONE };
    assert_eq!(request(&send, own, &addresses(), nobody), None);
    let deposit = Action::Deposit { wei: U256::ONE };
    assert_eq!(request(&deposit, own, &Addresses::new(None, None), nobody), None);
    let made = request(&deposit, own, &addresses(), nobody).unwrap();
    assert_eq!((made.to, made.gas), (Some(Address::repeat_byte(7)), Gas::Estimate));
    assert_eq!(made.value, U256::ONE);
}

#[test]
fn what_fails_goes_to_a_contract_and_takes_no_ether_along() {
    for failure in Failure::ALL {
        let made = request(&Action::Fail(failure), Address::repeat_byte(1), &addresses(), |_| None);
        let made = made.unwrap();
        assert_eq!(made.value, U256::ZERO);
        assert!(made.to.is_some_and(|to| to != Address::repeat_byte(1)));
    }
}
