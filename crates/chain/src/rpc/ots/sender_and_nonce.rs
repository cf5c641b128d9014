//! `ots_getTransactionBySenderAndNonce(sender, nonce)`: the hash; null if there is no such transaction.

use super::first_block_where;
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::{Args, Number},
};
use alloy_consensus::Transaction as _;
use alloy_primitives::Address;
use seam_primitives::Transaction;
use seam_stf::StateReader as _;

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let sender: Address = args.required(0)?;
    let Number(nonce) = args.required(1)?;
    let head = context.chain.head();
    // A nonce never goes back.
    let used = first_block_where(&head, |mut view| {
        Ok(view.account(sender)?.unwrap_or_default().nonce > nonce)
    })?;
    let Some(number) = used else { return json(&None::<()>) };
    let Some(stored) = head.reader.block(number)? else { return json(&None::<()>) };
    let is_it = |transaction: &Transaction, from: Address| {
        from == sender && transaction.as_deposit().is_none() && transaction.nonce() == nonce
    };
    let mut all = stored.block.transactions.iter().zip(&stored.senders);
    let found = all.find(|(transaction, from)| is_it(transaction, **from));
    json(&found.map(|(transaction, _)| transaction.hash()))
}
