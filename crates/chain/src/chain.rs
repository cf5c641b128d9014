//! The handle of a running chain: what JSON-RPC, the status line and other parts of the node use.

use crate::{
    blobs::{Limits, Pooled, RawTransactionError, SlotClock, decode_raw},
    clock::{AdjustableClock, Clock, Signal},
    dev::{self, Dev},
    engine::{
        Command, Contest, EngineError, ImportError, Imported, Next, Recipe, Rollup,
        attributes_like, pending_header,
    },
    events::Event,
    op_fees,
    pool::{Inserted, Market, Pool, PoolError, PoolTransaction, Sender, TransactionRules},
};
use alloy_consensus::Transaction as _;
use alloy_eips::Encodable2718;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, TxHash, U256};
use seam_primitives::{Block, ChainRules, Header, L1Attributes, Transaction};
use seam_stf::{StateError, StateReader as _, header};
use seam_storage::{Finality, History, Reader, StorageError, Store, View};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender as CommandSender, channel},
    },
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// Events that a slow subscriber may be behind; then it is told how many it missed.
pub const EVENT_BACKLOG: usize = 1_024;

/// The newest block that is on disk, its state, and how far the chain is beyond doubt.
#[derive(Debug, Clone)]
pub struct Head {
    /// The state after the block; reading it is consistent whatever comes later.
    pub view: View,
    hash: B256,
    /// The whole chain up to this block.
    pub reader: Reader,
    /// The safe and the finalized block.
    pub finality: Finality,
    /// On a rollup, what the block says of L1: it sets the fees for data and for the operator.
    pub l1_attributes: Option<L1Attributes>,
}

impl Head {
    /// The head of what is stored.
    pub(crate) fn of(store: &Store, rules: &ChainRules) -> Result<Self, StorageError> {
        let reader = store.reader()?;
        let view = View::at(reader.clone(), reader.head())?;
        let (hash, finality) = (reader.head_hash(), reader.finality()?);
        let first = if rules.is_op_stack() { view.first_transaction()? } else { None };
        let l1_attributes = first.as_ref().and_then(L1Attributes::of_transaction);
        Ok(Self { view, hash, reader, finality, l1_attributes })
    }

    /// Number of the block.
    pub fn number(&self) -> u64 {
        self.view.number()
    }

    /// The block's header.
    pub fn header(&self) -> &Header {
        self.view.header()
    }

    /// The block's hash.
    pub const fn hash(&self) -> B256 {
        self.hash
    }
}

/// How the chain is doing. Watch it to learn of its end.
#[derive(Debug, Clone, Default)]
pub enum Health {
    /// It runs.
    #[default]
    Running,
    /// It was asked to stop and has: all is on disk.
    Stopped,
    /// It cannot go on; nothing that was announced is lost.
    Failed(Arc<EngineError>),
}

/// Why a transaction is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The bytes are no transaction.
    #[error(transparent)]
    Raw(#[from] RawTransactionError),
    /// The mempool refuses it.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// The sender's account could not be read.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A running chain. Clones are of the same chain.
#[derive(Debug, Clone)]
pub struct Chain(pub(crate) Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) rules: ChainRules,
    pub(crate) slots: SlotClock,
    pub(crate) store: Store,
    pub(crate) pool: Mutex<Pool>,
    pub(crate) head: RwLock<Arc<Head>>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) health: watch::Sender<Health>,
    pub(crate) signal: Signal,
    pub(crate) stopping: AtomicBool,
    pub(crate) clock: AdjustableClock,
    pub(crate) dev: Dev,
    pub(crate) recipe: Arc<dyn Recipe>,
    pub(crate) commands: Mutex<CommandSender<Command>>,
    pub(crate) metrics: crate::metrics::ChainMetrics,
    /// How far the chain is beyond doubt, as somebody said who follows L1.
    pub(crate) given: Mutex<Option<Finality>>,
    /// How long sealing takes, as of late.
    pub(crate) seal_time: Mutex<Duration>,
}

impl Chain {
    /// All that tells the chain from others.
    pub fn rules(&self) -> &ChainRules {
        &self.0.rules
    }

    /// How block times map to beacon slots.
    pub fn slots(&self) -> &SlotClock {
        &self.0.slots
    }

    /// The newest block that is on disk.
    pub fn head(&self) -> Arc<Head> {
        self.0.head()
    }

