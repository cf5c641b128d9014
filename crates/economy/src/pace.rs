//! How many transactions are due: as many as the rate says, and fewer for a while after the node had no room.

use crate::traffic::Rate;
use std::time::Duration;

/// The rate is divided by this at most.
pub const MAX_SLOWDOWN: u32 = 64;
/// So long after a refusal, and after each step up, the rate doubles again.
pub const RECOVERY: Duration = Duration::from_secs(10);
/// What was not sent in this time is not made up for: a node that was away is not flooded.
pub const MAX_BACKLOG: Duration = Duration::from_secs(2);

/// Counts what is due.
#[derive(Debug, Clone)]
pub struct Pace {
    rate: Rate,
    /// Until when the time was counted.
    counted: Duration,
    /// In millionths of a transaction.
    due: u64,
    slowdown: u32,
    changed: Duration,
}

/// Millionths: a rate in thousandths, for a time in milliseconds.
const WHOLE: u64 = 1_000_000;

impl Pace {
    /// From `now` on; the first is due at once.
    pub const fn new(rate: Rate, now: Duration) -> Self {
        Self { rate, counted: now, due: WHOLE, slowdown: 1, changed: now }
    }

    /// How many are due at `now`.
    pub fn due(&mut self, now: Duration) -> u64 {
        if self.slowdown > 1 && now.saturating_sub(self.changed) >= RECOVERY {
            self.slowdown /= 2;
            self.changed = now;
        }
        // What is left of a millisecond is counted the next time.
        let passed = now.saturating_sub(self.counted).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        self.counted = self.counted.saturating_add(Duration::from_millis(passed)).min(now);
        let gained = passed.saturating_mul(self.rate.thousandths()) / u64::from(self.slowdown);
        self.due = self.due.saturating_add(gained).min(self.most());
        self.due / WHOLE
    }

    /// One was sent, or tried.
    pub const fn spend(&mut self) {
        self.due = self.due.saturating_sub(WHOLE);
    }

    /// The node had no room: half as fast from now on.
    pub fn slow_down(&mut self, now: Duration) {
        self.slowdown = self.slowdown.saturating_mul(2).min(MAX_SLOWDOWN);
        (self.changed, self.counted) = (now, now);
        self.due = 0;
    }

    /// By how much it is slower than it should be.
    pub const fn slowdown(&self) -> u32 {
        self.slowdown
    }

    fn most(&self) -> u64 {
        let backlog = u64::try_from(MAX_BACKLOG.as_millis()).unwrap_or(u64::MAX);
        backlog.saturating_mul(self.rate.thousandths()).max(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn the_first_is_due_at_once_and_then_as_the_rate_says() {
        let mut pace = Pace::new(rate("0.5"), seconds(100));
        assert_eq!(pace.due(seconds(100)), 1);
        pace.spend();
        assert_eq!(pace.due(seconds(101)), 0);
        assert_eq!(pace.due(seconds(102)), 1);
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let mut pace = Pace::new(rate("5"), seconds(0));
        assert_eq!(pace.due(seconds(1_000)), 10);
    }

    #[test]
    fn a_node_without_room_gets_fewer_and_then_as_many_again() {
        let mut pace = Pace::new(rate("8"), seconds(0));
        for _ in 0..3 {
            pace.slow_down(seconds(1));
        }
        assert_eq!(pace.due(seconds(2)), 1);
        pace.spend();
        for at in 3..60 {
            while pace.due(seconds(at)) > 0 {
                pace.spend();
            }
        }
        assert_eq!((pace.slowdown(), pace.due(seconds(60))), (1, 8));
        for _ in 0..20 {
            pace.slow_down(seconds(60));
        }
        assert_eq!(pace.slowdown(), MAX_SLOWDOWN);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(crate::traffic::cases()))]

        #[test]
        fn never_more_than_the_rate_and_the_backlog_and_on_time_no_fewer(
            thousandths in 1_u64..100_000,
            steps in prop::collection::vec(0_u64..3_000, 1..60),
        ) {
            let rate = Rate::from_thousandths(thousandths).unwrap();
            let mut pace = Pace::new(rate, Duration::ZERO);
            let (mut now, mut sent, mut punctual) = (0_u64, 0_u64, true);
            for step in steps {
                now += step;
                punctual &= step <= 1_000;
                let due = pace.due(Duration::from_millis(now));
                (0..due).for_each(|_| pace.spend());
                sent += due;
            }
            let exact = now * thousandths / 1_000_000;
            prop_assert!(sent <= exact + 1);
            if punctual {
                prop_assert!(sent >= exact);
            }
        }
    }
}
