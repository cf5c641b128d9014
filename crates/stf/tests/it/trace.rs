//! What tracers tell of small contracts, on every kind of chain; and that differences add up to what a block did.

use crate::support::{
    CHAIN_ID, account, address, attributes, ethereum, key, sign, store, system_contracts,
};
use alloy_consensus::{TxEip1559, TxEip7702};
use alloy_eips::eip7702::Authorization;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address as at, hex};
use op_revm::constants as op;
use seam_primitives::{
    Activation, ChainRules, Eip1559Rules, Fork, OpRules, Recovered, Transaction,
};
use seam_stf::{
    AccountChange, ExecutedBlock, StateReader,
    block::issuance,
    build_block,
    call::{AccountOverride, Call},
    trace::{
        CallConfig, CallFrame, DiffMode, FlatCallConfig, GethDefaultTracingOptions, GethTrace,
        Limits, Place, PreStateFrame, PrestateMode, PrestateOptions, Trace, TraceError, Tracer,
        create_access_list, trace_block, trace_call, trace_transaction,
    },
};
use seam_storage::MemoryStore;
use std::collections::{BTreeMap, BTreeSet};

/// Calls the writer with 5 wei and a selector, the logger by delegation, a precompile, and the reverter.
const CALLER: Address = Address::repeat_byte(0xc0);
/// Sets its slot 0 to one, and reads it.
const WRITER: Address = Address::repeat_byte(0xc1);
const LOGGER: Address = Address::repeat_byte(0xc2);
const REVERTER: Address = Address::repeat_byte(0xc3);
/// Creates a contract with 7 wei and its calldata as init code.
const CREATOR: Address = Address::repeat_byte(0xc4);
/// Goes on for ever.
const LOOPER: Address = Address::repeat_byte(0xc5);
const L1_BLOCK: Address = at!("0x4200000000000000000000000000000000000015");
const SELECTOR: [u8; 4] = hex!("a9059cbb");
const GAS: u64 = 300_000;
const PRIORITY_FEE: u128 = 3;

fn chains() -> [ChainRules; 3] {
    let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
    let op = ChainRules::op_stack(CHAIN_ID, OpRules::new(eip1559, |_| Activation::GENESIS));
    [ethereum(Fork::Prague), ethereum(Fork::Osaka), op]
}

fn caller_code() -> Vec<u8> {
    let call = |value: &[u8], to: Address| {
        [&hex!("5f 5f 6004 5f")[..], value, &[0x73], to.as_slice(), &hex!("5a f1 50")].concat()
    };
    [
        &hex!("63 a9059cbb 60e0 1b 5f 52")[..],
        &call(&hex!("6005"), WRITER),
        &[&hex!("5f 5f 5f 5f 73")[..], LOGGER.as_slice(), &hex!("5a f4 50")].concat(),
        &hex!("5f 5f 6020 5f 6004 5a fa 50"),
        &call(&hex!("5f"), REVERTER),
        &[0],
    ]
    .concat()
}

/// What an OP Stack chain charges for data and for the operator.
fn l1_block() -> (AccountChange, Bytes) {
    let (mut change, code) = account(0, &[0], &[]);
    let scalars = (U256::from(1_000_000) << 96) | (U256::from(2_000_000) << 64);
    let operator = (U256::from(3_000_000) << 64) | U256::from(77);
    change.storage = BTreeMap::from([
        (op::L1_BASE_FEE_SLOT, U256::from(1_000_000_007)),
        (op::ECOTONE_L1_BLOB_BASE_FEE_SLOT, U256::from(11)),
        (op::ECOTONE_L1_FEE_SCALARS_SLOT, scalars),
        (op::OPERATOR_FEE_SCALARS_SLOT, operator),
    ]);
    (change, code)
}

