//! Simulated blocks against blocks that are built of signed transactions.

use crate::support::{
    CHAIN_ID, account, address, attributes, ethereum, key, sign, store, system_contracts,
};
use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, B256, TxKind, U256, hex};
use seam_primitives::{
    Activation, ChainRules, Eip1559Rules, Fork, Header, OpRules, Recovered, Transaction,
};
use seam_stf::{
    build_block,
    call::{
        AccountOverride, Call, CallResult,
        simulate::{
            BlockRequest, Bounds, Refusal, SimulateError, SimulatedBlock, Simulation, simulate,
            transactions_root,
        },
    },
};
use seam_storage::MemoryStore;

/// Stores the number of calls in slot 0 and emits it as a topic, then sends what it got to the sender.
const COUNTER: Address = Address::repeat_byte(0xcc);
/// Logs, sends its value to `COUNTER`, and reverts.
const REVERTER: Address = Address::repeat_byte(0xcd);
const RICH: u128 = 1 << 90;
const FEE: u128 = 10_000_000_000;

fn op_stack() -> ChainRules {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    ChainRules::op_stack(CHAIN_ID, OpRules::new(eip1559, |_| Activation::GENESIS))
}

fn chain(rules: &ChainRules) -> MemoryStore {
    let counter = hex!("5f 54 6001 01 80 5f 55 5f 5f a1 5f 5f 5f 5f 34 33 5a f1 00");
    let reverter =
        [&hex!("5f 5f a0 5f 5f 5f 5f 34 73")[..], COUNTER.as_slice(), &hex!("5a f1 5f 5f fd")]
            .concat();
    let accounts = [
        (address(&key(0)), account(RICH, &[], &[])),
        (COUNTER, account(0, &counter, &[(0, 7)])),
        (REVERTER, account(0, &reverter, &[])),
    ];
    store(rules, accounts.into_iter().chain(system_contracts()))
}

fn bounds<'a>(go_on: &'a mut dyn FnMut() -> bool) -> Bounds<'a> {
    Bounds { blocks: 256, gas: 50_000_000, output_bytes: 1 << 20, go_on }
}

fn run(rules: &ChainRules, wanted: Simulation) -> Result<Vec<SimulatedBlock>, SimulateError> {
    let mut store = chain(rules);
    let head = store.head().clone();
    simulate(rules, &head, wanted, &mut store, bounds(&mut || true))
}

fn to_counter(nonce: u64, value: u64) -> TxEip1559 {
    TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 100_000,
        max_fee_per_gas: FEE,
        max_priority_fee_per_gas: 1,
        to: TxKind::Call(COUNTER),
        value: U256::from(value),
        ..TxEip1559::default()
    }
}

fn as_call(transaction: &TxEip1559) -> Call {
    Call {
        from: address(&key(0)),
        to: transaction.to,
        gas: Some(transaction.gas_limit),
        max_fee_per_gas: Some(transaction.max_fee_per_gas),
        max_priority_fee_per_gas: Some(transaction.max_priority_fee_per_gas),
        value: transaction.value,
        nonce: Some(transaction.nonce),
        ..Call::default()
    }
}

fn signed(transaction: TxEip1559) -> Recovered<Transaction> {
    let signed = sign(transaction, &key(0));
    Recovered::new_unchecked(Transaction::Eip1559(signed), address(&key(0)))
}

/// A header with what a signature decides left out.
fn without_signatures(header: &Header) -> Header {
    Header { transactions_root: B256::ZERO, ..header.clone() }
}

