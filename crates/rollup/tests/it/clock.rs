//! Time that passes as far as a test lets it.

use seam_chain::SteppedClock;
use std::{sync::Arc, time::Duration};

/// When every chain here begins, in seconds.
pub(crate) const GENESIS_TIME: u64 = 1_700_000_000;

/// It is the time of the genesis, and stays so.
pub(crate) fn frozen() -> Arc<SteppedClock> {
    SteppedClock::starting_at(Duration::from_secs(GENESIS_TIME))
}
