//! The test cases of EIP-1283, and the same code one fork earlier and later.

use crate::support::{CHAIN_ID, account, address, attributes, ethereum, key, sign, store};
use alloy_consensus::TxLegacy;
use alloy_primitives::{Address, TxKind, hex};
use seam_primitives::{Fork, Recovered, Transaction};
use seam_stf::build_block;

/// Code, gas used, refund, original value of slot 0: the table of the EIP.
const CASES: [(&str, u64, u64, u64); 17] = [
    ("60006000556000600055", 412, 0, 0),
    ("60006000556001600055", 20_212, 0, 0),
    ("60016000556000600055", 20_212, 19_800, 0),
    ("60016000556002600055", 20_212, 0, 0),
    ("60016000556001600055", 20_212, 0, 0),
    ("60006000556000600055", 5_212, 15_000, 1),
    ("60006000556001600055", 5_212, 4_800, 1),
    ("60006000556002600055", 5_212, 0, 1),
    ("60026000556000600055", 5_212, 15_000, 1),
    ("60026000556003600055", 5_212, 0, 1),
    ("60026000556001600055", 5_212, 4_800, 1),
    ("60026000556002600055", 5_212, 0, 1),
    ("60016000556000600055", 5_212, 15_000, 1),
    ("60016000556002600055", 5_212, 0, 1),
    ("60016000556001600055", 412, 0, 1),
    ("600160005560006000556001600055", 40_218, 19_800, 0),
    ("600060005560016000556000600055", 10_218, 19_800, 1),
];

fn gas_used(fork: Fork, code: &str, original: u64) -> u64 {
    let (rules, sender, contract) = (ethereum(fork), key(0), Address::repeat_byte(0xcc));
    let mut store = store(
        &rules,
        [
            (address(&sender), account(1 << 60, &[], &[])),
            (contract, account(0, &hex::decode(code).unwrap(), &[(0, original)])),
        ],
    );
    let tx = TxLegacy {
        chain_id: Some(CHAIN_ID),
        gas_price: 1,
        gas_limit: 200_000,
        to: TxKind::Call(contract),
        ..TxLegacy::default()
    };
    let tx = Transaction::Legacy(sign(tx, &sender));
    let tx = Recovered::new_unchecked(tx, address(&sender));
    let parent = store.head().clone();
    build_block(&rules, &parent, &attributes(&parent), vec![tx], &mut store)
        .unwrap()
        .block
        .header
        .gas_used
}

#[test]
fn every_case_of_the_eip_costs_what_it_says() {
    for (code, used, refund, original) in CASES {
        let before_refund = 21_000 + used;
        let expected = before_refund - refund.min(before_refund / 2);
        assert_eq!(gas_used(Fork::Constantinople, code, original), expected, "{code}");
    }
}

#[test]
fn petersburg_takes_it_back() {
    let (code, ..) = CASES[0];
    let gross = 21_000 + 12 + 2 * 5_000;
    assert_eq!(gas_used(Fork::Byzantium, code, 0), gross);
    assert_eq!(gas_used(Fork::Petersburg, code, 0), gross);
}
