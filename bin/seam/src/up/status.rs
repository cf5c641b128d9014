//! The line that says from time to time how it goes.

use super::{Beside, Network, rollup::Status};
use crate::service;

/// Logs it, again and again.
pub(crate) async fn say(network: &Network, beside: &Beside) {
    loop {
        tokio::time::sleep(service::STATUS_EVERY).await;
        let (l1, l2) = (network.l1(), network.l2());
        let pending = l1.pool().status().waiting() + l2.pool().status().waiting();
        let Status { safe, follower, posting } = beside.rollup.status();
        let traffic = beside.traffic.as_ref().map(|traffic| traffic.report().total(false));
        tracing::info!(
            l1 = l1.head().number(),
            l1_finalized = l1.head().finality.finalized,
            l2 = l2.head().number(),
            l2_safe = safe,
            l2_finalized = l2.head().finality.finalized,
            pending,
            batches = posting.posted_batches,
            waiting = posting.last_error.or(posting.waiting),
            follower,
            booked = beside.earnings.as_ref().map(tracing::field::display),
            traffic = traffic.map(|counts| counts.sent),
            "running"
        );
    }
}
