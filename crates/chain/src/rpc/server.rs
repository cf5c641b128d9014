//! Connections: how many, for how long, and what is done with their requests.

mod activity;
mod connections;
mod front;
mod gate;
mod hosts;
mod socket;
mod weigh;

use super::{
    caller::Caller,
    context::Context,
    ids::RandomIds,
    module,
    settings::{Origins, RpcSettings},
};
use crate::chain::Chain;
use activity::Activity;
pub(crate) use connections::{Connection, Connections, Held};
pub(crate) use front::Page;
use front::{Front, FrontLayer};
pub use hosts::host_allowed;
use http::{HeaderName, HeaderValue, Method};
use jsonrpsee::{
    Methods,
    core::RegisterMethodError,
    server::{
        BatchRequestConfig, PingConfig, ServerBuilder, ServerConfig, ServerHandle, StopHandle,
        TowerService, TowerServiceBuilder, middleware::rpc::RpcServiceBuilder,
        serve_with_graceful_shutdown, stop_channel,
    },
};
use socket::Socket;
use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
};
use tower::{
    ServiceBuilder,
    layer::util::{Identity, Stack},
};
use tower_http::cors::{AllowOrigin, CorsLayer};
use weigh::WeighLayer;

/// How long a stop waits for what is being answered.
const GRACE: Duration = Duration::from_secs(5);
/// How often one trouble with connections is told.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);
/// How often filters are looked after when nothing happens.
const FILTER_TICK: Duration = Duration::from_secs(10);
/// What those get who come when there are too many.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 21\r\n\r\n\
      too many connections\n";

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The listener is not usable.
    #[error("the listener has no address: {0}")]
    Listener(#[source] io::Error),
    /// An origin in the settings is not one.
    #[error("{0:?} is not an origin: write it as https://example.org")]
    Origin(String),
    /// Two methods have one name: a mistake of ours.
    #[error(transparent)]
    Method(#[from] RegisterMethodError),
}

/// A running server. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct RpcServer {
    /// Where it listens.
    pub local_addr: SocketAddr,
    handle: ServerHandle,
    accepting: JoinHandle<()>,
    filters: JoinHandle<()>,
    /// Open connections hold the other end.
    alive: mpsc::Receiver<()>,
}

impl RpcServer {
    /// Takes no more connections, lets calls that run come to their end, for some seconds at most,
    /// and closes all connections.
    pub async fn stop(mut self) {
        let _ = self.handle.stop(); // it may have been stopped
        self.accepting.abort();
        if tokio::time::timeout(GRACE, self.alive.recv()).await.is_err() {
            tracing::warn!("connections did not end in time");
        }
    }
}

impl Drop for RpcServer {
    fn drop(&mut self) {
        let _ = self.handle.stop();
        self.accepting.abort();
        self.filters.abort();
    }
}

/// All that a connection needs, for whoever brings connections of its own.
pub(crate) fn parts(
    context: &Arc<Context>,
) -> Result<(TowerServiceBuilder<CallLayers, Layers>, Methods), RpcError> {
    Ok((service_builder(&context.settings, context)?, module(context.clone())?.into()))
}

/// Serves a chain to whoever connects.
///
/// # Errors
/// [`RpcError`] if the listener or a setting is not usable.
pub async fn serve(
    listener: TcpListener,
    chain: Chain,
    settings: RpcSettings,
) -> Result<RpcServer, RpcError> {
    let local_addr = listener.local_addr().map_err(RpcError::Listener)?;
    let context = Arc::new(Context::new(chain, settings.clone()));
    let (builder, methods) = parts(&context)?;
    let (stop, handle) = stop_channel();
    let (alive_sender, alive) = mpsc::channel(1);
    let acceptor = Acceptor {
        builder,
        methods,
        connections: Connections::new(settings.connections, settings.held_bytes),
        stop,
        alive: alive_sender,
        settings,
    };
    let filters = tokio::spawn(look_after_filters(context));
    let accepting = tokio::spawn(acceptor.run(listener));
    tracing::info!(%local_addr, "serving JSON-RPC");
    Ok(RpcServer { local_addr, handle, accepting, filters, alive })
}

/// Reads events for the filters as they come, so that none is missed, and ends those that nobody
/// polls.
async fn look_after_filters(context: Arc<Context>) {
    let mut events = context.chain.subscribe();
    loop {
        // What it is does not matter here, nor whether some were missed.
        let _ = tokio::time::timeout(FILTER_TICK, events.recv()).await;
        while events.try_recv().is_ok() {}
        context.filters.advance(&context.settings, context.chain.clock().now());
        if matches!(&*context.chain.health().borrow(), crate::chain::Health::Stopped) {
            return;
        }
    }
}

pub(crate) type Layers = Stack<FrontLayer, Stack<CorsLayer, Identity>>;
pub(crate) type CallLayers = Stack<WeighLayer, Identity>;

