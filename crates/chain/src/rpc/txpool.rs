//! `txpool_status`, `txpool_content`, `txpool_contentFrom`: what waits for a block.

use super::{
    context::Context,
    eth::get_transaction::pending,
    method::{Answer, json},
    params::{Args, quantity},
    types::TransactionJson,
};
use crate::pool::{PoolTransaction, SenderContent};
use alloy_primitives::{Address, U256};
use serde::Serialize;
use std::collections::BTreeMap;

/// By nonce, in decimal digits.
type ByNonce = BTreeMap<String, TransactionJson>;

#[derive(Debug, Default, Serialize)]
struct Status {
    pending: U256,
    queued: U256,
}

#[derive(Debug, Default, Serialize)]
struct Content {
    /// By sender, written with its checksum.
    pending: BTreeMap<String, ByNonce>,
    queued: BTreeMap<String, ByNonce>,
}

#[derive(Debug, Serialize)]
struct ContentFrom {
    pending: ByNonce,
    queued: ByNonce,
}

/// `txpool_status`: how many.
pub(crate) fn status(context: &Context, _: &Args) -> Answer {
    let status = context.chain.pool().status();
    json(&Status { pending: quantity(status.pending), queued: quantity(status.queued) })
}

/// `txpool_content`: all of them.
pub(crate) fn content(context: &Context, _: &Args) -> Answer {
    let all = context.chain.pool().content();
    let mut content = Content::default();
    for (sender, SenderContent { pending, queued }) in all {
        let sender = sender.to_checksum(None);
        let add = |to: &mut BTreeMap<_, _>, transactions: Vec<PoolTransaction>| {
            if !transactions.is_empty() {
                to.insert(sender.clone(), by_nonce(&transactions));
            }
        };
        add(&mut content.pending, pending);
        add(&mut content.queued, queued);
    }
    json(&content)
}

/// `txpool_contentFrom(address)`: one sender's.
pub(crate) fn content_from(context: &Context, args: &Args) -> Answer {
    let sender: Address = args.required(0)?;
    let SenderContent { pending, queued } = context.chain.pool().content_of(sender);
    json(&ContentFrom { pending: by_nonce(&pending), queued: by_nonce(&queued) })
}

fn by_nonce(transactions: &[PoolTransaction]) -> ByNonce {
    transactions.iter().map(|waiting| (waiting.nonce().to_string(), pending(waiting))).collect()
}
