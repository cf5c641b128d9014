//! A small Ethereum chain with simulated time, and people who send transactions on it.

use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_eips::{eip2935, eip4788, eip7002, eip7251};
use alloy_primitives::{Address, Bytes, TxHash, TxKind, U256, keccak256};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use seam_chain::{
    Chain, Clock, Running, Settings, SimulatedClock, SteppedClock,
    blobs::{BeaconHeader, Pooled},
    clock::Signal,
    engine::{EmbeddedL1, Finalization, Next, Recipe, Unproduced, slots_of, start},
    pool::PoolLimits,
};
use seam_primitives::{
    Activation, BlobRules, Block, ChainRules, Fork, Header, Recovered, Transaction,
};
use seam_stf::{Account, AccountChange, StateChanges, StateReader, seal_genesis};
use seam_storage::{History, StorageError, StoreOptions, View};
use std::{path::Path, sync::Arc, time::Duration};

pub(crate) const CHAIN_ID: u64 = 900;
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;
/// Stores the number of calls in slot 0 and emits it as a topic.
pub(crate) const COUNTER: Address = Address::repeat_byte(0xcc);
/// `slot0 += 1; log1(0, 0, slot0)`
const COUNTER_CODE: &[u8] =
    &[0x5f, 0x54, 0x60, 0x01, 0x01, 0x80, 0x5f, 0x55, 0x5f, 0x5f, 0xa1, 0x00];

pub(crate) fn rules() -> ChainRules {
    let mut rules = ChainRules::ethereum(CHAIN_ID, |fork| match fork {
        Fork::Dao => Activation::Never,
        _ => Activation::GENESIS,
    });
    rules.blobs = vec![BlobRules {
        from_timestamp: 0,
        target: 14,
        max: 21,
        max_per_transaction: 6,
        update_fraction: 11_684_671,
        reserve_price: true,
    }];
    rules
}

pub(crate) fn person(index: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&keccak256([index])).unwrap()
}

fn contract(code: &[u8]) -> (Account, Bytes) {
    let code = Bytes::copy_from_slice(code);
    (Account { nonce: 1, balance: U256::ZERO, code_hash: keccak256(&code) }, code)
}

pub(crate) fn genesis() -> (Header, StateChanges) {
    let mut state = StateChanges::default();
    let wealth = U256::from(10).pow(U256::from(22));
    for index in 0..10 {
        let account = Some(Account { balance: wealth, ..Account::default() });
        let change = AccountChange { account, ..AccountChange::default() };
        state.accounts.insert(person(index).address(), change);
    }
    let contracts: [(Address, &[u8]); 5] = [
        (COUNTER, COUNTER_CODE),
        (eip4788::BEACON_ROOTS_ADDRESS, &eip4788::BEACON_ROOTS_CODE),
        (eip2935::HISTORY_STORAGE_ADDRESS, &eip2935::HISTORY_STORAGE_CODE),
        (
            eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS,
            &eip7002::WITHDRAWAL_REQUEST_PREDEPLOY_CODE,
        ),
        (
            eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS,
            &eip7251::CONSOLIDATION_REQUEST_PREDEPLOY_CODE,
        ),
    ];
    for (address, code) in contracts {
        let (account, code) = contract(code);
        state.codes.insert(account.code_hash, code);
        let change = AccountChange { account: Some(account), ..AccountChange::default() };
        state.accounts.insert(address, change);
    }
    let given = Header { gas_limit: 60_000_000, timestamp: GENESIS_TIME, ..Header::default() };
    (seal_genesis(&rules(), given, &state).unwrap().header, state)
}

pub(crate) fn options() -> StoreOptions {
    StoreOptions {
        history: History::Blocks(500),
        flush_blocks: 7,
        journal_bytes: 64 << 20,
        cache_bytes: 16 << 20,
        ..StoreOptions::default()
    }
}

fn run(directory: &Path, recipe: Arc<dyn Recipe>, clock: Arc<dyn Clock>) -> Running {
    let (genesis, state) = genesis();
    start(Settings {
        name: "test",
        rules: rules(),
        genesis,
        state,
        directory: directory.to_owned(),
        store: options(),
        pool: PoolLimits::default(),
        clock,
        recipe,
    })
    .unwrap()
}

/// A chain that makes a block every 2 s of a clock that never waits.
pub(crate) fn producing(directory: &Path) -> Running {
    let now = Duration::from_secs(GENESIS_TIME);
    producing_with(directory, Arc::new(SimulatedClock::starting_at(now)))
}

pub(crate) fn producing_with(directory: &Path, clock: Arc<dyn Clock>) -> Running {
    let slots = slots_of(&genesis().0);
    run(directory, Arc::new(EmbeddedL1::new(2, 1_000_000, slots)), clock)
}

/// A chain to which blocks come by import alone; the finalized block trails the head by `depth` blocks, the
/// safe one by half of that.
pub(crate) fn trailing(directory: &Path, depth: u64) -> Running {
    run(directory, Arc::new(Trailing(depth)), steps())
}

#[derive(Debug)]
struct Trailing(u64);

impl Recipe for Trailing {
    fn block_seconds(&self) -> Option<u64> {
        None
    }

    fn timestamp(&self, parent: u64, _now: Duration) -> u64 {
        parent + 1
    }

    fn next(&self, _: &ChainRules, _: &View, _: u64) -> Result<Next, StorageError> {
        Ok(Next::Wait)
    }

    fn finalization(&self) -> Finalization {
        Finalization::Trailing(self.0)
    }
}