/// With validation a simulated block is the one that signed transactions make, and so is the block on it: fees, system
/// calls, roots, requests. Only the root of the transactions, which has the signatures, is another.
#[test]
fn a_simulated_block_is_the_block_that_signed_transactions_make() {
    for fork in [Fork::London, Fork::Cancun, Fork::Prague, Fork::Osaka] {
        let rules = ethereum(fork);
        let mut store = chain(&rules);
        let parent = store.head().clone();
        let transactions: Vec<_> = (0..5).map(|nonce| to_counter(nonce, nonce)).collect();
        let attributes = attributes(&parent);
        let built = transactions.iter().cloned().map(signed).collect();
        let built = build_block(&rules, &parent, &attributes, built, &mut store).unwrap();
        let request = |calls| BlockRequest {
            mix_hash: Some(attributes.mix_hash),
            beneficiary: Some(attributes.beneficiary),
            calls,
            ..BlockRequest::default()
        };
        let blocks = vec![request(transactions.iter().map(as_call).collect()), request(Vec::new())];
        let wanted = Simulation { blocks, validation: true, trace_transfers: false };
        let simulated = run(&rules, wanted).unwrap();
        let [first, second] = &simulated[..] else { panic!("{simulated:?}") };
        let header = &first.block.header;
        assert_eq!(without_signatures(header), without_signatures(&built.block.header), "{fork:?}");
        assert_eq!(first.hash, header.hash_slow());
        assert_eq!(second.block.header.parent_hash, first.hash);
        assert_eq!(header.transactions_root, transactions_root(&first.block.transactions));
        assert!(second.block.header.base_fee_per_gas < header.base_fee_per_gas);
    }
}

#[test]
fn a_rollup_simulates_without_a_fee_for_data() {
    let rules = op_stack();
    let call = Call { gas: Some(21_000), ..as_call(&to_counter(0, 0)) };
    let call = Call { to: TxKind::Call(Address::repeat_byte(9)), value: U256::from(3), ..call };
    let block = BlockRequest { calls: vec![call], base_fee: Some(7), ..BlockRequest::default() };
    let wanted = Simulation { blocks: vec![block], ..Simulation::default() };
    let mut store = chain(&rules);
    let head = store.head().clone();
    let done = simulate(&rules, &head, wanted, &mut store, bounds(&mut || true)).unwrap().remove(0);
    assert_eq!(done.calls[0].gas_used, 21_000);
    let header = &done.block.header;
    assert_eq!(header.extra_data, head.extra_data);
    assert_eq!(header.requests_hash, Some(alloy_eips::eip7685::EMPTY_REQUESTS_HASH));
    assert!(header.withdrawals_root.is_some());
}

#[test]
fn overrides_are_part_of_the_state_root_and_stay_for_the_blocks_that_follow() {
    let rules = ethereum(Fork::Osaka);
    let change = |slots: [(u64, u64); 1]| AccountOverride {
        slots: slots.map(|(slot, value)| (U256::from(slot), U256::from(value))).into(),
        ..AccountOverride::default()
    };
    let with = |value| BlockRequest {
        overrides: [(COUNTER, change([(0, value)]))].into(),
        ..BlockRequest::default()
    };
    let roots = |blocks| {
        let done = run(&rules, Simulation { blocks, ..Simulation::default() }).unwrap();
        done.iter().map(|block| block.block.header.state_root).collect::<Vec<_>>()
    };
    let plain = roots(vec![BlockRequest::default(), BlockRequest::default()]);
    let same = roots(vec![with(7), BlockRequest::default()]);
    assert_eq!(plain, same);
    let other = roots(vec![with(8), BlockRequest::default()]);
    assert!(other[0] != plain[0] && other[1] != plain[1]);
    let back = roots(vec![with(8), with(7)]);
    assert_eq!((back[0], back[1] == other[1]), (other[0], false));
    let nothing = BlockRequest {
        overrides: [(Address::repeat_byte(0x55), AccountOverride::default())].into(),
        ..BlockRequest::default()
    };
    assert_eq!(roots(vec![nothing])[0], plain[0]);
}

