//! `seam batch`: the batches of a rollup.

mod decode;
mod fetch;
mod force;

use crate::args::Batch;
use anyhow::Result;
use std::io::Write;

pub(crate) fn run(command: Batch, out: &mut impl Write) -> Result<()> {
    match command {
        Batch::Decode(command) => decode::run(&command, out),
        Batch::Force(command) => force::run(&command, out),
    }
}