fn genesis(rules: &ChainRules) -> MemoryStore {
    let contracts: [(Address, u128, &[u8]); 6] = [
        (CALLER, 100, &caller_code()),
        (WRITER, 0, &hex!("6001 5f 55 5f 54 50 00")),
        (LOGGER, 0, &hex!("5f 5f a0 00")),
        (REVERTER, 0, &hex!("60aa 5f 53 6001 5f fd")),
        (CREATOR, 100, &hex!("36 5f 5f 37 36 5f 6007 f0 50 00")),
        (LOOPER, 0, &hex!("5b 5f 56")),
    ];
    let contracts = contracts.map(|(at, wei, code)| (at, account(wei, code, &[])));
    let rich = (0..3).map(|index| (address(&key(index)), account(1 << 90, &[], &[])));
    let l1_block = rules.is_op_stack().then(|| (L1_BLOCK, l1_block()));
    store(rules, contracts.into_iter().chain(rich).chain(l1_block).chain(system_contracts()))
}

fn call_to(to: TxKind, nonce: u64, input: &[u8]) -> Recovered<Transaction> {
    let tx = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: GAS,
        max_fee_per_gas: 2_000_000_000,
        max_priority_fee_per_gas: PRIORITY_FEE,
        to,
        input: Bytes::copy_from_slice(input),
        ..TxEip1559::default()
    };
    let tx = Transaction::Eip1559(sign(tx, &key(0)));
    seam_primitives::transaction::recover(tx).unwrap()
}

/// A block on the genesis, and the state before it.
struct Chain {
    rules: ChainRules,
    executed: ExecutedBlock,
    transactions: Vec<Recovered<Transaction>>,
}

impl Chain {
    fn with(rules: &ChainRules, transactions: Vec<Recovered<Transaction>>) -> Self {
        let mut store = genesis(rules);
        let parent = store.head().clone();
        let mut attributes = attributes(&parent);
        if rules.is_op_stack() {
            attributes.extra_data = Bytes::from_static(&[0, 0, 0, 0, 250, 0, 0, 0, 6]);
        }
        let txs = transactions.clone();
        let executed = build_block(rules, &parent, &attributes, txs, &mut store).unwrap();
        Self { rules: rules.clone(), executed, transactions }
    }

    /// The state before the block.
    fn state(&self) -> MemoryStore {
        genesis(&self.rules)
    }

    fn place(&self) -> Place<'_> {
        let ExecutedBlock { block, hash, .. } = &self.executed;
        Place { rules: &self.rules, header: &block.header, hash: *hash }
    }

    fn try_trace(&self, tracer: &Tracer, limits: Limits<'_>) -> Result<Vec<Trace>, TraceError> {
        trace_block(self.place(), &self.transactions, tracer, &mut self.state(), limits)
    }

    fn trace(&self, tracer: &Tracer) -> Vec<Trace> {
        self.try_trace(tracer, ample()).unwrap()
    }

    fn calls(&self, options: CallConfig) -> Vec<CallFrame> {
        self.trace(&Tracer::Calls(options)).into_iter().map(frame).collect()
    }

    fn differences(&self) -> Vec<DiffMode> {
        self.trace(&differences()).into_iter().map(difference).collect()
    }
}

fn ample() -> Limits<'static> {
    Limits { bytes: 1 << 30, stop: &|| false }
}

fn differences() -> Tracer {
    let mode = PrestateMode::Difference;
    Tracer::Prestate(PrestateOptions { mode, ..PrestateOptions::default() })
}

fn difference(trace: Trace) -> DiffMode {
    match trace {
        Trace::Frame(GethTrace::PreStateTracer(PreStateFrame::Diff(difference))) => difference,
        other => panic!("{other:?}"),
    }
}

fn frame(trace: Trace) -> CallFrame {
    match trace {
        Trace::Frame(GethTrace::CallTracer(frame)) => frame,
        other => panic!("{other:?}"),
    }
}

