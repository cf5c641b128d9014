//! The time of a chain, and waiting for it.

use std::{
    fmt::Debug,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Says that there may be something to do before the time that is waited for.
#[derive(Debug, Default)]
pub struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Wakes who waits, or who waits next.
    pub fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Whether it was raised since it was asked last.
    pub fn take(&self) -> bool {
        std::mem::take(&mut *self.raised.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until it is raised, but no longer than this.
    pub fn wait_for(&self, at_most: Duration) {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(raised, at_most, |raised| !*raised);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

/// Time since the Unix epoch, as the blocks of a chain have it. It never goes back.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Duration;
    /// Waits until `deadline`, or until `signal` is raised.
    fn wait(&self, signal: &Signal, deadline: Duration);
}

/// Real time from a given start on. Whether the machine's clock is set back or forth meanwhile does
/// not show; after a pause the chain goes on from where it was.
#[derive(Debug)]
pub struct RealClock {
    origin: Duration,
    started: Instant,
}

impl RealClock {
    /// It is `now`; from here on time passes as it does.
    pub fn starting_at(now: Duration) -> Self {
        Self { origin: now, started: Instant::now() }
    }
}

impl Clock for RealClock {
    fn now(&self) -> Duration {
        self.origin + self.started.elapsed()
    }

    fn wait(&self, signal: &Signal, deadline: Duration) {
        signal.wait_for(deadline.saturating_sub(self.now()));
    }
}

/// Time that passes as soon as there is nothing to do until then: a day of blocks in seconds.
#[derive(Debug)]
pub struct SimulatedClock(Mutex<Duration>);

impl SimulatedClock {
    /// It is `now`.
    pub const fn starting_at(now: Duration) -> Self {
        Self(Mutex::new(now))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, signal: &Signal, deadline: Duration) {
        if !signal.take() {
            let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *now = deadline.max(*now);
        }
    }
}

/// Time that passes only as far as it is let, and only when all that was handed in before is seen to: each
/// block of a test has what the test wants in it.
#[derive(Debug)]
pub struct SteppedClock {
    now: Mutex<Duration>,
    /// How far it may go.
    until: Mutex<Duration>,
}

impl SteppedClock {
    /// How often it is looked whether time may pass.
    const LOOK: Duration = Duration::from_millis(1);

    /// It is `now`, and stays so.
    pub fn starting_at(now: Duration) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(now), until: Mutex::new(now) })
    }

    /// So much more time may pass.
    pub fn advance(&self, by: Duration) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = until.saturating_add(by);
    }

    /// Time may pass to this, if it may not pass further already.
    pub fn reach(&self, time: Duration) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        *until = time.max(*until);
    }

    /// How far time may pass.
    pub fn allowed(&self) -> Duration {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SteppedClock {
    fn now(&self) -> Duration {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, signal: &Signal, deadline: Duration) {
        // Whatever was sent before time was let pass is seen first.
        let until = self.allowed();
        if signal.take() {
            return;
        }
        if deadline <= until {
            *self.now.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
            return;
        }
        signal.wait_for(Self::LOOK);
    }
}

/// A clock that can be set by hand, over one that cannot.
#[derive(Debug)]
pub(crate) struct AdjustableClock {
    inner: Arc<dyn Clock>,
    /// When the inner clock said the first, it was the second.
    set: Mutex<(Duration, Duration)>,
}

impl AdjustableClock {
    /// It says what `inner` says.
    pub(crate) fn new(inner: Arc<dyn Clock>) -> Self {
        Self { inner, set: Mutex::default() }
    }

    /// It is `now`, and time goes on from there.
    pub(crate) fn set(&self, now: Duration) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = (self.inner.now(), now);
    }

    /// What the inner clock said when it was set, and what it was set to.
    fn base(&self) -> (Duration, Duration) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for AdjustableClock {
    fn now(&self) -> Duration {
        let (inner, set) = self.base();
        set + self.inner.now().saturating_sub(inner)
    }

    fn wait(&self, signal: &Signal, deadline: Duration) {
        let (inner, set) = self.base();
        self.inner.wait(signal, inner + deadline.saturating_sub(set));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simulated_time_jumps_to_the_deadline_unless_there_is_something_to_do() {
        let clock = SimulatedClock::starting_at(Duration::from_secs(10));
        let signal = Signal::default();
        signal.raise();
        clock.wait(&signal, Duration::from_secs(20));
        assert_eq!(clock.now(), Duration::from_secs(10));
        clock.wait(&signal, Duration::from_secs(20));
        assert_eq!(clock.now(), Duration::from_secs(20));
        clock.wait(&signal, Duration::from_secs(5));
        assert_eq!(clock.now(), Duration::from_secs(20));
    }

    #[test]
    fn a_clock_that_was_set_goes_on_from_there_as_the_one_below_it_does() {
        let inner = Arc::new(SimulatedClock::starting_at(Duration::from_secs(10)));
        let clock = AdjustableClock::new(inner.clone());
        assert_eq!(clock.now(), inner.now());
        let signal = Signal::default();
        for start in [1_000, 3] {
            clock.set(Duration::from_secs(start));
            assert_eq!(clock.now(), Duration::from_secs(start));
            let before = inner.now();
            clock.wait(&signal, Duration::from_secs(start + 5));
            assert_eq!(clock.now(), Duration::from_secs(start + 5));
            assert_eq!(inner.now(), before + Duration::from_secs(5));
        }
    }

    #[test]
    fn a_raised_signal_ends_a_wait_of_a_real_clock() {
        let clock = RealClock::starting_at(Duration::from_secs(1));
        let signal = Signal::default();
        signal.raise();
        clock.wait(&signal, Duration::from_secs(1_000_000));
        assert!(clock.now() < Duration::from_secs(1_000_000));
    }
}
