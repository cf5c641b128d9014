//! All open connections: whom room is made from when there are too many, and how much memory what
//! they sent and did not take may hold.
//!
//! A connection holds the bytes that were read from it and are not answered, and the bytes of answers
//! that it has not taken. When all of them together hold too much, the one that holds the most is
//! closed: whoever sends small requests and takes the answers does not notice.

use super::gate::Gate;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use tokio::sync::{Notify, Semaphore};

/// For each call of a connection that may run, so many may be there before no more is read from it.
const WAITING_CALLS: usize = 4;

/// All open connections of a server.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Most of them.
    most: usize,
    /// Most bytes that they hold together.
    most_held: usize,
    held: AtomicUsize,
    /// Counts what happens: the greater, the later.
    tick: AtomicU64,
    open: Mutex<BTreeMap<u64, Arc<Connection>>>,
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    all: Arc<Connections>,
    id: u64,
    address: IpAddr,
    pub(crate) gate: Arc<Gate>,
    /// Calls that it may have running.
    pub(crate) slots: Arc<Semaphore>,
    /// When something was asked last.
    used: AtomicU64,
    subscriptions: AtomicUsize,
    /// Bytes that were read since the last message was complete.
    incoming: AtomicUsize,
    /// Bytes of answers that were not written.
    outgoing: AtomicUsize,
    /// Both of these, and what is being answered.
    held: AtomicUsize,
    closed: Notify,
}

impl Connections {
    pub(crate) fn new(most: usize, most_held: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_held,
            held: AtomicUsize::new(0),
            tick: AtomicU64::new(0),
            open: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.tick.fetch_add(1, Ordering::Relaxed)
    }

    /// Lets a connection in that may have so many calls running, if need be instead of another;
    /// none if there is no room.
    pub(crate) fn open(self: &Arc<Self>, from: IpAddr, calls: usize) -> Option<Arc<Connection>> {
        let address = network(from);
        let mut open = self.lock();
        let mut closed = None;
        if open.len() >= self.most {
            let least = least_wanted(&open, address)?;
            closed = open.remove(&least);
        }
        let id = self.now();
        let connection = Arc::new(Connection {
            all: self.clone(),
            id,
            address,
            gate: Arc::new(Gate::new(calls.saturating_mul(WAITING_CALLS))),
            slots: Arc::new(Semaphore::new(calls)),
            used: AtomicU64::new(id),
            subscriptions: AtomicUsize::new(0),
            incoming: AtomicUsize::new(0),
            outgoing: AtomicUsize::new(0),
            held: AtomicUsize::new(0),
            closed: Notify::new(),
        });
        open.insert(id, connection.clone());
        drop(open);
        closed.inspect(|closed| closed.close());
        Some(connection)
    }

    /// Closes those that hold the most, until the others hold no more than they may.
    fn relieve(&self) {
        let mut open = self.lock();
        let mut held: usize = open.values().map(|connection| connection.held()).sum();
        let mut closed = Vec::new();
        while held > self.most_held {
            let largest = open.values().max_by_key(|connection| connection.held());
            let Some(largest) = largest.map(|connection| connection.id) else { break };
            if let Some(connection) = open.remove(&largest) {
                held = held.saturating_sub(connection.held());
                closed.push(connection);
            }
        }
        drop(open);
        closed.iter().for_each(|connection| connection.close());
    }
}

/// An address as far as one client may have many of them: of IPv6, the first half.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// Of the address that has the most connections, the one that has asked for nothing for the longest
/// time; one with subscriptions only if there is no other. One that is being answered goes for an
/// address that has fewer connections, not for one more of the same.
fn least_wanted(open: &BTreeMap<u64, Arc<Connection>>, newcomer: IpAddr) -> Option<u64> {
    let mut counts: BTreeMap<IpAddr, usize> = BTreeMap::new();
    open.values().for_each(|connection| *counts.entry(connection.address).or_default() += 1);
    let (most, count) = counts.iter().max_by_key(|(_, count)| **count)?;
    let fewer = counts.get(&newcomer).copied().unwrap_or_default() + 1 < *count;
    let rank = |connection: &Connection| {
        let subscribed = connection.subscriptions.load(Ordering::Relaxed) > 0;
        (connection.gate.is_busy(), subscribed, connection.used.load(Ordering::Relaxed))
    };
    let theirs = open.values().filter(|connection| connection.address == *most);
    let least = theirs.min_by_key(|connection| rank(connection))?;
    (fewer || !least.gate.is_busy()).then_some(least.id)
}

impl Connection {
    /// Something was asked for.
    pub(crate) fn used(&self) {
        self.used.store(self.all.now(), Ordering::Relaxed);
    }

    /// Ends it: nothing more is read or written.
    fn close(&self) {
        self.gate.close();
        self.closed.notify_one();
    }

