//! Time for back-off and polling, as a value, so that a test passes an hour in no time.

use std::{
    fmt::Debug,
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// What a trait's method returns when it is asynchronous.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Time since some moment, which never goes back, and waiting.
pub trait Timer: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Duration;
    /// Ends when so much time has passed.
    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// The machine's own time, from when this was made.
#[derive(Debug)]
pub struct RealTimer(Instant);

impl RealTimer {
    /// It is zero now.
    pub fn start() -> Self {
        Self(Instant::now())
    }
}

impl Timer for RealTimer {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// Time that passes when somebody waits, or by hand.
#[derive(Debug, Default)]
pub struct SimulatedTimer(Mutex<Duration>);

impl SimulatedTimer {
    /// So much time passes.
    pub fn pass(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Timer for SimulatedTimer {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.pass(time);
        Box::pin(std::future::ready(()))
    }
}
