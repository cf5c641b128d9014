//! Random blocks, executed over the database, over a recording of what they ask for, over the
//! recorded witness alone, and while their state root is being prepared: the same block each time,
//! and no part of the witness is spare.

use crate::support::{
    CHAIN_ID, account, address, attributes, ethereum, key, sign, store, system_contracts,
};
use crate::trace::check_differences;
use alloy_consensus::{Sealable, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, address as at, hex, keccak256};
use op_alloy_consensus::TxDeposit;
use proptest::prelude::*;
use seam_primitives::{
    Activation, ChainRules, Eip1559Rules, Fork, Header, OpRules, Recovered, Transaction,
};
use seam_stf::{
    Account, AccountChange, BlockBuilder, BlockError, ExecutedBlock, ParentSeal, PreimageSource,
    StateChanges, StateCommitment, StateError, StateReader, WitnessRecorder, build_block,
    state::Roots, state_trie::StateTrie, stateless::StatelessInput,
};
use seam_storage::MemoryStore;
use std::collections::BTreeMap;

const SENDERS: u8 = 4;
/// Writes its second word of calldata to the slot in its first.
const WRITER: Address = at!("0x00000000000000000000000000000000000c0de1");
/// Stores the hash of the block as many back as its calldata says.
const BLOCKHASH: Address = at!("0x00000000000000000000000000000000000c0de2");
/// Destroys itself in favour of the address in its calldata.
const DESTROYER: Address = at!("0x00000000000000000000000000000000000c0de3");
/// Creates a contract with its calldata as init code and stores the address.
const CREATOR: Address = at!("0x00000000000000000000000000000000000c0de4");
/// Reverts.
const REVERTER: Address = at!("0x00000000000000000000000000000000000c0de5");
/// Emits its calldata.
const LOGGER: Address = at!("0x00000000000000000000000000000000000c0de6");

/// What one transaction does.
#[derive(Debug, Clone)]
enum Action {
    Transfer { to: u8, wei: u64 },
    Write { slot: u8, value: u8 },
    BlockHash { back: u8 },
    Destroy { to: u8 },
    CreateInside { init_code: Bytes },
    Create { init_code: Bytes },
    Revert,
    Log { data: Bytes },
    OutOfGas,
}

fn init_code() -> impl Strategy<Value = Bytes> {
    let deploy_writer = hex!("600a600c600039600a6000f3602035600035550000");
    prop_oneof![
        Just(Bytes::from(deploy_writer.to_vec())),
        Just(Bytes::from_static(&hex!("33ff"))), // destroys itself at once
        Just(Bytes::from_static(&hex!("6001600055"))), // writes, leaves no code
        Just(Bytes::from_static(&hex!("60ef60005360016000f3"))), // refused by EIP-3541
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (0..20u8, 0..1_000u64).prop_map(|(to, wei)| Action::Transfer { to, wei }),
        4 => (0..12u8, 0..3u8).prop_map(|(slot, value)| Action::Write { slot, value }),
        1 => (0..6u8).prop_map(|back| Action::BlockHash { back }),
        1 => (0..20u8).prop_map(|to| Action::Destroy { to }),
        1 => init_code().prop_map(|init_code| Action::CreateInside { init_code }),
        1 => init_code().prop_map(|init_code| Action::Create { init_code }),
        1 => Just(Action::Revert),
        1 => prop::collection::vec(any::<u8>(), 0..64).prop_map(|d| Action::Log { data: d.into() }),
        1 => Just(Action::OutOfGas),
    ]
}

/// Blocks of (sender, action).
fn blocks() -> impl Strategy<Value = Vec<Vec<(u8, Action)>>> {
    prop::collection::vec(prop::collection::vec((0..SENDERS, action()), 0..8), 1..6)
}

fn word(number: impl Into<u64>) -> [u8; 32] {
    U256::from(number.into()).to_be_bytes()
}