/// What differences say of balances: wei gained, and wei lost.
fn movements(differences: &[DiffMode]) -> BTreeMap<Address, (U256, U256)> {
    let mut all: BTreeMap<Address, (U256, U256)> = BTreeMap::new();
    for DiffMode { pre, post } in differences {
        for address in pre.keys().chain(post.keys()).collect::<BTreeSet<_>>() {
            let before = pre.get(address).and_then(|state| state.balance).unwrap_or_default();
            let after = match post.get(address) {
                Some(state) => state.balance.unwrap_or(before),
                None => U256::ZERO, // it is gone
            };
            let (gained, lost) = all.entry(*address).or_default();
            *gained += after.saturating_sub(before);
            *lost += before.saturating_sub(after);
        }
    }
    all
}

/// The differences of a block's transactions add up to what the block did to balances, but for rewards and withdrawals,
/// which no transaction causes.
pub(crate) fn check_differences<R: StateReader>(
    rules: &ChainRules,
    executed: &ExecutedBlock,
    transactions: &[Recovered<Transaction>],
    reader: &mut R,
) {
    let header = &executed.block.header;
    let place = Place { rules, header, hash: executed.hash };
    let traces = trace_block(place, transactions, &differences(), &mut *reader, ample()).unwrap();
    let traces: Vec<DiffMode> = traces.into_iter().map(difference).collect();
    let moved = movements(&traces);
    let changed = executed.changes.accounts.keys();
    for address in moved.keys().chain(changed).collect::<BTreeSet<_>>() {
        let balance = |account: Option<seam_stf::Account>| account.unwrap_or_default().balance;
        let before = balance(reader.account(*address).unwrap());
        let change = executed.changes.accounts.get(address);
        let after = change.map_or(before, |change| balance(change.account));
        let reward = issuance(rules, &executed.block).miner;
        let reward = if *address == header.beneficiary { reward } else { U256::ZERO };
        let (gained, lost) = moved.get(address).copied().unwrap_or_default();
        assert_eq!(before + gained + reward, after + lost, "{address}");
    }
}

#[test]
fn the_tree_of_calls_has_every_kind_with_its_fields() {
    for rules in chains() {
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CALLER), 0, &[])]);
        let options = CallConfig::default().with_log();
        let [top] = chain.calls(options).try_into().unwrap();
        assert_eq!((top.typ.as_str(), top.from, top.to), ("CALL", address(&key(0)), Some(CALLER)));
        assert_eq!(top.gas, U256::from(GAS));
        let gas_used = chain.executed.receipts[0].cumulative_gas_used;
        assert_eq!(top.gas_used, U256::from(gas_used));
        let kinds: Vec<&str> = top.calls.iter().map(|call| call.typ.as_str()).collect();
        assert_eq!(kinds, ["CALL", "DELEGATECALL", "STATICCALL", "CALL"]);
        let [write, log, identity, revert] = &top.calls[..] else { panic!() };
        assert_eq!((write.to, write.value), (Some(WRITER), Some(U256::from(5))));
        assert_eq!(write.input[..], SELECTOR);
        assert_eq!((log.from, log.to, log.logs.len()), (CALLER, Some(LOGGER), 1));
        assert_eq!(log.logs[0].address, Some(CALLER));
        assert_eq!((identity.value, identity.output.as_ref().unwrap().len()), (None, 32));
        assert_eq!(revert.error.as_deref(), Some("execution reverted"));
        assert_eq!(revert.output, Some(Bytes::from_static(&[0xaa])));
    }
}

#[test]
fn the_outermost_call_alone_is_told_if_asked_for() {
    for rules in chains() {
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CALLER), 0, &[])]);
        let [top] = chain.calls(CallConfig::default().only_top_call()).try_into().unwrap();
        assert_eq!((top.to, top.calls.len()), (Some(CALLER), 0));
        let gas_used = chain.executed.receipts[0].cumulative_gas_used;
        assert_eq!(top.gas_used, U256::from(gas_used));
    }
}

