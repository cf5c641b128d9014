//! State roots, computed beside the building of blocks.
//!
//! One thread owns the tries of the newest state. While a block is being built it is told what the
//! transactions so far have changed ([`StateCommitment::prepare`]), so that at the end little is
//! left to hash. It seals the block as well, so that the next one is begun at once: who needs the
//! hash waits for the [`Sealing`]. Writing nodes out happens there too.

mod sealing;
mod trie;

pub use sealing::Sealing;

use crate::{error::StorageError, view::View};
use alloy_primitives::{Address, B256, Bytes, U256};
use sealing::Promise;
use seam_stf::{
    Account, BlockError, ExecutedBlock, StateChanges, StateCommitment, StateError, StateReader,
    UnsealedBlock, state::Roots, trie::NodeChanges,
};
use std::{
    sync::mpsc::{self, Receiver, Sender},
    thread::{self, JoinHandle},
};
use trie::HeadTrie;

pub use trie::Preimages;
pub(crate) use trie::{ScratchTrie, fresh_nodes, preimages, prove};

/// Nodes of the tries that changed since they were written last.
#[derive(Debug)]
pub struct TrieNodes {
    /// The block whose state the stored nodes must be of.
    pub(crate) since: u64,
    /// Hash of the block whose state they are of then.
    pub(crate) at: B256,
    pub(crate) changes: NodeChanges,
}

/// When changed nodes are to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// When enough blocks or changes have come together.
    WhenDue,
    /// Now: the stored trie must be of this block.
    Now,
    /// Not with this block: it is written together with others that follow.
    Never,
}

/// Nodes that are on their way from the root thread; at most one answer comes.
#[derive(Debug)]
pub struct FlushAnswer(Receiver<Option<TrieNodes>>);

impl FlushAnswer {
    /// Waits for them; `None` if nothing is to be written.
    pub fn wait(self) -> Option<TrieNodes> {
        self.0.recv().ok().flatten()
    }
}

enum Command {
    Begin(Box<View>),
    Prepare(StateChanges),
    Roots(Option<StateChanges>, Option<Address>, Sender<Result<Roots, StateError>>),
    Seal(Box<Seal>),
    Sealed { hash: B256, number: u64, flush: Flush, answer: Sender<Option<TrieNodes>> },
    Stored(u64),
}

/// A block to be sealed.
struct Seal {
    block: UnsealedBlock,
    /// Whether its changes were given ahead.
    prepared: bool,
    flush: Flush,
    promise: Promise,
    answer: Sender<Option<TrieNodes>>,
}

impl Seal {
    fn run(self, trie: &mut HeadTrie) {
        let Self { block, prepared, flush, promise, answer } = self;
        match seal(block, prepared, trie) {
            Ok(executed) => {
                let (hash, number) = (executed.hash, executed.block.header.number);
                promise.keep(Ok(executed));
                // Nobody may be waiting.
                let _ = answer.send(trie.sealed(hash, number, flush));
            }
            Err(error) => promise.keep(Err(error)),
        }
    }
}

fn seal(
    block: UnsealedBlock,
    prepared: bool,
    trie: &mut HeadTrie,
) -> Result<ExecutedBlock, BlockError> {
    let changes = (!prepared).then_some(&**block.changes());
    let roots = trie.roots(changes, block.storage_of())?;
    block.seal(roots)
}

/// The thread that computes state roots.
#[derive(Debug)]
pub struct RootThread {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl RootThread {
    /// Starts the thread; `options` say how many nodes it keeps and when it writes.
    ///
    /// # Errors
    /// [`StorageError::Io`] if the system starts no more threads.
    pub fn start(options: crate::StoreOptions) -> Result<Self, StorageError> {
        let (commands, received) = mpsc::channel();
        let run = move || serve(&received, &mut HeadTrie::new(options));
        let thread = thread::Builder::new().name("seam-roots".to_owned()).spawn(run);
        let thread = Some(thread.map_err(StorageError::Io)?);
        Ok(Self { commands: Some(commands), thread })
    }

