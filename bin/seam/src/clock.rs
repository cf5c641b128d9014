//! The time of the machine, read once: from then on a chain's clock goes its own way.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since the Unix epoch as the machine has it; zero if it is set before that.
#[expect(clippy::disallowed_methods, reason = "where time comes in; everybody else is told it")]
pub(crate) fn machine_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A Layer 2 that is further behind its L1 keeps its own time.
const MOST_BEHIND: Duration = Duration::from_secs(3_600);

/// Timestamps of the newest blocks of two chains that go on together, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RestartTime {
    /// Of the L1.
    pub(crate) l1: u64,
    /// Of the Layer 2.
    pub(crate) l2: u64,
}

impl RestartTime {
    /// The time at which they go on: the pause is left out, and the next L1 block is due at once.
    pub(crate) fn after(self, l1_block_time: u64) -> Duration {
        Duration::from_secs(self.l1.saturating_add(l1_block_time).max(self.l2))
    }

    /// The time at which the Layer 2 goes on: the same, unless the L1 was moved ahead by hand so far
    /// that blocks without a gap would not catch up in reasonable time.
    pub(crate) fn of_l2(self, l1_block_time: u64) -> Duration {
        let both = self.after(l1_block_time);
        let own = Duration::from_secs(self.l2);
        if both.saturating_sub(own) > MOST_BEHIND { own } else { both }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_go_on_from_their_last_block_and_never_before_it() {
        let after = |l1, l2| RestartTime { l1, l2 }.after(12).as_secs();
        assert_eq!(after(100, 100), 112);
        assert_eq!(after(100, 111), 112);
        assert_eq!(after(100, 150), 150);
    }

    #[test]
    fn a_rollup_catches_up_with_its_l1_unless_that_is_far_ahead() {
        let of_l2 = |l1, l2| RestartTime { l1, l2 }.of_l2(12).as_secs();
        assert_eq!(of_l2(100, 100), 112);
        assert_eq!(of_l2(3_688, 100), 3_700);
        assert_eq!(of_l2(3_689, 100), 100);
        assert_eq!(of_l2(100, 1_000_000), 1_000_000);
    }
}
