//! Calls without a block, and estimates, which are held to what transactions really need.

use crate::support::{
    CHAIN_ID, account, address, attributes, ethereum, key, sign, store, system_contracts,
};
use alloy_consensus::TxEip1559;
use alloy_eips::{eip2930::AccessList, eip7702::Authorization};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};
use proptest::prelude::*;
use seam_primitives::{Activation, ChainRules, Eip1559Rules, Fork, OpRules, Transaction};
use seam_stf::{
    StateError, TransactionError, build_block,
    call::{
        AccountOverride, Call, CallError, CallOutcome, CallResult, EstimateError, Halt, call,
        estimate_gas,
    },
};
use seam_storage::MemoryStore;

/// Returns caller, own balance, block number, timestamp, base fee, gas price and gas limit.
const ENV: Address = Address::repeat_byte(0xe0);
/// Runs the one opcode that its calldata names, each with an empty stack.
const FAULTY: Address = Address::repeat_byte(0xe1);
/// Reverts with its calldata.
const REVERTER: Address = Address::repeat_byte(0xe2);
/// Writes one to as many slots as its calldata says, counting down; its slots are full already up to 8.
const WRITER: Address = Address::repeat_byte(0xe3);
/// Calls the writer, with what EIP-150 leaves it, and fails if that fails.
const OUTER: Address = Address::repeat_byte(0xe4);
/// Emits an empty log.
const LOGGER: Address = Address::repeat_byte(0xe5);
/// Returns slot 1 and slot 2.
const READER: Address = Address::repeat_byte(0xe6);
/// Clears slots 1 to 8 for their refund.
const CLEARER: Address = Address::repeat_byte(0xe7);
const INVALID: Address = Address::repeat_byte(0xe8);
const JUMPER: Address = Address::repeat_byte(0xe9);
const UNKNOWN: Address = Address::repeat_byte(0xea);
const RICH: u128 = 1 << 90;
const CAP: u64 = 50_000_000;

/// Address, code, slots.
type Contract<'a> = (Address, &'a [u8], &'a [(u64, u64)]);

fn chains() -> [ChainRules; 3] {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    let op = ChainRules::op_stack(CHAIN_ID, OpRules::new(eip1559, |_| Activation::GENESIS));
    [ethereum(Fork::Prague), ethereum(Fork::Osaka), op]
}

fn chain(rules: &ChainRules) -> MemoryStore {
    let full: Vec<(u64, u64)> = (1..9).map(|slot| (slot, 5)).collect();
    let clear: Vec<u8> = (1..9).flat_map(|slot| [0x5f, 0x60, slot, 0x55]).collect();
    let outer = [
        &hex!("36 5f 5f 37 5f 5f 36 5f 5f 73")[..],
        WRITER.as_slice(),
        &hex!("5a f1 15 6025 57 00 5b 5f 5f fd"),
    ]
    .concat();
    let contracts: [Contract<'_>; 11] = [
        (
            ENV,
            &hex!(
                "33 5f 52 47 6020 52 43 6040 52 42 6060 52 48 6080 52 3a 60a0 52 45 60c0 52 60e0 5f f3"
            ),
            &[],
        ),
        (FAULTY, &hex!("01"), &[]),
        (REVERTER, &hex!("36 5f 5f 37 36 5f fd"), &[]),
        // n = calldata; loop: n == 0 ? stop : sstore(n, 1), n - 1
        (WRITER, &hex!("5f 35 5b 80 15 6013 57 6001 81 55 6001 90 03 6002 56 5b 00"), &full),
        (OUTER, &outer, &[]),
        (LOGGER, &hex!("5f 5f a0"), &[]),
        (READER, &hex!("6001 54 5f 52 6002 54 6020 52 6040 5f f3"), &full),
        (CLEARER, &clear, &full),
        (INVALID, &hex!("fe"), &[]),
        (JUMPER, &hex!("5f 56"), &[]),
        (UNKNOWN, &hex!("0c"), &[]),
    ];
    let contracts = contracts.map(|(at, code, slots)| (at, account(5, code, slots)));
    let rich = [(address(&key(0)), account(RICH, &[], &[]))];
    store(rules, contracts.into_iter().chain(rich).chain(system_contracts()))
}

fn to(to: Address) -> Call {
    Call { to: TxKind::Call(to), ..Call::default() }
}

fn count(slots: u64) -> Bytes {
    U256::from(slots).to_be_bytes_vec().into()
}

fn run(rules: &ChainRules, request: &Call) -> Result<CallOutcome, CallError> {
    let mut store = chain(rules);
    let head = store.head().clone();
    call(rules, &head, request, &mut store)
}