    /// The state after a block, to build the next one on. Where that is not the block that was
    /// sealed last, all commits must be done: the trie is then rolled to it from what is stored.
    pub fn begin(&self, view: View) -> BuildState {
        let commands = self.sender();
        // If the thread is gone the first root says so.
        let _ = commands.send(Command::Begin(Box::new(view.clone())));
        BuildState { view, commands, prepared: false }
    }

    /// Says that the block with this hash is what was built last, and asks for the nodes to write
    /// with it.
    pub fn sealed(&self, hash: B256, number: u64, flush: Flush) -> FlushAnswer {
        let (answer, received) = mpsc::channel();
        let _ = self.sender().send(Command::Sealed { hash, number, flush, answer });
        FlushAnswer(received)
    }

    /// Says that the nodes written with block `number` are on disk.
    pub fn stored(&self, number: u64) {
        let _ = self.sender().send(Command::Stored(number));
    }

    fn sender(&self) -> Sender<Command> {
        match &self.commands {
            Some(commands) => commands.clone(),
            None => mpsc::channel().0, // only while it is being dropped
        }
    }
}

impl Drop for RootThread {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(commands: &Receiver<Command>, trie: &mut HeadTrie) {
    while let Ok(command) = commands.recv() {
        match command {
            Command::Begin(view) => trie.begin(*view),
            Command::Prepare(changes) => trie.prepare(&changes),
            Command::Roots(changes, storage_of, answer) => {
                let _ = answer.send(trie.roots(changes.as_ref(), storage_of));
            }
            Command::Seal(seal) => seal.run(trie),
            Command::Sealed { hash, number, flush, answer } => {
                let _ = answer.send(trie.sealed(hash, number, flush));
            }
            Command::Stored(number) => trie.stored(number),
        }
    }
}

/// The state to build a block on: reads from a [`View`], roots from the [`RootThread`].
#[derive(Debug)]
pub struct BuildState {
    view: View,
    commands: Sender<Command>,
    /// Whether changes were given ahead. Then all are, before the roots are asked for.
    prepared: bool,
}

impl BuildState {
    /// The state it reads.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Has the block sealed that was built on this state, and asks for the nodes to write with it.
    /// The next block can be begun on the view that comes back.
    pub fn seal(self, block: UnsealedBlock, flush: Flush) -> (View, Sealing, FlushAnswer) {
        let (promise, sealing) = Promise::new();
        let next = self.view.ahead(&block, sealing.clone());
        let (answer, received) = mpsc::channel();
        let seal = Seal { block, prepared: self.prepared, flush, promise, answer };
        // If the thread is gone, the promise is dropped and says so.
        let _ = self.commands.send(Command::Seal(Box::new(seal)));
        (next, sealing, FlushAnswer(received))
    }
}

impl StateReader for BuildState {
    fn account(&mut self, address: Address) -> Result<Option<Account>, StateError> {
        self.view.account(address)
    }
    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, StateError> {
        self.view.storage(address, slot)
    }
    fn code(&mut self, code_hash: B256) -> Result<Bytes, StateError> {
        self.view.code(code_hash)
    }
    fn block_hash(&mut self, number: u64) -> Result<B256, StateError> {
        self.view.block_hash(number)
    }
}

impl StateCommitment for BuildState {
    fn prepare(&mut self, changes: StateChanges) -> Result<(), StateError> {
        self.prepared = true;
        self.commands.send(Command::Prepare(changes)).map_err(|_| stopped())
    }

    fn roots_after(
        &mut self,
        changes: &StateChanges,
        storage_of: Option<Address>,
    ) -> Result<Roots, StateError> {
        let (answer, received) = mpsc::channel();
        let changes = (!self.prepared).then(|| changes.clone());
        let command = Command::Roots(changes, storage_of, answer);
        self.commands.send(command).map_err(|_| stopped())?;
        received.recv().map_err(|_| stopped())?
    }
}

fn stopped() -> StateError {
    StateError::Database("the thread that computes state roots has stopped".to_owned())
}