/// A chain that is far behind its clock, and makes one block after the other.
pub(crate) fn late(directory: &Path) -> Running {
    let recipe = Arc::new(Gapless(EmbeddedL1::new(2, 1_000_000, slots_of(&genesis().0))));
    run(directory, recipe, Arc::new(YearsAhead))
}

/// As on a Layer 2, no time is left out.
#[derive(Debug)]
struct Gapless(EmbeddedL1);

impl Recipe for Gapless {
    fn block_seconds(&self) -> Option<u64> {
        self.0.block_seconds()
    }

    fn timestamp(&self, parent: u64, _now: Duration) -> u64 {
        self.0.timestamp(parent, Duration::from_secs(parent))
    }

    fn next(&self, rules: &ChainRules, parent: &View, time: u64) -> Result<Next, StorageError> {
        self.0.next(rules, parent, time)
    }

    fn finalization(&self) -> Finalization {
        self.0.finalization()
    }
}

#[derive(Debug)]
struct YearsAhead;

impl Clock for YearsAhead {
    fn now(&self) -> Duration {
        Duration::from_secs(GENESIS_TIME + 1_000_000_000)
    }

    fn wait(&self, _: &Signal, _: Duration) {
        panic!("whoever is late does not wait");
    }
}

/// A chain to which blocks come by import alone; none is final.
pub(crate) fn importing(directory: &Path) -> Running {
    let now = Duration::from_secs(GENESIS_TIME);
    let clock = Arc::new(SimulatedClock::starting_at(now));
    run(directory, Arc::new(Unproduced { reversible: true }), clock)
}

/// Time that stands at the genesis until the test lets it pass.
pub(crate) fn steps() -> Arc<SteppedClock> {
    SteppedClock::starting_at(Duration::from_secs(GENESIS_TIME))
}

/// Waits until the head has this number.
pub(crate) fn wait_for(chain: &Chain, number: u64) {
    let mut events = chain.subscribe();
    while chain.head().number() < number {
        events.blocking_recv().unwrap();
    }
}

fn signed<T: SignableTransaction<alloy_primitives::Signature>>(
    from: u8,
    transaction: T,
    wrap: impl Fn(alloy_consensus::Signed<T>) -> Transaction,
) -> Pooled {
    let signer = person(from);
    let signature = signer.sign_hash_sync(&transaction.signature_hash()).unwrap();
    let transaction = wrap(transaction.into_signed(signature));
    let transaction = Recovered::new_unchecked(transaction, signer.address());
    Pooled { transaction, sidecar: None }
}

pub(crate) fn transfer(from: u8, nonce: u64, to: Address, wei: u64) -> Pooled {
    let transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000 + u128::from(wei),
        to: TxKind::Call(to),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    signed(from, transaction, Transaction::Eip1559)
}

/// A transfer with some fields changed.
pub(crate) fn changed(from: u8, change: impl FnOnce(&mut TxEip1559)) -> Pooled {
    let mut transaction = TxEip1559 {
        chain_id: CHAIN_ID,
        gas_limit: 21_000,
        max_fee_per_gas: 100_000_000_000,
        max_priority_fee_per_gas: 1_000_000_000,
        to: TxKind::Call(Address::repeat_byte(9)),
        ..TxEip1559::default()
    };
    change(&mut transaction);
    signed(from, transaction, Transaction::Eip1559)
}

pub(crate) fn call_counter(from: u8, nonce: u64) -> Pooled {
    let transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_price: 100_000_000_000,
        gas_limit: 60_000,
        to: TxKind::Call(COUNTER),
        ..TxLegacy::default()
    };
    signed(from, transaction, Transaction::Legacy)
}

fn legacy(from: u8, nonce: u64, to: TxKind, input: Bytes, wei: u64) -> Pooled {
    let transaction = TxLegacy {
        chain_id: Some(CHAIN_ID),
        nonce,
        gas_price: 100_000_000_000,
        gas_limit: 200_000,
        to,
        value: U256::from(wei),
        input,
    };
    signed(from, transaction, Transaction::Legacy)
}

/// Creates a contract by this init code.
pub(crate) fn create(from: u8, nonce: u64, init: Bytes, wei: u64) -> Pooled {
    legacy(from, nonce, TxKind::Create, init, wei)
}

/// Calls a contract.
pub(crate) fn call_with(from: u8, nonce: u64, to: Address, input: Bytes) -> Pooled {
    legacy(from, nonce, TxKind::Call(to), input, 0)
}

pub(crate) fn hash(pooled: &Pooled) -> TxHash {
    pooled.transaction.inner().hash()
}

/// All blocks above the genesis.
pub(crate) fn blocks(chain: &Chain) -> Vec<Block> {
    let head = chain.head();
    let block = |number| head.reader.block(number).unwrap().unwrap().block;
    (1..=head.number()).map(block).collect()
}

pub(crate) fn balance(chain: &Chain, address: Address) -> U256 {
    let account = chain.head().view.clone().account(address).unwrap();
    account.unwrap_or_default().balance
}

/// Every block carries the beacon root of its parent as that was sealed (EIP-4788).
pub(crate) fn check_beacon_roots(chain: &Chain) {
    let head = chain.head();
    for number in 1..=head.number() {
        let (hash, parent) = head.reader.header(number - 1).unwrap().unwrap();
        let (_, header) = head.reader.header(number).unwrap().unwrap();
        let root = BeaconHeader::of(&parent, hash, chain.slots()).root();
        assert_eq!(header.parent_beacon_block_root, Some(root), "block {number}");
    }
}
