//! `GET /health` and `GET /ready`: for whoever starts, watches and restarts nodes.

use super::server::Page;
use crate::chain::{Chain, Health};
use serde::Serialize;

/// Blocks that may be overdue before a chain counts as standing still.
const OVERDUE_BLOCKS: u64 = 10;
/// … and at least this many seconds.
const OVERDUE_SECONDS: u64 = 30;

#[derive(Debug, Serialize)]
struct State {
    status: &'static str,
    block: u64,
    /// Why it cannot go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// 200 as long as the chain runs, also when it makes no blocks; 503 when it cannot go on.
pub(crate) fn health(chain: &Chain) -> Page {
    let (status, error) = match &*chain.health().borrow() {
        Health::Running => ("running", None),
        Health::Stopped => ("stopped", None),
        Health::Failed(error) => ("failed", Some(error.to_string())),
    };
    let block = chain.head().number();
    let code = if status == "running" { 200 } else { 503 };
    Page::new(code, &State { status, block, error })
}

/// 200 when the chain runs and its blocks come in time, or come from elsewhere; else 503.
pub(crate) fn ready(chain: &Chain) -> Page {
    let page = health(chain);
    if page.status != 200 {
        return page;
    }
    let (head, now) = (chain.head(), chain.clock().now().as_secs());
    let age = now.saturating_sub(head.header().timestamp);
    let live = chain.0.recipe.block_seconds().is_none_or(|seconds| is_live(age, seconds));
    let (code, status) = if live { (200, "ready") } else { (503, "no blocks are being made") };
    Page::new(code, &State { status, block: head.number(), error: None })
}

/// Whether blocks come in time, if the newest is `age` seconds old.
fn is_live(age: u64, block_seconds: u64) -> bool {
    age <= block_seconds.saturating_mul(OVERDUE_BLOCKS).max(OVERDUE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_stands_still_when_many_blocks_are_overdue() {
        assert!(is_live(30, 1) && !is_live(31, 1));
        assert!(is_live(120, 12) && !is_live(121, 12));
        assert!(is_live(u64::MAX, u64::MAX));
    }
}