#[test]
fn a_contract_that_comes_and_goes_is_a_call_of_its_own_and_no_difference() {
    for rules in chains() {
        let destroys_itself = hex!("33ff");
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CREATOR), 0, &destroys_itself)]);
        let [top] = chain.calls(CallConfig::default()).try_into().unwrap();
        let [created] = &top.calls[..] else { panic!("{top:?}") };
        let new = CREATOR.create(0);
        assert_eq!(
            (created.typ.as_str(), created.from, created.to),
            ("CREATE", CREATOR, Some(new))
        );
        let [destroyed] = &created.calls[..] else { panic!("{created:?}") };
        assert_eq!((destroyed.typ.as_str(), destroyed.from), ("SELFDESTRUCT", new));
        assert_eq!((destroyed.to, destroyed.value), (Some(CREATOR), Some(U256::from(7))));
        let [difference] = chain.differences().try_into().unwrap();
        assert!(!difference.pre.contains_key(&new) && !difference.post.contains_key(&new));
        assert_eq!(difference.post[&CREATOR].nonce, Some(1));
        assert_eq!(difference.post[&CREATOR].balance, None, "it has its 7 wei back");
    }
}

#[test]
fn a_creation_shows_the_new_code() {
    for rules in chains() {
        let stores_one = hex!("6001 5f 55 60fe 5f 53 6001 5f f3");
        let chain = Chain::with(&rules, vec![call_to(TxKind::Create, 0, &stores_one)]);
        let new = address(&key(0)).create(0);
        let [top] = chain.calls(CallConfig::default()).try_into().unwrap();
        assert_eq!((top.typ.as_str(), top.to), ("CREATE", Some(new)));
        let [difference] = chain.differences().try_into().unwrap();
        let post = &difference.post[&new];
        assert_eq!(post.code, Some(Bytes::from_static(&[0xfe])));
        assert_eq!(post.storage[&B256::ZERO], B256::with_last_byte(1));
        assert!(!difference.pre.contains_key(&new));
    }
}

#[test]
fn a_delegation_shows_as_code_of_its_authority() {
    for rules in chains() {
        let authorization =
            Authorization { chain_id: U256::from(CHAIN_ID), address: WRITER, nonce: 0 };
        let hash = authorization.signature_hash();
        let (signature, recovery) = key(1).sign_prehash_recoverable(hash.as_slice()).unwrap();
        let signature = Signature::from_signature_and_parity(signature, recovery.is_y_odd());
        let authority = address(&key(1));
        let tx = TxEip7702 {
            chain_id: CHAIN_ID,
            gas_limit: GAS,
            max_fee_per_gas: 2_000_000_000,
            max_priority_fee_per_gas: PRIORITY_FEE,
            to: authority,
            authorization_list: vec![authorization.into_signed(signature)],
            ..TxEip7702::default()
        };
        let tx = Transaction::Eip7702(sign(tx, &key(0)));
        let tx = seam_primitives::transaction::recover(tx).unwrap();
        let chain = Chain::with(&rules, vec![tx]);
        let [difference] = chain.differences().try_into().unwrap();
        let post = &difference.post[&authority];
        let delegation = [&[0xef, 1, 0][..], WRITER.as_slice()].concat();
        assert_eq!(post.code, Some(delegation.into()));
        assert_eq!((post.nonce, post.balance), (Some(1), None));
        assert_eq!(post.storage[&B256::ZERO], B256::with_last_byte(1), "its code was run");
        assert_eq!(difference.pre[&authority].code, None);
    }
}