impl Action {
    fn parts(&self) -> (TxKind, U256, Bytes) {
        let call = |to, input: Vec<u8>| (TxKind::Call(to), U256::ZERO, Bytes::from(input));
        match self {
            Self::Transfer { to, wei } => {
                (TxKind::Call(Address::repeat_byte(*to)), U256::from(*wei), Bytes::new())
            }
            Self::Write { slot, value } => call(WRITER, [word(*slot), word(*value)].concat()),
            Self::BlockHash { back } => call(BLOCKHASH, word(*back).to_vec()),
            Self::Destroy { to } => call(DESTROYER, Address::repeat_byte(*to).into_word().to_vec()),
            Self::CreateInside { init_code } => call(CREATOR, init_code.to_vec()),
            Self::Create { init_code } => (TxKind::Create, U256::ZERO, init_code.clone()),
            Self::Revert => call(REVERTER, Vec::new()),
            Self::Log { data } => call(LOGGER, data.to_vec()),
            Self::OutOfGas => call(WRITER, [word(99u64), word(1u64)].concat()),
        }
    }

    fn gas_limit(&self) -> u64 {
        if matches!(self, Self::OutOfGas) { 25_000 } else { 300_000 }
    }
}

/// Which kind of chain the blocks are on.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Homestead,
    Byzantium,
    Osaka,
    OpIsthmus,
}

impl Kind {
    fn rules(self) -> ChainRules {
        match self {
            Self::Homestead => ethereum(Fork::Homestead),
            Self::Byzantium => ethereum(Fork::Byzantium),
            Self::Osaka => ethereum(Fork::Osaka),
            Self::OpIsthmus => {
                let eip1559 = Eip1559Rules { denominator: 250, elasticity: 6 };
                ChainRules::op_stack(CHAIN_ID, OpRules::new(eip1559, |_| Activation::GENESIS))
            }
        }
    }

    fn transaction(self, index: u8, nonce: u64, action: &Action) -> Recovered<Transaction> {
        let sender = key(index);
        let (to, value, input) = action.parts();
        let gas_limit = action.gas_limit();
        let tx = match self {
            // Before Spurious Dragon a transaction names no chain.
            Self::Homestead | Self::Byzantium => {
                let chain_id = matches!(self, Self::Byzantium).then_some(CHAIN_ID);
                let gas_price = 2_000_000_000;
                let tx = TxLegacy { chain_id, nonce, gas_price, gas_limit, to, value, input };
                Transaction::Legacy(sign(tx, &sender))
            }
            Self::OpIsthmus
                if matches!(action, Action::Write { value: 0, .. } | Action::Log { .. }) =>
            {
                let from = Address::repeat_byte(0xdd);
                let (source_hash, mint) = (keccak256(gas_limit.to_be_bytes()), 77);
                let is_system_transaction = false;
                let deposit = TxDeposit {
                    source_hash,
                    from,
                    to,
                    mint,
                    value,
                    gas_limit,
                    is_system_transaction,
                    input,
                };
                Transaction::Deposit(deposit.seal_slow())
            }
            _ => {
                let (max_fee_per_gas, max_priority_fee_per_gas) = (2_000_000_000, 1);
                let tx = TxEip1559 {
                    chain_id: CHAIN_ID,
                    nonce,
                    gas_limit,
                    max_fee_per_gas,
                    max_priority_fee_per_gas,
                    to,
                    value,
                    input,
                    access_list: Default::default(),
                };
                Transaction::Eip1559(sign(tx, &sender))
            }
        };
        seam_primitives::transaction::recover(tx).unwrap()
    }
}

fn genesis(kind: Kind) -> MemoryStore {
    let senders = (0..SENDERS).map(|index| (address(&key(index)), account(1 << 80, &[], &[])));
    let code = |code: &[u8]| account(5, code, &[(0, 7), (1, 8), (2, 9)]);
    let contracts = [
        (WRITER, code(&hex!("6020356000355500"))),
        (BLOCKHASH, code(&hex!("60003543034060005500"))),
        (DESTROYER, code(&hex!("600035ff"))),
        (CREATOR, code(&hex!("3660006000373660006000f060005500"))),
        (REVERTER, code(&hex!("60006000fd"))),
        (LOGGER, code(&hex!("3660006000376000366000a100"))),
    ];
    store(&kind.rules(), senders.chain(contracts).chain(system_contracts()))
}

