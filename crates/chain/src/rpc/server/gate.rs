//! Back pressure: a connection is not read from while its calls pile up or its client takes nothing,
//! or any more once it is to end.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Waker},
};

/// Counts the calls of a connection that are not answered, and whoever waits for there to be fewer.
#[derive(Debug)]
pub(crate) struct Gate {
    open_below: usize,
    calls: AtomicUsize,
    reader: Mutex<Option<Waker>>,
    closed: AtomicBool,
}

/// A call that is not answered.
#[derive(Debug)]
pub(crate) struct Entered(std::sync::Arc<Gate>);

impl Gate {
    /// Open as long as there are fewer calls.
    pub(crate) const fn new(open_below: usize) -> Self {
        Self {
            open_below,
            calls: AtomicUsize::new(0),
            reader: Mutex::new(None),
            closed: AtomicBool::new(false),
        }
    }

    /// A call begins.
    pub(crate) fn enter(self: &std::sync::Arc<Self>) -> Entered {
        self.calls.fetch_add(1, Ordering::AcqRel);
        Entered(self.clone())
    }

    fn is_open(&self) -> bool {
        self.calls.load(Ordering::Acquire) < self.open_below
    }

    /// Whether a call is not answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.calls.load(Ordering::Acquire) > 0
    }

    /// The connection is to end: who reads is woken, to see it.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether the connection is to end.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether more may be read. If not, who asks is woken when it may; in any case when the
    /// connection is to end. `waiting` says that it may not for another reason, whose end
    /// [`Self::wake`] tells.
    pub(crate) fn may_read(&self, waiting: bool, context: &Context<'_>) -> bool {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *reader {
            Some(waker) => waker.clone_from(context.waker()),
            None => *reader = Some(context.waker().clone()),
        }
        drop(reader);
        self.is_open() && !waiting
    }

    /// Wakes who waits to read.
    pub(crate) fn wake(&self) {
        let waker = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let before = self.0.calls.fetch_sub(1, Ordering::AcqRel);
        // Only then somebody may wait.
        if before >= self.0.open_below && self.0.is_open() {
            self.0.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{Arc, atomic::AtomicBool},
        task::Wake,
    };

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Release);
        }
    }

    #[test]
    fn a_reader_waits_while_there_are_too_many_calls() {
        let (gate, woken) = (Arc::new(Gate::new(2)), Arc::new(Woken::default()));
        let waker = Waker::from(woken.clone());
        let context = Context::from_waker(&waker);
        let first = gate.enter();
        assert!(gate.may_read(false, &context));
        let second = gate.enter();
        assert!(!gate.may_read(false, &context));
        drop(first);
        assert!(woken.0.swap(false, Ordering::AcqRel));
        assert!(gate.may_read(false, &context));
        assert!(!gate.may_read(true, &context), "closed for another reason");
        drop(second);
        assert!(!woken.0.load(Ordering::Acquire), "whoever wakes it for another reason does so");
        gate.close();
        assert!(gate.is_closed() && woken.0.load(Ordering::Acquire));
    }
}
