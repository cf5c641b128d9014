//! The methods whose names begin with `ots_`, for the explorer Otterscan: what its `docs/custom-jsonrpc.md` says.
//!
//! There is no index of who called whom. Searches look at blocks one by one, within limits, and say so when a limit ends
//! them.

pub(crate) mod api_level;
pub(crate) mod block_details;
pub(crate) mod block_transactions;
pub(crate) mod calls;
pub(crate) mod contract_creator;
pub(crate) mod has_code;
pub(crate) mod header;
pub(crate) mod search;
pub(crate) mod sender_and_nonce;

use super::{
    context::block_of,
    error::{Failure, PRUNED},
    params::{Argument, BlockId, BlockTag},
};
use crate::chain::Head;
use seam_storage::{StoredBlock, View};
use serde_json::Value;

/// A block as Otterscan names it: also by a plain number.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AnyBlock(pub(crate) BlockId);

impl Argument for AnyBlock {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value.as_u64() {
            Some(number) => Ok(Self(BlockId::Tag(BlockTag::Number(number)))),
            None => BlockId::from_value(value).map(Self),
        }
    }
}

/// The block that is asked for.
fn block(head: &Head, AnyBlock(id): AnyBlock) -> Result<Option<StoredBlock>, Failure> {
    block_of(head, id)
}

/// The first block in whose state something holds that held in none before and in all since, as far as state is kept.
///
/// # Errors
/// The code of what was pruned, if it held already in the oldest state that is kept and that is not the genesis.
fn first_block_where(
    head: &Head,
    holds: impl Fn(View) -> Result<bool, Failure>,
) -> Result<Option<u64>, Failure> {
    let holds_at = |number| holds(View::at(head.reader.clone(), number)?);
    let oldest = head.reader.oldest_state()?;
    if !holds_at(head.number())? {
        return Ok(None);
    }
    if holds_at(oldest)? {
        let pruned = "pruned history unavailable: it was before block";
        return match oldest {
            0 => Ok(Some(0)),
            oldest => Err(Failure::new(PRUNED, format!("{pruned} {oldest}"))),
        };
    }
    let (mut without, mut with) = (oldest, head.number());
    while without + 1 < with {
        let middle = without + (with - without) / 2;
        *(if holds_at(middle)? { &mut with } else { &mut without }) = middle;
    }
    Ok(Some(with))
}