fn recorded(
    kind: Kind,
    store: &MemoryStore,
    ancestors: &[Header],
    transactions: Vec<Recovered<Transaction>>,
) -> (ExecutedBlock, StatelessInput) {
    let (rules, parent) = (kind.rules(), store.head().clone());
    let mut attributes = attributes(&parent);
    if matches!(kind, Kind::OpIsthmus) {
        attributes.extra_data = Bytes::from_static(&[0, 0, 0, 0, 250, 0, 0, 0, 6]);
    }
    if matches!(kind, Kind::OpIsthmus | Kind::Osaka) {
        attributes.parent_beacon_block_root = B256::repeat_byte(0xbe);
    }
    let mut recorder = WitnessRecorder::new(&parent, store.preimages(), ancestors).unwrap();
    let executed =
        build_block(&rules, &parent, &attributes, transactions.clone(), &mut recorder).unwrap();
    let witness = recorder.into_witness(ancestors);
    let transactions = transactions.into_iter().map(Recovered::into_inner).collect();
    (executed, StatelessInput { rules, parent, attributes, transactions, witness })
}

fn named(error: &BlockError) -> Option<B256> {
    match error {
        BlockError::State(StateError::MissingNode(hash) | StateError::MissingCode(hash)) => {
            Some(*hash)
        }
        _ => None,
    }
}

/// Begins with the roots when it is told to prepare.
#[derive(Debug)]
struct Preparing<S> {
    reader: WitnessRecorder<S>,
    nodes: S,
    trie: StateTrie,
    /// What it was told in all.
    told: BTreeMap<Address, AccountChange>,
    parent: ParentSeal,
}

impl<S: PreimageSource + std::fmt::Debug> StateReader for Preparing<S> {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.reader.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.reader.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.reader.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.reader.block_hash(number)
    }
    fn parent_seal(&mut self) -> Result<ParentSeal, StateError> {
        Ok(self.parent)
    }
}

impl<S: PreimageSource + std::fmt::Debug> StateCommitment for Preparing<S> {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        assert!(changes.codes.is_empty());
        self.trie.apply(&self.nodes, &changes, None)?;
        for (address, mut change) in changes.accounts {
            let told = self.told.entry(address).or_default();
            if !change.storage_wiped {
                let mut storage = std::mem::take(&mut told.storage);
                storage.append(&mut change.storage);
                change.storage = storage;
            }
            *told = change;
        }
        Ok(())
    }

    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        self.trie.apply(&self.nodes, changes, storage_of)
    }
}

/// What is known of a block before its roots.
fn unsealed(header: &Header) -> Header {
    let unknown = B256::repeat_byte(0xee);
    Header {
        state_root: unknown,
        receipts_root: unknown,
        transactions_root: unknown,
        logs_bloom: Default::default(),
        withdrawals_root: header.withdrawals_root.map(|_| unknown),
        ..header.clone()
    }
}

