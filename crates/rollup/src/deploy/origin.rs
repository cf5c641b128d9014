//! The L1 block that a rollup begins after (rule D18).

use super::DeployError;
use alloy_primitives::B256;
use seam_genesis::config::Origin;

/// A block of the L1, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
}

/// A rollup that begins after this block.
pub const fn after(block: Block) -> Origin {
    Origin { time: block.timestamp, l1_number: block.number, l1_hash: block.hash }
}

/// Whether a rollup can begin where `rollup.toml` says. `named` is the L1's block of that number,
/// `last_final` its newest final one, `newest` its newest.
///
/// # Errors
/// [`DeployError::Origin`].
pub fn check(
    origin: Origin,
    named: Option<Block>,
    last_final: Block,
    newest: Block,
) -> Result<(), DeployError> {
    let number = origin.l1_number;
    let refuse = |problem| Err(DeployError::Origin { number, problem });
    let Some(named) = named else {
        return refuse(format!(
            "the L1 has no such block; its newest final one is {}",
            last_final.number
        ));
    };
    if named.hash != origin.l1_hash {
        return refuse(format!(
            "the L1's block of that number is {}, and `genesis.l1_hash` says {}: correct one of them",
            named.hash, origin.l1_hash
        ));
    }
    if number > last_final.number {
        return refuse(format!(
            "the block is not final yet (the newest final one is {}), and a reorg would end the \
             rollup: take an older one, or wait",
            last_final.number
        ));
    }
    if origin.time < named.timestamp || origin.time > newest.timestamp {
        return refuse(format!(
            "`genesis.time` = {} is not between that block's time, {}, and the newest one's, {}",
            origin.time, named.timestamp, newest.timestamp
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u64) -> Block {
        let hash = B256::with_last_byte(u8::try_from(number).unwrap());
        Block { number, hash, timestamp: 1_000 + 12 * number }
    }

    fn refusal(origin: Origin, named: Option<Block>) -> String {
        check(origin, named, block(20), block(30)).unwrap_err().to_string()
    }

    #[test]
    fn a_rollup_begins_after_a_final_block_and_not_before_its_time() {
        for number in [0, 7, 20] {
            assert!(check(after(block(number)), Some(block(number)), block(20), block(30)).is_ok());
        }
        let later = Origin { time: block(30).timestamp, ..after(block(7)) };
        assert!(check(later, Some(block(7)), block(20), block(30)).is_ok());

        assert!(refusal(after(block(21)), Some(block(21))).contains("is not final yet"));
        assert!(refusal(after(block(7)), None).contains("no such block"));
        let other = Block { hash: B256::ZERO, ..block(7) };
        assert!(refusal(after(block(7)), Some(other)).contains("correct one of them"));
        for time in [block(7).timestamp - 1, block(30).timestamp + 1] {
            let text = refusal(Origin { time, ..after(block(7)) }, Some(block(7)));
            assert!(text.contains("is not between"), "{text}");
        }
    }
}
