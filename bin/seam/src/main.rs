//! Seam's command line: arguments, wiring, and an exit code.

mod args;
mod batch;
mod bridge;
mod clock;
mod completions;
mod config;
mod data;
mod data_dir;
mod deploy;
mod earn;
mod execute;
mod genesis;
mod key;
mod metrics;
mod node;
mod on_l1;
mod rollup_node;
mod service;
mod show_config;
mod snapshot;
mod store;
mod table;
mod traffic;
mod up;
mod web;

use anyhow::{Error, Result};
use args::{Args, Command};
use clap::Parser;
use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

/// Blocks are built, sealed and committed by threads that free what others allocated, which the
/// system's allocator is slow at: see docs/benchmarks.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let result = run(Args::parse().command, &mut out);
    match result.and_then(|code| Ok(out.flush().map(|()| code)?)) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        Command::Up(command) => return up::run(command, out),
        Command::Node(command) => return node::run(command, out),
        Command::Earn(command) => return earn::run(command, out),
        Command::Web(command) => return web::run(command, out),
        Command::Deploy(command) => deploy::run(command, out)?,
        Command::Batch(command) => batch::run(command, out)?,
        Command::Bridge(command) => bridge::run(command, out)?,
        Command::Config(command) => show_config::run(command, out)?,
        Command::Data(command) => data::run(command, out)?,
        Command::Execute(command) => execute::run(command, out)?,
        Command::Genesis(command) => genesis::run(command, out)?,
        Command::Key(command) => key::run(command, out)?,
        Command::Snapshot(command) => snapshot::run(command, out)?,
        Command::Traffic(command) => traffic::run(command, out)?,
        Command::Completions { shell } => completions::run(shell, out)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Whoever read the output has seen enough, as `head` does.
fn is_closed_pipe(error: &Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