    /// The mempool. Hold it briefly: block building waits for it.
    pub fn pool(&self) -> MutexGuard<'_, Pool> {
        self.0.pool()
    }

    /// What happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// How the chain is doing, now and later.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.health.subscribe()
    }

    /// Of how many blocks the state is kept.
    pub fn history(&self) -> History {
        self.0.store.options().history
    }

    /// What the chain is made by, if it is a rollup.
    pub fn rollup(&self) -> Option<&Rollup> {
        self.0.recipe.rollup()
    }

    /// What the chain counts.
    pub fn metrics(&self) -> &crate::metrics::ChainMetrics {
        &self.0.metrics
    }

    /// The time of the chain.
    pub fn clock(&self) -> &dyn Clock {
        &self.0.clock
    }

    /// Has the chain look at its clock again, after time was changed by hand.
    pub fn wake(&self) {
        self.0.signal.raise();
    }

    /// Takes a transaction as `eth_sendRawTransaction` gets it.
    ///
    /// # Errors
    /// [`SubmitError`], whose messages are those that clients know.
    pub fn submit_raw(&self, bytes: &[u8]) -> Result<TxHash, SubmitError> {
        let limits = Limits::at(&self.0.rules, self.0.next_timestamp(&self.head()));
        self.submit(decode_raw(bytes, limits)?)
    }

    /// Takes a transaction whose signature, and sidecar if any, were checked.
    ///
    /// # Errors
    /// [`SubmitError::Pool`] if the mempool refuses it.
    pub fn submit(&self, pooled: Pooled) -> Result<TxHash, SubmitError> {
        let Pooled { transaction, sidecar } = pooled;
        let fee = data_fee(&self.head(), transaction.inner());
        let transaction = PoolTransaction::with_data_fee(transaction, sidecar.map(Arc::new), fee);
        let inserted = self.insert(&transaction)?;
        self.0.count_pool();
        // Nobody may be listening.
        let _ = self.0.events.send(Event::Pending(inserted.hash));
        self.0.signal.raise();
        Ok(inserted.hash)
    }

    /// The sender's account is read without holding the pool, so a block may come between.
    fn insert(&self, transaction: &PoolTransaction) -> Result<Inserted, SubmitError> {
        loop {
            let generation = self.pool().generation();
            let head = self.head();
            let mut sender = sender_of(&head, transaction.sender())?;
            // EIP-3607 is of senders that sign.
            if dev::is_unsigned(transaction.transaction()) {
                sender.has_code = false;
                self.0.dev.mark_changed();
            }
            let market = self.market(&head);
            let mut pool = self.pool();
            if pool.generation() == generation {
                return Ok(pool.insert(transaction.clone(), sender, &market)?);
            }
        }
    }

    /// Whether somebody took blocks of this development chain back by hand since it was started: then
    /// even final ones may have gone.
    pub fn went_back_by_hand(&self) -> bool {
        self.0.dev.went_back()
    }

    /// Whether somebody changed this development chain by hand since it was started, so that its blocks do
    /// not follow from their transactions and from L1 any more: other state, other times, transactions
    /// that nobody signed, or blocks that were taken back.
    pub fn is_changed_by_hand(&self) -> bool {
        self.0.dev.is_changed()
    }

    /// The timestamp that the block after the head has at least.
    pub fn next_timestamp(&self) -> u64 {
        self.0.next_timestamp(&self.head())
    }

    /// What the block after `head` charges, as far as it is known.
    pub fn market(&self, head: &Head) -> Market {
        market_after(&self.0.rules, head.header(), self.0.next_timestamp(head))
    }

    /// The header of the block after `head`, as far as it is known: for calls on the pending block.
    ///
    /// # Errors
    /// [`StorageError`] if what it follows from cannot be read.
    pub fn pending_header(&self, head: &Head) -> Result<Header, StorageError> {
        let Shared { rules, recipe, .. } = &*self.0;
        let timestamp = self.0.next_timestamp(head);
        let mut attributes = match recipe.next(rules, &head.view, timestamp)? {
            Next::Block(input) => input.attributes,
            Next::Wait | Next::Unwind => attributes_like(head.header(), timestamp),
        };
        if let Some(root) = recipe.beacon_root(head.header(), head.hash()) {
            attributes.parent_beacon_block_root = root;
        }
        Ok(pending_header(rules, head.header(), head.hash(), &attributes))
    }

    /// Appends blocks that others built. A branch that is longer than the chain from where it leaves
    /// it replaces it, as one step; blocks that the chain has already are passed over.
    ///
    /// # Errors
    /// [`ImportError`] if a block is refused: the chain is then as before.
    pub fn import(&self, blocks: Vec<Block>) -> Result<Imported, ImportError> {
        self.take(blocks, Contest::Longer)
    }

    /// The same for blocks that the rollup's sequencer signed: they replace what is in their way even
    /// if the chain becomes shorter, but nothing safe.
    ///
    /// # Errors
    /// [`ImportError`] if a block is refused: the chain is then as before.
    pub fn follow(&self, blocks: Vec<Block>) -> Result<Imported, ImportError> {
        self.take(blocks, Contest::Brought)
    }

    fn take(&self, blocks: Vec<Block>, contest: Contest) -> Result<Imported, ImportError> {
        let (answer, answered) = channel();
        self.ask(Command::Import(blocks, contest, answer), &answered)?
    }

    /// Replaces the last `depth` blocks by others without transactions; those go back into the
    /// mempool. For tests.
    ///
    /// # Errors
    /// [`ImportError`] if so many blocks cannot be undone.
    pub fn reorg(&self, depth: u64) -> Result<Imported, ImportError> {
        let (answer, answered) = channel();
        self.ask(Command::Reorg(depth, answer), &answered)?
    }

    pub(crate) fn ask<T>(
        &self,
        command: Command,
        answered: &Receiver<T>,
    ) -> Result<T, ImportError> {
        let commands = self.0.commands.lock().unwrap_or_else(PoisonError::into_inner).clone();
        commands.send(command).map_err(|_| ImportError::Stopped)?;
        self.0.signal.raise();
        answered.recv().map_err(|_| ImportError::Stopped)
    }
}

