//! What a header must be, from its parent: every rule with the smallest step over it.

use crate::support::{account, attributes, ethereum, store};
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy_primitives::{Address, B64, Bytes, U256};
use proptest::prelude::*;
use seam_primitives::{
    Activation, BlockAttributes, ChainRules, Eip1559Rules, Fork, Header, OpFork, OpRules,
};
use seam_stf::{
    build_block,
    header::{base_fee, blob_base_fee, check_attributes, excess_blob_gas, holocene_eip1559},
};

const HOLOCENE: [u8; 9] = [0, 0, 0, 0, 250, 0, 0, 0, 6];

fn parent() -> Header {
    Header { number: 7, gas_limit: 1_024_000, timestamp: 100, ..Header::default() }
}

fn op_stack() -> ChainRules {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    ChainRules::op_stack(901, OpRules::new(eip1559, |_| Activation::GENESIS))
}

/// The reason why attributes changed by `change` are refused, or "".
fn refusal(rules: &ChainRules, change: impl Fn(&mut BlockAttributes)) -> String {
    let mut parent = parent();
    parent.base_fee_per_gas =
        rules.is_active(Fork::London, parent.number, parent.timestamp).then_some(7);
    if rules.is_op_stack() {
        parent.extra_data = HOLOCENE.into();
    }
    let mut attributes = attributes(&parent);
    attributes.extra_data = parent.extra_data.clone();
    change(&mut attributes);
    check_attributes(rules, &parent, &attributes).map_or_else(|e| e.to_string(), |()| String::new())
}

#[test]
fn time_goes_forward() {
    let rules = ethereum(Fork::Berlin);
    let at = |timestamp| refusal(&rules, |attributes| attributes.timestamp = timestamp);
    assert_eq!(at(100), "timestamp 100 is not after the parent's 100");
    assert_eq!(at(101), "");
}

#[test]
fn the_gas_limit_moves_by_less_than_a_1024th() {
    let rules = ethereum(Fork::Berlin);
    let refused = |gas_limit| !refusal(&rules, |a| a.gas_limit = gas_limit).is_empty();
    assert!(!refused(1_024_999) && refused(1_025_000));
    assert!(!refused(1_023_001) && refused(1_023_000));
    let on_op = refusal(&op_stack(), |attributes| attributes.gas_limit = 1);
    assert_eq!(on_op, "", "on an OP Stack chain L1 sets it");
}

#[test]
fn london_doubles_the_gas_limit_once() {
    let rules = ChainRules::ethereum(1, |fork| match fork {
        Fork::London => Activation::Block(8),
        fork if fork < Fork::London && fork != Fork::Dao => Activation::GENESIS,
        _ => Activation::Never,
    });
    assert_eq!(refusal(&rules, |attributes| attributes.gas_limit = 2_048_000), "");
    assert!(refusal(&rules, |attributes| attributes.gas_limit = 1_024_000).contains("2048000"));
    assert_eq!(base_fee(&rules, &parent(), 101), Some(1_000_000_000));
}

#[test]
fn extra_data_has_at_most_32_bytes_and_the_form_of_holocene() {
    let rules = ethereum(Fork::Berlin);
    let refused = |rules: &ChainRules, extra: &[u8]| {
        !refusal(rules, |a| a.extra_data = Bytes::copy_from_slice(extra)).is_empty()
    };
    assert!(!refused(&rules, &[1; 32]) && refused(&rules, &[1; 33]));
    let op = op_stack();
    assert!(!refused(&op, &HOLOCENE));
    assert!(refused(&op, &HOLOCENE[..8]));
    assert!(refused(&op, &[1, 0, 0, 0, 250, 0, 0, 0, 6]), "version");
    assert!(refused(&op, &[0, 0, 0, 0, 0, 0, 0, 0, 6]), "denominator");
    assert!(refused(&op, &[0, 0, 0, 0, 250, 0, 0, 0, 0]), "elasticity");
}

#[test]
fn the_dao_fork_is_marked_ten_times() {
    let mut rules = ethereum(Fork::Homestead);
    rules = ChainRules::ethereum(rules.chain_id, |fork| match fork {
        Fork::Dao => Activation::Block(8),
        fork if fork <= Fork::Homestead => Activation::GENESIS,
        _ => Activation::Never,
    });
    let with = |extra: &'static [u8]| refusal(&rules, |a| a.extra_data = Bytes::from_static(extra));
    assert_eq!(with(b"dao-hard-fork"), "");
    assert_eq!(with(b""), "extraData: the DAO fork's mark is missing");
}

