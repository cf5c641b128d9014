//! Who calls.

use super::{metrics::RpcMetrics, server::Connection};
use std::{net::SocketAddr, sync::Arc};
use tokio::sync::mpsc;

/// Who calls: with every request of a connection, HTTP or WebSocket.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Where the connection comes from.
    pub(crate) peer: SocketAddr,
    /// Its place among all of them.
    pub(crate) connection: Arc<Connection>,
    /// Whether it came over a WebSocket.
    pub(crate) web_socket: bool,
    /// What came as `Authorization: Bearer …`.
    pub(crate) token: Option<Arc<str>>,
    /// A WebSocket session outlives the HTTP connection that it was: this lives as long as either.
    _open: Arc<Open>,
}

impl Caller {
    /// Whoever opened a connection. Who stops the server waits for the other end of `alive`.
    pub(crate) fn new(
        peer: SocketAddr,
        connection: Arc<Connection>,
        metrics: RpcMetrics,
        alive: mpsc::Sender<()>,
    ) -> Self {
        metrics.connections.inc();
        let open = Arc::new(Open { metrics, connection: connection.clone(), _alive: alive });
        Self { peer, connection, web_socket: false, token: None, _open: open }
    }

    /// Whether it is a program of this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.peer.ip().to_canonical().is_loopback()
    }
}

/// An open connection.
#[derive(Debug)]
struct Open {
    metrics: RpcMetrics,
    connection: Arc<Connection>,
    _alive: mpsc::Sender<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.metrics.connections.dec();
        self.connection.forget();
    }
}
