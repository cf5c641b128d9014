//! `seam-prover`: the proving worker's command line.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use seam_prover::{
    Code, Guest, Profile,
    input::Input,
    report::{Run, Table},
};

#[derive(Debug, Parser)]
#[command(name = "seam-prover", version, about = "Runs Seam's guest program in the zkVM")]
struct Cli {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Execute blocks in the zkVM without a proof, compare with native execution, count instructions
    Execute(Execute),
}

#[derive(Debug, Args)]
struct Execute {
    /// The guest, as `cargo xtask guest` builds it
    elf: PathBuf,
    /// Recorded OP Stack blocks (.json, .json.xz), or the guest's own input
    #[arg(required = true)]
    inputs: Vec<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Also name this many functions that executed most
    #[arg(long, value_name = "N", default_value_t = 0)]
    functions: usize,
}

fn main() -> ExitCode {
    let Job::Execute(job) = Cli::parse().job;
    match execute(&job) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn execute(job: &Execute) -> Result<()> {
    let elf =
        std::fs::read(&job.elf).with_context(|| format!("cannot read {}", job.elf.display()))?;
    let (guest, code) = (Guest::from_elf(&elf)?, Code::from_elf(&elf)?);
    let mut runs = Vec::new();
    for path in &job.inputs {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.split('.').next().unwrap_or_default().to_owned();
        let run = execute_one(&guest, &code, &Input::read(path)?, name, job.functions);
        runs.push(run.with_context(|| path.display().to_string())?);
    }
    match job.json {
        true => println!("{}", serde_json::to_string_pretty(&runs)?),
        false => print!("{}", Table(&runs)),
    }
    Ok(())
}

fn execute_one(
    guest: &Guest,
    code: &Code,
    input: &Input,
    name: String,
    functions: usize,
) -> Result<Run> {
    let native = input.execute().context("native execution")?;
    if let Some(expected) = input.expected {
        ensure!(native.hash == expected, "native gives {}, the chain {expected}", native.hash);
    }
    let mut profile = Profile::new(code);
    let hash = guest.trace(&input.bytes, |pc| profile.see(pc))?;
    if hash != native.hash {
        bail!("the guest gives {hash}, native {}", native.hash);
    }
    Ok(Run::new(name, native, input.bytes.len(), &profile, functions))
}
