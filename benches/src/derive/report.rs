//! The report, as Markdown.

use super::{Run, Span, blocks::Block, costs::Batch};
use crate::stf::report::Spread;
use std::{fmt::Write, time::Duration};

/// Prices of L1 that costs are stated at, in milligwei: of execution gas, and of blob gas. Blob gas
/// cannot cost less than a sixteenth of execution gas (EIP-7918).
const PRICES: [(u64, u64); 3] = [(100, 100), (1_000, 1_000), (10_000, 10_000)];

pub(super) fn markdown(
    spans: &[Span],
    blocks: &[Block],
    runs: &[Run],
    batches: &[Batch],
) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = speeds(&mut out, spans, blocks, runs);
    let _ = costs(&mut out, spans, blocks, batches);
    out
}

fn speeds(out: &mut String, spans: &[Span], blocks: &[Block], runs: &[Run]) -> std::fmt::Result {
    writeln!(
        out,
        "| load | blocks | of the gas limit | blocks/s = times real time | tx/s | Mgas/s |"
    )?;
    writeln!(out, "|---|---:|---:|---:|---:|---:|")?;
    for span in spans {
        let own: Vec<_> = span.blocks(blocks).collect();
        let gas: u64 = own.iter().map(|block| block.gas).sum();
        let limit: u64 = own.iter().map(|block| block.gas_limit).sum();
        let rates: Vec<_> = runs.iter().filter_map(|run| rates(run, span, blocks)).collect();
        let cell = |pick: fn(&Rates) -> f64, decimals| match rates.as_slice() {
            // Fewer blocks than a follower writes at a time.
            [] => "-".to_owned(),
            rates => Spread::of(rates.iter().map(pick).collect()).cell(decimals),
        };
        writeln!(
            out,
            "| {} | {} | {} % | {} | {} | {} |",
            span.load.name(),
            own.len(),
            100 * gas / limit.max(1),
            cell(|rates| rates.blocks, 1),
            cell(|rates| rates.transactions, 0),
            cell(|rates| rates.gas / 1e6, 0),
        )?;
    }
    let last = blocks.len();
    for run in runs {
        let end = run.seen.last().map_or(Duration::ZERO, |(at, _)| *at);
        writeln!(
            out,
            "\nA follower answered after {:.1} s and had all {last} blocks after {:.1} s, with {:.1} s of \
             processor time.",
            run.start.as_secs_f64(),
            end.as_secs_f64(),
            run.cpu.as_secs_f64()
        )?;
    }
    Ok(())
}

struct Rates {
    blocks: f64,
    transactions: f64,
    gas: f64,
}

fn rates(run: &Run, span: &Span, blocks: &[Block]) -> Option<Rates> {
    let (after, last, time) = run.within(span)?;
    let came = || blocks.iter().filter(move |block| block.number > after && block.number <= last);
    let seconds = time.as_secs_f64();
    let transactions: usize = came().map(Block::transactions).sum();
    let gas: u64 = came().map(|block| block.gas).sum();
    let per_second = |count: f64| count / seconds;
    Some(Rates {
        blocks: per_second((last - after) as f64),
        transactions: per_second(transactions as f64),
        gas: per_second(gas as f64),
    })
}

fn costs(
    out: &mut String,
    spans: &[Span],
    blocks: &[Block],
    batches: &[Batch],
) -> std::fmt::Result {
    write!(
        out,
        "\n| load | batches | transactions | bytes/tx | the OP Stack's estimate, bytes/tx |"
    )?;
    write!(out, " execution gas/tx | blob gas/tx |")?;
    for (gas, blob) in PRICES {
        write!(out, " gwei/tx at {} and {} gwei |", gwei(gas), gwei(blob))?;
    }
    writeln!(out, "\n|---|---:|---:|---:|---:|---:|---:|{}", "---:|".repeat(PRICES.len()))?;
    for span in spans {
        let own: Vec<_> = batches
            .iter()
            .filter(|batch| batch.first >= span.first && batch.last <= span.last)
            .collect();
        let holds = |block: &Block| {
            own.iter().any(|batch| (batch.first..=batch.last).contains(&block.number))
        };
        let held = || blocks.iter().filter(|block| holds(block));
        let transactions: usize = held().map(Block::transactions).sum();
        let estimate: u64 = held().map(|block| block.estimate).sum();
        let each = |amount: u64| amount as f64 / transactions as f64;
        let bytes: usize = own.iter().map(|batch| batch.bytes).sum();
        let gas: u64 = own.iter().map(|batch| batch.gas).sum();
        let blob_gas: u64 = own.iter().map(|batch| batch.blob_gas).sum();
        write!(
            out,
            "| {} | {} | {transactions} | {:.1} | {:.1} | {:.1} | {:.1} |",
            span.load.name(),
            own.len(),
            each(bytes as u64),
            each(estimate) / 16.0,
            each(gas),
            each(blob_gas)
        )?;
        for (price, blob) in PRICES {
            write!(out, " {:.1} |", each(gas * price + blob_gas * blob) / 1_000.0)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn gwei(milligwei: u64) -> f64 {
    milligwei as f64 / 1_000.0
}
