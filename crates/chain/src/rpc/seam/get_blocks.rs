//! `seam_getBlocks(from, count)`: blocks of the chain in a row, each signed, oldest first; fewer where
//! the chain ends or the answer would be too large. `docs/spec/unsafe-stream.md`.

use crate::{
    chain::Head,
    rpc::{
        context::Context,
        error::Failure,
        method::{Answer, json},
        params::{Args, Number},
    },
    stream::{BlockSigner, MAX_BLOCK_BYTES, MAX_BLOCKS, SignedBlock},
};

pub(crate) fn run(context: &Context, args: &Args) -> Answer {
    let (Number(from), Number(count)) = (args.required(0)?, args.required(1)?);
    if !(1..=MAX_BLOCKS).contains(&count) {
        return Err(Failure::params(format!("count is {count}: ask for 1 to {MAX_BLOCKS} blocks")));
    }
    let signer = context.settings.stream.as_ref();
    let signer = signer.ok_or_else(|| Failure::server("this node does not sign its blocks"))?;
    json(&signed(&context.chain.head(), signer, from, count)?)
}

fn signed(
    head: &Head,
    signer: &BlockSigner,
    from: u64,
    count: u64,
) -> Result<Vec<SignedBlock>, Failure> {
    let mut blocks = Vec::new();
    let mut bytes = 0;
    for number in (from..=head.number()).take_while(|number| number - from < count) {
        let stored = head.reader.block(number)?;
        let stored =
            stored.ok_or_else(|| Failure::server(format!("block {number} is not kept")))?;
        let Some(block) = signer.sign(stored.hash, &stored.block) else {
            break; // too large for the stream
        };
        bytes += block.block.len();
        if bytes > MAX_BLOCK_BYTES {
            break;
        }
        blocks.push(block);
    }
    Ok(blocks)
}