fn service_builder(
    settings: &RpcSettings,
    context: &Arc<Context>,
) -> Result<TowerServiceBuilder<CallLayers, Layers>, RpcError> {
    let config = ServerConfig::builder()
        .max_request_body_size(settings.body_bytes)
        .max_response_body_size(settings.response_bytes)
        // Connections are counted where they are accepted; this would count requests.
        .max_connections(u32::MAX >> 1)
        .max_subscriptions_per_connection(settings.subscriptions)
        .set_batch_request_config(BatchRequestConfig::Limit(settings.batch_length))
        .set_message_buffer_capacity(settings.backlog.max(1))
        .set_id_provider(RandomIds)
        .enable_ws_ping(PingConfig::new())
        .build();
    let layers = ServiceBuilder::new()
        .layer(cors(&settings.origins)?)
        .layer(FrontLayer::new(context.clone()));
    let calls = RpcServiceBuilder::new().layer(WeighLayer);
    let builder = ServerBuilder::with_config(config).set_http_middleware(layers);
    let builder = builder.set_rpc_middleware(calls);
    Ok(builder.to_service_builder())
}

fn cors(origins: &Origins) -> Result<CorsLayer, RpcError> {
    let origin = |text: &String| {
        let value = HeaderValue::from_str(text).ok();
        let valid = value.filter(|_| text.contains("://") && !text.ends_with('/'));
        valid.ok_or_else(|| RpcError::Origin(text.clone()))
    };
    let allowed = match origins {
        Origins::Any => AllowOrigin::any(),
        Origins::Only(origins) => {
            AllowOrigin::list(origins.iter().map(origin).collect::<Result<Vec<_>, _>>()?)
        }
    };
    let headers = ["content-type", "authorization"].map(HeaderName::from_static);
    let methods = [Method::GET, Method::POST];
    Ok(CorsLayer::new().allow_origin(allowed).allow_methods(methods).allow_headers(headers))
}

/// What accepts connections.
struct Acceptor {
    builder: TowerServiceBuilder<CallLayers, Layers>,
    methods: Methods,
    connections: Arc<Connections>,
    stop: StopHandle,
    alive: mpsc::Sender<()>,
    settings: RpcSettings,
}

impl Acceptor {
    async fn run(self, listener: TcpListener) {
        loop {
            match listener.accept().await {
                Ok((socket, peer)) => self.accept(socket, peer),
                Err(error) => pause_after(&error).await,
            }
        }
    }

    fn accept(&self, socket: TcpStream, peer: SocketAddr) {
        let calls = self.settings.calls_per_connection.max(1);
        let Some(connection) = self.connections.open(peer.ip(), calls) else {
            self.settings.metrics.refused_connections.inc();
            tokio::spawn(refuse(socket));
            return;
        };
        // Small answers should not wait for more to come.
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        let metrics = self.settings.metrics.clone();
        let caller = Caller::new(peer, connection, metrics, self.alive.clone());
        let service = self.builder.clone().build(self.methods.clone(), self.stop.clone());
        tokio::spawn(follow(socket, service, caller, self.stop.clone(), self.settings.clone()));
    }
}

async fn follow(
    socket: TcpStream,
    service: TowerService<CallLayers, Layers>,
    caller: Caller,
    stop: StopHandle,
    settings: RpcSettings,
) {
    let activity = Arc::new(Activity::default());
    let idle = activity.clone();
    let connection = caller.connection.clone();
    let socket = Socket::new(socket, settings.stall, connection.clone());
    let service = Front::of_connection(service, caller, activity, settings.request_time);
    tokio::select! {
        end = serve_with_graceful_shutdown(socket, service, stop.shutdown()) => {
            if let Err(error) = end {
                tracing::debug!(%error, "connection");
            }
        }
        () = idle.idle_for(settings.idle) => tracing::debug!("an idle connection ends"),
        () = connection.closed() => tracing::debug!("a connection makes room for others"),
    }
}

/// Says that there are too many connections, if the client listens.
async fn refuse(mut socket: TcpStream) {
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.write_all(FULL)).await;
}

/// A connection that was lost before it was accepted is its client's trouble; anything else, as too
/// many open files, does not get better by trying at once.
pub(crate) async fn pause_after(error: &io::Error) {
    static COMPLAINTS: Complaints = Complaints::new();
    if COMPLAINTS.may_complain() {
        tracing::warn!(%error, "no connection can be accepted");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Whoever causes trouble must not fill the log with it.
struct Complaints(OnceLock<Instant>, AtomicU64);

impl Complaints {
    const fn new() -> Self {
        Self(OnceLock::new(), AtomicU64::new(0))
    }

    /// Once in each [`COMPLAIN_EVERY`].
    fn may_complain(&self) -> bool {
        let since = self.0.get_or_init(Instant::now).elapsed().as_secs();
        // 0 is never; so the periods are counted from 1.
        let period = since / COMPLAIN_EVERY.as_secs() + 1;
        self.1.swap(period, Ordering::Relaxed) != period
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_that_lasts_is_told_once_in_a_while() {
        let complaints = Complaints::new();
        assert!(complaints.may_complain());
        assert!(!complaints.may_complain());
    }
}
