//! The blocks that are asked for, and those in the gaps between them.

use super::{BlockRequest, SimulateError};
use alloc::vec::Vec;
use alloy_consensus::Header;

/// Seconds from one block to the next where nothing else is said.
const BLOCK_SECONDS: u64 = 12;

/// A block with its place.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) number: u64,
    pub(super) timestamp: u64,
    pub(super) request: BlockRequest,
}

/// Gives every block a number and a time, and fills the gaps with blocks without calls.
pub(super) fn lay_out(
    base: &Header,
    requests: Vec<BlockRequest>,
    most: u64,
) -> Result<Vec<Plan>, SimulateError> {
    let last = base.number.saturating_add(most);
    let (mut number, mut timestamp) = (base.number, base.timestamp);
    let mut plans = Vec::new();
    for request in requests {
        let wanted = request.number.unwrap_or_else(|| number.saturating_add(1));
        if wanted <= number {
            return Err(SimulateError::Number { number: wanted, previous: number });
        }
        if wanted > last {
            return Err(SimulateError::TooManyBlocks);
        }
        for number in number.saturating_add(1)..wanted {
            timestamp = timestamp.saturating_add(BLOCK_SECONDS);
            plans.push(Plan { number, timestamp, request: BlockRequest::default() });
        }
        let time = request.timestamp.unwrap_or_else(|| timestamp.saturating_add(BLOCK_SECONDS));
        if time <= timestamp {
            return Err(SimulateError::Timestamp { timestamp: time, previous: timestamp });
        }
        (number, timestamp) = (wanted, time);
        plans.push(Plan { number, timestamp, request });
    }
    Ok(plans)
}