#[test]
fn transfers_are_told_as_logs_and_those_of_a_revert_are_not() {
    let rules = ethereum(Fork::Osaka);
    let from = address(&key(0));
    let call = |to: Address| Call {
        from,
        to: TxKind::Call(to),
        value: U256::from(5),
        gas: Some(200_000),
        ..Call::default()
    };
    let blocks = vec![BlockRequest {
        calls: vec![call(REVERTER), call(COUNTER)],
        ..BlockRequest::default()
    }];
    let wanted = Simulation { blocks, trace_transfers: true, ..Simulation::default() };
    let done = run(&rules, wanted).unwrap().remove(0);
    let [reverted, counted] = &done.calls[..] else { panic!("{done:?}") };
    assert!(matches!(reverted.result, CallResult::Revert { .. }));
    assert!(reverted.logs.is_empty());
    // To the counter, what it logs, and back; those of the call before, which called itself again and again, count on.
    let places: Vec<u64> = counted.logs.iter().map(|(place, _)| *place).collect();
    let first = places[0];
    assert!(first > 3, "{places:?}");
    assert_eq!(places, [first, first + 1, first + 2]);
    let ether = Address::repeat_byte(0xee);
    let emitters: Vec<Address> = counted.logs.iter().map(|(_, log)| log.address).collect();
    assert_eq!(emitters, [ether, COUNTER, ether]);
    assert_eq!(counted.logs[0].1.data.topics()[1..], [from.into_word(), COUNTER.into_word()]);
    assert_eq!(counted.logs[2].1.data.topics()[1..], [COUNTER.into_word(), from.into_word()]);
    // The block itself has the counter's alone.
    let plain = Simulation {
        blocks: vec![BlockRequest {
            calls: vec![call(REVERTER), call(COUNTER)],
            ..BlockRequest::default()
        }],
        ..Simulation::default()
    };
    assert_eq!(run(&rules, plain).unwrap()[0].hash, done.hash);
}

#[test]
fn blocks_in_a_gap_are_12_seconds_apart_and_known_by_hash() {
    let rules = ethereum(Fork::Osaka);
    // blockhash(number - 1)
    let code = hex!("6001 43 03 40 5f 52 6020 5f f3");
    let change = AccountOverride { code: Some(code.into()), ..AccountOverride::default() };
    let block = BlockRequest {
        number: Some(4),
        overrides: [(COUNTER, change)].into(),
        calls: vec![Call { to: TxKind::Call(COUNTER), ..Call::default() }],
        ..BlockRequest::default()
    };
    let done = run(&rules, Simulation { blocks: vec![block], ..Simulation::default() }).unwrap();
    let times: Vec<u64> = done.iter().map(|block| block.block.header.timestamp).collect();
    assert_eq!(times, [13, 25, 37, 49]);
    let output = CallResult::Success { output: done[2].hash.0.into() };
    assert_eq!(done[3].calls[0].result, output);
}

#[test]
fn time_and_output_are_looked_at_while_it_runs() {
    let rules = ethereum(Fork::Osaka);
    let wanted = || {
        let calls = vec![Call { to: TxKind::Call(COUNTER), ..Call::default() }; 3];
        let blocks = vec![BlockRequest { calls, ..BlockRequest::default() }];
        Simulation { blocks, ..Simulation::default() }
    };
    let mut store = chain(&rules);
    let head = store.head().clone();
    let mut asked = 0;
    let mut go_on = || {
        asked += 1;
        asked < 4
    };
    let error = simulate(&rules, &head, wanted(), &mut store, bounds(&mut go_on)).unwrap_err();
    assert_eq!((error, asked), (SimulateError::Time, 4));
    let mut always = || true;
    let little = Bounds { output_bytes: 1_400, ..bounds(&mut always) };
    let error = simulate(&rules, &head, wanted(), &mut store, little).unwrap_err();
    assert!(matches!(error, SimulateError::Output(_)), "{error:?}");
}

#[test]
fn a_call_that_the_evm_refuses_names_the_gas_it_was_given() {
    let rules = ethereum(Fork::Osaka);
    let call = Call { to: TxKind::Call(COUNTER), gas: Some(20_000), ..Call::default() };
    let blocks = vec![BlockRequest { calls: vec![call], ..BlockRequest::default() }];
    let error = run(&rules, Simulation { blocks, ..Simulation::default() }).unwrap_err();
    let reason = Refusal::IntrinsicGas { have: 20_000, want: 21_000 };
    assert_eq!(error, SimulateError::Refused { reason, gas: 20_000 });
}
