//! `seam completions`: a script that completes commands in a shell.

use crate::args::Args;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};
use std::io::Write;

pub(crate) fn run(shell: Shell, out: &mut impl Write) -> Result<()> {
    // It would panic where the pipe is closed, so it writes to memory.
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), "seam", &mut script);
    Ok(out.write_all(&script)?)
}
