//! Whether anything happens on a connection.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

/// Requests of a connection.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    begun: AtomicU64,
    running: AtomicUsize,
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Running<'a>(&'a Activity);

impl Activity {
    /// A request came.
    pub(crate) fn begin(&self) -> Running<'_> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.running.fetch_add(1, Ordering::Relaxed);
        Running(self)
    }

    /// Waits until for this time no request came or was running. A request's head that comes byte by
    /// byte is none.
    pub(crate) async fn idle_for(&self, time: Duration) {
        loop {
            let before = self.begun.load(Ordering::Relaxed);
            tokio::time::sleep(time).await;
            let same = self.begun.load(Ordering::Relaxed) == before;
            if same && self.running.load(Ordering::Relaxed) == 0 {
                return;
            }
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}
