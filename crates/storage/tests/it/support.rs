//! A chain of made-up changes, and a model of it that keeps every state whole.

use alloy_consensus::EMPTY_ROOT_HASH;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use seam_primitives::{Block, Header};
use seam_stf::{
    Account, AccountChange, ExecutedBlock, StateChanges, StateCommitment, StateReader,
    state_trie::StateTrie,
};
use seam_storage::{
    Commit, Flush, History, NewBlock, RootThread, Store, StoreOptions, TrieNodes, View,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

/// What an account is changed to.
#[derive(Debug, Clone)]
pub(crate) struct Touch {
    pub(crate) who: u8,
    pub(crate) what: What,
}

#[derive(Debug, Clone)]
pub(crate) enum What {
    Balance(u64),
    Slots(Vec<(u8, u64)>),
    Code(u8),
    Delete,
    /// Storage is wiped, then some is written.
    Recreate(Vec<(u8, u64)>),
}

/// A whole state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) accounts: BTreeMap<Address, Account>,
    pub(crate) slots: BTreeMap<(Address, U256), U256>,
}

pub(crate) fn address(who: u8) -> Address {
    Address::from_word(keccak256([who]))
}

impl State {
    /// The changes that `touches` mean in this state, which becomes the one after them.
    pub(crate) fn change(&mut self, touches: &[Touch]) -> StateChanges {
        let mut changes = StateChanges::default();
        for touch in touches {
            let address = address(touch.who);
            let change = changes.accounts.entry(address).or_insert_with(|| AccountChange {
                account: self.accounts.get(&address).copied(),
                ..AccountChange::default()
            });
            apply(change, &touch.what, &mut changes.codes);
        }
        for (address, change) in &changes.accounts {
            self.take(*address, change);
        }
        changes
    }

    fn take(&mut self, address: Address, change: &AccountChange) {
        match change.account {
            Some(account) => self.accounts.insert(address, account),
            None => self.accounts.remove(&address),
        };
        if change.storage_wiped || change.account.is_none() {
            self.slots.retain(|(owner, _), _| *owner != address);
        }
        if change.account.is_some() {
            for (slot, value) in &change.storage {
                match value.is_zero() {
                    true => self.slots.remove(&(address, *slot)),
                    false => self.slots.insert((address, *slot), *value),
                };
            }
        }
    }

    /// Its root, computed from nothing else.
    pub(crate) fn root(&self) -> B256 {
        let mut changes = StateChanges::default();
        for (address, account) in &self.accounts {
            let change = AccountChange { account: Some(*account), ..AccountChange::default() };
            changes.accounts.insert(*address, change);
        }
        for ((address, slot), value) in &self.slots {
            let change = changes.accounts.get_mut(address).unwrap();
            change.storage.insert(*slot, *value);
        }
        let nothing: BTreeMap<B256, Bytes> = BTreeMap::new();
        StateTrie::from_root(EMPTY_ROOT_HASH).apply(&nothing, &changes, None).unwrap().state
    }
}

fn apply(change: &mut AccountChange, what: &What, codes: &mut BTreeMap<B256, Bytes>) {
    let mut account = change.account.unwrap_or_default();
    match what {
        What::Balance(wei) => account.balance = U256::from(*wei),
        What::Slots(slots) => change.storage.extend(slots.iter().map(word)),
        What::Code(code) => {
            let code = Bytes::from(vec![*code; 3]);
            account.code_hash = keccak256(&code);
            codes.insert(account.code_hash, code);
        }
        What::Delete => {
            *change = AccountChange { storage_wiped: true, ..AccountChange::default() };
            return;
        }
        What::Recreate(slots) => {
            change.storage_wiped = true;
            change.storage = slots.iter().map(word).collect();
        }
    }
    account.nonce += 1;
    change.account = Some(account);
}

fn word((slot, value): &(u8, u64)) -> (U256, U256) {
    (U256::from(*slot), U256::from(*value))
}

pub(crate) fn options(history: History, flush_blocks: u64) -> StoreOptions {
    StoreOptions { history, flush_blocks, journal_bytes: 64 << 20, ..StoreOptions::default() }
}

/// A store, its root thread, and all states that it ever had on its way to the head.
pub(crate) struct Model {
    pub(crate) store: Store,
    roots: RootThread,
    /// By number.
    pub(crate) states: Vec<State>,
    /// So that branches differ.
    salt: u64,
}

/// An account in the genesis state.
pub(crate) fn genesis() -> (Header, StateChanges, State) {
    let mut state = State::default();
    let changes = state.change(&[
        Touch { who: 0, what: What::Balance(1_000) },
        Touch { who: 1, what: What::Slots(vec![(1, 1), (2, 2)]) },
    ]);
    let header = header(0, B256::ZERO, state.root(), 0);
    (header, changes, state)
}

fn header(number: u64, parent_hash: B256, state_root: B256, salt: u64) -> Header {
    Header {
        number,
        parent_hash,
        state_root,
        timestamp: number,
        transactions_root: EMPTY_ROOT_HASH,
        receipts_root: EMPTY_ROOT_HASH,
        extra_data: salt.to_be_bytes().into(),
        ..Header::default()
    }
}

impl Model {
    pub(crate) fn new(directory: &Path, options: StoreOptions) -> Self {
        let (header, changes, state) = genesis();
        let store = Store::open(directory, &header, &changes, options).unwrap();
        let roots = RootThread::start(options).unwrap();
        Self { store, roots, states: vec![state], salt: 0 }
    }