fn estimate(rules: &ChainRules, request: &Call) -> Result<u64, EstimateError> {
    let mut store = chain(rules);
    let head = store.head().clone();
    estimate_gas(rules, &head, request, &mut store, CAP)
}

fn output(rules: &ChainRules, request: &Call) -> Bytes {
    match run(rules, request).unwrap().result {
        CallResult::Success { output } => output,
        other => panic!("{other:?}"),
    }
}

fn words(output: &Bytes) -> Vec<U256> {
    output.chunks(32).map(U256::from_be_slice).collect()
}

#[test]
fn a_call_sees_the_block_of_the_header_and_gas_that_costs_nothing() {
    for rules in chains() {
        let head = chain(&rules).head().clone();
        let from = Address::repeat_byte(0x77); // has nothing and never will
        let seen = words(&output(&rules, &Call { from, ..to(ENV) }));
        let head_words = [head.number, head.timestamp].map(U256::from);
        assert_eq!(seen[0], U256::from_be_slice(from.as_slice()));
        assert_eq!(seen[1], U256::from(5));
        assert_eq!(seen[2..4], head_words);
        assert_eq!(seen[4..6], [U256::ZERO; 2], "base fee and gas price");
        assert_eq!(seen[6], U256::from(head.gas_limit));
        // With a price the base fee is what it is, and the sender pays.
        let price = 2_000_000_000;
        let with = |request: Call| run(&rules, &request);
        let paid = Call {
            from: address(&key(0)),
            max_fee_per_gas: Some(price),
            max_priority_fee_per_gas: Some(7),
            gas: Some(100_000),
            ..to(ENV)
        };
        let seen = words(&output(&rules, &paid));
        let base_fee = head.base_fee_per_gas.unwrap();
        assert_eq!(seen[4..6], [base_fee, base_fee + 7].map(U256::from));
        let legacy = Call {
            gas_price: Some(price),
            max_fee_per_gas: None,
            max_priority_fee_per_gas: None,
            ..paid.clone()
        };
        assert_eq!(words(&output(&rules, &legacy))[5], U256::from(price));
        let poor = with(Call { from, ..paid.clone() });
        assert!(matches!(poor, Err(CallError::Refused(_))), "{poor:?}");
        let low = with(Call { max_fee_per_gas: Some(8), ..paid });
        assert!(matches!(low, Err(CallError::Refused(_))), "{low:?}");
    }
}

#[test]
fn neither_nonce_nor_code_of_the_sender_nor_a_gas_limit_is_in_the_way() {
    for rules in chains() {
        let request = Call { from: WRITER, nonce: Some(77), gas: Some(45_000_000), ..to(ENV) };
        assert_eq!(words(&output(&rules, &request))[0], U256::from_be_slice(WRITER.as_slice()));
        let created =
            Call { from: WRITER, input: hex!("5f5f5360015ff3").into(), ..Call::default() };
        assert_eq!(
            output(&rules, &Call { to: TxKind::Create, ..created }),
            Bytes::from_static(&[0])
        );
    }
}

#[test]
fn value_must_be_there_and_moves() {
    for rules in chains() {
        let send = |from, value| run(&rules, &Call { from, value: U256::from(value), ..to(ENV) });
        let seen = send(address(&key(0)), 9).unwrap();
        let CallResult::Success { output } = seen.result else { panic!("{seen:?}") };
        assert_eq!(words(&output)[1], U256::from(14));
        let poor = send(Address::repeat_byte(0x77), 9).unwrap_err();
        assert!(matches!(poor, CallError::Refused(_)), "{poor}");
    }
}

#[test]
fn a_call_that_fails_says_how() {
    for rules in chains() {
        let result = |to_, input: Bytes| run(&rules, &Call { input, ..to(to_) }).unwrap().result;
        let reason = Bytes::from_static(b"because");
        assert_eq!(result(REVERTER, reason.clone()), CallResult::Revert { output: reason });
        let halts = [
            (FAULTY, Halt::StackUnderflow, "stack underflow"),
            (INVALID, Halt::Invalid, "invalid opcode: INVALID"),
            (JUMPER, Halt::InvalidJump, "invalid jump destination"),
            (UNKNOWN, Halt::UnknownOpcode, "invalid opcode"),
        ];
        for (at, reason, words) in halts {
            assert_eq!(reason.to_string(), words);
            assert_eq!(result(at, Bytes::new()), CallResult::Halt { reason });
        }
        let short = Call { gas: Some(30_000), input: count(20), ..to(WRITER) };
        let outcome = run(&rules, &short).unwrap();
        assert_eq!(outcome.result, CallResult::Halt { reason: Halt::OutOfGas });
        assert_eq!((outcome.gas_used, outcome.logs.len()), (30_000, 0));
        let logged = run(&rules, &to(LOGGER)).unwrap();
        assert_eq!(logged.logs.len(), 1);
        assert_eq!(logged.logs[0].address, LOGGER);
        let none = run(&rules, &Call { gas: Some(20_000), ..to(LOGGER) }).unwrap_err();
        assert!(matches!(none, CallError::Refused(_)), "{none}");
    }
}

