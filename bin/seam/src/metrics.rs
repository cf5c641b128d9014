//! The page that Prometheus reads: what each chain and each server counts.

use anyhow::Result;
use prometheus_client::registry::Registry;
use seam_chain::{
    Chain,
    rpc::{RpcMetrics, serve_metrics},
};
use std::net::TcpListener;

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics(Registry);

impl Default for Metrics {
    fn default() -> Self {
        Self(Registry::with_prefix("seam"))
    }
}

impl Metrics {
    /// Adds a chain and its server, told from others by a label.
    pub(crate) fn add(&mut self, name: &'static str, chain: &Chain, rpc: &RpcMetrics) {
        let registry = self.0.sub_registry_with_label(("chain".into(), name.into()));
        chain.metrics().register(registry);
        rpc.register(registry);
    }

    /// Serves the page for as long as the runtime runs, if there is a port for it.
    pub(crate) fn serve(self, listener: Option<TcpListener>) -> Result<()> {
        let Some(listener) = listener else { return Ok(()) };
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        tokio::spawn(serve_metrics(listener, self.0));
        tracing::info!(url = %format!("http://{address}/metrics"), "serving metrics");
        Ok(())
    }
}