#[test]
fn the_dao_fork_moves_the_ether() {
    let dao = alloy_evm::eth::dao_fork::DAO_HARDFORK_ACCOUNTS[3];
    let beneficiary = alloy_evm::eth::dao_fork::DAO_HARDFORK_BENEFICIARY;
    let rules = ChainRules::ethereum(1, |fork| match fork {
        Fork::Dao => Activation::Block(1),
        fork if fork <= Fork::Homestead => Activation::GENESIS,
        _ => Activation::Never,
    });
    let mut store = store(&rules, [(dao, account(55, &[], &[]))]);
    let parent = store.head().clone();
    let extra_data = Bytes::from_static(b"dao-hard-fork");
    let attributes = BlockAttributes { extra_data, ..attributes(&parent) };
    let executed = build_block(&rules, &parent, &attributes, vec![], &mut store).unwrap();
    let balance = |address| executed.changes.accounts[&address].account.unwrap().balance;
    assert_eq!((balance(dao), balance(beneficiary)), (U256::ZERO, U256::from(55)));
}

#[test]
fn what_the_merge_ended_stays_ended() {
    let rules = ethereum(Fork::Paris);
    assert!(refusal(&rules, |a| a.difficulty = U256::from(1)).contains("difficulty"));
    assert!(refusal(&rules, |a| a.nonce = B64::repeat_byte(1)).contains("nonce"));
    assert_eq!(refusal(&ethereum(Fork::London), |a| a.difficulty = U256::from(1)), "");
}

#[test]
fn fields_of_later_forks_are_refused() {
    let withdrawal =
        |attributes: &mut BlockAttributes| attributes.withdrawals = vec![Default::default()];
    assert!(refusal(&ethereum(Fork::Paris), withdrawal).contains("withdrawals"));
    assert_eq!(refusal(&ethereum(Fork::Shanghai), withdrawal), "");
    assert!(refusal(&op_stack(), withdrawal).contains("withdrawals"));
    let root = |attributes: &mut BlockAttributes| attributes.parent_beacon_block_root.0[0] = 1;
    assert!(refusal(&ethereum(Fork::Shanghai), root).contains("parentBeaconBlockRoot"));
    assert_eq!(refusal(&ethereum(Fork::Cancun), root), "");
}

#[test]
fn an_op_stack_block_before_holocene_is_refused() {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    let rules = ChainRules::op_stack(
        901,
        OpRules::new(eip1559, |fork| match fork {
            OpFork::Holocene | OpFork::Isthmus => Activation::Timestamp(10_000),
            _ => Activation::GENESIS,
        }),
    );
    assert!(refusal(&rules, |_| {}).contains("before Holocene"));
}

/// EIP-1559's own formula, on an Ethereum chain and with a rollup's parameters in the parent.
#[test]
fn the_base_fee_follows_the_parents_use() {
    let full = Header { gas_used: 1_024_000, base_fee_per_gas: Some(1_000), ..parent() };
    let empty = Header { gas_used: 0, ..full.clone() };
    let london = ethereum(Fork::London);
    assert_eq!(base_fee(&ethereum(Fork::Berlin), &full, 101), None);
    assert_eq!(base_fee(&london, &full, 101), Some(1_125));
    assert_eq!(base_fee(&london, &empty, 101), Some(875));
    // Elasticity 6: at the limit five targets too many were used; 1000 * 5 / 250 = 20.
    let op = Header { extra_data: HOLOCENE.into(), ..full };
    assert_eq!(base_fee(&op_stack(), &op, 101), Some(1_020));
    let other = Header { extra_data: [0, 0, 0, 0, 10, 0, 0, 0, 2].into(), ..op };
    assert_eq!(base_fee(&op_stack(), &other, 101), Some(1_100));
}