#[test]
fn a_call_changes_nothing() {
    let [rules, ..] = chains();
    let mut store = chain(&rules);
    let head = store.head().clone();
    let request = Call { input: count(12), ..to(WRITER) };
    let first = call(&rules, &head, &request, &mut store).unwrap();
    assert_eq!(call(&rules, &head, &request, &mut store).unwrap(), first);
}

#[test]
fn overrides_stand_in_the_place_of_the_state() {
    for rules in chains() {
        let slot = |slot: u64, value: u64| (U256::from(slot), U256::from(value));
        let with = |at, change, request| Call { overrides: [(at, change)].into(), ..request };
        let read = |change| words(&output(&rules, &with(READER, change, to(READER))));
        let five = U256::from(5);
        assert_eq!(read(AccountOverride::default()), [five, five]);
        let slots = [slot(1, 7)].into();
        assert_eq!(read(AccountOverride { slots, ..Default::default() }), [U256::from(7), five]);
        let storage = Some([slot(1, 7)].into());
        let only = AccountOverride { storage, slots: [slot(2, 8)].into(), ..Default::default() };
        assert_eq!(read(only), [7, 8].map(U256::from));
        let storage = Some([slot(3, 7)].into());
        assert_eq!(read(AccountOverride { storage, ..Default::default() }), [U256::ZERO; 2]);

        let nobody = Address::repeat_byte(0x55);
        let code = Some(Bytes::from(hex!("47 5f 52 6020 5f f3"))); // returns its balance
        let change = AccountOverride { balance: Some(U256::from(33)), code, ..Default::default() };
        assert_eq!(words(&output(&rules, &with(nobody, change, to(nobody)))), [U256::from(33)]);
        let change = AccountOverride { balance: Some(U256::from(9)), ..Default::default() };
        let sent = Call { from: nobody, value: U256::from(9), ..to(ENV) };
        assert_eq!(words(&output(&rules, &with(nobody, change, sent)))[1], U256::from(14));
        let nonce = AccountOverride { nonce: Some(41), ..Default::default() };
        let creation =
            Call { from: nobody, input: hex!("30 5f 52 6020 5f f3").into(), ..Call::default() };
        let creation = Call { to: TxKind::Create, ..with(nobody, nonce, creation) };
        assert_eq!(output(&rules, &creation)[12..], nobody.create(41)[..]);
        let code = Some(Bytes::from(hex!("ef0100 00")));
        let bad = with(nobody, AccountOverride { code, ..Default::default() }, to(nobody));
        assert_eq!(run(&rules, &bad), Err(CallError::OverrideCode(nobody)));
    }
}

#[test]
fn every_kind_of_transaction_can_be_asked_for() {
    let [_, rules, op] = chains();
    let access_list = AccessList::from(vec![]);
    let blobs = vec![B256::with_last_byte(1) | B256::right_padding_from(&[1])];
    let blob = Call { blob_versioned_hashes: blobs, access_list, ..to(ENV) };
    output(&rules, &blob);
    assert!(matches!(run(&op, &blob), Err(CallError::Refused(_))), "no blobs on this chain");
    let none = Call { to: TxKind::Create, ..blob };
    assert!(matches!(run(&rules, &none), Err(CallError::Refused(_))), "{none:?}");
    let (chain_id, nonce) = (U256::from(CHAIN_ID), 0);
    let authorization = Authorization { chain_id, address: ENV, nonce };
    let signature = key(3).sign_prehash_recoverable(authorization.signature_hash().as_slice());
    let (signature, recovery) = signature.unwrap();
    let signature =
        alloy_primitives::Signature::from_signature_and_parity(signature, recovery.is_y_odd());
    let delegated = address(&key(3));
    for rules in [rules, op] {
        let authorization_list = vec![authorization.clone().into_signed(signature)];
        let request = Call { authorization_list, ..to(delegated) };
        assert_eq!(words(&output(&rules, &request)).len(), 7, "runs the code delegated to");
        let create = Call { to: TxKind::Create, ..request };
        assert!(run(&rules, &create).is_err());
    }
}

