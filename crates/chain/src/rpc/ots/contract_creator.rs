//! `ots_getContractCreator(address)`: the transaction that created a contract, and who did. Null for what is no contract,
//! or was not created by a transaction.

use super::{
    calls::{of_block, visit},
    first_block_where,
};
use crate::rpc::{
    context::Context,
    method::{Answer, json},
    params::Args,
};
use alloy_primitives::{Address, B256, KECCAK256_EMPTY};
use seam_stf::{Account, StateReader as _};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct Creator {
    hash: B256,
    creator: Address,
}

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let address: Address = args.required(0)?;
    let head = context.chain.head();
    let has_code = |account: Account| account.code_hash != KECCAK256_EMPTY;
    let first =
        first_block_where(&head, |mut view| Ok(view.account(address)?.is_some_and(has_code)))?;
    let Some(number) = first.filter(|number| *number > 0) else { return json(&None::<()>) };
    let mut found = None;
    for (hash, frame) in of_block(context, &head, number)? {
        visit(&frame, 0, &mut |frame, _| {
            let held = frame.error.is_none();
            if held && frame.typ.starts_with("CREATE") && frame.to == Some(address) {
                found = Some(Creator { hash, creator: frame.from });
            }
            held
        });
    }
    json(&found)
}
