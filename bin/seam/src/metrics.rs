//! The page that Prometheus reads: what each chain and each server counts.

use anyhow::Result;
use prometheus_client::{metrics::gauge::Gauge, registry::Registry};
use seam_chain::{
    Chain,
    rpc::{RpcMetrics, serve_metrics},
};
use seam_rollup::{
    batcher::{BatcherStatus, metrics::BatcherMetrics},
    blob_store::BlobMetrics,
    derivation::{DerivationStatus, metrics::DerivationMetrics},
};
use std::net::TcpListener;
use tokio::sync::watch;

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

    /// Adds how far the books of a chain are.
    pub(crate) fn add_booked(&mut self, name: &'static str) -> Gauge {
        let booked = Gauge::default();
        let registry = self.0.sub_registry_with_label(("chain".into(), name.into()));
        let help = "The last block that is in the books";
        registry.sub_registry_with_prefix("ledger").register("block", help, booked.clone());
        booked
    }

    /// Adds the rollup's blobs that this node keeps.
    pub(crate) fn add_blobs(&mut self, blobs: &BlobMetrics) {
        blobs.register(&mut self.0);
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

/// How a rollup's chains follow from L1 and are posted there, on the page.
#[derive(Debug, Clone)]
pub(crate) struct RollupMetrics {
    derivations: Vec<DerivationMetrics>,
    batcher: BatcherMetrics,
}

impl RollupMetrics {
    /// Adds them: of the sequencer's chain, or the only one, and of others.
    pub(crate) fn in_page(page: &mut Metrics, chains: &[&'static str]) -> Self {
        let batcher = BatcherMetrics::default();
        batcher.register(page.0.sub_registry_with_prefix("batcher"));
        let derivation = |chain: &&'static str| {
            let counted = DerivationMetrics::default();
            let registry = page.0.sub_registry_with_label(("chain".into(), (*chain).into()));
            counted.register(registry.sub_registry_with_prefix("derivation"));
            counted
        };
        Self { derivations: chains.iter().map(derivation).collect(), batcher }
    }

    /// Shows these from now on, for as long as somebody says how they are.
    pub(crate) fn show(
        &self,
        derived: &[watch::Receiver<DerivationStatus>],
        posting: Option<watch::Receiver<BatcherStatus>>,
    ) {
        for (status, counted) in derived.iter().zip(&self.derivations) {
            let counted = counted.clone();
            keep_showing(status.clone(), move |status| counted.show(status));
        }
        if let Some(posting) = posting {
            let counted = self.batcher.clone();
            keep_showing(posting, move |status| counted.show(status));
        }
    }
}

fn keep_showing<T: Send + Sync + 'static>(
    mut status: watch::Receiver<T>,
    show: impl Fn(&T) + Send + 'static,
) {
    tokio::spawn(async move {
        loop {
            show(&status.borrow_and_update());
            if status.changed().await.is_err() {
                break;
            }
        }
    });
}