impl Shared {
    /// The timestamp that the block after `head` has at least.
    pub(crate) fn next_timestamp(&self, head: &Head) -> u64 {
        let parent = head.header().timestamp;
        self.dev.timestamp(parent, parent + self.block_seconds())
    }

    /// The chain has ended, for this reason.
    pub(crate) fn fail(&self, error: EngineError) {
        tracing::error!(%error, "the chain stops");
        self.stopping.store(true, Ordering::Release);
        self.signal.raise();
        self.health.send_replace(Health::Failed(Arc::new(error)));
    }

    /// How long sealing takes, as of late.
    pub(crate) fn seal_time(&self) -> Duration {
        *self.seal_time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A block took so long to seal. The mean counts, so that one slow block does not shorten many.
    pub(crate) fn sealed_in(&self, took: Duration) {
        self.metrics.seal_seconds.observe(took.as_secs_f64());
        let mut mean = self.seal_time.lock().unwrap_or_else(PoisonError::into_inner);
        *mean = ((*mean * 7 + took) / 8).min(self.block_time() / 2);
    }

    pub(crate) fn block_seconds(&self) -> u64 {
        self.recipe.block_seconds().unwrap_or(1)
    }

    /// From block to block.
    pub(crate) fn block_time(&self) -> Duration {
        Duration::from_secs(self.block_seconds())
    }

    /// Keeps the gauges of the mempool up to date.
    pub(crate) fn count_pool(&self) {
        let status = self.pool().status();
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.pool_transactions.set(gauge(status.waiting()));
        self.metrics.pool_bytes.set(gauge(status.bytes));
    }

    /// The mempool. Hold it briefly: block building waits for it.
    pub(crate) fn pool(&self) -> MutexGuard<'_, Pool> {
        // A panic in one of its methods is a bug; going on with the pool as it is loses no block.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest block that is on disk.
    pub(crate) fn head(&self) -> Arc<Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How code begins that only says where the code is (EIP-7702).
const DELEGATION: &[u8] = &[0xef, 0x01, 0x00];

/// What the pool must know of an account.
pub(crate) fn sender_of(head: &Head, address: Address) -> Result<Sender, StateError> {
    let mut state = head.view.clone();
    let account = state.account(address)?.unwrap_or_default();
    let has_code = account.code_hash != KECCAK256_EMPTY
        && !state.code(account.code_hash)?.starts_with(DELEGATION);
    Ok(Sender { nonce: account.nonce, balance: account.balance, has_code })
}

/// What a rollup charges beside the gas: for the transaction's data on L1, and for the operator. It
/// must be covered as well.
pub(crate) fn data_fee(head: &Head, transaction: &Transaction) -> U256 {
    let Some(attributes) = &head.l1_attributes else { return U256::ZERO };
    let data = op_fees::data_fee(attributes, &transaction.encoded_2718());
    data.saturating_add(op_fees::operator_fee(attributes, transaction.gas_limit()))
}

/// What a block on `parent` with this timestamp charges.
pub(crate) fn market_after(rules: &ChainRules, parent: &Header, timestamp: u64) -> Market {
    let excess = header::excess_blob_gas(rules, parent, timestamp).unwrap_or_default();
    Market {
        rules: TransactionRules::at(rules, parent.number + 1, timestamp),
        base_fee: header::base_fee(rules, parent, timestamp).unwrap_or_default(),
        blob_base_fee: header::blob_base_fee(rules, timestamp, excess),
        gas_limit: parent.gas_limit,
    }
}