    /// The same store, opened anew.
    pub(crate) fn reopen(self, directory: &Path, options: StoreOptions) -> Self {
        let Self { store, roots, states, salt } = self;
        drop((roots, store));
        let (header, changes, _) = genesis();
        let store = Store::open(directory, &header, &changes, options).unwrap();
        let roots = RootThread::start(options).unwrap();
        Self { store, roots, states, salt }
    }

    /// A store that somebody else made, whose last state is the last of `states`.
    pub(crate) fn over(directory: &Path, options: StoreOptions, states: Vec<State>) -> Self {
        let (header, changes, _) = genesis();
        let store = Store::open(directory, &header, &changes, options).unwrap();
        let roots = RootThread::start(options).unwrap();
        Self { store, roots, states, salt: 7 }
    }

    pub(crate) fn head(&self) -> View {
        let reader = self.store.reader().unwrap();
        let head = reader.head();
        View::at(reader, head).unwrap()
    }

    /// Appends a block; its changes are given to the root thread in parts, as a builder does.
    pub(crate) fn append(&mut self, touches: &[Touch]) {
        let mut states = self.states.clone();
        let (block, nodes, _) = self.execute(&self.head(), &mut states, touches, Flush::WhenDue);
        let number = block.executed.block.header.number;
        let flushed = nodes.is_some();
        let commit = Commit { blocks: vec![block], nodes, ..Commit::default() };
        self.store.commit(&commit).unwrap();
        if flushed {
            self.roots.stored(number);
        }
        self.states = states;
    }

    /// Replaces all above `fork` by blocks with these changes, in one commit.
    pub(crate) fn branch(&mut self, fork: u64, blocks: &[Vec<Touch>]) {
        let (commit, states) = self.branch_commit(fork, blocks);
        self.store.commit(&commit).unwrap();
        self.roots.stored(fork + blocks.len() as u64);
        self.states = states;
    }

    /// What [`Self::branch`] commits, and the states of the chain afterwards.
    pub(crate) fn branch_commit(
        &mut self,
        fork: u64,
        blocks: &[Vec<Touch>],
    ) -> (Commit, Vec<State>) {
        self.salt += 1;
        let mut states = self.states.clone();
        states.truncate(usize::try_from(fork).unwrap() + 1);
        let mut view = View::at(self.store.reader().unwrap(), fork).unwrap();
        let (mut new, mut nodes) = (Vec::new(), None);
        for (index, touches) in blocks.iter().enumerate() {
            let flush = if index + 1 == blocks.len() { Flush::Now } else { Flush::Never };
            let done = self.execute(&view, &mut states, touches, flush);
            new.push(done.0);
            (nodes, view) = (done.1, done.2);
        }
        (Commit { unwind_to: Some(fork), blocks: new, nodes, finality: None }, states)
    }

    fn execute(
        &self,
        parent: &View,
        states: &mut Vec<State>,
        touches: &[Touch],
        flush: Flush,
    ) -> (NewBlock, Option<TrieNodes>, View) {
        let mut state = states.last().unwrap().clone();
        let mut build = self.roots.begin(parent.clone());
        // What a builder has after half of its transactions, then after all.
        let mut early = state.clone();
        let half = early.change(&touches[..touches.len() / 2]);
        build.prepare(without_codes(&half)).unwrap();
        let changes = state.change(touches);
        build.prepare(without_codes(&changes)).unwrap();
        let root = build.roots_after(&changes, None).unwrap().state;
        assert_eq!(root, state.root(), "the root thread's root");
        let header = header(parent.number() + 1, parent.sealed_hash().unwrap(), root, self.salt);
        let hash = header.hash_slow();
        let nodes = self.roots.sealed(hash, header.number, flush).wait();
        let block =
            Block { header, transactions: Vec::new(), ommers: Vec::new(), withdrawals: None };
        let executed =
            Arc::new(ExecutedBlock { block, hash, receipts: Vec::new(), changes: changes.into() });
        states.push(state);
        let view = parent.with(executed.clone()).unwrap();
        (NewBlock { executed, senders: Vec::new(), blobs: None }, nodes, view)
    }

    /// Reads every state that is kept, whole, and has the store check itself.
    pub(crate) fn check(&self) {
        let reader = self.store.reader().unwrap();
        reader.check().unwrap();
        let oldest = reader.oldest_state().unwrap();
        assert_eq!(reader.head() + 1, self.states.len() as u64);
        let keys: BTreeSet<_> = self.states.iter().flat_map(|state| state.slots.keys()).collect();
        for number in oldest..=reader.head() {
            let expected = &self.states[usize::try_from(number).unwrap()];
            let mut view = View::at(reader.clone(), number).unwrap();
            assert_eq!(view.header().state_root, expected.root());
            for who in 0..=u8::MAX {
                let found = view.account(address(who)).unwrap();
                assert_eq!(found, expected.accounts.get(&address(who)).copied());
            }
            for (owner, slot) in &keys {
                let found = view.storage(*owner, *slot).unwrap();
                let expected = expected.slots.get(&(*owner, *slot)).copied();
                assert_eq!(found, expected.unwrap_or_default(), "slot at block {number}");
            }
        }
    }
}

fn without_codes(changes: &StateChanges) -> StateChanges {
    StateChanges { codes: BTreeMap::new(), ..changes.clone() }
}
