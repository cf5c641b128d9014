//! What the pool promises, case by case (`admission`, `nonces`, `eviction`, `blocks`, `building`),
//! against a naive pool under random operations (`model`), and what it costs (`cost`).

mod admission;
mod blocks;
mod build;
mod building;
mod cost;
mod eviction;
mod model;
mod nonces;

use super::{Pool, PoolStatus};

/// Everything the pool keeps beside its accounts, computed again from the accounts.
fn check(pool: &Pool) {
    let mut status = PoolStatus::default();
    let mut hashes = 0;
    for (sender, slot) in &pool.accounts {
        slot.account.check();
        let summary = slot.account.summary();
        assert_eq!(slot.summary, summary);
        assert_eq!(pool.touched.get(&slot.touched), Some(sender));
        status.pending += summary.pending;
        status.queued += summary.queued;
        status.in_flight += summary.in_flight;
        status.bytes += summary.bytes;
        status.blob_bytes += summary.blob_bytes;
        for entry in slot.account.entries() {
            let place = (*sender, entry.tx.nonce());
            assert_eq!(pool.by_hash.get(&entry.tx.hash()), Some(&place));
            hashes += 1;
        }
        assert!(!slot.account.is_empty());
    }
    assert_eq!(pool.status(), status);
    assert_eq!(pool.by_hash.len(), hashes);
    assert_eq!(pool.touched.len(), pool.accounts.len());
    let count = |holds: fn(&super::Summary) -> bool| {
        pool.accounts.values().filter(|slot| holds(&slot.summary)).count()
    };
    assert_eq!(pool.executable.len(), count(|summary| summary.among_executable.is_some()));
    assert_eq!(pool.queued.len(), count(|summary| summary.among_queued.is_some()));
    assert_eq!(pool.blobs.len(), count(|summary| summary.among_blobs.is_some()));
    let limits = pool.limits();
    assert!(status.waiting() <= limits.max_transactions);
    assert!(status.bytes <= limits.max_bytes);
    assert!(status.blob_bytes <= limits.max_blob_bytes);
}