#[test]
fn the_state_before_has_all_that_was_touched_and_exists() {
    for rules in chains() {
        let transactions = (0..2).map(|nonce| call_to(TxKind::Call(CALLER), nonce, &[])).collect();
        let chain = Chain::with(&rules, transactions);
        let second = trace_transaction(
            chain.place(),
            &chain.transactions,
            1,
            &Tracer::Prestate(PrestateOptions::default()),
            &mut chain.state(),
            ample(),
        );
        let Some(Trace::Frame(GethTrace::PreStateTracer(frame))) = second.unwrap() else {
            panic!()
        };
        let before = frame.pre_state();
        for account in [address(&key(0)), CALLER, WRITER, LOGGER, REVERTER] {
            assert!(before.contains_key(&account), "{account}");
        }
        // What the first transaction did was done.
        assert_eq!(before[&WRITER].storage[&B256::ZERO], B256::with_last_byte(1));
        assert_eq!(before[&WRITER].balance, Some(U256::from(5)));
        assert_eq!(before[&address(&key(0))].nonce, Some(1));
        assert_eq!(before[&CALLER].code, Some(caller_code().into()));
        let all = chain.trace(&Tracer::Prestate(PrestateOptions::default()));
        assert_eq!(all[1], Trace::Frame(GethTrace::PreStateTracer(frame)), "alone or in the block");
        let missing = Tracer::Nothing;
        let none = trace_transaction(
            chain.place(),
            &chain.transactions,
            2,
            &missing,
            &mut chain.state(),
            ample(),
        );
        assert_eq!(none, Ok(None));
    }
}

/// Of all wei that a sender pays somebody is told to have it, or it is burnt; nothing else comes or goes.
#[test]
fn fees_are_in_the_differences() {
    for rules in chains() {
        let transactions = (0..3).map(|nonce| call_to(TxKind::Call(CALLER), nonce, &[])).collect();
        let chain = Chain::with(&rules, transactions);
        let header = &chain.executed.block.header;
        check_differences(&rules, &chain.executed, &chain.transactions, &mut chain.state());
        let moved = movements(&chain.differences());
        let sum = |of: fn(&(U256, U256)) -> U256| moved.values().map(of).sum::<U256>();
        let burnt = sum(|moved| moved.1) - sum(|moved| moved.0);
        let gas = U256::from(header.gas_used);
        let base_fee = U256::from(header.base_fee_per_gas.unwrap());
        let gained = |address: Address| moved.get(&address).copied().unwrap_or_default().0;
        assert_eq!(gained(header.beneficiary), gas * U256::from(PRIORITY_FEE));
        if rules.is_op_stack() {
            assert_eq!(burnt, U256::ZERO);
            assert_eq!(gained(op::BASE_FEE_RECIPIENT), gas * base_fee);
            assert!(gained(op::L1_FEE_RECIPIENT) > U256::ZERO);
            assert!(gained(op::OPERATOR_FEE_RECIPIENT) > U256::from(3 * 77));
        } else {
            assert_eq!(burnt, gas * base_fee);
        }
    }
}

