//! Starting and stopping the threads of a chain.

use super::{Command, EngineError, Recipe, committer::Committer, producer::Producer};
use crate::{
    blobs::{SlotClock, kzg},
    chain::{Chain, EVENT_BACKLOG, Head, Health, Shared},
    clock::{AdjustableClock, Clock, Signal},
    dev::Dev,
    metrics::ChainMetrics,
    pool::{Pool, PoolLimits},
};
use seam_primitives::{ChainRules, Header};
use seam_stf::StateChanges;
use seam_storage::{RootThread, Store, StoreOptions};
use std::{
    num::NonZeroU64,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, channel},
    },
    thread::{self, JoinHandle},
};
use tokio::sync::{broadcast, watch};

/// What a chain is made of.
#[derive(Debug)]
pub struct Settings {
    /// For logs: `l1`, `l2`.
    pub name: &'static str,
    /// All that tells it from other chains.
    pub rules: ChainRules,
    /// The first block.
    pub genesis: Header,
    /// The state of the first block.
    pub state: StateChanges,
    /// Where it is kept.
    pub directory: PathBuf,
    /// How it is kept.
    pub store: StoreOptions,
    /// What may wait for a block.
    pub pool: PoolLimits,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// How its blocks are made.
    pub recipe: Arc<dyn Recipe>,
}

/// The beacon slots of a chain: one a second, so that a block keeps its slot whatever the time
/// between blocks is later.
pub fn slots_of(genesis: &Header) -> SlotClock {
    SlotClock { genesis_time: genesis.timestamp, seconds_per_slot: NonZeroU64::MIN }
}

/// Opens the chain, or makes it, and starts its threads.
///
/// # Errors
/// [`EngineError`] if its data cannot be opened, or no thread be started.
pub fn start(settings: Settings) -> Result<Running, EngineError> {
    let Settings { name, rules, genesis, state, directory, store, pool, clock, recipe } = settings;
    kzg::warm_up().map_err(EngineError::Thread)?;
    let slots = slots_of(&genesis);
    let store = Store::open(&directory, &genesis, &state, store)?;
    drop(state);
    let head = Head::of(&store, &rules)?;
    tracing::info!(chain = name, head = head.number(), hash = %head.hash(), "opened");
    let roots = Arc::new(RootThread::start(*store.options())?);
    let (commands, received) = channel();
    let shared = Arc::new(Shared {
        rules,
        slots,
        store,
        pool: Mutex::new(Pool::new(pool)),
        head: RwLock::new(Arc::new(head)),
        events: broadcast::channel(EVENT_BACKLOG).0,
        health: watch::channel(Health::Running).0,
        signal: Signal::default(),
        stopping: AtomicBool::new(false),
        clock: AdjustableClock::new(clock),
        dev: Dev::default(),
        recipe,
        commands: Mutex::new(commands),
        metrics: ChainMetrics::default(),
        given: Mutex::default(),
        seal_time: Mutex::default(),
    });
    let committer = Committer::start(shared.clone(), roots.clone())?;
    let producer = Producer::new(shared.clone(), roots, committer);
    let ending = shared.clone();
    let run = move || build(producer, &received, &ending);
    let thread = thread::Builder::new().name(format!("seam-{name}")).spawn(run);
    let thread = Some(thread.map_err(EngineError::Thread)?);
    Ok(Running { chain: Chain(shared), thread })
}

/// Builds until told to stop; whoever still waits for an answer gets one.
fn build(producer: Producer, commands: &Receiver<Command>, shared: &Shared) {
    producer.run(commands); // dropping it writes what is on its way
    while let Ok(command) = commands.try_recv() {
        Producer::refuse(command);
    }
    shared.health.send_if_modified(|health| {
        let running = matches!(health, Health::Running);
        if running {
            *health = Health::Stopped;
        }
        running
    });
}

/// A chain with its threads. Dropping it stops them.
#[derive(Debug)]
pub struct Running {
    /// The handle that everyone else uses.
    pub chain: Chain,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Stops building, and waits until all that was sealed is on disk.
    ///
    /// # Errors
    /// Why it had failed before, if it had.
    pub fn stop(mut self) -> Result<(), Arc<EngineError>> {
        self.join();
        match &*self.chain.health().borrow() {
            Health::Failed(error) => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn join(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let shared = &self.chain.0;
        shared.stopping.store(true, Ordering::Release);
        let commands = shared.commands.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // It may have ended by itself.
        let _ = commands.send(Command::Stop);
        shared.signal.raise();
        if thread.join().is_err() {
            tracing::error!("the thread that builds blocks has panicked");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.join();
    }
}
