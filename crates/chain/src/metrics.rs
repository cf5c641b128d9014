//! What a chain counts, for Prometheus.

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// Counters and gauges of one chain. Times are in seconds.
///
/// | metric | what |
/// |---|---|
/// | `head_block` | number of the newest block on disk |
/// | `finalized_block` | number of the newest block that nothing can undo |
/// | `blocks` | blocks sealed or imported |
/// | `transactions` | transactions in them |
/// | `gas` | gas that they used |
/// | `reorgs` | times that blocks left the chain |
/// | `pool_transactions`, `pool_bytes` | what waits in the mempool |
/// | `seal_seconds` | from the last transaction to the sealed header |
/// | `commit_seconds` | from the sealed header to the disk |
#[derive(Debug, Clone)]
pub struct ChainMetrics {
    /// Number of the newest block on disk.
    pub head_block: Gauge,
    /// Number of the newest final block.
    pub finalized_block: Gauge,
    /// Blocks sealed or imported.
    pub blocks: Counter,
    /// Transactions in them.
    pub transactions: Counter,
    /// Gas that they used.
    pub gas: Counter,
    /// Times that blocks left the chain.
    pub reorgs: Counter,
    /// Transactions in the mempool.
    pub pool_transactions: Gauge,
    /// Bytes in the mempool.
    pub pool_bytes: Gauge,
    /// Time to seal a block.
    pub seal_seconds: Histogram,
    /// Time to write a block.
    pub commit_seconds: Histogram,
}

const SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

impl Default for ChainMetrics {
    fn default() -> Self {
        Self {
            head_block: Gauge::default(),
            finalized_block: Gauge::default(),
            blocks: Counter::default(),
            transactions: Counter::default(),
            gas: Counter::default(),
            reorgs: Counter::default(),
            pool_transactions: Gauge::default(),
            pool_bytes: Gauge::default(),
            seal_seconds: Histogram::new(SECONDS),
            commit_seconds: Histogram::new(SECONDS),
        }
    }
}

impl ChainMetrics {
    /// Names them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("head_block", "Newest block on disk", self.head_block.clone());
        let name = "Newest final block";
        registry.register("finalized_block", name, self.finalized_block.clone());
        registry.register("blocks", "Blocks sealed or imported", self.blocks.clone());
        registry.register("transactions", "Transactions in blocks", self.transactions.clone());
        registry.register("gas", "Gas used by blocks", self.gas.clone());
        registry.register("reorgs", "Times that blocks left the chain", self.reorgs.clone());
        let name = "Transactions in the mempool";
        registry.register("pool_transactions", name, self.pool_transactions.clone());
        registry.register("pool_bytes", "Bytes in the mempool", self.pool_bytes.clone());
        registry.register("seal_seconds", "Time to seal a block", self.seal_seconds.clone());
        registry.register("commit_seconds", "Time to write a block", self.commit_seconds.clone());
    }
}
