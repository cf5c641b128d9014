//! Prices from contracts.

use super::args::{Oracle as Command, Unit};
use anyhow::{Context, Result, ensure};
use seam_ledger::{
    prices::oracle::{HEADING, Oracle, PriceLine, observe},
    source::{Source, Tracing},
};
use std::{fs::File, io::Write, path::Path};

pub(super) async fn run(command: &Command, out: &mut impl Write) -> Result<()> {
    let others = command.prices.read(Unit::Wei)?;
    let oracle = match (command.feed, command.pair) {
        (Some(feed), _) => Oracle::Feed(feed),
        (None, pair) => Oracle::Pair(pair.context("give --feed or --pair")?, command.window),
    };
    let source = Source::rpc(&[&command.rpc], None, Tracing::Never)?;
    let span = command.period.span();
    let lines = observe(&source, command.token, oracle, span, others.as_ref()).await?;
    ensure!(!lines.is_empty(), "the chain has no block in these days: give another --since");
    match &command.out {
        Some(path) => write_new(path, &lines),
        None => Ok(write(out, &lines)?),
    }
}

/// Nothing is overwritten.
fn write_new(path: &Path, lines: &[PriceLine]) -> Result<()> {
    let file = File::create_new(path).with_context(|| path.display().to_string())?;
    write(&mut std::io::BufWriter::new(file), lines).with_context(|| path.display().to_string())
}

fn write(out: &mut impl Write, lines: &[PriceLine]) -> std::io::Result<()> {
    writeln!(out, "{HEADING}")?;
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}