proptest! {
    /// alloy's function, wherever its result fits.
    #[test]
    fn the_base_fee_is_alloys(
        gas_limit in 5_000..60_000_000u64, used in 0..=1_000u64, fee in 0..1_000_000_000_000u64,
        denominator in 1..1_000u32, elasticity in 1..20u32,
    ) {
        let eip1559 = [&[0], &denominator.to_be_bytes()[..], &elasticity.to_be_bytes()].concat();
        let parent = Header {
            gas_limit,
            gas_used: gas_limit * used / 1_000,
            base_fee_per_gas: Some(fee),
            extra_data: eip1559.into(),
            ..parent()
        };
        let params = BaseFeeParams::new(denominator.into(), elasticity.into());
        let theirs = calc_next_block_base_fee(parent.gas_used, gas_limit, fee, params);
        prop_assert_eq!(base_fee(&op_stack(), &parent, 101), Some(theirs));
    }
}

#[test]
fn absurd_parameters_saturate_the_base_fee() {
    let with = |elasticity: u32, fee| {
        let eip1559 = [&[0, 0, 0, 0, 1][..], &elasticity.to_be_bytes()].concat();
        let (gas_limit, base_fee_per_gas) = (1 << 40, Some(fee));
        let parent = parent();
        Header {
            gas_limit,
            gas_used: gas_limit,
            base_fee_per_gas,
            extra_data: eip1559.into(),
            ..parent
        }
    };
    assert_eq!(base_fee(&op_stack(), &with(u32::MAX, 1 << 50), 101), Some(u64::MAX));
    let no_target = Header { gas_limit: 1, gas_used: 1, ..with(7, 55) };
    assert_eq!(base_fee(&op_stack(), &no_target, 101), Some(55));
}

#[test]
fn holocene_parameters_are_denominator_then_elasticity() {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    assert_eq!(holocene_eip1559(&HOLOCENE), Some(eip1559));
    assert_eq!(holocene_eip1559(&[]), None);
}

#[test]
fn excess_blob_gas_follows_the_schedule_and_never_overflows() {
    let rules = ethereum(Fork::Prague); // target 6
    let blob = 131_072;
    let with = |excess, used| Header {
        excess_blob_gas: Some(excess),
        blob_gas_used: Some(used),
        base_fee_per_gas: Some(7),
        ..parent()
    };
    assert_eq!(excess_blob_gas(&ethereum(Fork::Shanghai), &with(0, 0), 101), None);
    assert_eq!(excess_blob_gas(&rules, &with(0, 5 * blob), 101), Some(0));
    assert_eq!(excess_blob_gas(&rules, &with(blob, 9 * blob), 101), Some(4 * blob));
    assert_eq!(excess_blob_gas(&rules, &with(u64::MAX, 1), 101), Some(u64::MAX));
    assert_eq!(excess_blob_gas(&op_stack(), &with(5, 5), 101), Some(0));
    // EIP-7918: while the reserve price is above the blob price, excess grows by a share of use.
    let osaka = ethereum(Fork::Osaka);
    let dear = Header { base_fee_per_gas: Some(1_000_000_000), ..with(0, 9 * blob) };
    assert_eq!(excess_blob_gas(&osaka, &dear, 101), Some(9 * blob * (9 - 6) / 9));
}

/// The table of EIP-4844's reference tests (`fake_exponential`), and excess no chain can reach.
#[test]
fn the_blob_price_is_exponential_and_ends() {
    let rules = ethereum(Fork::Prague);
    let price = |excess| blob_base_fee(&rules, 101, excess);
    assert_eq!(price(0), 1);
    assert_eq!(price(5_007_716), 2); // e
    assert_eq!(price(50_077_160), 22_026); // e^10
    assert_eq!(price(u64::MAX), u128::MAX);
    assert_eq!(blob_base_fee(&op_stack(), 101, u64::MAX), 1);
}

/// A block's own miner is paid into an account that did not exist.
#[test]
fn a_new_miner_gets_an_account() {
    let rules = ethereum(Fork::Berlin);
    let mut store = store(&rules, [(Address::ZERO, account(1, &[], &[]))]);
    let parent = store.head().clone();
    let executed = build_block(&rules, &parent, &attributes(&parent), vec![], &mut store).unwrap();
    let miner = attributes(&parent).beneficiary;
    let reward = U256::from(2) * U256::from(10).pow(U256::from(18));
    assert_eq!(executed.changes.accounts[&miner].account.unwrap().balance, reward);
}
