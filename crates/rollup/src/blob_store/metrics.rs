//! What the store counts.

use super::file::FILE_BYTES;
use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

/// Gauges of the store.
///
/// | metric | what |
/// |---|---|
/// | `blobs_kept` | blobs on disk |
/// | `blobs_kept_bytes` | … and the bytes of their files |
#[derive(Debug, Clone, Default)]
pub struct BlobMetrics {
    /// Blobs on disk.
    pub count: Gauge,
    /// Bytes of their files.
    pub bytes: Gauge,
}

impl BlobMetrics {
    /// Names them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("blobs_kept", "Blobs on disk", self.count.clone());
        registry.register("blobs_kept_bytes", "Bytes of blobs on disk", self.bytes.clone());
    }

    pub(super) fn set(&self, count: usize) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.count.set(number(count));
        self.bytes.set(number(count.saturating_mul(FILE_BYTES)));
    }
}
