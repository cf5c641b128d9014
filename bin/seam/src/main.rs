//! Seam's command line: arguments, wiring, and an exit code.

mod args;
mod execute;
mod genesis;
mod table;

use args::{Args, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Execute(command) => execute::run(command),
        Command::Genesis(command) => genesis::run(command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
