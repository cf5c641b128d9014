//! What the server counts, and the page that Prometheus reads.

use jsonrpsee::{
    core::BoxError,
    server::{HttpBody, HttpResponse, serve},
};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::TcpListener;
use tower::Service;

/// Most connections of the metrics page at a time.
const SCRAPERS: usize = 16;

type ByMethod = [(&'static str, &'static str); 1];
type ByMethodAndCode = [(&'static str, String); 2];

/// Counters of the server. Times are in seconds.
///
/// | metric | labels | what |
/// |---|---|---|
/// | `rpc_calls` | `method` | calls answered |
/// | `rpc_errors` | `method`, `code` | … with an error |
/// | `rpc_seconds` | `method` | from the call to its answer, waiting for its turn included |
/// | `rpc_connections` | | open connections |
/// | `rpc_refused_connections` | | connections refused since there were too many |
/// | `rpc_subscriptions` | | open subscriptions |
#[derive(Debug, Clone)]
pub struct RpcMetrics {
    /// Calls answered.
    pub calls: Family<ByMethod, Counter>,
    /// Calls answered with an error.
    pub errors: Family<ByMethodAndCode, Counter>,
    /// Time to answer.
    pub seconds: Family<ByMethod, Histogram>,
    /// Open connections.
    pub connections: Gauge,
    /// Connections refused.
    pub refused_connections: Counter,
    /// Open subscriptions.
    pub subscriptions: Gauge,
}

impl Default for RpcMetrics {
    fn default() -> Self {
        Self {
            calls: Family::default(),
            errors: Family::default(),
            seconds: Family::new_with_constructor(|| {
                Histogram::new([0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0])
            }),
            connections: Gauge::default(),
            refused_connections: Counter::default(),
            subscriptions: Gauge::default(),
        }
    }
}

impl RpcMetrics {
    /// Names them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("rpc_calls", "Calls answered", self.calls.clone());
        registry.register("rpc_errors", "Calls answered with an error", self.errors.clone());
        registry.register("rpc_seconds", "Time to answer a call", self.seconds.clone());
        registry.register("rpc_connections", "Open connections", self.connections.clone());
        let refused = self.refused_connections.clone();
        registry.register("rpc_refused_connections", "Connections refused", refused);
        let help = "Open subscriptions";
        registry.register("rpc_subscriptions", help, self.subscriptions.clone());
    }

    /// A call was answered, with an error of this code if it failed.
    pub(crate) fn called(&self, method: &'static str, took: Duration, code: Option<i32>) {
        let by_method = [("method", method)];
        self.calls.get_or_create(&by_method).inc();
        self.seconds.get_or_create(&by_method).observe(took.as_secs_f64());
        if let Some(code) = code {
            let labels = [("method", method.to_owned()), ("code", code.to_string())];
            self.errors.get_or_create(&labels).inc();
        }
    }
}

/// Serves `GET /metrics` in the text format of OpenMetrics, for as long as it is polled.
pub async fn serve_metrics(listener: TcpListener, registry: Registry) {
    let page = Page(Arc::new(registry));
    let scrapers = Arc::new(tokio::sync::Semaphore::new(SCRAPERS));
    loop {
        // The semaphore is never closed.
        let permit = scrapers.clone().acquire_owned().await.ok();
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                super::server::pause_after(&error).await;
                continue;
            }
        };
        let page = page.clone();
        tokio::spawn(async move {
            let end = tokio::time::timeout(Duration::from_secs(60), serve(socket, page)).await;
            tracing::trace!(?end, "metrics connection");
            drop(permit);
        });
    }
}

#[derive(Clone)]
struct Page(Arc<Registry>);

impl<B> Service<http::Request<B>> for Page {
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Ready<Result<HttpResponse, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        ready(self.page(request.uri().path()))
    }
}

impl Page {
    fn page(&self, path: &str) -> Result<HttpResponse, BoxError> {
        let response = http::Response::builder();
        if path != "/metrics" {
            return Ok(response.status(404).body(HttpBody::from("see /metrics\n"))?);
        }
        let mut body = String::new();
        text::encode(&mut body, &self.0)?;
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        Ok(response.header(http::header::CONTENT_TYPE, kind).body(HttpBody::from(body))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_errors_are_counted_by_method() {
        let (metrics, mut registry) = (RpcMetrics::default(), Registry::default());
        metrics.register(&mut registry);
        metrics.called("eth_call", Duration::from_millis(2), Some(3));
        metrics.called("eth_call", Duration::from_millis(2), None);
        let page = Page(Arc::new(registry));
        let mut body = String::new();
        text::encode(&mut body, &page.0).unwrap();
        for line in [
            "rpc_calls_total{method=\"eth_call\"} 2\n",
            "rpc_errors_total{method=\"eth_call\",code=\"3\"} 1\n",
            "rpc_seconds_count{method=\"eth_call\"} 2\n",
            "rpc_connections 0\n",
        ] {
            assert!(body.contains(line), "{line} is not in\n{body}");
        }
        assert_eq!(page.page("/metrics").unwrap().status(), 200);
        assert_eq!(page.page("/").unwrap().status(), 404);
    }
}