#[test]
fn steps_are_those_of_the_interpreter() {
    let rules = ethereum(Fork::Osaka);
    let chain = Chain::with(&rules, vec![call_to(TxKind::Call(WRITER), 0, &[])]);
    let steps = |options: GethDefaultTracingOptions| {
        let [Trace::Steps(trace)] = &chain.trace(&Tracer::Steps(options))[..] else { panic!() };
        trace.clone()
    };
    let trace = steps(GethDefaultTracingOptions::default());
    assert_eq!(trace.gas, chain.executed.receipts[0].cumulative_gas_used);
    assert!(!trace.failed);
    let slot = |value: u8| format!("{:#066x}", U256::from(value));
    let (zero, one) = (slot(0), slot(1));
    let expected = [
        r#"{"pc":0,"op":"PUSH1","gas":279000,"gasCost":3,"depth":1,"stack":[]}"#.to_owned(),
        r#"{"pc":2,"op":"PUSH0","gas":278997,"gasCost":2,"depth":1,"stack":["0x1"]}"#.to_owned(),
        format!(
            r#"{{"pc":3,"op":"SSTORE","gas":278995,"gasCost":22100,"depth":1,"stack":["0x1","0x0"],"storage":{{"{zero}":"{one}"}}}}"#
        ),
        r#"{"pc":4,"op":"PUSH0","gas":256895,"gasCost":2,"depth":1,"stack":[]}"#.to_owned(),
        format!(
            r#"{{"pc":5,"op":"SLOAD","gas":256893,"gasCost":100,"depth":1,"stack":["0x0"],"storage":{{"{zero}":"{one}"}}}}"#
        ),
        r#"{"pc":6,"op":"POP","gas":256793,"gasCost":2,"depth":1,"stack":["0x1"]}"#.to_owned(),
        r#"{"pc":7,"op":"STOP","gas":256791,"gasCost":0,"depth":1,"stack":[]}"#.to_owned(),
    ];
    assert_eq!(trace.steps, expected.join(","));
    let bare = GethDefaultTracingOptions::default().disable_stack().disable_storage();
    assert_eq!(
        steps(bare).steps.split(r#"},{"#).nth(2),
        Some(r#""pc":3,"op":"SSTORE","gas":278995,"gasCost":22100,"depth":1"#)
    );
    let short = steps(GethDefaultTracingOptions::default().with_limit(1));
    assert_eq!(short.steps, expected[0], "geth's limit leaves out what follows");
    assert_eq!(short.gas, trace.gas);
}

#[test]
fn memory_and_what_was_returned_are_told_if_asked_for() {
    let rules = ethereum(Fork::Osaka);
    let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CALLER), 0, &[])]);
    let options = GethDefaultTracingOptions::default().enable_memory().enable_return_data();
    let [Trace::Steps(trace)] = &chain.trace(&Tracer::Steps(options))[..] else { panic!() };
    let word = format!(r#""memory":["0x{}"]"#, hex::encode(B256::right_padding_from(&SELECTOR)));
    assert!(trace.steps.contains(&word));
    assert!(trace.steps.contains(r#""returnData":"0xaa""#));
    assert!(trace.steps.contains(r#""op":"REVERT","gas":"#));
    assert!(trace.steps.contains(r#""depth":2,"error":"execution reverted""#));
}

#[test]
fn several_tracers_at_once_tell_what_each_tells_alone() {
    for rules in chains() {
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CALLER), 0, &[])]);
        let tracers = [
            ("callTracer", Tracer::Calls(CallConfig::default())),
            ("flatCallTracer", Tracer::FlatCalls(FlatCallConfig::default())),
            ("4byteTracer", Tracer::Selectors),
            ("prestateTracer", differences()),
            ("noopTracer", Tracer::Nothing),
        ];
        let tracers = tracers.map(|(name, tracer)| (name.to_owned(), tracer)).to_vec();
        let [Trace::Many(many)] = &chain.trace(&Tracer::Many(tracers.clone()))[..] else {
            panic!()
        };
        for ((name, tracer), (told, trace)) in tracers.iter().zip(many) {
            assert_eq!((name, &chain.trace(tracer)[0]), (told, trace));
        }
        let Trace::Frame(GethTrace::FourByteTracer(selectors)) = &many[2].1 else { panic!() };
        let expected = BTreeMap::from([("0xa9059cbb-0".to_owned(), 2)]);
        assert_eq!(selectors.0, expected, "without the precompile");
        let Trace::Frame(GethTrace::FlatCallTracer(flat)) = &many[1].1 else { panic!() };
        let places: Vec<&[usize]> = flat.iter().map(|one| &one.trace.trace_address[..]).collect();
        assert_eq!(places, [&[][..], &[0], &[1], &[2]], "without the precompile");
        assert_eq!(flat[0].transaction_hash, Some(chain.transactions[0].inner().hash()));
    }
}

#[test]
fn a_trace_ends_where_it_is_larger_than_the_limit() {
    let rules = ethereum(Fork::Prague);
    let mut looping = Vec::new();
    for nonce in 0..2 {
        looping.push(call_to(TxKind::Call(LOOPER), nonce, &[]));
    }
    let chain = Chain::with(&rules, looping);
    let steps = Tracer::Steps(GethDefaultTracingOptions::default());
    let [Trace::Steps(one), _] = &chain.trace(&steps)[..] else { panic!() };
    assert!(
        one.failed && one.steps.ends_with(r#""error":"out of gas","stack":["0x0"]}"#),
        "{}",
        &one.steps[one.steps.len() - 300..]
    );
    // Each alone is small enough, both together are not.
    let bytes = one.steps.len() + one.steps.len() / 2;
    let limits = Limits { bytes, ..ample() };
    assert_eq!(chain.try_trace(&steps, limits), Err(TraceError::TooLarge(bytes)));
    let alone = trace_transaction(
        chain.place(),
        &chain.transactions,
        1,
        &steps,
        &mut chain.state(),
        limits,
    );
    assert!(matches!(alone, Ok(Some(Trace::Steps(_)))));
    for tracer in [
        Tracer::Calls(CallConfig::default()),
        Tracer::FlatCalls(FlatCallConfig::default()),
        Tracer::Prestate(PrestateOptions::default()),
        differences(),
    ] {
        let limits = Limits { bytes: 500, ..ample() };
        assert_eq!(chain.try_trace(&tracer, limits), Err(TraceError::TooLarge(500)));
    }
}

#[test]
fn a_trace_ends_when_it_is_told_to() {
    for rules in chains() {
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(LOOPER), 0, &[])]);
        let asked = std::cell::Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > 3
        };
        let stopped = chain.try_trace(&Tracer::Nothing, Limits { bytes: 1 << 30, stop: &stop });
        assert_eq!(stopped, Err(TraceError::Stopped));
        assert_eq!(asked.get(), 4, "and is not asked again");
    }
}

