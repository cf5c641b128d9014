//! Whether the L1's blocks come as the configuration says (rule D11).

use super::DeployError;
use seam_genesis::{RollupConfig, config::DEVELOPMENT_L1S};

/// Blocks that are looked at.
pub const SAMPLE: u64 = 64;

/// With fewer intervals nothing can be said.
const ENOUGH: u64 = 8;

/// Compares the time that the newest blocks took, `seconds` for `intervals` of them, with
/// `l1.block_time` and `l2.block_time`. A development L1 makes blocks as its user likes, so there only
/// one faster than the rollup is refused; else what is said is a warning.
///
/// # Errors
/// [`DeployError::BlockTime`].
pub fn check(
    config: &RollupConfig,
    intervals: u64,
    seconds: u64,
) -> Result<Option<String>, DeployError> {
    if intervals < ENOUGH {
        return Ok(None);
    }
    let (l1, l2) = (config.l1.block_time, config.l2.block_time);
    // In quarters of a second, so that nothing is rounded that matters.
    let quarters = seconds.saturating_mul(4) / intervals;
    let shown = format!("{}.{:02}", quarters / 4, quarters % 4 * 25);
    if quarters < l2.saturating_mul(4) {
        return Err(DeployError::BlockTime(format!(
            "the L1 made a block every {shown} s of late, and rollup.toml says l2.block_time = \
             {l2}: the rollup would fall behind its L1 for ever; set l2.block_time to {} or less",
            (quarters / 4).max(1)
        )));
    }
    let (least, most) = (l1.saturating_mul(3), l1.saturating_mul(6));
    if (least..=most).contains(&quarters) {
        return Ok(None);
    }
    let text = format!(
        "the L1 made a block every {shown} s of late, and rollup.toml says l1.block_time = {l1}: \
         timeouts that count L1 blocks would be wrong; set it to {}",
        quarters.saturating_add(2) / 4
    );
    match DEVELOPMENT_L1S.contains(&config.l1.chain_id) {
        true => Ok(Some(text)),
        false => Err(DeployError::BlockTime(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use seam_genesis::config::EXAMPLE;

    fn config(chain_id: u64, l1: u64, l2: u64) -> RollupConfig {
        let mut config = RollupConfig::from_toml(EXAMPLE).unwrap();
        config.l1.chain_id = chain_id;
        (config.l1.block_time, config.l2.block_time) = (l1, l2);
        config
    }

    #[test]
    fn blocks_may_be_missed_but_not_come_at_another_time() {
        let ethereum = config(1, 12, 2);
        // 64 slots, and 64 blocks in 70 slots.
        for seconds in [64 * 12, 70 * 12, 64 * 9, 64 * 18] {
            assert_eq!(check(&ethereum, 64, seconds).unwrap(), None);
        }
        for (seconds, set) in [(64 * 2, "set it to 2"), (64 * 20, "set it to 20")] {
            let text = check(&ethereum, 64, seconds).unwrap_err().to_string();
            assert!(text.contains("l1.block_time = 12") && text.ends_with(set), "{text}");
        }
        assert_eq!(check(&ethereum, 7, 0).unwrap(), None);
    }

    #[test]
    fn an_l1_that_is_faster_than_the_rollup_is_refused_everywhere() {
        for chain_id in [1, 31_337] {
            let config = config(chain_id, 12, 2);
            let text = check(&config, 64, 64 + 63).unwrap_err().to_string();
            assert!(
                text.contains("every 1.75 s") && text.contains("set l2.block_time to 1"),
                "{text}"
            );
            assert!(chain_id == 1 || check(&config, 64, 64 * 2).unwrap().is_some());
        }
    }
}
