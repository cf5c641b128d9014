//! Executing a derived block: as the batch gives it if that is valid, else the default block.

use super::{BlockStart, Candidates, range::Given};
use crate::{
    block::{BlockBuilder, ExecutedBlock},
    error::BlockError,
    state::StateCommitment,
};
use alloc::vec::Vec;
use alloy_primitives::Address;
use seam_primitives::{ChainRules, Header, Recovered, Transaction};

/// A block that follows from L1.
#[derive(Debug, Clone)]
pub struct DerivedBlock {
    /// The block.
    pub executed: ExecutedBlock,
    /// The sender of each transaction.
    pub senders: Vec<Address>,
    /// Why it is not as its batch gives it, if the batch gives it.
    pub refused: Option<BlockError>,
}

/// Executes the first candidate that is valid. `recover` is
/// [`recover_senders`](crate::block::recover_senders), or does the same on more cores. `state` gives the
/// state after `parent`, once for each candidate that is tried.
///
/// # Errors
/// [`BlockError`] if the state cannot be read, or the default block is not valid: the gas limit does not
/// allow the deposits of an L1 block, which `SystemConfig` prevents.
pub fn derive_block<R: StateCommitment>(
    rules: &ChainRules,
    parent: &Header,
    candidates: Candidates,
    recover: impl FnOnce(Vec<Transaction>) -> Result<Vec<Recovered<Transaction>>, BlockError>,
    mut state: impl FnMut() -> R,
) -> Result<DerivedBlock, BlockError> {
    let Candidates { given, default } = candidates;
    let mut refused = None;
    if let Some(Given { start, transactions }) = given {
        let tried =
            recover(transactions).and_then(|signed| execute(rules, parent, start, signed, state()));
        match tried {
            Ok((executed, senders)) => return Ok(DerivedBlock { executed, senders, refused }),
            // What the state says is no verdict on the block.
            Err(BlockError::State(error)) => return Err(BlockError::State(error)),
            Err(error) => refused = Some(error),
        }
    }
    let (executed, senders) = execute(rules, parent, default, Vec::new(), state())?;
    Ok(DerivedBlock { executed, senders, refused })
}

fn execute<R: StateCommitment>(
    rules: &ChainRules,
    parent: &Header,
    start: BlockStart,
    signed: Vec<Recovered<Transaction>>,
    state: R,
) -> Result<(ExecutedBlock, Vec<Address>), BlockError> {
    let BlockStart { attributes, first, mempool: _ } = start;
    let mut builder = BlockBuilder::new(rules, parent, attributes, state)?;
    let mut senders = Vec::new();
    for transaction in first.into_iter().map(of_depositor).chain(signed) {
        senders.push(transaction.signer());
        builder.push(transaction)?;
    }
    Ok((builder.finish()?, senders))
}

/// A deposit with its sender, whom it names: nobody signs it.
pub fn of_depositor(deposit: Transaction) -> Recovered<Transaction> {
    let sender = deposit.as_deposit().map(|deposit| deposit.from).unwrap_or_default();
    Recovered::new_unchecked(deposit, sender)
}