#[test]
fn a_call_is_traced_after_a_block_or_inside_it_with_what_is_replaced() {
    for rules in chains() {
        let chain = Chain::with(&rules, vec![call_to(TxKind::Call(CALLER), 0, &[])]);
        let tracer = Tracer::Prestate(PrestateOptions::default());
        let slots = BTreeMap::from([(U256::ZERO, U256::from(9))]);
        let replaced = AccountOverride { slots, ..AccountOverride::default() };
        let plain = Call { to: TxKind::Call(WRITER), ..Call::default() };
        let other = Call { overrides: BTreeMap::from([(WRITER, replaced)]), ..plain.clone() };
        let slot = |request: &Call, before: Option<&[Recovered<Transaction>]>| {
            let (place, store) = (chain.place(), &mut chain.state());
            let trace =
                trace_call(place, place.header, before, request, &tracer, store, ample()).unwrap();
            let Trace::Frame(GethTrace::PreStateTracer(frame)) = trace else { panic!() };
            frame.pre_state()[&WRITER].storage[&B256::ZERO]
        };
        assert_eq!(slot(&plain, None), B256::ZERO);
        assert_eq!(slot(&plain, Some(&[])), B256::ZERO);
        assert_eq!(slot(&plain, Some(&chain.transactions)), B256::with_last_byte(1));
        assert_eq!(slot(&other, Some(&chain.transactions)), B256::with_last_byte(9));
    }
}

#[test]
fn an_access_list_has_what_is_touched_but_the_ends_and_precompiles() {
    for rules in chains() {
        let chain = Chain::with(&rules, Vec::new());
        let head = chain.state().head().clone();
        let request = Call { to: TxKind::Call(CALLER), ..Call::default() };
        let mut store = chain.state();
        let found = create_access_list(&rules, &head, &request, &mut store, ample()).unwrap();
        let listed: Vec<(Address, usize)> =
            found.list.0.iter().map(|item| (item.address, item.storage_keys.len())).collect();
        assert_eq!(listed, [(WRITER, 1), (LOGGER, 0), (REVERTER, 0)]);
        let again = Call { access_list: found.list.clone(), ..request };
        let told = create_access_list(&rules, &head, &again, &mut store, ample()).unwrap();
        assert_eq!(told, found);
        let limits = Limits { bytes: 1 << 30, stop: &|| true };
        let looping = Call { to: TxKind::Call(LOOPER), ..Call::default() };
        let stopped = create_access_list(&rules, &head, &looping, &mut store, limits);
        assert_eq!(stopped, Err(TraceError::Stopped));
    }
}
