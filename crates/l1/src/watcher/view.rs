//! What the watcher has, for others to read.

use super::{WatchedBlock, state::State};
use alloy_eips::BlockNumHash;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::watch;

/// The L1 as far as it is known. Cheap to clone; reads never wait for the L1.
#[derive(Debug, Clone)]
pub struct Watched(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: RwLock<State>,
    changes: watch::Sender<Option<BlockNumHash>>,
}

impl Watched {
    pub(super) fn new(state: State) -> Self {
        Self(Arc::new(Shared { state: RwLock::new(state), changes: watch::Sender::new(None) }))
    }

    /// The newest block.
    pub fn head(&self) -> Option<Arc<WatchedBlock>> {
        self.read().head().cloned()
    }

    /// The block of this number on the best branch known; `None` if it is not there yet, or not any
    /// more.
    pub fn block(&self, number: u64) -> Option<Arc<WatchedBlock>> {
        self.read().block(number).cloned()
    }

    /// The lowest block that is kept.
    pub fn first(&self) -> Option<Arc<WatchedBlock>> {
        self.read().first().cloned()
    }

    /// Number of the newest block here that is safe on L1: justified by its validators.
    pub fn safe(&self) -> Option<u64> {
        self.read().safe()
    }

    /// Number of the newest block here that is final on L1.
    pub fn finalized(&self) -> Option<u64> {
        self.read().finalized()
    }

    /// Blocks below this are not needed any more. They go as soon as they are final: until then they
    /// may be needed to find where branches part.
    pub fn keep_from(&self, number: u64) {
        self.write().keep_from(number);
    }

    /// The head, with each change of it: a receiver that is slow misses heads between.
    pub fn changes(&self) -> watch::Receiver<Option<BlockNumHash>> {
        self.0.changes.subscribe()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of the head, if it is another.
    pub(super) fn announce(&self) {
        let head = self.head().map(|head| BlockNumHash::new(head.header.number, head.hash));
        self.0.changes.send_if_modified(|last| std::mem::replace(last, head) != head);
    }
}
