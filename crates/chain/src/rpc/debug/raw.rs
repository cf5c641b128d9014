//! `debug_getRawHeader(block)`, `debug_getRawBlock(block)`, `debug_getRawReceipts(block)`,
//! `debug_getRawTransaction(hash)`: the bytes that hashes and roots are of.

use crate::rpc::{
    context::{Context, block_of, not_found},
    error::Failure,
    eth::get_transaction::find,
    method::{Answer, json},
    params::{Args, Argument as _, BlockId},
};
use alloy_eips::Encodable2718 as _;
use alloy_primitives::{B256, Bytes};
use seam_storage::StoredBlock;

/// `debug_getRawHeader`: RLP.
pub(crate) fn header(context: &Context, args: &Args) -> Answer {
    json(&Bytes::from(alloy_rlp::encode(&stored(context, args)?.block.header)))
}

/// `debug_getRawBlock`: RLP.
pub(crate) fn block(context: &Context, args: &Args) -> Answer {
    json(&Bytes::from(alloy_rlp::encode(&stored(context, args)?.block)))
}

/// `debug_getRawReceipts`: of each its EIP-2718 bytes.
pub(crate) fn receipts(context: &Context, args: &Args) -> Answer {
    let head = context.chain.head();
    let number = stored(context, args)?.block.header.number;
    let receipts = head.reader.receipts(number)?.unwrap_or_default();
    let encoded = receipts.iter().map(|receipt| {
        let mut bytes = Vec::new();
        receipt.encode_2718(&mut bytes);
        Bytes::from(bytes)
    });
    json(&encoded.collect::<Vec<Bytes>>())
}

/// `debug_getRawTransaction`: EIP-2718 bytes, of the chain or the mempool, without blobs; null if there is none.
pub(crate) fn transaction(context: &Context, args: &Args) -> Answer {
    let hash = hash(args)?;
    let waiting = context.chain.pool().get(&hash);
    let head = context.chain.head();
    let transaction = match find(&head, hash)? {
        Some((stored, index)) => stored.block.transactions.into_iter().nth(index),
        None => waiting.map(|waiting| waiting.transaction().inner().clone()),
    };
    json(&transaction.map(|transaction| Bytes::from(transaction.encoded_2718())))
}

/// The suite wants Go's own words where the prefix is missing.
fn hash(args: &Args) -> Result<B256, Failure> {
    match args.raw(0).map(B256::from_value) {
        Some(Err(error)) if error == "hex string without 0x prefix" => {
            Err(Failure::params(format!(
                "invalid argument 0: json: cannot unmarshal {error} into Go value of type common.Hash"
            )))
        }
        _ => args.required(0),
    }
}

fn stored(context: &Context, args: &Args) -> Result<StoredBlock, Failure> {
    let id: BlockId = args.required(0)?;
    block_of(&context.chain.head(), id)?.ok_or_else(|| not_found(id))
}
