//! What a derivation counts, for Prometheus.

use super::DerivationStatus;
use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

/// Gauges of a derivation.
///
/// | metric | what |
/// |---|---|
/// | `batches` | batches whose blocks the chain has |
/// | `safe` | the newest block that is on L1 |
/// | `finalized` | the newest final block |
/// | `l1_read` | the newest L1 block that was read |
/// | `l1_head` | the newest L1 block that is known |
/// | `agreed_blocks` | blocks since the start that the chain had as L1 has them |
/// | `made_blocks` | … that it did not have so |
/// | `removed_blocks` | … that left the chain because L1 says otherwise |
/// | `garbage_batches` | batches since the start whose data give nothing |
/// | `waits` | 1 while something keeps it from going on |
#[derive(Debug, Clone, Default)]
pub struct DerivationMetrics {
    batches: Gauge,
    safe: Gauge,
    finalized: Gauge,
    l1_read: Gauge,
    l1_head: Gauge,
    agreed_blocks: Gauge,
    made_blocks: Gauge,
    removed_blocks: Gauge,
    garbage_batches: Gauge,
    waits: Gauge,
}

impl DerivationMetrics {
    /// Names them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        let mut gauge = |name, help, gauge: &Gauge| registry.register(name, help, gauge.clone());
        gauge("batches", "Batches whose blocks the chain has", &self.batches);
        gauge("safe", "Newest block that is on L1", &self.safe);
        gauge("finalized", "Newest final block", &self.finalized);
        gauge("l1_read", "Newest L1 block that was read", &self.l1_read);
        gauge("l1_head", "Newest L1 block that is known", &self.l1_head);
        gauge("agreed_blocks", "Blocks that were as L1 has them", &self.agreed_blocks);
        gauge("made_blocks", "Blocks that were not", &self.made_blocks);
        gauge("removed_blocks", "Blocks that L1 replaced", &self.removed_blocks);
        gauge("garbage_batches", "Batches whose data give nothing", &self.garbage_batches);
        gauge("waits", "Whether something keeps it from going on", &self.waits);
    }

    /// Shows this.
    pub fn show(&self, status: &DerivationStatus) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.batches.set(whole(status.batch));
        self.safe.set(whole(status.safe));
        self.finalized.set(whole(status.finalized));
        self.l1_read.set(whole(status.l1_read));
        self.l1_head.set(whole(status.l1_head));
        self.agreed_blocks.set(whole(status.agreed));
        self.made_blocks.set(whole(status.made));
        self.removed_blocks.set(whole(status.removed));
        self.garbage_batches.set(whole(status.garbage));
        self.waits.set(i64::from(status.waits.is_some()));
    }
}
