//! Time as a benchmark counts it.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Processor time that this thread has used, in user and kernel mode. What else the machine does
/// meanwhile is not in it, so that it says what one core would need.
pub fn cpu() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Processor time that all threads of this process have used.
pub fn process_cpu() -> Duration {
    read(ClockId::ProcessCPUTime)
}

/// Seconds since the Unix epoch.
pub fn unix_seconds() -> u64 {
    read(ClockId::Realtime).as_secs()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "a load comes at its times, whatever the node does")]
pub fn rest(time: Duration) {
    std::thread::sleep(time);
}

fn read(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    Duration::new(
        u64::try_from(now.tv_sec).unwrap_or_default(),
        u32::try_from(now.tv_nsec).unwrap_or_default(),
    )
}

/// Adds the processor time that `work` takes to `total`.
pub fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = cpu();
    let result = work();
    *total += cpu().saturating_sub(start);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_once() {
        let mut total = Duration::ZERO;
        let before = cpu();
        let sum = timed(&mut total, || (0..1_000_000_u64).map(std::hint::black_box).sum::<u64>());
        assert_eq!(sum, 499_999_500_000);
        assert!(total <= cpu() - before);
    }
}
