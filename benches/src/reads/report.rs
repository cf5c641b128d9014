//! The report, as Markdown.

use super::{Options, Outcome, calls::METHODS};
use crate::{
    chain::report::{percentile, table, whole},
    stf::report::{float, number},
};
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

/// The whole report.
pub(super) fn markdown(options: &Options, outcome: &Outcome) -> String {
    let [_, began, ended] = outcome.phases;
    let took = ended.duration_since(began);
    let micros = |time: Duration| time.as_secs_f64() * 1e6 / float(options.calls);
    let cpu = outcome.usage.1.since(&outcome.usage.0);
    let mut out = format!(
        "{} calls on {} connections, one at a time on each, on a chain of {} accounts with a block \
         every {} s and {} transactions handed in each second.\n\n\
         **{} calls/s** for {:.0} s; Seam's processor time {:.0} µs a call, the generator's {:.0} µs; \
         {} MiB resident at most.\n\n",
        number(float(options.calls), 0),
        options.connections,
        number(float(options.accounts), 0),
        options.block_time,
        options.writes,
        number(float(options.calls) / took.as_secs_f64(), 0),
        took.as_secs_f64(),
        micros(cpu),
        micros(outcome.generator),
        number(whole(outcome.peak_memory >> 20), 0),
    );
    let rows = METHODS.iter().zip(&outcome.times).map(|(method, times)| {
        let detail =
            if method.detail.is_empty() { String::new() } else { format!(" ({})", method.detail) };
        let name = format!("`{}`{detail}", method.name);
        vec![name, number(float(times.len()), 0), ms(times, 50), ms(times, 99), ms(times, 100)]
    });
    table(&mut out, &["method", "calls", "p50 ms", "p99 ms", "most ms"], rows);
    out.push_str("\nBlocks, before the calls and during them:\n\n");
    let head =
        ["", "blocks", "interval p50 ms", "p99 ms", "most ms", "to receipt p50 ms", "p99 ms"];
    let [start, began, ended] = outcome.phases;
    let rows = [("before", start, began), ("during", began, ended)];
    table(
        &mut out,
        &head,
        rows.into_iter().map(|(name, from, to)| blocks(outcome, name, from, to)),
    );
    out.push_str("\nSeam's processor time by thread during the calls, in seconds:\n\n");
    let threads = outcome.usage.1.threads_since(&outcome.usage.0);
    for (name, count, time) in threads {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "- {name} ({count}): {:.1}", time.as_secs_f64());
    }
    let _ = writeln!(out, "- all: {:.1}", cpu.as_secs_f64());
    out
}

/// A percentile of sorted times, in milliseconds.
fn ms(sorted: &[Duration], percent: usize) -> String {
    number(percentile(sorted, percent).as_secs_f64() * 1e3, 2)
}

/// How blocks and receipts came between two points in time.
fn blocks(outcome: &Outcome, name: &str, from: Instant, to: Instant) -> Vec<String> {
    let within = |at: &Instant| (from..to).contains(at);
    let seen: Vec<_> =
        outcome.watched.blocks.iter().map(|block| block.at).filter(|at| within(at)).collect();
    let mut intervals: Vec<_> =
        seen.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    intervals.sort();
    let receipts = outcome.watched.to_receipt.iter().filter(|(at, _)| within(at));
    let mut receipts: Vec<_> = receipts.map(|(_, time)| *time).collect();
    receipts.sort();
    vec![
        name.to_owned(),
        seen.len().to_string(),
        ms(&intervals, 50),
        ms(&intervals, 99),
        ms(&intervals, 100),
        ms(&receipts, 50),
        ms(&receipts, 99),
    ]
}
