//! Who calls.

use super::{metrics::RpcMetrics, server::Gate};
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Who calls: with every request of a connection, HTTP or WebSocket.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Where the connection comes from.
    pub(crate) peer: SocketAddr,
    /// Calls that the connection may have running.
    pub(crate) slots: Arc<Semaphore>,
    /// Counts its calls that are not answered.
    pub(crate) gate: Arc<Gate>,
    /// What came as `Authorization: Bearer …`.
    pub(crate) token: Option<Arc<str>>,
    /// A WebSocket session outlives the HTTP connection that it was: this lives as long as either.
    pub(crate) _open: Arc<Open>,
}

impl Caller {
    /// Whether it is a program of this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback()
    }
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Open {
    metrics: RpcMetrics,
    /// One of those that may be open.
    _permit: OwnedSemaphorePermit,
    /// Whoever stops the server waits until all of these are gone.
    _alive: mpsc::Sender<()>,
}

impl Open {
    pub(crate) fn new(
        metrics: RpcMetrics,
        permit: OwnedSemaphorePermit,
        alive: mpsc::Sender<()>,
    ) -> Self {
        metrics.connections.inc();
        Self { metrics, _permit: permit, _alive: alive }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}
