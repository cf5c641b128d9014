//! Whether the L1's blocks come as the configuration says (rule D11).

use super::DeployError;
use seam_genesis::{RollupConfig, config::DEVELOPMENT_L1S};

/// Blocks that are looked at.
pub const SAMPLE: u64 = 64;

/// With fewer intervals nothing can be said.
const ENOUGH: u64 = 8;

/// Compares the time that the newest blocks took, `seconds` for `intervals` of them, with
/// `l1.block_time` and `l2.block_time`. A development L1 makes blocks as its user likes, so there only
/// one is refused that a slower rollup cannot follow; else what is said is a warning.
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
    let development = DEVELOPMENT_L1S.contains(&config.l1.chain_id);
    // In quarters of a second, so that nothing is rounded that matters.
    let quarters = seconds.saturating_mul(4) / intervals;
    let shown = format!("{}.{:02}", quarters / 4, quarters % 4 * 25);
    let observed = format!("the L1 made a block every {shown} s of late, and rollup.toml says");
    if quarters < l2.saturating_mul(4) {
        let behind = "the rollup would fall behind its L1 for ever";
        let change = match quarters / 4 {
            0 => "blocks of a rollup are whole seconds, so it needs an L1 with fewer".to_owned(),
            most => format!("set l2.block_time to {most} or less"),
        };
        let text = format!("{observed} l2.block_time = {l2}: {behind}; {change}");
        // Such as one with a block for each transaction: there is nothing to change for it.
        return if development && l2 == 1 { Ok(Some(text)) } else { refuse(text) };
    }
    if (l1.saturating_mul(3)..=l1.saturating_mul(6)).contains(&quarters) {
        return Ok(None);
    }
    let text = format!(
        "{observed} l1.block_time = {l1}: timeouts that count L1 blocks would be wrong; set it to {}",
        quarters.saturating_add(2) / 4
    );
    if development { Ok(Some(text)) } else { refuse(text) }
}

fn refuse(text: String) -> Result<Option<String>, DeployError> {
    Err(DeployError::BlockTime(text))
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
        let text = check(&config(1, 1, 1), 64, 40).unwrap_err().to_string();
        assert!(text.ends_with("so it needs an L1 with fewer"), "{text}");
        // anvil makes a block for each transaction.
        assert!(check(&config(31_337, 1, 1), 64, 0).unwrap().is_some());
    }
}
