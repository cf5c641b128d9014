//! Where a chain's state and blocks are kept.
//!
//! [`Store`] keeps them on disk: one atomic commit a block, state history, recovery, a trie that is
//! rolled forward after a crash. [`MemoryStore`] keeps them in memory: for tests, benchmarks and
//! one-shot runs. `docs/storage.md` has the byte layout and the invariants.
//!
//! | module | what |
//! |---|---|
//! | [`store`] | opening, committing, unwinding, pruning |
//! | [`reader`] | blocks, receipts, transactions, logs at one moment |
//! | [`view`] | the state after a block, kept or not yet: [`View`] |
//! | [`roots`] | state roots while blocks are being built: [`RootThread`] |
//! | [`scratch`] | the state after a block, for blocks that are never kept: [`ScratchState`] |
//! | [`snapshot`] | a chain at one block, in one file |
//! | [`check`] | whether what is stored is whole: every row and hash |
//! | [`tables`] | the tables and their keys |
//! | [`error`] | [`StorageError`] |

mod batch;
pub mod check;
mod codec;
mod commit;
pub mod error;
mod kv;
mod memory;
mod prune;
pub mod reader;
pub mod roots;
pub mod scratch;
pub mod snapshot;
pub mod store;
pub mod tables;
pub mod view;

pub use check::Checked;
pub use error::StorageError;
pub use memory::MemoryStore;
pub use reader::{Finality, Reader, StoredBlock, TransactionPlace};
pub use roots::{BuildState, Flush, FlushAnswer, Preimages, RootThread, Sealing, TrieNodes};
pub use scratch::ScratchState;
pub use store::{Commit, History, NewBlock, Store, StoreOptions, stored_genesis};
pub use tables::LogKey;
pub use view::View;