    /// Waits until it is to end.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
    }

    /// It is gone.
    pub(crate) fn forget(&self) {
        self.all.lock().remove(&self.id);
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    fn hold(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        let before = self.all.held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.all.most_held {
            self.all.relieve();
        }
    }

    fn release(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
        self.all.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// So much was read.
    pub(crate) fn read(&self, bytes: usize) {
        self.incoming.fetch_add(bytes, Ordering::Relaxed);
        self.hold(bytes);
    }

    /// So much was written.
    pub(crate) fn wrote(&self, bytes: usize) {
        let less = |waiting: usize| Some(waiting.saturating_sub(bytes));
        let order = Ordering::Relaxed;
        let before = self.outgoing.fetch_update(order, order, less).unwrap_or_default();
        self.release(before.min(bytes));
    }

    /// So much waits to be written.
    pub(crate) fn queue(&self, bytes: usize) {
        self.outgoing.fetch_add(bytes, Ordering::Relaxed);
        self.hold(bytes);
    }

    /// What was read is a whole message: its bytes are held until that is dropped.
    pub(crate) fn message(self: &Arc<Self>) -> Arc<Held> {
        let bytes = AtomicUsize::new(self.incoming.swap(0, Ordering::Relaxed));
        Arc::new(Held { connection: self.clone(), bytes })
    }

    /// An HTTP request was answered: nothing is left of it.
    pub(crate) fn answered(&self) {
        self.release(self.incoming.swap(0, Ordering::Relaxed));
    }

    /// All answers to the HTTP requests before were taken, or never came.
    pub(crate) fn begin(&self) {
        self.used();
        self.release(self.outgoing.swap(0, Ordering::Relaxed));
    }

    /// Counts a subscription for as long as the guard lives.
    pub(crate) fn subscribed(self: &Arc<Self>) -> Subscribed {
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
        Subscribed(self.clone())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.held.fetch_sub(self.held(), Ordering::Relaxed);
    }
}

/// A subscription of a connection.
#[derive(Debug)]
pub(crate) struct Subscribed(Arc<Connection>);

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.subscriptions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What is held for a message that is being answered: its bytes, and those of answers that wait for
/// the rest of their batch.
#[derive(Debug)]
pub(crate) struct Held {
    connection: Arc<Connection>,
    bytes: AtomicUsize,
}

impl Held {
    /// More of it.
    pub(crate) fn grow(&self, bytes: usize) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.connection.hold(bytes);
    }

    /// The answer of so many bytes is complete, and waits to be written; nothing else is held.
    pub(crate) fn answer(&self, bytes: usize) {
        self.release();
        self.connection.queue(bytes);
    }

    fn release(&self) {
        self.connection.release(self.bytes.swap(0, Ordering::Relaxed));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const B: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    fn open(all: &Arc<Connections>, from: IpAddr) -> Option<Arc<Connection>> {
        all.open(from, 1)
    }

    fn is_closed(connection: &Connection) -> bool {
        connection.gate.is_closed()
    }

    #[test]
    fn the_quietest_makes_room_and_one_with_subscriptions_last() {
        let all = Connections::new(3, 100);
        let [first, second, third] = [A, A, A].map(|from| open(&all, from).unwrap());
        let subscription = first.subscribed();
        second.used();
        let fourth = open(&all, A).unwrap();
        assert!(is_closed(&third) && !is_closed(&second) && !is_closed(&first));
        let _busy = [second.gate.enter(), fourth.gate.enter()];
        let fifth = open(&all, A).unwrap();
        assert!(is_closed(&first));
        let _busy = fifth.gate.enter();
        assert!(open(&all, A).is_none(), "all are being answered");
        drop(subscription);
    }

    #[test]
    fn whoever_has_the_most_makes_room_for_others() {
        let all = Connections::new(3, 100);
        let [first, second] = [A, A].map(|from| open(&all, from).unwrap());
        let other = open(&all, B).unwrap();
        let _busy = [first.gate.enter(), second.gate.enter()];
        assert!(open(&all, B).is_none(), "both would have as many");
        let third: IpAddr = "2001:db8::1".parse().unwrap();
        assert!(open(&all, third).is_some());
        assert!(is_closed(&first) && !is_closed(&second) && !is_closed(&other));
        assert_eq!(network(third), network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(network(third), network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()), A);
    }

    #[test]
    fn one_that_is_gone_leaves_its_place_and_holds_nothing() {
        let all = Connections::new(1, 100);
        let connection = open(&all, A).unwrap();
        connection.read(50);
        connection.forget();
        drop(connection);
        assert_eq!(all.held.load(Ordering::Relaxed), 0);
        assert_eq!(all.lock().len(), 0);
    }

    #[test]
    fn what_is_read_answered_and_written_is_held_in_between() {
        let all = Connections::new(2, 100);
        let connection = open(&all, A).unwrap();
        connection.read(30);
        let held = connection.message();
        held.grow(20);
        assert_eq!(connection.held(), 50);
        held.answer(40);
        assert_eq!(connection.held(), 40);
        connection.wrote(30);
        connection.wrote(30);
        assert_eq!((connection.held(), all.held.load(Ordering::Relaxed)), (0, 0));
        connection.read(10);
        connection.answered();
        connection.queue(10);
        connection.begin();
        assert_eq!(connection.held(), 0);
    }

    #[test]
    fn the_one_that_holds_the_most_is_closed() {
        let all = Connections::new(3, 100);
        let [small, large] = [A, A].map(|from| open(&all, from).unwrap());
        large.read(60);
        small.read(40);
        assert!(!is_closed(&small) && !is_closed(&large));
        small.read(1);
        assert!(!is_closed(&small) && is_closed(&large));
    }
}