/// Whether the request as a transaction succeeds in the next block with this much gas.
fn succeeds(rules: &ChainRules, request: &Call, gas_limit: u64) -> bool {
    let mut store = chain(rules);
    let parent = store.head().clone();
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce: 0,
        gas_limit,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: 0,
        to: request.to,
        value: request.value,
        input: request.input.clone(),
        access_list: request.access_list.clone(),
    };
    let tx = Transaction::Eip1559(sign(tx, &key(0)));
    let txs = vec![seam_primitives::transaction::recover(tx).unwrap()];
    let mut attributes = attributes(&parent);
    if rules.is_op_stack() {
        attributes.extra_data = Bytes::from_static(&[0, 0, 0, 0, 250, 0, 0, 0, 6]);
    }
    let built = build_block(rules, &parent, &attributes, txs, &mut store);
    built.is_ok_and(|built| built.receipts[0].status.coerce_status())
}

fn requests() -> impl Strategy<Value = Call> {
    let from = address(&key(0));
    let deploy: Bytes = hex!("600a600c600039600a6000f3602035600035550000").into();
    prop_oneof![
        (0u64..40).prop_map(|slots| Call { input: count(slots), ..to(WRITER) }),
        (0u64..40).prop_map(|slots| Call { input: count(slots), ..to(OUTER) }),
        Just(to(CLEARER)),
        Just(to(LOGGER)),
        Just(to(Address::repeat_byte(0x44))),
        // EIP-7623: what the calldata costs is above what is executed.
        (1usize..3_000).prop_map(|bytes| Call { input: vec![1; bytes].into(), ..to(LOGGER) }),
        Just(Call { to: TxKind::Create, input: deploy, ..Call::default() }),
    ]
    .prop_map(move |request| Call { from, ..request })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_estimate_is_enough_and_not_much_more_than_needed(
        request in requests(), value in 0u64..3, index in 0usize..3,
    ) {
        let rules = &chains()[index];
        let request = Call { value: U256::from(value), ..request };
        match estimate(rules, &request) {
            Ok(gas) => {
                prop_assert!(succeeds(rules, &request, gas), "{gas}");
                prop_assert!(!succeeds(rules, &request, gas - gas * 15 / 1_000 - 1), "{gas}");
                let paid = Call { max_fee_per_gas: Some(2_000_000_000), ..request };
                prop_assert_eq!(estimate(rules, &paid), Ok(gas));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

#[test]
fn a_transfer_needs_21000_gas() {
    for rules in chains() {
        let transfer =
            Call { value: U256::from(1), from: address(&key(0)), ..to(Address::repeat_byte(0x44)) };
        assert_eq!(estimate(&rules, &transfer), Ok(21_000));
    }
}

#[test]
fn an_estimate_that_cannot_be_says_why() {
    for rules in chains() {
        let reason = Bytes::from_static(b"because");
        let reverted = estimate(&rules, &Call { input: reason.clone(), ..to(REVERTER) });
        assert_eq!(reverted, Err(EstimateError::Reverted { output: reason }));
        let halted = estimate(&rules, &to(FAULTY));
        assert_eq!(halted, Err(EstimateError::Halted(Halt::StackUnderflow)));
        let poor = Call { max_fee_per_gas: Some(1 << 40), ..to(LOGGER) };
        assert_eq!(estimate(&rules, &poor), Err(EstimateError::InsufficientFunds));
        let limited = Call { gas: Some(25_000), input: count(20), ..to(WRITER) };
        assert_eq!(estimate(&rules, &limited), Err(EstimateError::ExceedsAllowance(25_000)));
        // Money for 30,000 gas: enough for a log, not for writing.
        let price = 2_000_000_000u128;
        let balance = Some(U256::from(30_000 * price));
        let from = Address::repeat_byte(0x77);
        let change = AccountOverride { balance, ..Default::default() };
        let some = Call {
            from,
            max_fee_per_gas: Some(price),
            overrides: [(from, change)].into(),
            ..to(LOGGER)
        };
        assert!(estimate(&rules, &some).unwrap() < 30_000);
        let writing = Call { input: count(20), to: TxKind::Call(WRITER), ..some };
        assert_eq!(estimate(&rules, &writing), Err(EstimateError::ExceedsAllowance(30_000)));
    }
}

#[test]
fn a_state_that_cannot_be_read_is_told_from_a_call_that_fails() {
    let [rules, ..] = chains();
    let mut store = chain(&rules);
    let head = store.head().clone();
    let mut state = seam_stf::WitnessState::new(&head, seam_stf::Witness::default()).unwrap();
    let error = call(&rules, &head, &to(ENV), &mut state).unwrap_err();
    assert!(matches!(error, CallError::State(StateError::MissingNode(_))), "{error}");
    let error = estimate_gas(&rules, &head, &to(ENV), &mut state, CAP).unwrap_err();
    assert!(matches!(error, EstimateError::Call(CallError::State(_))), "{error}");
    let refused = call(&rules, &head, &Call { gas: Some(1), ..to(ENV) }, &mut store).unwrap_err();
    assert!(matches!(refused, CallError::Refused(TransactionError::Invalid(_))), "{refused}");
}