/// Builds the block while the roots are prepared after every `step`-th transaction; and the same
/// before the parent is sealed.
fn check_prepared(
    kind: Kind,
    store: &MemoryStore,
    ancestors: &[Header],
    input: &StatelessInput,
    (txs, expected): (Vec<Recovered<Transaction>>, &ExecutedBlock),
) {
    let (rules, parent) = (kind.rules(), store.head());
    for (step, is_ahead) in [(1, false), (2, true), (3, false), (1, true)] {
        let mut reader = Preparing {
            reader: WitnessRecorder::new(parent, store.preimages(), ancestors).unwrap(),
            nodes: store.preimages(),
            trie: StateTrie::from_root(parent.state_root),
            told: BTreeMap::new(),
            parent: ParentSeal {
                hash: parent.hash_slow(),
                beacon_root: input.attributes.parent_beacon_block_root,
            },
        };
        let attributes = input.attributes.clone();
        let builder = if is_ahead {
            BlockBuilder::ahead(&rules, &unsealed(parent), attributes, &mut reader)
        } else {
            BlockBuilder::new(&rules, parent, attributes, &mut reader)
        };
        let mut builder = builder.unwrap();
        for (index, tx) in txs.iter().enumerate() {
            builder.push(tx.clone()).unwrap();
            if index % step == 0 {
                builder.prepare().unwrap();
            }
        }
        builder.prepare().unwrap();
        builder.prepare().unwrap(); // nothing is left to tell
        assert_eq!(builder.finish().unwrap(), *expected);
        for (address, told) in &reader.told {
            let last = &expected.changes.accounts[address];
            assert!(told.storage.keys().all(|slot| last.storage.contains_key(slot)));
        }
        if matches!(kind, Kind::OpIsthmus) {
            // Nothing follows the last transaction.
            assert_eq!(reader.told, expected.changes.accounts);
        }
    }
}

/// A block over the database, the recording and the witness; then without each `step`-th part.
fn check(
    kind: Kind,
    store: &mut MemoryStore,
    ancestors: &mut Vec<Header>,
    txs: Vec<Recovered<Transaction>>,
) {
    let (executed, input) = recorded(kind, store, ancestors, txs.clone());
    let parent = store.head().clone();
    let over_database =
        build_block(&kind.rules(), &parent, &input.attributes, txs.clone(), &mut *store).unwrap();
    assert_eq!(over_database, executed);
    check_differences(&kind.rules(), &executed, &txs, &mut *store);
    check_prepared(kind, store, ancestors, &input, (txs, &executed));
    let encoded = alloy_rlp::encode(&input);
    let decoded: StatelessInput = alloy_rlp::decode_exact(&encoded).unwrap();
    assert_eq!(decoded.execute().unwrap(), executed);
    for index in (0..input.witness.preimages.len()).step_by(5) {
        let mut without = input.clone();
        let missing = keccak256(without.witness.preimages.remove(index));
        assert_eq!(named(&without.execute().unwrap_err()), Some(missing));
    }
    if !input.witness.ancestors.is_empty() {
        let mut without = input;
        without.witness.ancestors.pop();
        let error = without.execute().unwrap_err();
        assert!(matches!(error, BlockError::State(StateError::MissingHeader(_))), "{error}");
    }
    store.commit(&over_database).unwrap();
    ancestors.insert(0, parent);
}

fn run(kind: Kind, blocks: &[Vec<(u8, Action)>]) {
    let mut store = genesis(kind);
    let mut ancestors = Vec::new(); // of the head: its parent first
    let mut nonces = BTreeMap::<u8, u64>::new();
    for block in blocks {
        let mut txs = Vec::new();
        for (sender, action) in block {
            let nonce = nonces.entry(*sender).or_default();
            let tx = kind.transaction(*sender, *nonce, action);
            // A deposit has a sender of its own.
            *nonce += u64::from(tx.inner().as_deposit().is_none());
            txs.push(tx);
        }
        check(kind, &mut store, &mut ancestors, txs);
    }
}

/// In CI 48, in the soak as many as it says.
fn cases() -> ProptestConfig {
    match std::env::var_os("SEAM_SOAK") {
        Some(_) => ProptestConfig::default(), // reads PROPTEST_CASES
        None => ProptestConfig::with_cases(48),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn homestead(blocks in blocks()) { run(Kind::Homestead, &blocks); }

    #[test]
    fn byzantium(blocks in blocks()) { run(Kind::Byzantium, &blocks); }

    #[test]
    fn osaka(blocks in blocks()) { run(Kind::Osaka, &blocks); }

    #[test]
    fn op_isthmus(blocks in blocks()) { run(Kind::OpIsthmus, &blocks); }
}
