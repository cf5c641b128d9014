//! A block that is being sealed.

use alloy_primitives::B256;
use seam_stf::{BlockError, ExecutedBlock, StateError};
use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

type Sealed = (Result<Arc<ExecutedBlock>, BlockError>, Duration);

/// A block that is being sealed. Clones wait for the same.
#[derive(Debug, Clone)]
pub struct Sealing(Arc<OnceLock<Sealed>>);

impl Sealing {
    /// A block that is sealed already.
    pub(crate) fn done(block: Arc<ExecutedBlock>) -> Self {
        Self(Arc::new(OnceLock::from((Ok(block), Duration::ZERO))))
    }

    /// The sealed block; waits for it.
    ///
    /// # Errors
    /// [`BlockError`] if its roots could not be computed, or it has more bytes than a block may.
    pub fn block(&self) -> Result<Arc<ExecutedBlock>, BlockError> {
        self.0.wait().0.clone()
    }

    /// How long it took to seal; waits for it.
    pub fn took(&self) -> Duration {
        self.0.wait().1
    }

    /// The sealed block, for one that reads state on it.
    pub(crate) fn wait(&self) -> Result<Arc<ExecutedBlock>, StateError> {
        self.block().map_err(|error| match error {
            BlockError::State(error) => error,
            error => StateError::Database(format!("the block before was not sealed: {error}")),
        })
    }

    pub(crate) fn hash(&self) -> Result<B256, StateError> {
        Ok(self.wait()?.hash)
    }
}

/// Made by the one who seals. If it is dropped without a word, whoever waits is told.
#[derive(Debug)]
pub(super) struct Promise {
    sealing: Sealing,
    began: Instant,
}

impl Promise {
    pub(super) fn new() -> (Self, Sealing) {
        let sealing = Sealing(Arc::default());
        (Self { sealing: sealing.clone(), began: Instant::now() }, sealing)
    }

    pub(super) fn keep(self, block: Result<ExecutedBlock, BlockError>) {
        self.set(block.map(Arc::new));
    }

    fn set(&self, block: Result<Arc<ExecutedBlock>, BlockError>) {
        // The first word counts.
        let _ = self.sealing.0.set((block, self.began.elapsed()));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.set(Err(super::stopped().into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_that_is_dropped_is_broken_aloud() {
        let (promise, sealing) = Promise::new();
        let waiting = std::thread::spawn({
            let sealing = sealing.clone();
            move || sealing.hash()
        });
        drop(promise);
        assert!(waiting.join().unwrap().is_err());
        assert!(matches!(sealing.block(), Err(BlockError::State(_))));
    }
}
