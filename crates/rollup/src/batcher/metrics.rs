//! What a batcher counts, for Prometheus.

use super::BatcherStatus;
use prometheus_client::{metrics::gauge::Gauge, registry::Registry};
use std::sync::atomic::AtomicU64;

/// Gauges of a batcher.
///
/// | metric | what |
/// |---|---|
/// | `inbox_last_block` | the last block that is in the inbox |
/// | `inbox_batches` | batches in the inbox |
/// | `in_flight` | batches on their way |
/// | `pending_blocks` | blocks that are not in the inbox |
/// | `oldest_pending_seconds` | age of the oldest of them |
/// | `balance_ether` | what the batcher's account has |
/// | `spent_ether` | what this process has spent |
/// | `runway_hours` | how long the balance lasts; -1 while nothing is spent |
/// | `starved` | 1 if the balance does not pay for the next batch |
#[derive(Debug, Clone, Default)]
pub struct BatcherMetrics {
    inbox_last_block: Gauge,
    inbox_batches: Gauge,
    in_flight: Gauge,
    pending_blocks: Gauge,
    oldest_pending_seconds: Gauge,
    balance_ether: Gauge<f64, AtomicU64>,
    spent_ether: Gauge<f64, AtomicU64>,
    runway_hours: Gauge<f64, AtomicU64>,
    starved: Gauge,
}

const ETHER: f64 = 1e18;

impl BatcherMetrics {
    /// Names them in a registry.
    pub fn register(&self, registry: &mut Registry) {
        let mut gauge = |name, help, gauge: &Gauge| registry.register(name, help, gauge.clone());
        gauge("inbox_last_block", "Last block in the inbox", &self.inbox_last_block);
        gauge("inbox_batches", "Batches in the inbox", &self.inbox_batches);
        gauge("in_flight", "Batches on their way", &self.in_flight);
        gauge("pending_blocks", "Blocks that are not in the inbox", &self.pending_blocks);
        let help = "Age of the oldest block that is not in the inbox";
        gauge("oldest_pending_seconds", help, &self.oldest_pending_seconds);
        gauge("starved", "Whether the balance is less than a batch costs", &self.starved);
        let mut float = |name, help, gauge: &Gauge<f64, AtomicU64>| {
            registry.register(name, help, gauge.clone());
        };
        float("balance_ether", "Balance of the batcher", &self.balance_ether);
        float("spent_ether", "Spent by this process", &self.spent_ether);
        float("runway_hours", "Hours that the balance lasts", &self.runway_hours);
    }

    /// Shows this.
    pub fn show(&self, status: &BatcherStatus) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.inbox_last_block.set(whole(status.inbox_last_block));
        self.inbox_batches.set(whole(status.posted_batches));
        self.in_flight.set(whole(status.in_flight as u64));
        self.pending_blocks.set(whole(status.pending_blocks));
        self.oldest_pending_seconds.set(whole(status.oldest_pending_seconds));
        self.balance_ether.set(f64::from(status.balance) / ETHER);
        self.spent_ether.set(f64::from(status.spent) / ETHER);
        self.runway_hours.set(status.runway_hours.unwrap_or(-1.0));
        self.starved.set(i64::from(status.starved));
    }
}
